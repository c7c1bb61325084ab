from __future__ import annotations

import math

import numpy as np
import pytest

from fuseflow.metrics.correlation import CC, SCD
from fuseflow.metrics.triple import Triple

A = np.array([[0.0, 10.0, 20.0, 30.0]])
B = np.array([[5.0, 0.0, 40.0, 0.0]])


def test_correlation_is_the_mean_over_both_sources() -> None:
    fused = np.array([[1.0, 3.0, 2.0, 9.0]])
    expected = (np.corrcoef(A[0], fused[0])[0, 1] + np.corrcoef(B[0], fused[0])[0, 1]) / 2
    assert CC(Triple(A, B, fused)) == pytest.approx(expected, rel=1e-14)


def test_differences_keep_their_sign() -> None:
    fused = np.array([[1.0, 3.0, 2.0, 9.0]])  # F - A and F - B have values of both signs
    expected = np.corrcoef(fused[0] - B[0], A[0])[0, 1] + np.corrcoef(fused[0] - A[0], B[0])[0, 1]
    assert SCD(Triple(A, B, fused)) == pytest.approx(expected, rel=1e-14)


def test_the_mean_keeps_nothing_but_the_other_source() -> None:
    # F - B = (A - B) / 2 and F - A = -(F - B)
    expected = np.corrcoef(A[0] - B[0], A[0])[0, 1] + np.corrcoef(B[0] - A[0], B[0])[0, 1]
    assert SCD(Triple(A, B, (A + B) / 2)) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("fused", [A, B, A + 1.0])
def test_a_copy_of_a_source_has_no_correlation_of_differences(fused: np.ndarray) -> None:
    assert math.isnan(SCD(Triple(A, B, fused)))


def test_a_flat_image_has_no_correlation() -> None:
    flat = np.full((1, 4), 3.3)
    assert math.isnan(CC(Triple(A, B, flat)))
    assert math.isnan(CC(Triple(flat, B, A)))
    assert math.isnan(SCD(Triple(flat, B, A)))
