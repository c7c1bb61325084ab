from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.errors import Refused
from fuseflow.fusion.method import Method, fuse, to_output

AVERAGE = Method(name="mean", title="", source="", parameters={}, function=lambda a, b: (a + b) / 2)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(-0.6, 0), (0.49999999999999994, 0), (0.5, 1), (1.5, 2), (2.5, 3), (253.5, 254), (254.4999, 254), (300.0, 255)],
)
def test_output_is_clipped_and_rounded_half_up(value: float, expected: int) -> None:
    assert to_output(np.array([[value]])).tolist() == [[expected]]


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 255))
def test_output_is_the_nearest_grey_level(value: float) -> None:
    assert abs(int(to_output(np.array(value))) - value) <= 0.5


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_method_that_makes_nan_is_a_programming_error(value: float) -> None:
    with pytest.raises(ValueError, match="NaN or infinity"):
        to_output(np.array([value]))


def test_8_bit_sources_do_not_overflow() -> None:
    white = np.full((2, 2), 255, np.uint8)
    assert (fuse(AVERAGE, white, white) == 255).all()


def test_luma_that_is_not_an_integer_is_rounded_once_at_the_end() -> None:
    assert fuse(AVERAGE, np.array([[0.4]]), np.array([[0.8]])).tolist() == [[1]]


def test_sources_stay_as_they_are() -> None:
    def spoil(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a += 1
        return a + b

    source = np.zeros((2, 2))
    fuse(Method(name="spoil", title="", source="", parameters={}, function=spoil), source, source)
    assert not source.any()


def test_different_sizes_are_refused() -> None:
    with pytest.raises(Refused, match=r"size-mismatch: A has 2 x 3 and B has 3 x 2") as caught:
        fuse(AVERAGE, np.zeros((2, 3)), np.zeros((3, 2)))
    assert caught.value.reason == "size-mismatch"


@pytest.mark.parametrize(("position", "name"), [(0, "A"), (1, "B")])
def test_pixels_that_are_no_grey_levels_are_refused_by_name(position: int, name: str) -> None:
    sources = [np.zeros((1, 1)), np.zeros((1, 1))]
    sources[position] = np.array([[np.nan]])
    with pytest.raises(Refused, match=f"unsupported-pixels: {name} holds NaN or infinity"):
        fuse(AVERAGE, *sources)
