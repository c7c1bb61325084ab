from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.metrics.triple import GreyImage
from fuseflow.metrics.window import Window, gaussian_window, uniform_window


def random_image(seed: int, shape: tuple[int, int]) -> GreyImage:
    return GreyImage(np.random.default_rng(seed).integers(0, 256, shape).astype(np.float64))


def weighted_patches(window: Window, pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Every patch that fits, times the window as one 2-D array of weights: (rows, columns, size, size)."""
    patches = np.lib.stride_tricks.sliding_window_view(pixels, (window.size, window.size))
    return patches * np.outer(window.weights, window.weights)


def test_gaussian_weights_are_those_of_the_formula() -> None:
    bell = [math.exp(-(x**2) / (2 * 1.5**2)) for x in range(-5, 6)]
    np.testing.assert_allclose(gaussian_window(11, 1.5).weights, np.array(bell) / sum(bell), rtol=1e-15)


@settings(deadline=None, max_examples=20)
@given(
    st.integers(0, 2**32),
    st.integers(7, 12),
    st.integers(7, 12),
    st.sampled_from([uniform_window(7), gaussian_window(5, 1.0), gaussian_window(3, 0.6)]),
)
def test_local_moments_are_those_of_every_patch(seed: int, rows: int, columns: int, window: Window) -> None:
    x, y = random_image(seed, (rows, columns)), random_image(seed + 1, (rows, columns))
    mean_x, mean_y = (weighted_patches(window, image.pixels).sum(axis=(2, 3)) for image in (x, y))
    square = weighted_patches(window, x.pixels**2).sum(axis=(2, 3))
    product = weighted_patches(window, x.pixels * y.pixels).sum(axis=(2, 3))
    np.testing.assert_allclose(window.mean(x), mean_x, rtol=1e-12)
    np.testing.assert_allclose(window.variance(x), square - mean_x**2, rtol=0, atol=1e-9)
    np.testing.assert_allclose(window.covariance(x, y), product - mean_x * mean_y, rtol=0, atol=1e-9)


def test_variance_of_equal_pixels_is_never_negative() -> None:
    variances = [uniform_window(7).variance(GreyImage(np.full((9, 9), level))) for level in np.arange(0, 255, 0.7)]
    assert np.min(variances) >= 0.0
    assert np.max(variances) < 1e-10


def test_half_keeps_every_second_pixel_from_the_first() -> None:
    image = GreyImage(np.add.outer(10.0 * np.arange(8), np.arange(7)))
    # the local mean of a plane is the pixel in the middle: rows 1..6 and columns 1..5 are left, then every second
    expected = image.pixels[1:7:2, 1:6:2]
    np.testing.assert_allclose(uniform_window(3).half(image).pixels, expected, rtol=1e-13)


def test_an_image_smaller_than_the_window_is_an_error() -> None:
    with pytest.raises(ValueError, match="4 x 9 pixels is smaller than a window of 5"):
        uniform_window(5).filter(np.zeros((4, 9)))
