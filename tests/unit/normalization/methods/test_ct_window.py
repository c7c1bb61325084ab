import numpy as np
import pytest

from fuseflow.normalization.methods.ct_window import METHOD, window_limits


@pytest.mark.parametrize(
    ("window", "limits"),
    [
        ("brain", (0, 80)),
        ("subdural", (-20, 180)),
        ("soft-tissue", (-160, 240)),
        ("liver", (-20, 140)),
        ("lung", (-1350, 150)),
        ("bone", (-500, 1300)),
        ("50/350", (-125, 225)),
        ("-600/1500", (-1350, 150)),
        ("37.5/1", (37, 38)),
    ],
)
def test_limits_in_hounsfield_units(window, limits):
    assert window_limits(window) == limits


def test_values_by_hand():
    data = np.array([-1024, -1350, 150, 3071, -600, -225, 0, 149], np.int16).reshape(2, 2, 2)
    result = METHOD.apply(data, {"window": "lung"})
    expected = [326 / 1500, 0, 1, 1, 0.5, 0.75, 0.9, 1499 / 1500]
    np.testing.assert_allclose(result.data.ravel(), expected, rtol=0, atol=1e-6)
    assert result.clipped == 1 / 8
    assert result.computed == {"low": -1350, "high": 150}
