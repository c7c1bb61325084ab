import numpy as np
import pytest

from fuseflow.errors import Refused
from fuseflow.normalization.methods.percentile import METHOD

RAMP = np.arange(101, dtype=np.int16).reshape(1, 1, 101)


def test_values_by_hand():
    result = METHOD.apply(RAMP, {"low": 10.0, "high": 90.0, "mask": "whole"})
    np.testing.assert_allclose(
        result.data[0, 0, [0, 10, 11, 50, 90, 100]], [0, 0, 0.0125, 0.5, 1, 1], rtol=0, atol=1e-6
    )
    assert result.clipped == 20 / 101
    assert result.computed == {"low": 10, "high": 90}


def test_percentiles_between_two_values():
    # 0.5 % of 100 steps lies halfway between the first and the second value
    result = METHOD.apply(RAMP, {"low": 0.5, "high": 99.5, "mask": "whole"})
    assert result.computed == {"low": 0.5, "high": 99.5}
    np.testing.assert_allclose(result.data[0, 0, 1], 0.5 / 99, rtol=0, atol=1e-6)


def test_zeros_do_not_count_inside_the_mask_and_are_mapped_like_all_others():
    data = np.concatenate([np.zeros((1, 1, 400), np.int16), RAMP - 20, np.zeros((1, 1, 7), np.int16)], axis=2)
    result = METHOD.apply(data, {"low": 0.0, "high": 100.0, "mask": "nonzero"})
    assert result.computed == {"low": -20, "high": 80}
    assert result.clipped == 0
    np.testing.assert_allclose(result.data[0, 0, 0], 0.2, rtol=0, atol=1e-6)


def test_an_image_with_one_value_nearly_everywhere_is_refused():
    data = np.zeros((1, 1, 1000))
    data[0, 0, 3] = 5
    with pytest.raises(Refused, match=r"the 1.0 and 99.0 percentile are both 0.0") as caught:
        METHOD.apply(data, {"low": 1.0, "high": 99.0, "mask": "whole"})
    assert caught.value.reason == "constant"
