"""Smoothing before shrinking: how much, and what it does."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from fuseflow.anti_alias import anti_alias_sigma, smoothed
from fuseflow.grids import Grid
from fuseflow.interpolation import Sampling, interpolated

RNG = np.random.default_rng(5)


def grid(affine, shape=(8, 8, 8)):
    return Grid(affine=np.asarray(affine, float), shape=shape)


def test_sigma_is_that_of_cardoso_where_voxels_become_larger():
    source, target = grid(np.diag([1.5, 2, 3, 1])), grid(np.diag([3.0, 2, 1.5, 1]))
    expected = [1.5 * math.sqrt((2**2 - 1) / (8 * math.log(2))), 0, 0]
    np.testing.assert_allclose(anti_alias_sigma(source, target), expected, rtol=1e-12)


@given(angle=st.floats(-3, 3))
@settings(deadline=None, max_examples=20)
def test_turning_a_target_of_cubes_changes_nothing(angle):
    turned = np.diag([4.0, 4, 4, 1])
    turned[:2, :2] = 4 * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    expected = anti_alias_sigma(grid(np.diag([1.0, 2, 3, 1])), grid(np.diag([4.0, 4, 4, 1])))
    np.testing.assert_allclose(anti_alias_sigma(grid(np.diag([1.0, 2, 3, 1])), grid(turned)), expected, atol=1e-7)


def test_a_permuted_target_is_compared_axis_by_axis():
    permuted = np.eye(4)[:, [1, 0, 2, 3]] @ np.diag([5.0, 1, 1, 1])
    np.testing.assert_allclose(anti_alias_sigma(grid(np.eye(4)), grid(permuted)) > 0, [False, True, False])


@pytest.mark.parametrize("sigma", [(0, 0, 0), (0.7, 0, 0), (0, 1.1, 0.4), (1.6, 0.9, 2.2), (0, 0, 3)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 3e-6), (np.float64, 1e-13)])
def test_smoothing_is_the_gaussian_of_scipy(sigma, dtype, tolerance):
    data = RNG.standard_normal((7, 12, 9)).astype(dtype)
    before = data.copy()
    found = smoothed(data, sigma)
    expected = ndimage.gaussian_filter(data.astype(np.float64), sigma, mode="nearest", truncate=4)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, atol=tolerance)
    np.testing.assert_array_equal(data, before)


def test_a_kernel_longer_than_the_volume():
    data = RNG.standard_normal((2, 1, 3))
    expected = ndimage.gaussian_filter(data, (3, 2, 5), mode="nearest", truncate=4)
    np.testing.assert_allclose(smoothed(data, (3, 2, 5)), expected, atol=1e-13)


def test_a_zone_plate_loses_its_aliases():
    size, factor = 256, 4
    ends = np.arange(size) - (size - 1) / 2
    squared = ends[:, np.newaxis] ** 2 + ends**2
    # its frequency grows from 0 in the middle to 1/2 per voxel at the ends
    plate = np.cos(np.pi * squared / (2 * size))[..., np.newaxis].astype(np.float32) * 100
    source = grid(np.diag([1.0, 1, 1, 1]), (size, size, 1))
    affine = np.diag([factor, factor, 1.0, 1.0])
    affine[:2, 3] = (factor - 1) / 2
    target = grid(affine, (size // factor, size // factor, 1))
    frequency = (np.sqrt(squared) / (2 * size))[1::factor, 1::factor]
    x, y, z = anti_alias_sigma(source, target)
    plain = interpolated(plate, source, target, Sampling())[..., 0] ** 2
    smooth = interpolated(plate, source, target, Sampling(sigma=(x, y, z)))[..., 0] ** 2
    nyquist = 1 / (2 * factor)
    assert plain[frequency > nyquist].mean() > 1000
    assert smooth[frequency > nyquist].mean() < 0.05 * plain[frequency > nyquist].mean()
    assert smooth[frequency > 2 * nyquist].mean() < 0.005 * plain[frequency > 2 * nyquist].mean()
    assert smooth[frequency < nyquist / 4].mean() > 0.8 * plain[frequency < nyquist / 4].mean()
