import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.errors import Refused
from fuseflow.normalization.methods.z_score import METHOD

WHOLE, NONZERO = {"mask": "whole"}, {"mask": "nonzero"}


def test_values_of_the_whole_image_by_hand():
    # mean 5, squared deviations 9 1 1 1 0 0 4 16, population variance 4
    data = np.array([2, 4, 4, 4, 5, 5, 7, 9], np.int16).reshape(2, 2, 2)
    result = METHOD.apply(data, WHOLE)
    np.testing.assert_allclose(result.data.ravel(), [-1.5, -0.5, -0.5, -0.5, 0, 0, 1, 2], rtol=0, atol=1e-6)
    assert result.computed == {"mean": 5, "std": 2}


def test_zeros_stay_zeros_and_do_not_count():
    data = np.array([2, 4, 4, 0, 4, 5, 5, 7, 9, 0, 0, 0], np.float32).reshape(3, 2, 2)
    result = METHOD.apply(data, NONZERO)
    expected = [-1.5, -0.5, -0.5, 0, -0.5, 0, 0, 1, 2, 0, 0, 0]
    np.testing.assert_allclose(result.data.ravel(), expected, rtol=0, atol=1e-6)


@settings(deadline=None, max_examples=20)
@given(st.floats(0.1, 100), st.floats(-1000, 1000), st.integers(0, 1000))
def test_a_linear_change_of_intensity_changes_nothing(slope, intercept, seed):
    data = np.random.default_rng(seed).normal(size=(3, 4, 5))
    result = METHOD.apply(data, WHOLE).data
    np.testing.assert_allclose(METHOD.apply(slope * data + intercept, WHOLE).data, result, rtol=0, atol=1e-5)
    assert result.astype(float).mean() == pytest.approx(0, abs=1e-6)
    assert result.astype(float).std() == pytest.approx(1, abs=1e-6)


def test_the_floor_of_the_deviation():
    data = np.array([1.0, 1.0 + 2e-10]).reshape(1, 1, 2)
    np.testing.assert_allclose(METHOD.apply(data, WHOLE).data.ravel(), [-0.01, 0.01], rtol=1e-6)


@pytest.mark.parametrize(("values", "reason"), [([0, 5, 5], "constant"), ([0, 0, 0], "empty-mask")])
def test_nothing_to_compute_from_inside_the_mask(values, reason):
    with pytest.raises(Refused) as caught:
        METHOD.apply(np.array(values).reshape(1, 1, 3), NONZERO)
    assert caught.value.reason == reason
