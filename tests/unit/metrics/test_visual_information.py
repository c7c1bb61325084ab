from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from sewar.full_ref import vifp

from fuseflow.metrics.triple import GreyImage, Triple
from fuseflow.metrics.visual_information import SMALLEST, VIF_SUM, visual_information_fidelity


def textured(seed: int, shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Noise, a ramp, a flat bright patch and a flat black border."""
    rows, columns = shape
    pixels = np.random.default_rng(seed).integers(0, 60, shape) + np.linspace(20.0, 190.0, columns)
    pixels[10:35, 12:40] = 201.0
    pixels[: rows // 4] = 0.0
    return np.rint(pixels)


@pytest.mark.parametrize("shape", [(64, 70), (71, 53)])
def test_the_sum_is_that_of_an_independent_implementation(shape: tuple[int, int]) -> None:
    a, b = textured(1, shape), textured(2, shape).max() - textured(3, shape)
    fused = np.floor((a + b + 1.0) / 2.0)
    assert VIF_SUM(Triple(a, b, fused)) == pytest.approx(vifp(a, fused) + vifp(b, fused), abs=1e-9, rel=0)


def test_a_copy_keeps_all_information() -> None:
    image = GreyImage(textured(1, (64, 64)))
    assert visual_information_fidelity(image, image) == pytest.approx(1.0, abs=1e-9)


def test_more_contrast_is_more_than_all_and_the_negative_is_nothing() -> None:
    image = textured(1, (64, 64)) / 2.0
    assert visual_information_fidelity(GreyImage(image), GreyImage(2.0 * image)) > 1.0
    assert visual_information_fidelity(GreyImage(image), GreyImage(255.0 - image)) == 0.0


@pytest.mark.parametrize("level", [0.0, 1.0, 76.245, 127.3, 200.0, 254.9, 255.0])
def test_a_flat_source_counts_one(level: float) -> None:
    flat, image = GreyImage(np.full((64, 64), level)), GreyImage(textured(1, (64, 64)))
    assert visual_information_fidelity(flat, image) == 1.0
    assert visual_information_fidelity(image, flat) == 0.0


def test_the_smallest_image_leaves_one_window_at_the_coarsest_scale() -> None:
    fits, narrow = textured(1, (SMALLEST, SMALLEST)), textured(1, (SMALLEST + 9, SMALLEST - 1))
    assert math.isfinite(VIF_SUM(Triple(fits, fits, fits)))
    assert math.isnan(VIF_SUM(Triple(narrow, narrow, narrow)))
    with pytest.raises(ValueError, match="smaller than a window"):
        visual_information_fidelity(GreyImage(narrow), GreyImage(narrow))
