"""From a stack of slices to voxels: rescaled slice by slice, on the canonical grid, without a copy too many."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from fuseflow.dicom.frames import Frame
from fuseflow.dicom.geometry import Grid
from fuseflow.dicom.modalities import CT
from fuseflow.dicom.pixels import stored_and_padding
from fuseflow.dicom.stacking import Slice, Stack
from fuseflow.errors import Refused
from fuseflow.volume import Data

AIR = -1024
"""Hounsfield units that padded voxels of CT get."""
INT16 = np.iinfo(np.int16)

Values = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Voxels:
    """The voxels of a stack.

    Parameters
    ----------
    data
        Voxels in the unit of the file, int16 where all are whole numbers that fit, else float32.
    scaled
        The same times one factor per slice, float32; None if no factors were given.
    padded
        How many voxels the files mark as padding.
    """

    data: Data
    scaled: npt.NDArray[np.float32] | None
    padded: int


def assemble(stack: Stack, grid: Grid, *, factors: Sequence[Sequence[float]] | None = None, threads: int = 1) -> Voxels:
    """Decode, rescale and place every slice.

    Parameters
    ----------
    stack
        The slices in order.
    grid
        Its canonical grid.
    factors
        Phase -> slice -> factor of a second volume, float64; values are multiplied before they are rounded to float32.
    threads
        How many slices are worked on at a time; the result does not depend on it.

    Raises
    ------
    Refused
        ``unreadable`` if the pixels of a slice cannot be decoded, or a value is too large for float32.
    """
    kind = _kind(stack)
    shape = grid.shape if len(stack.phases) == 1 else (*grid.shape, len(stack.phases))
    data = np.empty(shape, kind, order="F")
    scaled = None if factors is None else np.empty(shape, np.float32, order="F")
    work = _Placing(stack, grid.stack_view(data), None if scaled is None else grid.stack_view(scaled), factors)
    places = list(product(range(len(stack.phases)), range(len(stack.slices))))
    with ThreadPoolExecutor(threads) as pool:
        padded = sum(pool.map(work, places))
    for values in (data, scaled):
        if values is not None and values.dtype == np.float32 and not np.isfinite(values).all():
            raise Refused("unreadable", "rescaled values are too large for float32")
    return Voxels(data=_smallest(data), scaled=scaled, padded=padded)


def _kind(stack: Stack) -> type[np.int16] | type[np.int32] | type[np.float32]:
    """What holds every value exactly: int16 if all that can be stored fits, int32 if that must be looked at."""
    frames = [frame for phase in stack.phases for frame in phase]
    whole = all(frame.slope == 1 and frame.intercept.is_integer() for frame in frames)
    if stack.resampled or not whole:
        return np.float32
    ranges = [_value_range(frame) for frame in frames]
    if min(low for low, _ in ranges) >= INT16.min and max(high for _, high in ranges) <= INT16.max:
        return np.int16
    fits = all(np.iinfo(np.int32).min <= low and high <= np.iinfo(np.int32).max for low, high in ranges)
    return np.int32 if fits else np.float32


def _value_range(frame: Frame) -> tuple[float, float]:
    assert frame.instance.pixels
    low, high = frame.instance.pixels.stored_range
    return low + frame.intercept, high + frame.intercept


def _smallest(data: Values) -> Data:
    if data.dtype == np.int32:
        fits = data.min() >= INT16.min and data.max() <= INT16.max
        data = data.astype(np.int16 if fits else np.float32, order="F")
    canonical: Data = data
    return canonical


@dataclass(frozen=True)
class _Placing:
    """Work on one slice of the output: (phase, slice) -> number of padded pixels."""

    stack: Stack
    data: Values
    scaled: Values | None
    factors: Sequence[Sequence[float]] | None

    def __call__(self, place: tuple[int, int]) -> int:
        # what does not fit float32 becomes infinite, and is refused once all slices are there
        with np.errstate(over="ignore"):
            return self._place(place)

    def _place(self, place: tuple[int, int]) -> int:
        phase, number = place
        target = self.stack.slices[number]
        where = (slice(None), slice(None), number) if self.data.ndim == 3 else (slice(None), slice(None), number, phase)
        frames = self.stack.phases[phase]
        parts = [_Part(share, source, *values_of(frames[source], self._kind())) for share, source in _parts(target)]
        self.data[where] = _sum([(part.share, part.values) for part in parts]).T
        if self.scaled is not None and self.factors is not None:
            factors = self.factors[phase]
            self.scaled[where] = _sum([(part.share, part.values * factors[part.source]) for part in parts]).T
        return max(part.padded for part in parts)

    def _kind(self) -> np.dtype[Any]:
        return np.dtype(np.float64) if self.data.dtype == np.float32 else np.dtype(np.int32)


@dataclass(frozen=True)
class _Part:
    """A share of a slice of the input in a slice of the output."""

    share: float
    source: int
    values: Values
    padded: int


def _parts(target: Slice) -> list[tuple[float, int]]:
    """Shares of the slices that a slice of the output is made of."""
    if not target.weight:
        return [(1.0, target.lower)]
    return [(1.0 - target.weight, target.lower), (target.weight, target.upper)]


def _sum(parts: Sequence[tuple[float, Values]]) -> Values:
    if len(parts) == 1:
        return parts[0][1]
    return np.asarray(sum(share * values for share, values in parts))


def values_of(frame: Frame, kind: np.dtype[Any]) -> tuple[Values, int]:
    """The values of a slice in the unit of the file, and how many of its pixels are padding.

    Parameters
    ----------
    frame
        The slice.
    kind
        float64, or int32 if slope and intercept are whole numbers.

    Returns
    -------
    tuple
        Values, shape (rows, columns): slope times stored value plus intercept, with the stored values inverted if the
        photometric interpretation is MONOCHROME1; padding of CT is air. And the number of padded pixels.

    Notes
    -----
    DICOM PS3.3, C.11.1.1.2 (Modality LUT) and C.7.5.1.1.2 (Pixel Padding Value).
    """
    pixels = frame.instance.pixels
    assert pixels
    stored, mask = stored_and_padding(frame)
    if pixels.photometric == "MONOCHROME1":
        stored = sum(pixels.stored_range) - stored.astype(np.int64)
    if frame.slope == 1 and frame.intercept == 0:
        values = stored if kind == np.int32 else stored.astype(kind)
    elif kind == np.int32:
        values = np.add(stored, int(frame.intercept), dtype=np.int32)
    else:
        values = stored * frame.slope + frame.intercept
    if mask is None:
        return values, 0
    if frame.instance.modality == CT and mask.any():
        values = np.where(mask, values.dtype.type(AIR) if values.dtype.kind == "f" else np.int32(AIR), values)
    return values, int(np.count_nonzero(mask))
