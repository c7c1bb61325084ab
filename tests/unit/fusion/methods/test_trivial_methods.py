"""copy-A, copy-B, average and maximum: known answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.fusion.method import fuse
from fuseflow.fusion.registry import METHODS

A = np.array([[0, 1, 2, 255]], np.uint8)
B = np.array([[0, 2, 4, 254]], np.uint8)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("copy-A", [0, 1, 2, 255]), ("copy-B", [0, 2, 4, 254]), ("average", [0, 2, 3, 255]), ("maximum", [0, 2, 4, 255])],
)
def test_known_answers(name: str, expected: list[int]) -> None:
    assert fuse(METHODS.load(name), A, B).tolist() == [expected]


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 255), st.integers(0, 255))
def test_average_of_integers_is_the_integer_mean_rounded_up(a: int, b: int) -> None:
    assert fuse(METHODS.load("average"), np.array([[a]]), np.array([[b]])).tolist() == [[(a + b + 1) // 2]]


@pytest.mark.parametrize(("a", "b", "expected"), [(0.25, 0.5, 0), (0.25, 0.75, 1), (10.2, 10.9, 11)])
def test_average_of_luma_is_the_same_formula(a: float, b: float, expected: int) -> None:
    assert fuse(METHODS.load("average"), np.array([[a]]), np.array([[b]])).tolist() == [[expected]]
