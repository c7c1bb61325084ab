import numpy as np
import pytest

from fuseflow.normalization import blocks as module
from fuseflow.normalization.blocks import all_finite, blocks, map_blocks, mean_and_deviation, share_outside

SHAPES = [(3, 4, 5), (3, 4, 1), (3, 4, 5, 2), (7,)]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_value_is_in_one_block(shape, monkeypatch):
    monkeypatch.setattr(module, "LONGEST", 3)
    seen = np.zeros(shape, int)
    for index in blocks(shape):
        seen[index] += 1
    assert (seen == 1).all()


@pytest.mark.parametrize("shape", SHAPES[:3])
def test_values_are_computed_in_float64_and_rounded_once(shape):
    data = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    mapped = map_blocks(lambda values: values * 1e8 / 3 - 1e8, data)
    assert mapped.dtype == np.float32
    assert mapped.flags.f_contiguous
    np.testing.assert_array_equal(mapped, (data.astype(np.float64) * 1e8 / 3 - 1e8).astype(np.float32))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
def test_mean_and_deviation_are_those_of_numpy(shape, dtype, monkeypatch):
    monkeypatch.setattr(module, "LONGEST", 2)
    data = (np.random.default_rng(1).uniform(0, 200, shape)).astype(dtype)
    mean, deviation = mean_and_deviation(data)
    assert mean == pytest.approx(data.astype(float).mean(), abs=1e-12)
    assert deviation == pytest.approx(data.astype(float).std(), abs=1e-12)


def test_a_small_deviation_far_from_0_is_not_lost():
    assert mean_and_deviation(np.array([1e9, 1e9 + 2e-6])) == (1e9 + 1e-6, pytest.approx(1e-6, rel=0.1))


def test_limits_themselves_are_not_outside():
    data = np.array([[[-5, 0, 3]], [[10, 11, 12]]], np.int16)
    assert share_outside(data, low=0.0, high=10.0) == 0.5


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_value_that_is_not_finite_is_found(value):
    data = np.zeros((3, 4, 5))
    assert all_finite(data)
    data[2, 3, 4] = value
    assert not all_finite(data)
