"""Large arrays block by block, so that float64 never needs the memory of a whole volume.

A CT of 300 x 512 x 512 voxels is 157 MB of int16 and would be 629 MB of float64; a plane of it is 2 MB.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from fuseflow.volume import Data

LONGEST = 2**18
"""Values per block of arrays with one axis: 2 MB of float64."""

Index = tuple[slice | int, ...]


def blocks(shape: tuple[int, ...]) -> Iterator[Index]:
    """Indices of the blocks of an array: its (x, y) planes, or pieces of an array with one axis.

    Examples
    --------
    >>> list(blocks((9, 9, 2)))
    [(slice(None, None, None), slice(None, None, None), 0), (slice(None, None, None), slice(None, None, None), 1)]
    >>> list(blocks((10,)))
    [(slice(0, 262144, None),)]
    """
    if len(shape) == 1:
        for start in range(0, shape[0], LONGEST):
            yield (slice(start, start + LONGEST),)
    else:
        for index in np.ndindex(*shape[2:]):
            yield (slice(None), slice(None), *index)


def map_blocks(
    function: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]], data: Data
) -> npt.NDArray[np.float32]:
    """A function of single values, computed in float64 and rounded to float32 once.

    Parameters
    ----------
    function
        Maps float64 values to float64 values of the same shape; what becomes of one does not depend on others.
    data
        Values, shape (x, y, z) or (x, y, z, fourth).

    Returns
    -------
    numpy.ndarray
        float32, that shape, with x as the fastest axis in memory.

    Examples
    --------
    >>> map_blocks(lambda values: values / 2, np.ones((1, 1, 2), np.int16))
    array([[[0.5, 0.5]]], dtype=float32)
    """
    mapped = np.empty(data.shape, np.float32, order="F")
    for index in blocks(data.shape):
        mapped[index] = function(data[index].astype(np.float64))
    return mapped


def all_finite(data: Data) -> bool:
    """Whether no value is NaN or infinite.

    Examples
    --------
    >>> all_finite(np.array([1.0, np.nan])), all_finite(np.array([1]))
    (False, True)
    """
    return data.dtype.kind != "f" or all(np.isfinite(data[index]).all() for index in blocks(data.shape))


def share_outside(data: Data, *, low: float, high: float) -> float:
    """Share of the values that are smaller than `low` or larger than `high`, 0..1.

    Examples
    --------
    >>> share_outside(np.array([1, 2, 3, 4]), low=2, high=5)
    0.25
    """
    outside = 0
    for index in blocks(data.shape):
        values = data[index].astype(np.float64)
        outside += int(np.count_nonzero((values < low) | (values > high)))
    return outside / data.size


def mean_and_deviation(data: Data) -> tuple[float, float]:
    """Mean and population standard deviation, float64, in two passes.

    Parameters
    ----------
    data
        Finite values, at least one.

    Examples
    --------
    >>> mean_and_deviation(np.array([1, 2, 3, 4], np.int16))
    (2.5, 1.118033988749895)
    """
    mean = math.fsum(float(data[index].sum(dtype=np.float64)) for index in blocks(data.shape)) / data.size
    squares = math.fsum(float(np.square(data[index] - np.float64(mean)).sum()) for index in blocks(data.shape))
    return mean, math.sqrt(squares / data.size)
