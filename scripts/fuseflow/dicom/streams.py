"""What the compressed stream of an image says itself of its pixels.

Source: ITU-T T.81, B.2.2 (JPEG) and T.87, C.2.2 (JPEG-LS): frame header; T.800, A.5.1 (JPEG 2000): image and tile size.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

JPEG_2000 = b"\xff\x4f\xff\x51"
BOXES = 4096
"""Bytes in which the stream begins, in files of JPEG 2000 that wrap it into boxes."""
FRAME_HEADERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
"""Second bytes of the markers that begin a frame: those of JPEG and that of JPEG-LS."""
ALONE = {0x01, *range(0xD0, 0xD9)}
"""Second bytes of markers without a length."""
BITS = 0x7F
"""Of the byte that holds the bits of a JPEG 2000 component, less one, and whether it has a sign."""


@dataclass(frozen=True, kw_only=True)
class StreamHeader:
    """The size of an image in pixels, values per pixel, and bits per value."""

    rows: int
    columns: int
    samples: int
    bits: int


def header_of_stream(stream: bytes) -> StreamHeader | None:
    """What a stream says; None if it is neither JPEG, JPEG-LS nor JPEG 2000, or damaged.

    Examples
    --------
    >>> header_of_stream(bytes.fromhex("ffd8 ffc3 000b 0c 0028 0024 01 01 11 00"))
    StreamHeader(rows=40, columns=36, samples=1, bits=12)
    """
    try:
        return _of_jpeg(stream) if stream[:2] == b"\xff\xd8" else _of_jpeg_2000(stream)
    except (struct.error, IndexError):
        return None


def _of_jpeg(stream: bytes) -> StreamHeader | None:
    place = 2
    while stream[place] == 0xFF:
        marker = stream[place + 1]
        if marker in FRAME_HEADERS:
            bits, rows, columns, samples = struct.unpack_from(">BHHB", stream, place + 4)
            return StreamHeader(rows=rows, columns=columns, samples=samples, bits=bits)
        # any number of 0xFF may come before a marker
        place += 1 if marker == 0xFF else 2
        if marker not in ALONE and marker != 0xFF:
            place += struct.unpack_from(">H", stream, place)[0]
    return None


def _of_jpeg_2000(stream: bytes) -> StreamHeader | None:
    place = stream.find(JPEG_2000, 0, BOXES)
    if place < 0:
        return None
    # length and capabilities, far corner, near corner, four numbers of tiles, components, and bits of the first
    right, bottom, left, top = struct.unpack_from(">4I", stream, place + 8)
    samples, bits = struct.unpack_from(">HB", stream, place + 40)
    return StreamHeader(rows=bottom - top, columns=right - left, samples=samples, bits=(bits & BITS) + 1)
