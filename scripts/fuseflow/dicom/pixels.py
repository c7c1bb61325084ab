"""Stored values of a slice: decoded, reduced to the stored bits, with their sign."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset

from fuseflow.dicom.decoders import KEEP_ALL_BITS
from fuseflow.dicom.decoding import decoded_frame
from fuseflow.dicom.frames import Frame, PixelFormat
from fuseflow.errors import Refused
from fuseflow.files import sha256_of_bytes

WITH_ALL_BITS: dict[str, Any] = {"correct_unused_bits": False}

Stored = npt.NDArray[np.integer]


def stored_values(frame: Frame) -> Stored:
    """The stored values of a slice, as an integer array of shape (rows, columns).

    Bits beyond the stored ones (old overlays) are masked, signed values extended from the stored bits.

    Raises
    ------
    Refused
        ``unreadable`` if the pixels cannot be decoded or have another size than the file says.
    """
    return _stored_bits(_allocated_bits(frame), _format(frame))


def stored_and_padding(frame: Frame) -> tuple[Stored, npt.NDArray[np.bool_] | None]:
    """The stored values of a slice, and which pixels are padding; None if the file names no padding.

    A padding value that the stored bits cannot hold stands in all allocated bits: a -2000 in 16 bits of which 12 are
    stored. Errors as `stored_values`.
    """
    pixels = _format(frame)
    allocated = _allocated_bits(frame)
    stored = _stored_bits(allocated, pixels)
    if pixels.padding is None:
        return stored, None
    first, last = padding_of(pixels)
    low, high = pixels.stored_range
    values = stored if low <= first and last <= high else _as_integers(allocated, signed=pixels.signed)
    return stored, (values >= first) & (values <= last)


def padding_of(pixels: PixelFormat) -> tuple[int, int]:
    """The smallest and the largest padding value, with the sign of the pixels; files write another now and then.

    Raises
    ------
    ValueError
        If the file names no padding.
    """
    if pixels.padding is None:
        raise ValueError("there is no padding")
    first, last = sorted(_signed(value, pixels) for value in pixels.padding)
    return first, last


def _signed(value: int, pixels: PixelFormat) -> int:
    if pixels.signed and pixels.stored_range[1] < value < 1 << pixels.bits_stored:
        # written as the stored bits alone
        return value - (1 << pixels.bits_stored)
    allocated = value & ((1 << pixels.bits_allocated) - 1)
    negative = pixels.signed and allocated >> (pixels.bits_allocated - 1)
    return allocated - (1 << pixels.bits_allocated) if negative else allocated


def _format(frame: Frame) -> PixelFormat:
    assert frame.instance.pixels is not None
    return frame.instance.pixels


def _allocated_bits(frame: Frame) -> Stored:
    """All bits of the pixels of a slice, as decoded."""
    pixels = _format(frame)
    whole = _native(frame, pixels) if pixels.offset is not None else _decoded(frame, pixels)
    if frame.tile is not None:
        tile = frame.tile
        whole = whole[tile.row : tile.row + frame.rows, tile.column : tile.column + frame.columns]
    return whole


def _native(frame: Frame, pixels: PixelFormat) -> Stored:
    assert pixels.offset is not None
    count = pixels.rows * pixels.columns
    kind = np.dtype(f"<u{pixels.bits_allocated // 8}")
    try:
        values = np.fromfile(
            frame.instance.path, kind, count, offset=pixels.offset + frame.index * count * kind.itemsize
        )
        return values.reshape(pixels.rows, pixels.columns)
    except (OSError, ValueError):
        raise Refused("unreadable", "the pixels can no longer be read from the file") from None


def _decoded(frame: Frame, pixels: PixelFormat) -> Stored:
    dataset = _dataset(frame.instance.path, frame.instance.sha256)
    values, _ = decoded_frame(dataset, pixels, index=frame.index, **WITH_ALL_BITS)
    if values.shape != (pixels.rows, pixels.columns):
        raise Refused("unreadable", f"the decoded image has the shape {values.shape}, not the one the file says")
    if pixels.transfer_syntax not in KEEP_ALL_BITS and pixels.padding is None:
        _check_bits(values, pixels)
    return np.asarray(values)


def _check_bits(values: Stored, pixels: PixelFormat) -> None:
    """Make sure that decoded values, with or without a sign, need no more bits than the file says."""
    lowest = pixels.stored_range[0]
    if values.min() < lowest or values.max() >= 1 << pixels.bits_stored:
        raise Refused("unreadable", f"decoded values do not fit the {pixels.bits_stored} bits that the file says")


@lru_cache(maxsize=4)
def _dataset(path: Path, sha256: str) -> Dataset:
    """A file whose frames are decoded one after the other; the sha256 makes sure that it is still the one."""
    data = path.read_bytes()
    if sha256_of_bytes(data) != sha256:
        raise Refused("changed", "the file is no longer the one that was read before")
    return pydicom.dcmread(io.BytesIO(data), force=True)


def _as_integers(values: Stored, *, signed: bool) -> Stored:
    """The same bits in the byte order of this machine, with or without a sign."""
    kind = np.dtype(f"{'i' if signed else 'u'}{values.itemsize}")
    return values.view(kind) if values.dtype.isnative else values.astype(kind)


def _stored_bits(values: Stored, pixels: PixelFormat) -> Stored:
    unused = values.itemsize * 8 - pixels.bits_stored
    raw = _as_integers(values, signed=False)
    if pixels.high_bit >= pixels.bits_stored:
        raw = raw >> raw.dtype.type(pixels.high_bit + 1 - pixels.bits_stored)
    if pixels.signed:
        raw = _as_integers(raw, signed=True)
        return (raw << raw.dtype.type(unused)) >> raw.dtype.type(unused) if unused else raw
    return raw & raw.dtype.type((1 << pixels.bits_stored) - 1) if unused else raw
