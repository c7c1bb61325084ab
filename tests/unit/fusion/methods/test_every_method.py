"""What holds for each method that is registered, or for a stated group of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.fusion.method import fuse
from fuseflow.fusion.registry import METHODS

SYMMETRIC = ["average", "maximum", "LP", "DWT"]
MULTISCALE = ["LP", "DWT"]


def random_pair(shape: tuple[int, int], seed: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (2, *shape), np.uint8)


def blobs(row: int, column: int) -> npt.NDArray[np.float64]:
    """A pair with content in a 24 x 24 window at `row`, `column` and black elsewhere."""
    pair = np.zeros((2, 256, 256))
    pair[:, row : row + 24, column : column + 24] = random_pair((24, 24), seed=5)
    return pair


@pytest.mark.parametrize("name", METHODS.names())
@settings(deadline=None, max_examples=20)
@given(rows=st.integers(1, 40), columns=st.integers(1, 40), seed=st.integers(0, 2**32 - 1))
def test_an_image_fused_with_itself_is_that_image(name: str, rows: int, columns: int, seed: int) -> None:
    image = random_pair((rows, columns), seed)[0]
    np.testing.assert_array_equal(fuse(METHODS.load(name), image, image), image)


@pytest.mark.parametrize("name", METHODS.names())
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (31, 18), (33, 64)])
def test_any_size_gives_an_8_bit_image_of_that_size_and_the_same_one_again(name: str, shape: tuple[int, int]) -> None:
    a, b = random_pair(shape, seed=1)
    fused = fuse(METHODS.load(name), a, b)
    assert fused.shape == shape
    assert fused.dtype == np.uint8
    np.testing.assert_array_equal(fuse(METHODS.load(name), a, b), fused)


@pytest.mark.parametrize("name", SYMMETRIC)
def test_without_ties_the_order_of_the_sources_does_not_matter(name: str) -> None:
    a, b = np.random.default_rng(4).uniform(0, 255, (2, 47, 64))
    function = METHODS.load(name).function
    np.testing.assert_allclose(function(a, b), function(b, a), rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", METHODS.names())
def test_rows_and_columns_are_treated_alike(name: str) -> None:
    a, b = random_pair((47, 30), seed=6)
    np.testing.assert_array_equal(fuse(METHODS.load(name), a.T, b.T), fuse(METHODS.load(name), a, b).T)


@pytest.mark.parametrize("name", METHODS.names())
def test_content_moved_by_whole_blocks_moves_the_result(name: str) -> None:
    # 16 = 2 to the power of 4 levels; the black margin is wider than the reach of the coarsest level
    before, after = (METHODS.load(name).function(*blobs(*place)) for place in ((112, 112), (128, 96)))
    assert before.any()
    np.testing.assert_array_equal(np.roll(before, (16, -16), (0, 1)), after)


@pytest.mark.parametrize("name", MULTISCALE)
def test_multiscale_methods_keep_a_strong_detail_and_average_the_grounds(name: str) -> None:
    a, b = np.full((64, 64), 40.0), np.full((64, 64), 80.0)
    a[32, 32] = 200.0
    fused = METHODS.load(name).function(a, b)
    # all detail comes from A: a flat 60 with the point on it, less what the coarsest level has halved of it
    assert 215.0 < fused[32, 32] <= 220.0
    assert fused[32, 8] == pytest.approx(60.0, abs=0.5)


@pytest.mark.parametrize("name", MULTISCALE)
def test_multiscale_methods_go_beyond_the_range_of_the_sources_and_are_clipped(name: str) -> None:
    a, b = np.zeros((64, 64)), np.full((64, 64), 250.0)
    a[20:40, 20:40] = 255.0
    function, output = METHODS.load(name).function, fuse(METHODS.load(name), a, b)
    assert function(a, b).max() > 255.0
    assert output[function(a, b) > 255.0].tolist() == [255] * int((function(a, b) > 255.0).sum())
