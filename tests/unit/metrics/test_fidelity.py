from __future__ import annotations

import math

import numpy as np
import pytest

from fuseflow.metrics.fidelity import MSE, PSNR_MAXF, PSNR_PEAK255
from fuseflow.metrics.triple import Triple

A = np.array([[0.0, 10.0]])
B = np.array([[20.0, 10.0]])
FUSED = np.array([[10.0, 50.0]])
ERROR = ((100 + 1600) / 2 + (100 + 1600) / 2) / 2


def test_error_is_the_mean_over_both_sources() -> None:
    assert MSE(Triple(A, B, FUSED)) == ERROR


def test_ratio_with_either_peak() -> None:
    triple = Triple(A, B, FUSED)
    assert PSNR_PEAK255(triple) == pytest.approx(10 * math.log10(255**2 / ERROR), rel=1e-14)
    assert PSNR_MAXF(triple) == pytest.approx(10 * math.log10(50**2 / ERROR), rel=1e-14)


def test_identical_images_have_no_ratio() -> None:
    triple = Triple(A, A, A)
    assert MSE(triple) == 0.0
    assert math.isnan(PSNR_PEAK255(triple))
    assert math.isnan(PSNR_MAXF(triple))


def test_a_black_fused_image_has_no_peak_of_its_own() -> None:
    triple = Triple(A, B, np.zeros((1, 2)))
    assert math.isnan(PSNR_MAXF(triple))
    assert math.isfinite(PSNR_PEAK255(triple))
