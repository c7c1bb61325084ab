from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.fusion.pyramid import KERNEL, decompose, expand, recompose, reduce


def test_kernel_keeps_the_mean_and_treats_even_and_odd_samples_alike() -> None:
    assert KERNEL.sum() == 1.0
    assert KERNEL[::2].sum() == KERNEL[1::2].sum() == 0.5


def test_reduce_of_a_point_is_the_decimated_kernel() -> None:
    image = np.zeros((12, 13))
    image[6, 6] = 256.0
    expected = np.zeros((6, 7))
    expected[2:5, 2:5] = np.outer([1, 6, 1], [1, 6, 1])
    np.testing.assert_array_equal(reduce(image), expected)


def test_expand_of_a_point_is_four_times_the_kernel() -> None:
    image = np.zeros((6, 6))
    image[3, 3] = 64.0
    expected = np.zeros((12, 12))
    expected[4:9, 4:9] = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1])
    np.testing.assert_array_equal(expand(image), expected)


def test_flat_continuation_except_at_the_corners() -> None:
    flat = np.full((8, 8), 16.0)
    assert (reduce(flat)[1:-1] == 16).all()
    assert (reduce(flat)[:, 1:-1] == 16).all()
    # top left: 5 of the 16 parts of the kernel lie outside along each axis, and there the extension is 0
    assert reduce(flat)[0, 0] == 16 * (1 - (5 / 16) ** 2)


def test_expand_is_linear_between_samples_of_a_ramp() -> None:
    ramp = np.tile(np.arange(10.0), (10, 1))
    np.testing.assert_allclose(expand(ramp)[4:-4, 4:-4], np.tile(np.arange(2.0, 8.0, 0.5), (12, 1)))


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_recompose_gives_images_of_any_size_back(rows: int, columns: int, levels: int, seed: int) -> None:
    image = np.random.default_rng(seed).uniform(0, 255, (rows, columns))
    details, base = decompose(image, levels)
    np.testing.assert_allclose(recompose(details, base, image.shape), image, rtol=0, atol=1e-10)


def test_recompose_is_exact_for_grey_levels() -> None:
    image = np.random.default_rng(0).integers(0, 256, (45, 37)).astype(np.float64)
    np.testing.assert_array_equal(recompose(*decompose(image, 4), shape=image.shape), image)


@pytest.mark.parametrize(
    ("shape", "bands", "base"),
    [((32, 48), [(32, 48), (16, 24)], (8, 12)), ((5, 6), [(6, 6), (4, 4)], (2, 2)), ((1, 1), [(2, 2), (2, 2)], (1, 1))],
)
def test_odd_sizes_are_made_even_at_each_level(
    shape: tuple[int, int], bands: list[tuple[int, int]], base: tuple[int, int]
) -> None:
    details, coarsest = decompose(np.ones(shape), levels=2)
    assert [band.shape for band in details] == bands
    assert coarsest.shape == base


def test_an_odd_size_is_extended_by_the_last_row_but_one() -> None:
    odd = np.random.default_rng(1).uniform(0, 255, (7, 7))
    even = np.pad(odd, ((0, 1), (0, 1)), mode="reflect")
    for of_odd, of_even in zip(decompose(odd, 3)[0], decompose(even, 3)[0], strict=True):
        np.testing.assert_array_equal(of_odd, of_even)
