from __future__ import annotations

import numpy as np
import pytest

from fuseflow.synthesize.shapes import Ellipse, inside

ROWS, COLUMNS = np.meshgrid(np.arange(64.0), np.arange(64.0), indexing="ij")


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0])
def test_area_is_pi_times_the_axes(angle: float) -> None:
    ellipse = Ellipse(row=31.0, column=33.0, half_height=20.0, half_width=10.0, angle=angle)
    assert ellipse.coverage(ROWS, COLUMNS).sum() == pytest.approx(np.pi * 200, rel=0.01)


def test_rotation_is_clockwise_as_displayed() -> None:
    ellipse = Ellipse(row=0.0, column=0.0, half_height=10.0, half_width=1.0, angle=45.0)
    top_right, top_left = ellipse.coverage(np.array([-5.0, -5.0]), np.array([5.0, -5.0]))
    assert top_right > 0.5
    assert top_left == 0.0


def test_polar_angle_turns_with_the_ellipse() -> None:
    ellipse = Ellipse(row=0.0, column=0.0, half_height=2.0, half_width=2.0, angle=90.0)
    radius, angle = ellipse.polar(np.array([0.0]), np.array([2.0]))
    assert radius[0] == pytest.approx(1.0)
    assert angle[0] == pytest.approx(0.0, abs=1e-12)


def test_a_wider_edge_is_softer() -> None:
    assert inside(np.array([0.2]), scale=5.0, edge=1.0)[0] == 1.0
    assert inside(np.array([0.2]), scale=5.0, edge=4.0)[0] == 0.75
