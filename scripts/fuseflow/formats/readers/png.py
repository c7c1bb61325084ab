"""PNG files as they come: any depth, palettes, transparency that hides nothing, orientation.

Pixels that were decoded by an earlier stage are read by `fuseflow.formats.png.read_png`, which takes less.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fuseflow.errors import Refused
from fuseflow.flat import FlatImage, Pixels
from fuseflow.formats.compression import Decompressed, check_packed, decompressed_head
from fuseflow.formats.file_bytes import bytes_of
from fuseflow.formats.flat_images import (
    ALPHA_DROPPED,
    check_size,
    described,
    name_remarks,
    scale_of,
    scaled_to_eight_bits,
)
from fuseflow.formats.orientation import exif_orientation, turned
from fuseflow.formats.png import (
    GREY,
    GREY_ALPHA,
    KINDS,
    PALETTE,
    RGB,
    RGB_ALPHA,
    SIGNATURE,
    TRANSPARENT,
    PngHeader,
    chunks_of,
    decode_png,
    header_of,
    write_chunk,
)
from fuseflow.formats.registry import Reader
from fuseflow.formats.stored import Remark, surplus
from fuseflow.opencv import cv2

SOURCE = "PNG"
SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
DEPTHS = {GREY: (1, 2, 4, 8, 16), RGB: (8, 16), PALETTE: (1, 2, 4, 8), GREY_ALPHA: (8, 16), RGB_ALPHA: (8, 16)}
"""Colour type -> bits per sample that go with it."""
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column, first row, and steps between columns and rows, of the passes of interlaced images."""
FILTERS = bytes(range(5))
"""The types that a row may begin with."""
LONGEST_SIDE = 10**6
"""Pixels of a row or column that the decoder takes."""
WIDEST_WINDOW = b"\x78\x01"
"""The header of a zlib stream whose matches may reach back as far as any can."""
KEPT = (b"PLTE", b"tRNS", b"eXIf", b"acTL")


@dataclass(frozen=True, kw_only=True)
class _Content:
    """The chunks that matter: the header, the compressed pixels, and the first of each of `KEPT`; and what follows."""

    header: PngHeader
    compressed: bytes
    chunks: dict[bytes, bytes]
    behind: int


def read_png_image(path: Path) -> list[FlatImage]:
    """The image in a PNG file.

    Palettes become their colours, grey values of 1, 2 and 4 bits fill 8, transparency that hides nothing is left out,
    and the picture is turned as its EXIF data say. Resolution, text, colour profiles and gamma change nothing and are
    not kept.

    Raises
    ------
    Refused
        ``unreadable``, ``impossible-size``, ``too-large``; ``unsupported-pixels`` if pixels are transparent;
        ``several-images`` of animations.

    Examples
    --------
    >>> import tempfile
    >>> from fuseflow.formats.png import write_png
    >>> path = Path(tempfile.mkdtemp()) / "CT.png"
    >>> _ = path.write_bytes(write_png(np.array([[1, 2]], np.uint8)))
    >>> read_png_image(path)[0].pixels.tolist()
    [[1, 2]]
    """
    data = bytes_of(path)
    content = _content(data)
    header = content.header
    remarks = name_remarks(path, source=SOURCE, endings=READER.endings) + surplus(content.behind)
    _check_frames(content)
    compressed, behind = _sound_stream(content)
    content = replace(content, compressed=compressed)
    remarks += surplus(behind)
    pixels, changes = _pixels(content)
    orientation = exif_orientation(content.chunks.get(b"eXIf", b""))
    return [
        described(
            turned(pixels, orientation),
            source=SOURCE,
            photometric=KINDS[header.colour_type],
            bits=header.bits,
            lossy=False,
            orientation=orientation,
            remarks=remarks + changes,
        )
    ]


def _content(data: bytes) -> _Content:
    chunks = chunks_of(data)
    header = header_of(*next(chunks))
    if header.bits not in DEPTHS[header.colour_type]:
        raise Refused("unreadable", f"a {KINDS[header.colour_type]} PNG cannot have {header.bits} bits per sample")
    end = len(SIGNATURE) + 25
    compressed: list[bytes] = []
    kept: dict[bytes, bytes] = {}
    for kind, body in chunks:
        end += 12 + len(body)
        if kind == b"IDAT":
            compressed.append(body)
        elif kind in KEPT:
            kept.setdefault(kind, body)
    return _Content(header=header, compressed=b"".join(compressed), chunks=kept, behind=len(data) - end)


def _check_frames(content: _Content) -> None:
    animation = content.chunks.get(b"acTL", b"")
    frames = int.from_bytes(animation[:4], "big")
    if frames > 1:
        raise Refused("several-images", f"the PNG is an animation of {frames} frames")


