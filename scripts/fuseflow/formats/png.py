"""PNG files: read strictly, written so that equal pixels give equal bytes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fuseflow.errors import Refused
from fuseflow.flat import Pixels
from fuseflow.formats.file_bytes import bytes_of
from fuseflow.opencv import cv2

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
KINDS = {GREY: "grey", RGB: "RGB", PALETTE: "palette", GREY_ALPHA: "grey with alpha", RGB_ALPHA: "RGB with alpha"}
OPAQUE = {8: 255, 16: 65535}
TRANSPARENT = "the PNG has transparent pixels; save it without an alpha channel"
COMPRESSION_LEVEL = 6


@dataclass(frozen=True)
class PngHeader:
    """What the IHDR chunk says: size in pixels, bits per sample, colour type, whether rows come in seven passes."""

    width: int
    height: int
    bits: int
    colour_type: int
    interlaced: bool = False


def read_png(data: bytes) -> Pixels:
    """Decode a PNG, or say why not.

    Every chunk must be whole and its CRC right: decoders differ in how much of a damaged file they fill in, and a file
    that is half image and half zeros must not pass.

    Parameters
    ----------
    data
        The bytes of the file.

    Returns
    -------
    numpy.ndarray
        Shape (rows, columns) for grey, (rows, columns, 3) in R, G, B order for colour; uint8 or uint16, as stored. An
        alpha channel that is opaque everywhere is dropped.

    Raises
    ------
    Refused
        ``unreadable`` if it is not a whole PNG; ``unsupported-pixels`` for palettes, fewer than 8 bits, transparency.

    Notes
    -----
    Chunk layout and CRC: PNG Specification, Third Edition (W3C 2025), sections 5.3 to 5.5.

    Examples
    --------
    >>> read_png(write_png(np.full((2, 3), 7, np.uint16))).dtype
    dtype('uint16')
    """
    header = check_png(data)
    if header.bits < 8 or header.colour_type == PALETTE:
        raise Refused(
            "unsupported-pixels",
            f"the PNG is {KINDS[header.colour_type]} with {header.bits} bits per sample, not 8 or 16 bit grey or RGB",
        )
    return decode_png(data, header)


def decode_png(data: bytes, header: PngHeader) -> Pixels:
    """Decode a PNG that has been checked.

    Parameters
    ----------
    data
        The bytes of the file.
    header
        What its IHDR chunk says; no palette.

    Returns
    -------
    numpy.ndarray
        As `read_png`; grey values of 1, 2 and 4 bits are multiplied by 255, 85 and 17.

    Raises
    ------
    Refused
        ``unreadable`` if it cannot be decoded, ``unsupported-pixels`` if pixels are transparent.

    Examples
    --------
    >>> data = write_png(np.array([[1, 2]], np.uint8))
    >>> decode_png(data, check_png(data)).tolist()
    [[1, 2]]
    """
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        pixels = None
    if pixels is None:
        size = f"{header.width} x {header.height}"
        raise Refused("unreadable", f"the PNG says that it holds {size} pixels, and these cannot be decoded")
    if pixels.ndim == 2:
        return pixels  # type: ignore[return-value]
    if pixels.shape[2] == 4:
        if pixels[..., 3].min() < OPAQUE[header.bits]:
            raise Refused("unsupported-pixels", TRANSPARENT)
        pixels = pixels[..., :3]
    if header.colour_type == GREY_ALPHA:
        return np.ascontiguousarray(pixels[..., 0])  # type: ignore[return-value]
    return np.ascontiguousarray(pixels[..., ::-1])  # type: ignore[return-value]


def write_png(pixels: Pixels) -> bytes:
    """Encode grey (rows, columns) or RGB (rows, columns, 3) pixels of uint8 or uint16; no time, no text, no gamma.

    Examples
    --------
    >>> pixels = np.arange(6, dtype=np.uint16).reshape(2, 3)
    >>> write_png(pixels) == write_png(pixels.copy())
    True
    """
    if pixels.dtype not in (np.uint8, np.uint16) or not (
        pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)
    ):
        raise ValueError(f"a PNG holds 2-D grey or RGB of uint8 or uint16, not {pixels.shape} of {pixels.dtype}")
    ordered: npt.NDArray[np.integer[Any]] = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., ::-1])
    done, data = cv2.imencode(".png", ordered, [cv2.IMWRITE_PNG_COMPRESSION, COMPRESSION_LEVEL])
    if not done:
        raise ValueError(f"{pixels.shape} of {pixels.dtype} could not be encoded as PNG")
    return data.tobytes()


def check_png(data: bytes) -> PngHeader:
    """Walk through the chunks: signature, lengths, CRCs, IHDR first, IDAT there, IEND last.

    Raises
    ------
    Refused
        ``unreadable``, with what is wrong first; ``unsupported-pixels`` if a colour is to be transparent.

    Examples
    --------
    >>> check_png(write_png(np.zeros((2, 3), np.uint8)))
    PngHeader(width=3, height=2, bits=8, colour_type=0, interlaced=False)
    """
    chunks = chunks_of(data)
    header = header_of(*next(chunks))
    for kind, _ in chunks:
        if kind == b"tRNS":
            raise Refused("unsupported-pixels", "the PNG names a transparent colour; save it without transparency")
    return header


def chunks_of(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and body of every chunk up to the last, IEND; what follows it is not looked at.

    Raises
    ------
    Refused
        ``unreadable``, when the walk comes to what is wrong.

    Examples
    --------
    >>> [kind for kind, body in chunks_of(write_png(np.zeros((2, 3), np.uint8)))]
    [b'IHDR', b'IDAT', b'IEND']
    """
    if not data.startswith(SIGNATURE):
        raise Refused("unreadable", "not a PNG: the file does not begin like one" if data else "the file is empty")
    position, pixels_seen = len(SIGNATURE), False
    while position < len(data):
        kind, body, position = _chunk(data, position)
        yield kind, body
        pixels_seen |= kind == b"IDAT"
        if kind == b"IEND":
            if not pixels_seen:
                raise Refused("unreadable", "the PNG has no pixels (no IDAT chunk)")
            return
    raise Refused("unreadable", f"the PNG is cut short: it ends after {len(data)} bytes without its last chunk")


