from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from skimage.metrics import structural_similarity as skimage_similarity

from fuseflow.metrics.structure import SSIM_CDDFUSE, SSIM_GAUSS11, structural_similarity
from fuseflow.metrics.triple import GreyImage, Triple
from fuseflow.metrics.window import uniform_window


@pytest.fixture
def images() -> list[npt.NDArray[np.float64]]:
    random = np.random.default_rng(5)
    a = random.integers(0, 256, (31, 40)).astype(np.float64)
    b = np.add.outer(np.arange(31.0), 4.0 * np.arange(40))
    fused = np.floor(0.5 * a + 0.5 * b)
    fused[:, :12] = 0.0
    return [a, b, fused]


def test_two_flat_images_differ_in_luminance_only() -> None:
    x, y = GreyImage(np.full((8, 8), 10.0)), GreyImage(np.full((8, 8), 30.0))
    c1 = (0.01 * 255) ** 2
    expected = (2 * 10 * 30 + c1) / (10**2 + 30**2 + c1)
    assert structural_similarity(x, y, window=uniform_window(7), dynamic_range=255.0) == pytest.approx(expected)


def test_gaussian_variant_is_that_of_scikit_image_on_the_valid_region(images: list[npt.NDArray[np.float64]]) -> None:
    a, b, fused = images
    expected = [
        skimage_similarity(
            source, fused, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255.0
        )
        for source in (a, b)
    ]
    assert SSIM_GAUSS11(Triple(a, b, fused)) == pytest.approx(np.mean(expected), rel=1e-10)


def test_cddfuse_variant_is_that_of_scikit_image_with_range_2(images: list[npt.NDArray[np.float64]]) -> None:
    a, b, fused = images
    expected = [skimage_similarity(source, fused, data_range=2.0) for source in (a, b)]
    assert SSIM_CDDFUSE(Triple(a, b, fused)) == pytest.approx(np.sum(expected), rel=1e-10)


def test_range_2_punishes_one_grey_level_on_black() -> None:
    black = np.zeros((32, 32))
    ringing = np.indices((32, 32)).sum(axis=0) % 2
    assert SSIM_CDDFUSE(Triple(black, black, ringing)) < 0.01
    assert SSIM_GAUSS11(Triple(black, black, ringing)) > 0.9


@pytest.mark.parametrize(("variant", "smallest"), [(SSIM_GAUSS11, 11), (SSIM_CDDFUSE, 7)])
def test_images_smaller_than_the_window_have_no_similarity(variant: object, smallest: int) -> None:
    assert callable(variant)
    fits, narrow = np.eye(smallest), np.eye(smallest + 5)[:, : smallest - 1]
    assert math.isfinite(variant(Triple(fits, fits, fits)))
    assert math.isnan(variant(Triple(narrow, narrow, narrow)))
