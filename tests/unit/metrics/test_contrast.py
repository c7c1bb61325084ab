from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from fuseflow.metrics.contrast import AG, SD, SF
from fuseflow.metrics.triple import Triple
from fuseflow.metrics.variant import Variant


def of_fused(variant: Variant, fused: npt.NDArray[np.float64]) -> float:
    return variant(Triple(np.zeros_like(fused), np.zeros_like(fused), fused))


def test_standard_deviation_divides_by_the_number_of_pixels() -> None:
    assert of_fused(SD, np.array([[1.0, 2.0], [3.0, 6.0]])) == pytest.approx(math.sqrt(14 / 4), rel=1e-15)


def test_spatial_frequency_averages_over_the_differences_that_exist() -> None:
    fused = np.array([[0.0, 1.0, 3.0], [2.0, 2.0, 2.0]])
    horizontal, vertical = (1 + 4 + 0 + 0) / 4, (4 + 1 + 1) / 3
    assert of_fused(SF, fused) == pytest.approx(math.sqrt(horizontal + vertical), rel=1e-15)


def test_average_gradient_of_a_ramp_is_the_same_at_the_border() -> None:
    ramp = np.add.outer(3.0 * np.arange(4), 4.0 * np.arange(6))
    assert of_fused(AG, ramp) == pytest.approx(5.0 / math.sqrt(2.0), rel=1e-15)


def test_average_gradient_takes_central_differences() -> None:
    fused = np.array([[0.0, 0.0, 8.0], [0.0, 0.0, 8.0]])  # gx = 0, 4, 8 in both rows
    assert of_fused(AG, fused) == pytest.approx((0 + 4 + 8) / 3 / math.sqrt(2.0), rel=1e-15)


@pytest.mark.parametrize("variant", [SD, SF, AG])
def test_flat_images_have_no_contrast(variant: Variant) -> None:
    assert of_fused(variant, np.full((4, 4), 200.0)) == 0.0


@pytest.mark.parametrize("variant", [SF, AG])
@pytest.mark.parametrize("shape", [(1, 9), (9, 1)])
def test_a_line_of_pixels_has_no_gradient(variant: Variant, shape: tuple[int, int]) -> None:
    assert math.isnan(of_fused(variant, np.zeros(shape)))
