"""Pixels of SEG frames: which can be used, and their values; those with one bit run on from frame to frame.

Source: DICOM PS3.5, 8.1.1 (pixels of one bit, the first of them in the lowest bit of the first byte).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian

from fuseflow.dicom.decoders import UNCOMPRESSED, check_installed, is_known
from fuseflow.dicom.frames import Frame, PixelFormat
from fuseflow.dicom.pixels import stored_values
from fuseflow.dicom.screening import check_surplus
from fuseflow.dicom.segments import open_object
from fuseflow.errors import Refused
from fuseflow.files import sha256_of_bytes
from fuseflow.formats.limits import DEFLATE_RATIO, check_declared
from fuseflow.formats.stored import Remark

PIXEL_DATA = 0x7FE00010
CONTAINER_BITS = (1, 8, 16)

Values = npt.NDArray[np.integer]


def check_pixels(frame: Frame, *, size: int) -> None:
    """Make sure that the pixels of a segmentation can be used, before any is decoded.

    Parameters
    ----------
    frame
        One of its frames.
    size
        Bytes of the file.

    Raises
    ------
    Refused
        ``unreadable`` if there are no pixels, ``unsupported-pixels``, ``unsupported-syntax`` or ``impossible-size``.
    InputError
        If the decoder is not installed.
    """
    pixels = frame.instance.pixels
    if pixels is None:
        raise Refused("unreadable", "there are no pixels in the segmentation")
    bits = pixels.bits_allocated
    swapped = bits == 1 and pixels.transfer_syntax == ExplicitVRBigEndian
    plain = pixels.samples == 1 and not pixels.signed and pixels.high_bit == pixels.bits_stored - 1
    if bits not in CONTAINER_BITS or swapped or not plain:
        raise Refused(
            "unsupported-pixels",
            f"the pixels of a segmentation are one value of 1, 8 or 16 bits without sign, not {pixels.samples} of"
            f" {pixels.bits_stored} in {bits} bits{' with a sign' if pixels.signed else ''}"
            f"{', in big endian' if swapped else ''}",
        )
    if not is_known(pixels.transfer_syntax, bits_stored=pixels.bits_stored):
        raise Refused("unsupported-syntax", "there is no decoder for the way in which the pixels are encoded")
    check_declared(pixels.rows * pixels.columns * bits // 8, size, ratio=DEFLATE_RATIO)
    check_installed({pixels.transfer_syntax})


def surplus(dataset: Dataset, frame: Frame) -> tuple[Remark, ...]:
    """A remark if there are some bytes more than the frames need.

    Raises
    ------
    Refused
        ``unreadable`` if there are as many as if each frame began with a new byte, since nobody knows where it begins
        then, or if there are so many that its size may not be that of the pixels.
    """
    pixels = frame.instance.pixels
    assert pixels is not None
    if pixels.transfer_syntax not in UNCOMPRESSED:
        return ()
    there = len(dataset.get_item(PIXEL_DATA).value or b"")
    per_frame = pixels.rows * pixels.columns * pixels.bits_allocated
    needed, apart = (_even(-(-per_frame * pixels.frames // 8)), _even(-(-per_frame // 8) * pixels.frames))
    if there <= needed:
        return ()
    if there == apart:
        raise Refused(
            "unreadable", f"each frame seems to begin with a new byte: {there} bytes are there, {needed} are expected"
        )
    check_surplus(pixels)
    return (Remark(code="surplus", detail=f"{there} bytes of pixels are there and {needed} are used"),)


def _even(length: int) -> int:
    return length + length % 2


def values_of(frame: Frame) -> Values:
    """The stored values of a frame, shape (rows, columns).

    Raises
    ------
    Refused
        ``unreadable`` if they are damaged, ``changed`` if the file is no longer the one that was read.
    """
    pixels = frame.instance.pixels
    assert pixels is not None
    packed = pixels.bits_allocated == 1 and pixels.transfer_syntax in UNCOMPRESSED
    return _bits(frame, pixels) if packed else stored_values(frame)


def _bits(frame: Frame, pixels: PixelFormat) -> Values:
    count = pixels.rows * pixels.columns
    first, last = frame.index * count, (frame.index + 1) * count
    start, stop = first // 8, -(-last // 8)
    packed = np.frombuffer(_pixel_data(frame.instance.path, frame.instance.sha256), np.uint8)[start:stop]
    if len(packed) < stop - start:
        raise Refused("unreadable", "the pixels are cut short")
    bits = np.unpackbits(packed, bitorder="little")[first - 8 * start : last - 8 * start]
    return bits.reshape(pixels.rows, pixels.columns)


@lru_cache(maxsize=1)
def _pixel_data(path: Path, sha256: str) -> bytes:
    """The pixels of a file whose frames are looked at one after the other; deflated files have them nowhere else."""
    data, dataset = open_object(path)
    if sha256_of_bytes(data) != sha256:
        raise Refused("changed", "the file is no longer the one that was read before")
    return bytes(dataset.get_item(PIXEL_DATA).value or b"")