def _sound_stream(content: _Content) -> tuple[bytes, int]:
    """The compressed rows, all there and nothing but them, and how many bytes there were too many.

    Decoders fill in what is missing, some of them do not look at the checksum, and this one prints what it dislikes.
    """
    header = content.header
    if max(header.width, header.height) > LONGEST_SIDE:
        size = f"{header.width} x {header.height}"
        raise Refused("too-large", f"the PNG holds {size} pixels; rows and columns of up to {LONGEST_SIDE} are read")
    samples = 3 if header.colour_type == PALETTE else SAMPLES[header.colour_type]
    check_size(rows=header.height, columns=header.width, samples=samples, bits=header.bits)
    passes = _passes(header)
    expected = passes[-1].stop
    stream = io.BytesIO(content.compressed)
    check_packed(expected, stream, "zlib")
    rows = Decompressed(stream, "zlib")
    found = 0
    for piece in rows:
        if any(_filters(piece, found, rows_of_pass).translate(None, FILTERS) for rows_of_pass in passes):
            raise Refused("unreadable", "the PNG is damaged: a row begins with a type of filter that there is not")
        found += len(piece)
        if found > expected:
            break
    if found < expected:
        raise Refused("unreadable", f"the PNG is cut short: {found} of {expected} bytes of its rows are there")
    if found > expected:
        stream.seek(0)
        return zlib.compress(decompressed_head(stream, "zlib", most=expected)[0], level=1), found - expected
    compressed = content.compressed[: len(content.compressed) - rows.following]
    if compressed[:1] != WIDEST_WINDOW[:1]:
        # some streams state a smaller window than they need, and none suffers from a larger one
        compressed = WIDEST_WINDOW + compressed[2:]
    return compressed, rows.following


def _passes(header: PngHeader) -> list[range]:
    """Where the rows of each pass begin before compression, and end; each begins with the type of its filter."""
    passes, start = [], 0
    for first_column, first_row, column_step, row_step in ADAM7 if header.interlaced else ((0, 0, 1, 1),):
        columns = max(0, -(-(header.width - first_column) // column_step))
        rows = max(0, -(-(header.height - first_row) // row_step)) if columns else 0
        row_bytes = 1 + -(-columns * SAMPLES[header.colour_type] * header.bits // 8)
        passes.append(range(start, start + rows * row_bytes, row_bytes))
        start += rows * row_bytes
    return passes


def _filters(piece: bytes, position: int, rows: range) -> bytes:
    """The bytes of a piece of the rows with which a row begins."""
    passed = max(0, -(-(position - rows.start) // rows.step))
    start, stop = rows.start + passed * rows.step, min(rows.stop, position + len(piece))
    return piece[start - position : stop - position : rows.step] if start < stop else b""


def _pixels(content: _Content) -> tuple[Pixels, list[Remark]]:
    header = content.header
    if header.colour_type == PALETTE:
        return _colours(content), []
    pixels = _decoded(content, header.colour_type)
    _check_key(content, pixels)
    if header.colour_type in (GREY_ALPHA, RGB_ALPHA):
        return pixels, [ALPHA_DROPPED]
    if header.bits < 8:
        pixels, remark = scaled_to_eight_bits(pixels // np.uint8(scale_of(header.bits)), bits=header.bits)
        return pixels, [remark]
    return pixels, []


def _decoded(content: _Content, colour_type: int) -> Pixels:
    """The values, from a PNG that holds nothing but them: decoders act on profiles, transparency and animations."""
    header = replace(content.header, colour_type=colour_type)
    first = struct.pack(
        ">IIBBBBB", header.width, header.height, header.bits, colour_type, 0, 0, 1 if header.interlaced else 0
    )
    chunks = ((b"IHDR", first), (b"IDAT", content.compressed), (b"IEND", b""))
    return decode_png(SIGNATURE + b"".join(write_chunk(*chunk) for chunk in chunks), header)


def _colours(content: _Content) -> Pixels:
    palette = np.frombuffer(content.chunks.get(b"PLTE", b""), np.uint8)
    if not palette.size or palette.size % 3:
        raise Refused("unreadable", "the PNG has no palette, or one that is no list of colours")
    bits = content.header.bits
    # the rows of palette images are laid out like those of grey ones
    indices = _decoded(content, GREY) // np.uint8(scale_of(bits) if bits < 8 else 1)
    used = np.flatnonzero(cv2.calcHist([indices], [0], None, [256], [0, 256]))
    if used[-1] >= palette.size // 3:
        raise Refused("unreadable", f"a pixel has the colour {used[-1]}, the palette has {palette.size // 3} colours")
    alpha = content.chunks.get(b"tRNS", b"").ljust(256, b"\xff")
    if any(alpha[index] < 255 for index in used):
        raise Refused("unsupported-pixels", TRANSPARENT)
    colours: Pixels = palette.reshape(-1, 3)[indices]
    return colours


def _check_key(content: _Content, pixels: Pixels) -> None:
    """Refuse an image in which pixels have the colour that is to be transparent."""
    key, bits = content.chunks.get(b"tRNS"), content.header.bits
    if key is None:
        return
    if len(key) != 2 * SAMPLES[content.header.colour_type]:
        raise Refused("unreadable", "the PNG names a transparent colour, and that is none")
    colour = np.frombuffer(key, ">u2") & ((1 << bits) - 1)
    transparent = pixels == colour * (scale_of(bits) if bits < 8 else 1)
    if (transparent.all(axis=-1) if pixels.ndim == 3 else transparent).any():
        raise Refused("unsupported-pixels", TRANSPARENT)


READER = Reader(name="png", endings=".png", signature="89504e470d0a1a0a", read=read_png_image)
