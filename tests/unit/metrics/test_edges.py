from __future__ import annotations

import math

import numpy as np
import pytest

from fuseflow.metrics.edges import (
    QABF,
    QABF_EQGF,
    EdgeField,
    edge_preservation,
    sobel_edges,
    strength_ratio,
    strength_ratio_with_equality_fault,
)
from fuseflow.metrics.triple import GreyImage, Triple

ANGLE_KEPT = 0.9879 / (1 + math.exp(-22 * 0.2))


def test_edges_of_one_bright_pixel() -> None:
    image = np.zeros((3, 3))
    image[1, 1] = 1.0
    edges = sobel_edges(GreyImage(image))
    diagonal, quarter, half = math.sqrt(2.0), math.pi / 4, math.pi / 2
    np.testing.assert_allclose(
        edges.strength, [[diagonal, 2, diagonal], [2, 0, 2], [diagonal, 2, diagonal]], rtol=1e-15
    )
    np.testing.assert_allclose(
        edges.angle, [[-quarter, half, quarter], [0, half, 0], [quarter, half, -quarter]], rtol=1e-15
    )


def test_outside_the_image_all_is_zero() -> None:
    strength = sobel_edges(GreyImage(np.full((3, 3), 1.0))).strength
    corner = math.hypot(3.0, 3.0)
    np.testing.assert_allclose(strength, [[corner, 4, corner], [4, 0, 4], [corner, 4, corner]], rtol=1e-15)


def test_ratio_of_strengths() -> None:
    source, fused = np.array([4.0, 1.0, 3.0, 0.0, 0.0]), np.array([1.0, 4.0, 3.0, 0.0, 2.0])
    assert strength_ratio(source, fused).tolist() == [0.25, 0.25, 1.0, 0.0, 0.0]
    assert strength_ratio_with_equality_fault(source, fused).tolist() == [0.25, 0.25, 3.0, 0.0, 0.0]


def test_preservation_where_the_angle_turns_by_a_right_angle() -> None:
    source = EdgeField(np.array([2.0]), np.array([0.0]))
    fused = EdgeField(np.array([1.0]), np.array([math.pi / 2]))
    expected = 0.9994 / 2 * 0.9879 / (1 + math.exp(22 * 0.8))
    np.testing.assert_allclose(edge_preservation(source, fused, strength_ratio), [expected], rtol=1e-12)


def test_half_the_contrast_keeps_half_of_every_strength() -> None:
    a = np.random.default_rng(3).integers(0, 128, (12, 12)) * 2
    triple = Triple(a, np.zeros((12, 12)), a // 2)
    # the ratio is 0.5, the centre of its sigmoid, wherever there is an edge; B has no edge and no weight
    assert QABF(triple) == pytest.approx(0.9994 / 2 * ANGLE_KEPT, rel=1e-12)
    assert QABF_EQGF(triple) == pytest.approx(QABF(triple), rel=1e-12)


def test_a_copy_reaches_the_largest_value_which_is_below_one() -> None:
    a = np.random.default_rng(3).integers(0, 256, (12, 12))
    triple = Triple(a, a, a)
    assert QABF(triple) == pytest.approx(0.97479, abs=5e-6)
    assert QABF(triple) == pytest.approx(QABF.value_range[1], rel=1e-12)
    assert QABF_EQGF(triple) == pytest.approx(QABF_EQGF.value_range[1], rel=1e-12)


def test_the_equality_fault_depends_on_the_range() -> None:
    weak = np.zeros((9, 9))
    weak[4, 4] = 0.1  # strengths 0.2 and 0.14: equal, and yet taken for bad ratios
    assert QABF_EQGF(Triple(weak, weak, weak)) < 0.02
    assert QABF(Triple(weak, weak, weak)) == pytest.approx(QABF.value_range[1], rel=1e-12)


def test_sources_without_edges_have_nothing_to_transfer() -> None:
    black, fused = np.zeros((9, 9)), np.eye(9)
    assert math.isnan(QABF(Triple(black, black, fused)))
    assert math.isnan(QABF_EQGF(Triple(black, black, fused)))
    assert QABF(Triple(fused, black, black)) == pytest.approx(0.0, abs=1e-3)
