"""The pixels of one page of a TIFF file, decoded strip by strip or tile by tile.

Libraries fill strips that are missing or too short with zeros; here every strip must give exactly its rows.

Source: TIFF 6.0 (Adobe 1992), sections 3 to 9, 14, 15; TIFF Technical Note 2 (1995) on JPEG; Adobe Photoshop TIFF
Technical Notes (2002) on Deflate.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

import imagecodecs
import numpy as np
import numpy.typing as npt

from fuseflow.errors import Refused
from fuseflow.flat import Pixels
from fuseflow.formats.compression import decompressed_head
from fuseflow.formats.flat_images import check_size
from fuseflow.formats.jpeg import decode_jpeg, read_header
from fuseflow.formats.limits import DEFLATE_RATIO, check_declared
from fuseflow.formats.tiff.directories import Directory, read_at

WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER = 256, 257, 258, 259, 262, 266
STRIP_OFFSETS, SAMPLES, ROWS_PER_STRIP, STRIP_SIZES, PLANES = 273, 277, 278, 279, 284
PREDICTOR, TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_SIZES = 317, 322, 323, 324, 325
SAMPLE_FORMAT, JPEG_TABLES, DEPTH = 339, 347, 32997
LAYOUT_TAGS = frozenset(
    {WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER, STRIP_OFFSETS, SAMPLES, ROWS_PER_STRIP, STRIP_SIZES}
    | {PLANES, PREDICTOR, TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_SIZES, SAMPLE_FORMAT, JPEG_TABLES, DEPTH}
)
"""Every field that the values depend on."""

HEADER_BYTES = 8
"""Of the shortest header of a TIFF file."""
NO_COMPRESSION, LZW, JPEG, ADOBE_DEFLATE, DEFLATE, PACKBITS = 1, 5, 7, 8, 32946, 32773
RATIOS = {
    NO_COMPRESSION: 1,
    # a code of 9 bits stands for a string of fewer than 4096 bytes, the length of the table
    LZW: 3641,
    # two bytes become up to 128
    PACKBITS: 64,
    ADOBE_DEFLATE: DEFLATE_RATIO,
    DEFLATE: DEFLATE_RATIO,
    # of a block one bit, and 18 blocks of colour at least for 3 * 32 * 32 values
    JPEG: 2731,
}
"""Compression -> bytes that one byte becomes at most."""
RGB, YCBCR = 2, 6
DIFFERENCES = 2
"""The predictor that stores differences between neighbours in a row."""


@dataclass(frozen=True, kw_only=True)
class PageLayout:
    """How the pixels of a page are stored.

    Parameters
    ----------
    rows, columns, samples, bits
        Size in pixels, values per pixel, bits per value.
    photometric, compression, predictor
        As the fields say.
    byte_order
        Of 16-bit values: ``<`` or ``>``.
    tile, tiled
        Rows and columns of a tile, or of a strip, which is as wide as the image; which of the two it is. Tiles at the
        border are as large as all others, the last strip is not.
    offsets, sizes
        Where each tile lies in the file, row by row, and how many bytes it has.
    tables
        Huffman and quantization tables that JPEG tiles share.
    """

    rows: int
    columns: int
    samples: int
    bits: int
    photometric: int
    compression: int
    predictor: int
    byte_order: str
    tile: tuple[int, int]
    tiled: bool
    offsets: tuple[int, ...]
    sizes: tuple[int, ...]
    tables: bytes


def layout_of(directory: Directory) -> PageLayout:
    """How the pixels of a page are stored.

    Raises
    ------
    Refused
        ``unsupported-pixels`` if that is a way which is not read; ``unreadable`` if fields are missing or contradict
        each other; ``too-large``, ``impossible-size``.

    Examples
    --------
    >>> from PIL import Image
    >>> from fuseflow.formats.tiff.directories import directories_of
    >>> file = io.BytesIO()
    >>> Image.new("L", (3, 2)).save(file, "TIFF")
    >>> layout = layout_of(next(directories_of(file, LAYOUT_TAGS)))
    >>> layout.rows, layout.columns, layout.bits, layout.tile
    (2, 3, 8, (2, 3))
    """
    rows, columns = directory.number(LENGTH, 0), directory.number(WIDTH, 0)
    samples, compression = directory.number(SAMPLES, 1), directory.number(COMPRESSION, NO_COMPRESSION)
    bits = set(directory.numbers(BITS, (1,)))
    _check_kind(directory, samples=samples, bits=bits)
    tiled = TILE_OFFSETS in directory.fields
    if tiled:
        tile = directory.number(TILE_LENGTH, 0), directory.number(TILE_WIDTH, 0)
    else:
        tile = min(directory.number(ROWS_PER_STRIP, rows), rows), columns
    if min(rows, columns, *tile) <= 0 or PHOTOMETRIC not in directory.fields:
        raise Refused("unreadable", f"the TIFF announces {columns} x {rows} pixels in tiles of {tile[1]} x {tile[0]}")
    layout = PageLayout(
        rows=rows,
        columns=columns,
        samples=samples,
        bits=bits.pop(),
        photometric=directory.number(PHOTOMETRIC, 0),
        compression=compression,
        predictor=directory.number(PREDICTOR, 1),
        byte_order=directory.byte_order,
        tile=tile,
        tiled=tiled,
        offsets=directory.numbers(TILE_OFFSETS, directory.numbers(STRIP_OFFSETS)),
        sizes=directory.numbers(TILE_SIZES, directory.numbers(STRIP_SIZES)),
        tables=bytes(directory.numbers(JPEG_TABLES)),
    )
    _check_tiles(layout)
    return layout


def _check_kind(directory: Directory, *, samples: int, bits: set[int]) -> None:
    compression, predictor = directory.number(COMPRESSION, NO_COMPRESSION), directory.number(PREDICTOR, 1)
    colour_space_of_video = directory.number(PHOTOMETRIC, 0) == YCBCR
    refused = (
        (set(directory.numbers(SAMPLE_FORMAT, (1,))) != {1}, "values that are not unsigned integers"),
        (len(bits) != 1 or not bits <= {1, 2, 4, 8, 16}, f"{', '.join(map(str, sorted(bits)))} bits per sample"),
        (not 1 <= samples <= 4, f"{samples} samples per pixel"),
        (samples > 1 and min(bits) < 8, "several samples of fewer than 8 bits"),
        (samples > 1 and directory.number(PLANES, 1) != 1, "a plane for each sample"),
        (compression not in RATIOS, f"the compression {compression}"),
        (predictor not in (1, DIFFERENCES), f"the predictor {predictor}"),
        (predictor == DIFFERENCES and min(bits) < 8, "differences of values of fewer than 8 bits"),
        (directory.number(FILL_ORDER, 1) != 1, "bytes whose bits are in reverse order"),
        (directory.number(DEPTH, 1) != 1, "a third dimension"),
        (compression == JPEG and (bits != {8} or samples not in (1, 3)), "JPEG of other than 8-bit grey and colour"),
        (colour_space_of_video and compression != JPEG, "YCbCr without JPEG"),
    )
    for found, what in refused:
        if found:
            raise Refused("unsupported-pixels", f"the TIFF has {what}, which is not read")


def _check_tiles(layout: PageLayout) -> None:
    tile_rows, tile_columns = layout.tile
    down, across = -(-layout.rows // tile_rows), -(-layout.columns // tile_columns)
    if layout.offsets and min(layout.offsets) < HEADER_BYTES:
        raise Refused("unreadable", "pixels of the TIFF are said to lie in its header")
    if not len(layout.offsets) == len(layout.sizes) == down * across:
        found = f"{len(layout.offsets)} offsets and {len(layout.sizes)} sizes"
        raise Refused("unreadable", f"the TIFF has {down * across} strips or tiles and {found} of them")
    if min(layout.sizes) == 0:
        raise Refused("unreadable", "a strip or tile of the TIFF is not there")
    check_size(rows=down * tile_rows, columns=across * tile_columns, samples=layout.samples, bits=layout.bits)
    declared = layout.rows * -(-layout.columns * layout.samples * layout.bits // 8)
    check_declared(declared, sum(layout.sizes), ratio=RATIOS[layout.compression])


def stored_pixels(file: BinaryIO, layout: PageLayout) -> Pixels:
    """The values of a page as stored.

    Returns
    -------
    numpy.ndarray
        uint8 of up to 8 bits, else uint16; (rows, columns) of one sample per pixel, else (rows, columns, samples).
        YCbCr is RGB.

    Raises
    ------
    Refused
        ``unreadable`` if a strip or tile is damaged or not of its size.

    Examples
    --------
    >>> from PIL import Image
    >>> from fuseflow.formats.tiff.directories import directories_of
    >>> file = io.BytesIO()
    >>> Image.new("L", (3, 2), 7).save(file, "TIFF")
    >>> stored_pixels(file, layout_of(next(directories_of(file, LAYOUT_TAGS)))).tolist()
    [[7, 7, 7], [7, 7, 7]]
    """
    shape = (layout.rows, layout.columns, layout.samples)
    pixels: Pixels = np.empty(shape, np.uint8) if layout.bits <= 8 else np.empty(shape, np.uint16)
    across = -(-layout.columns // layout.tile[1])
    for number, (offset, size) in enumerate(zip(layout.offsets, layout.sizes, strict=True)):
        row, column = number // across * layout.tile[0], number % across * layout.tile[1]
        rows = layout.tile[0] if layout.tiled else min(layout.tile[0], layout.rows - row)
        tile = _tile(read_at(file, offset, size), layout, rows=rows)
        place = pixels[row : row + layout.tile[0], column : column + layout.tile[1]]
        place[:] = tile[: place.shape[0], : place.shape[1]]
    return pixels if layout.samples > 1 else pixels[..., 0]


def _tile(data: bytes, layout: PageLayout, *, rows: int) -> npt.NDArray[Any]:
    columns, samples, bits = layout.tile[1], layout.samples, layout.bits
    if layout.compression == JPEG:
        return _jpeg_tile(data, layout, rows=rows)
    row_bytes = -(-columns * samples * bits // 8)
    decoded = np.frombuffer(_decompressed(data, layout.compression, rows * row_bytes), np.uint8)
    if bits < 8:
        unpacked = np.unpackbits(decoded.reshape(rows, row_bytes), axis=1)[:, : columns * bits]
        weights = 1 << np.arange(bits - 1, -1, -1, dtype=np.uint8)
        values: npt.NDArray[Any] = (unpacked.reshape(rows, columns, 1, bits) * weights).sum(axis=-1, dtype=np.uint8)
        return values
    dtype = np.dtype(f"{layout.byte_order}u{bits // 8}")
    values = decoded.view(dtype).reshape(rows, columns, samples)
    if layout.predictor == DIFFERENCES:
        return np.cumsum(values, axis=1, dtype=dtype.newbyteorder("="))
    return values


def _decompressed(data: bytes, compression: int, size: int) -> bytes:
    """The bytes of a strip or tile, `size` of them; what is behind them is not looked at."""
    decompress: dict[int, Callable[[], bytes | bytearray]] = {
        NO_COMPRESSION: lambda: data,
        LZW: lambda: imagecodecs.lzw_decode(data, out=size),
        PACKBITS: lambda: imagecodecs.packbits_decode(data, out=size),
        ADOBE_DEFLATE: lambda: _inflated(data, size),
        DEFLATE: lambda: _inflated(data, size),
    }
    try:
        decoded = bytes(decompress[compression]())
    except Refused:
        raise
    except Exception:
        # each decoder raises exceptions of its own
        raise Refused("unreadable", "a strip or tile of the TIFF is damaged: it cannot be decompressed") from None
    if len(decoded) < size:
        raise Refused("unreadable", f"a strip or tile of the TIFF is cut short: {len(decoded)} of {size} bytes")
    return decoded[:size]


def _inflated(data: bytes, size: int) -> bytes:
    """Bytes that zlib packed; one more than are wanted, so that the checksum is come to if there are no more."""
    return decompressed_head(io.BytesIO(data), "zlib", most=size + 1)[0]


def _jpeg_tile(data: bytes, layout: PageLayout, *, rows: int) -> npt.NDArray[Any]:
    """A JPEG stream without tables: these come first, and a marker of Adobe's that says what the components are."""
    transform = 1 if layout.photometric == YCBCR else 0
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([transform])
    stream = b"\xff\xd8" + (adobe if layout.samples == 3 else b"") + layout.tables[2:-2] + data[2:]
    header = read_header(stream)
    expected = "grey" if layout.samples == 1 else "YCbCr" if transform else "RGB"
    if (header.rows, header.columns, header.photometric) != (rows, layout.tile[1], expected):
        found = f"{header.columns} x {header.rows} {header.photometric}"
        raise Refused("unreadable", f"a strip or tile of the TIFF is {found}, not {layout.tile[1]} x {rows} {expected}")
    return decode_jpeg(stream, header).reshape(rows, layout.tile[1], layout.samples)
