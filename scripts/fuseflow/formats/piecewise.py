"""What is done to all voxels of a volume, piece by piece, so that no copy of the volume is made on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, cast

import numpy as np
import numpy.typing as npt

from fuseflow.volume import Data

PIECE = 2**16
"""Voxels that are held in float64 at a time."""


def pieces_of(data: Data, *, order: Literal["K", "F"] = "K") -> Iterator[Data]:
    """All voxels in the machine's byte order, in pieces of one axis and of at most `PIECE` voxels.

    Parameters
    ----------
    data
        Any shape, order in memory and byte order.
    order
        ``F`` for the first axis fastest, ``K`` for the order in which they lie in memory.

    Examples
    --------
    >>> [piece.tolist() for piece in pieces_of(np.array([[1, 2], [3, 4]], ">i2"), order="F")]
    [[1, 3, 2, 4]]
    """
    native = data.dtype.newbyteorder("=")
    for piece in np.nditer([data], ["external_loop", "buffered"], op_dtypes=[native], order=order, buffersize=PIECE):
        # NumPy gives one array and says that it gives several
        yield cast(Data, piece)


def equal_pieces(data: Data, *, size: int) -> Iterator[Data]:
    """As `pieces_of`, the first axis fastest, in pieces of the same size whatever the order in memory.

    Parameters
    ----------
    data
        Any shape, order in memory and byte order.
    size
        Voxels of a piece; the last may have fewer. Each is valid until the next one is taken.

    Examples
    --------
    >>> [piece.tolist() for piece in equal_pieces(np.array([[1, 2], [3, 4]], ">i2"), size=3)]
    [[1, 3, 2], [4]]
    """
    held = np.empty(size, data.dtype.newbyteorder("="))
    count = 0
    for piece in pieces_of(data, order="F"):
        start = 0
        while start < len(piece):
            taken = min(size - count, len(piece) - start)
            held[count : count + taken] = piece[start : start + taken]
            start, count = start + taken, count + taken
            if count == size:
                yield held
                count = 0
    if count:
        yield held[:count]


def is_too_small(slope: npt.ArrayLike) -> bool:
    """Whether a slope is so small, and not 0, that single precision makes every value the same.

    Examples
    --------
    >>> is_too_small(1e-320), is_too_small([0, 1e-3])
    (True, False)
    """
    size = np.abs(np.asarray(slope, np.float64))
    return bool(((size > 0) & (size < np.finfo(np.float32).tiny)).any())


def scaled(
    stored: Data, *, slope: npt.ArrayLike, intercept: npt.ArrayLike, within: tuple[float, float] = (-np.inf, np.inf)
) -> npt.NDArray[np.float32]:
    """Stored values times a slope, plus an intercept: computed in float64 and rounded once.

    Parameters
    ----------
    stored
        Integers or real numbers, any shape and byte order.
    slope, intercept
        Numbers, or arrays that go with `stored` by NumPy's rules of broadcasting.
    within
        The least and the greatest stored value; others are set to these before.

    Returns
    -------
    numpy.ndarray
        float32, of the shape and the order in memory of `stored`; infinite where float32 cannot hold the value.

    Examples
    --------
    >>> scaled(np.array([1, 2, 9], np.int8), slope=0.5, intercept=-1.0, within=(1, 3)).tolist()
    [-0.5, 0.0, 0.5]
    """
    low, high = within
    result = np.empty_like(stored, np.float32)
    with (
        np.errstate(over="ignore", invalid="ignore"),
        np.nditer(
            [stored, np.asarray(slope, np.float64), np.asarray(intercept, np.float64), result],
            flags=["external_loop", "buffered"],
            op_flags=[["readonly"], ["readonly"], ["readonly"], ["writeonly"]],
            op_dtypes=[np.float64, np.float64, np.float64, np.float32],
            casting="same_kind",
            buffersize=PIECE,
        ) as pieces,
    ):
        for values, factor, summand, target in pieces:
            target[...] = np.clip(values, low, high) * factor + summand
    return result


def in_single_precision(stored: Data) -> npt.NDArray[np.float32] | None:
    """Real numbers in float32, if that holds every one of them exactly; else None.

    Examples
    --------
    >>> in_single_precision(np.array([0.5, np.nan]))
    array([0.5, nan], dtype=float32)
    >>> in_single_precision(np.array([0.1])) is None
    True
    """
    result = np.empty_like(stored, np.float32)
    with (
        np.errstate(over="ignore"),
        np.nditer(
            [stored, result],
            flags=["external_loop", "buffered"],
            op_flags=[["readonly"], ["writeonly"]],
            op_dtypes=[np.float64, np.float32],
            casting="same_kind",
            buffersize=PIECE,
        ) as pieces,
    ):
        for values, target in pieces:
            target[...] = values
            if not ((target == values) | np.isnan(values)).all():
                return None
    return result


def count_outside(stored: Data, low: float, high: float) -> int:
    """How many values are less than one number or greater than another; NaN are neither.

    Examples
    --------
    >>> count_outside(np.array([1, 2, 9], np.int8), 2, 3)
    2
    """
    return sum(int(np.count_nonzero((piece < low) | (piece > high))) for piece in pieces_of(stored))


def count_not_finite(values: Data) -> tuple[int, int]:
    """How many values are NaN, and how many infinite.

    Examples
    --------
    >>> count_not_finite(np.array([1, np.nan, -np.inf]))
    (1, 1)
    """
    missing = infinite = 0
    for piece in pieces_of(values):
        if not np.isfinite(piece).all():
            missing += int(np.count_nonzero(np.isnan(piece)))
            infinite += int(np.count_nonzero(np.isinf(piece)))
    return missing, infinite
