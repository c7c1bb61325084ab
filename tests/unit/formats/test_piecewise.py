"""Whole volumes, piece by piece: products rounded once, any order in memory, and no copies of a volume."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.formats.piecewise import count_not_finite, count_outside, equal_pieces, in_single_precision, scaled

SHAPE = (65, 64, 48)


def numbers(dtype="<i2"):
    return np.random.default_rng(0).integers(-1000, 1000, SHAPE).astype(dtype)


def peak_of(function):
    """Bytes that are asked for at most at a time, and the result."""
    tracemalloc.start()
    try:
        result = function()
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("dtype", ["<i2", ">i2", "<u8", ">f4", "<f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_products_are_computed_in_float64_and_rounded_once(dtype, order):
    stored = numbers("i2").astype(dtype, order=order)
    found = scaled(stored, slope=1 / 3, intercept=1e-3)
    assert found.dtype == np.float32
    assert found.flags.f_contiguous == (order == "F")
    np.testing.assert_array_equal(found, (stored.astype(np.float64) * (1 / 3) + 1e-3).astype(np.float32))


@pytest.mark.parametrize("size", [1, 7, 10**6])
def test_pieces_in_the_order_of_a_file(size):
    turned = numbers(">i2")[::-1, :, ::3].transpose(2, 0, 1)[:5, :6, :7]
    pieces = [piece.copy() for piece in equal_pieces(turned, size=size)]
    assert {len(piece) for piece in pieces[:-1]} <= {size}
    assert all(piece.dtype.isnative for piece in pieces)
    np.testing.assert_array_equal(np.concatenate(pieces), turned.ravel(order="F"))


def test_each_slice_has_its_own_slope():
    stored, slopes = numbers(), np.arange(65.0).reshape(65, 1, 1)
    found = scaled(stored, slope=slopes, intercept=-slopes, within=(-900, 900))
    np.testing.assert_array_equal(found, ((np.clip(stored, -900, 900) - 1) * slopes).astype(np.float32))


def test_values_beyond_float32_are_infinite_and_no_warning():
    assert scaled(np.array([1, 0, -1], np.int8), slope=1e300, intercept=0.0).tolist() == [np.inf, 0, -np.inf]


@given(values=st.lists(st.one_of(st.floats(), st.floats(width=32)), min_size=1, max_size=20))
@settings(deadline=None, max_examples=100)
def test_float32_only_where_it_holds_every_value(values):
    stored = np.array(values)
    found = in_single_precision(stored)
    with np.errstate(over="ignore"):
        expected = stored.astype(np.float32)
    if np.array_equal(expected, stored, equal_nan=True):
        np.testing.assert_array_equal(found, expected)
    else:
        assert found is None


def test_the_result_is_all_the_memory_that_is_asked_for():
    stored = numbers()
    for function in (
        lambda: scaled(stored, slope=0.5, intercept=1.0),
        lambda: scaled(stored, slope=np.ones((65, 1, 1)), intercept=np.ones((65, 1, 1)), within=(-9, 9)),
    ):
        peak, result = peak_of(function)
        assert result.nbytes <= peak < result.nbytes + 3 * 2**20
    peak, result = peak_of(lambda: in_single_precision(numbers().astype(np.float64)))
    assert peak < result.nbytes * 3 + 3 * 2**20


def test_counts_need_no_memory_of_the_size_of_the_volume():
    stored = numbers(np.float32)
    stored[3, 4, 5:8] = np.nan, np.inf, -np.inf
    peak, found = peak_of(lambda: (count_not_finite(stored), count_outside(stored, -500, 500)))
    finite = stored[np.isfinite(stored)]
    assert found == ((1, 2), int((np.abs(finite) > 500).sum()) + 2)
    assert peak < 2**20