def write_chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk: length, name, body and CRC.

    Examples
    --------
    >>> write_chunk(b"IEND", b"").hex()
    '0000000049454e44ae426082'
    """
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))


def _chunk(data: bytes, position: int) -> tuple[bytes, bytes, int]:
    if position + 12 > len(data):
        raise Refused("unreadable", f"the PNG is cut short after {len(data)} bytes")
    length, kind = struct.unpack_from(">I4s", data, position)
    end = position + 12 + length
    if end > len(data):
        raise Refused("unreadable", f"the PNG is cut short: {end - len(data)} bytes are missing")
    body = data[position + 8 : end - 4]
    if zlib.crc32(body, zlib.crc32(kind)) != struct.unpack_from(">I", data, end - 4)[0]:
        raise Refused("unreadable", f"the PNG is damaged: wrong checksum in its {kind!r} chunk")
    return kind, body, end


def header_of(kind: bytes, body: bytes) -> PngHeader:
    """What the first chunk says, which must be IHDR.

    Raises
    ------
    Refused
        ``unreadable`` if it is not, or if it is not valid.

    Examples
    --------
    >>> header_of(b"IHDR", struct.pack(">IIBBBBB", 3, 2, 16, GREY, 0, 0, 0)).bits
    16
    """
    if kind != b"IHDR" or len(body) != 13:
        raise Refused("unreadable", "the PNG does not begin with a header (IHDR chunk)")
    width, height, bits, colour_type, compression, filtering, interlacing = struct.unpack(">IIBBBBB", body)
    if not width or not height or colour_type not in KINDS or bits not in (1, 2, 4, 8, 16):
        raise Refused(
            "unreadable", f"the PNG's header is not valid ({width} x {height}, {bits} bits, type {colour_type})"
        )
    if compression or filtering or interlacing not in (0, 1):
        found = f"compression {compression}, filter {filtering}, interlacing {interlacing}"
        raise Refused("unreadable", f"the PNG's header names methods that the format does not have ({found})")
    return PngHeader(width, height, bits, colour_type, interlaced=interlacing == 1)


def read_png_file(path: Path) -> Pixels:
    """`read_png` of a file.

    Raises
    ------
    Refused
        As `read_png`, and ``unreadable`` if the file cannot be opened.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.png"
    >>> _ = path.write_bytes(write_png(np.array([[1, 2]], np.uint8)))
    >>> read_png_file(path).tolist()
    [[1, 2]]
    """
    return read_png(bytes_of(path))
