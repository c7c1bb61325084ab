import math

import numpy as np
import pytest

from fuseflow.normalization.methods.suv_clip import METHOD

SUV = np.array([-0.5, 0, 3, 15, 19, 60], np.float32).reshape(1, 2, 3)


@pytest.mark.parametrize(
    ("maximum", "expected", "clipped"),
    [(15.0, [0, 0, 0.2, 1, 1, 1], 3 / 6), (20.0, [0, 0, 0.15, 0.75, 0.95, 1], 2 / 6)],
)
def test_values_by_hand(maximum, expected, clipped):
    result = METHOD.apply(SUV, {"maximum": maximum, "log1p": False})
    np.testing.assert_allclose(result.data.ravel(), expected, rtol=0, atol=1e-6)
    assert result.clipped == clipped


def test_the_logarithm_is_taken_instead_of_dividing():
    result = METHOD.apply(SUV, {"maximum": 20.0, "log1p": True})
    expected = [0, 0, math.log(4), math.log(16), math.log(20), math.log(21)]
    np.testing.assert_allclose(result.data.ravel(), expected, rtol=0, atol=1e-6)
