from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fuseflow.fusion.selection import average_base, selc3

SHAPES = st.tuples(st.integers(1, 7), st.integers(1, 7))
Bands = npt.NDArray[np.float64]


def pairs_of_bands(levels: st.SearchStrategy[float]) -> st.SearchStrategy[tuple[Bands, Bands]]:
    return SHAPES.flatmap(
        lambda shape: st.tuples(arrays(np.float64, shape, elements=levels), arrays(np.float64, shape, elements=levels))
    )


def selc3_cell_by_cell(a: Bands, b: Bands) -> Bands:
    """The rule as it is stated, one cell after the other."""
    rows, columns = a.shape

    def magnitude(band: Bands, row: int, column: int) -> float:
        outside_rows, outside_columns = row in (-1, rows), column in (-1, columns)
        if row < -1 or row > rows or column < -1 or column > columns or (outside_rows and outside_columns):
            return 0.0
        row = min(1, rows - 1) if row == -1 else max(rows - 2, 0) if row == rows else row
        column = min(1, columns - 1) if column == -1 else max(columns - 2, 0) if column == columns else column
        return round(abs(float(band[row, column])), 6)

    def activity(band: Bands, row: int, column: int) -> float:
        return max(magnitude(band, row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1))

    chosen = np.empty_like(a)
    for row in range(rows):
        for column in range(columns):
            around = [(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
            votes = sum(activity(a, *place) > activity(b, *place) for place in around)
            chosen[row, column] = a[row, column] if votes > 4 else b[row, column]
    return chosen


@settings(deadline=None, max_examples=60)
@given(pairs_of_bands(st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0, 3.0])))
def test_selc3_is_the_stated_rule_with_its_zero_corners(bands: tuple[Bands, Bands]) -> None:
    np.testing.assert_array_equal(selc3(*bands), selc3_cell_by_cell(*bands))


@settings(deadline=None, max_examples=60)
@given(pairs_of_bands(st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0, 3.0])), st.integers(0, 2**32 - 1))
def test_selc3_does_not_see_differences_of_the_last_bits(bands: tuple[Bands, Bands], seed: int) -> None:
    noise = np.random.default_rng(seed).uniform(-1e-9, 1e-9, bands[0].shape)
    np.testing.assert_array_equal(selc3(bands[0] + noise, bands[1]).round(6), selc3(*bands))


def test_selc3_gives_ties_to_b() -> None:
    assert (selc3(np.full((4, 4), -3.0), np.full((4, 4), 3.0)) == 3.0).all()


def test_selc3_lets_an_isolated_winner_spread_only_to_its_neighbours() -> None:
    a, b = np.zeros((7, 7)), np.ones((7, 7))
    a[3, 3] = 5.0
    taken = selc3(a, b) != b
    # the winner wins the 3x3 around it; a majority of these are within reach of the centre and its four neighbours
    assert np.argwhere(taken).tolist() == [[2, 3], [3, 2], [3, 3], [3, 4], [4, 3]]


def test_selc3_zero_corner_of_the_extension_decides_a_vote() -> None:
    a, b = np.zeros((6, 6)), np.ones((6, 6))
    a[1, 1], a[2, 2] = 3.0, 9.0
    b[0, 2] = b[2, 0] = 5.0
    # around (0, 0), A wins at (1, 1) by its 9 and by its 3 at the four places at the corner; but the corner cell of the
    # extension, which the 3 would be mirrored to, is 0, so that A is left with four votes
    assert selc3(a, b)[0, 0] == 1.0
    np.testing.assert_array_equal(selc3(a, b), selc3_cell_by_cell(a, b))


@pytest.mark.parametrize("seed", range(3))
def test_selc3_without_ties_does_not_depend_on_the_order(seed: int) -> None:
    a, b = np.random.default_rng(seed).normal(size=(2, 9, 8))
    np.testing.assert_array_equal(selc3(a, b), selc3(b, a))


def test_average_base_is_the_mean() -> None:
    assert average_base(np.array([[1.0, 0.0]]), np.array([[2.0, -4.0]])).tolist() == [[1.5, -2.0]]
