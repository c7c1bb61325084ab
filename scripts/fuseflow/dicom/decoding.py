"""Frames out of their encoding: by the one decoder that is fixed for it, and never otherwise than their stream says.

Decoders of JPEG-LS and JPEG 2000 take the size from the file and cut or wrap a stream of another size; that of lossless
JPEG fills in what is missing of a damaged one.
"""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import JPEGLossless, JPEGLosslessSV1

from fuseflow.dicom.decoders import DECODERS, KEEP_ALL_BITS
from fuseflow.dicom.frames import PixelFormat
from fuseflow.dicom.streams import header_of_stream
from fuseflow.errors import Refused

LOSSLESS_JPEG = (JPEGLossless, JPEGLosslessSV1)

Decoded = npt.NDArray[Any]


def decoded_frame(
    dataset: Dataset, pixels: PixelFormat, *, index: int = 0, **options: Any
) -> tuple[Decoded, dict[str, Any]]:
    """A frame as its decoder gives it, and what pydicom says of it.

    Parameters
    ----------
    dataset
        The file.
    pixels
        How its pixels are stored.
    index
        Which frame, from 0.
    **options
        For pydicom's decoder.

    Raises
    ------
    Refused
        ``unreadable`` if the pixels cannot be decoded, their stream has another size than the file says, or is damaged.
    """
    encapsulated = pixels.transfer_syntax in DECODERS and pixels.transfer_syntax not in KEEP_ALL_BITS
    stream = _stream(dataset, pixels, index) if encapsulated else b""
    if encapsulated:
        _check_header(stream, pixels)
    decoder = DECODERS.get(pixels.transfer_syntax)
    try:
        values, properties = get_decoder(pixels.transfer_syntax).as_array(
            dataset, index=index, raw=True, decoding_plugin=decoder.plugin if decoder else "", **options
        )
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:
        # every decoder raises exceptions of its own, that of RLE such as are no Exception; what they say may quote
        raise Refused("unreadable", "the pixels are damaged or cut short: they cannot be decoded") from None
    if pixels.transfer_syntax in LOSSLESS_JPEG and pixels.samples == 1:
        _check_alike(stream, values, pixels)
    return values, dict(properties)


def _stream(dataset: Dataset, pixels: PixelFormat, index: int) -> bytes:
    tables = ("ExtendedOffsetTable", "ExtendedOffsetTableLengths")
    try:
        offsets = tuple(dataset[name].value for name in tables) if all(name in dataset for name in tables) else None
        return get_frame(dataset["PixelData"].value, index, number_of_frames=pixels.frames, extended_offsets=offsets)
    except Exception:
        # pydicom raises whatever the damage leads to
        raise Refused("unreadable", "the compressed pixels are damaged: there is no frame") from None


def _check_header(stream: bytes, pixels: PixelFormat) -> None:
    header = header_of_stream(stream)
    if header is None:
        raise Refused("unreadable", "the compressed pixels are damaged: the stream does not say what it holds")
    stated = (pixels.rows, pixels.columns, pixels.samples)
    if (header.rows, header.columns, header.samples) != stated or header.bits > pixels.bits_allocated:
        found = f"{header.columns} x {header.rows} pixels of {header.samples} samples of {header.bits} bits"
        raise Refused("unreadable", f"the stream holds {found}, not what the file says")


def _check_alike(stream: bytes, values: Decoded, pixels: PixelFormat) -> None:
    """Make sure that another decoder finds the same: where a stream is damaged, each goes on in its own way."""
    try:
        other = imagecodecs.jpegsof3_decode(stream)
    except Exception:
        other = None
    # the stored bits, since only one of the two knows of signs
    stored_bits = (1 << pixels.bits_stored) - 1
    if other is None or other.shape != values.shape or ((other ^ values) & stored_bits).any():
        raise Refused("unreadable", "the lossless JPEG stream is damaged: two decoders do not find the same in it")
    if not pixels.signed and pixels.padding is None and other.max() > stored_bits:
        raise Refused("unreadable", f"decoded values do not fit the {pixels.bits_stored} bits that the file says")
