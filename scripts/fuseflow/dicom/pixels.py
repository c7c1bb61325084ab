"""Stored values of a slice: decoded, reduced to the stored bits, with their sign."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset
from pydicom.pixels.decoders.base import get_decoder

from fuseflow.dicom.decoders import DECODERS
from fuseflow.dicom.frames import Frame, PixelFormat
from fuseflow.errors import Refused
from fuseflow.files import sha256_of_bytes

Stored = npt.NDArray[np.integer]


def stored_values(frame: Frame) -> Stored:
    """The stored values of a slice, as an integer array of shape (rows, columns).

    Bits beyond the stored ones (old overlays) are masked, signed values extended from the stored bits.

    Raises
    ------
    Refused
        ``unreadable`` if the pixels cannot be decoded or have another size than the file says.
    """
    pixels = frame.instance.pixels
    assert pixels is not None
    whole = _native(frame, pixels) if pixels.offset is not None else _decoded(frame, pixels)
    if frame.tile is not None:
        tile = frame.tile
        whole = whole[tile.row : tile.row + frame.rows, tile.column : tile.column + frame.columns]
    return _stored_bits(whole, pixels)


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
    decoder = DECODERS.get(pixels.transfer_syntax)
    try:
        values, _ = get_decoder(pixels.transfer_syntax).as_array(
            _dataset(frame.instance.path, frame.instance.sha256),
            index=frame.index,
            raw=True,
            decoding_plugin=decoder.plugin if decoder else "",
        )
    except Exception:
        # every decoder raises exceptions of its own, and what they say may quote the file
        raise Refused("unreadable", "the compressed pixels are damaged: they cannot be decoded") from None
    if values.shape != (pixels.rows, pixels.columns):
        raise Refused("unreadable", f"the decoded image has the shape {values.shape}, not the one the file says")
    return np.asarray(values)


@lru_cache(maxsize=4)
def _dataset(path: Path, sha256: str) -> Dataset:
    """A file whose frames are decoded one after the other; the sha256 makes sure that it is still the one."""
    data = path.read_bytes()
    if sha256_of_bytes(data) != sha256:
        raise Refused("changed", "the file is no longer the one that was read before")
    return pydicom.dcmread(io.BytesIO(data), force=True)


def _stored_bits(values: Stored, pixels: PixelFormat) -> Stored:
    container = np.dtype(f"u{values.itemsize}")
    signed = np.dtype(f"i{values.itemsize}")
    unused = values.itemsize * 8 - pixels.bits_stored
    raw = values.view(container) if values.dtype.isnative else values.astype(container)
    if pixels.offset is not None and pixels.high_bit >= pixels.bits_stored:
        raw = raw >> container.type(pixels.high_bit + 1 - pixels.bits_stored)
    if pixels.signed:
        raw = raw.view(signed)
        return (raw << signed.type(unused)) >> signed.type(unused) if unused else raw
    return raw & container.type((1 << pixels.bits_stored) - 1) if unused else raw


def padding_of(pixels: PixelFormat) -> tuple[int, int] | None:
    """The padding values as stored values: files write them with the wrong sign now and then."""
    if pixels.padding is None:
        return None
    first, last = (_wrapped(value, pixels) for value in pixels.padding)
    return min(first, last), max(first, last)


def _wrapped(value: int, pixels: PixelFormat) -> int:
    wrapped = value & ((1 << pixels.bits_stored) - 1)
    return wrapped - (1 << pixels.bits_stored) if pixels.signed and wrapped >> (pixels.bits_stored - 1) else wrapped
