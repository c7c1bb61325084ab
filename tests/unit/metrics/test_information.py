from __future__ import annotations

import math

import numpy as np
import pytest

from fuseflow.metrics.information import EN, MI_BITS, MI_NATS
from fuseflow.metrics.triple import Triple

EVERY_LEVEL = np.arange(256).reshape(16, 16)


def test_entropy_of_all_levels_once_is_eight_bits() -> None:
    assert EN(Triple(EVERY_LEVEL, EVERY_LEVEL, EVERY_LEVEL)) == 8.0


def test_entropy_of_one_level_is_positive_zero() -> None:
    flat = np.full((3, 3), 9)
    assert math.copysign(1.0, EN(Triple(flat, flat, flat))) == 1.0
    assert EN(Triple(flat, flat, flat)) == 0.0


def test_entropy_sees_the_fused_image_only() -> None:
    flat = np.zeros((16, 16))
    assert EN(Triple(flat, EVERY_LEVEL, flat)) == 0.0


def test_levels_are_rounded_half_to_even() -> None:
    image = np.array([[0.5, 1.5, 2.5, 0.0]])  # levels 0, 2, 2, 0
    assert EN(Triple(image, image, image)) == 1.0


def test_mutual_information_worked_out_by_hand() -> None:
    a = np.array([[0, 0, 255, 255]])
    b = np.array([[0, 255, 255, 255]])
    h_b = -(0.25 * math.log2(0.25) + 0.75 * math.log2(0.75))
    h_ab = 1.5  # shares 1/4, 1/4, 1/2
    expected = (h_b + 1.0 - h_ab) + 1.0  # I(B,F) + I(A,F) with F = A
    assert MI_BITS(Triple(a, b, a)) == pytest.approx(expected, rel=1e-15)
    assert MI_NATS(Triple(a, b, a)) == pytest.approx(expected * math.log(2), rel=1e-15)


def test_levels_254_and_255_are_kept_apart() -> None:
    a = np.array([[254, 255]])
    assert MI_BITS(Triple(a, a, a)) == 2.0


def test_independent_images_share_nothing_and_not_less() -> None:
    rows = np.repeat(np.arange(7)[:, None], 11, axis=1)
    columns = np.repeat(np.arange(11)[None, :], 7, axis=0)
    value = MI_BITS(Triple(rows, rows, columns))
    assert 0.0 <= value < 1e-14
