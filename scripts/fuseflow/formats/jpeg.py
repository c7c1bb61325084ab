"""JPEG streams: their markers, and pixels of which none were made up.

JPEG has no checksum, and decoders fill in what is missing with grey and only warn. What can be known is whether the
markers are whole and whether the compressed data last to the final pixel; nobody can notice a bit that has flipped.

Source: ITU-T T.81 (ISO/IEC 10918-1), annex B (compressed data formats); T.871 (JFIF), T.872 (Adobe's marker).
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from fuseflow.errors import Refused
from fuseflow.flat import Pixels
from fuseflow.formats.flat_images import check_size
from fuseflow.formats.limits import check_declared

EOI, SOS, DRI = 0xD9, 0xDA, 0xDD
APP0, APP1, APP14 = 0xE0, 0xE1, 0xEE
EXIF = b"Exif\0\0"
PROGRESSIVE = 0xC2
HUFFMAN_DCT = (0xC0, 0xC1, PROGRESSIVE)
"""Frames of baseline, extended and progressive JPEG."""
OTHER_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} - set(HUFFMAN_DCT)
"""Frames of lossless, hierarchical and arithmetic JPEG."""
BLOCK, BLOCK_RATIO = 64, 512
"""Values per block. Huffman coding takes one bit at least for each block, so that a byte becomes at most 8 blocks."""
WHOLE = 16
"""More bits than any coefficient has: nothing of it is known yet."""
AFTER_DATA = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
"""The marker that ends compressed data; among them are zeros after 0xFF, and restart markers."""
RESTART = re.compile(rb"\xff[\xd0-\xd7]")
PADDING = b"\xea" * 64
"""Bytes behind compressed data. They begin with a one, as decoders fill in zeros."""
SAMPLES = (1, 3)


@dataclass(frozen=True, kw_only=True)
class JpegHeader:
    """What the markers say.

    Parameters
    ----------
    rows, columns, samples
        Size in pixels, values per pixel (1 or 3).
    photometric
        ``grey``, ``YCbCr`` or ``RGB``, by the rules that decoders follow.
    stated
        Whether the stream says so itself; where it does not, what contains it may.
    exif
        The TIFF structure of the EXIF data; empty if there are none.
    ends
        Where each run of compressed data ends.
    size
        Bytes up to the end of the image.
    """

    rows: int
    columns: int
    samples: int
    photometric: str
    stated: bool
    exif: bytes
    ends: tuple[int, ...]
    size: int


@dataclass(frozen=True)
class _Frame:
    """Size in pixels; of each component its name and its sampling factors along a row and down a column."""

    rows: int
    columns: int
    components: tuple[tuple[int, int, int], ...]
    progressive: bool

    def blocks(self, across: int, down: int) -> int:
        """How many blocks a component with these sampling factors has."""
        most_across, most_down = (max(component[axis] for component in self.components) for axis in (1, 2))
        return -(-self.columns * across // (8 * most_across)) * -(-self.rows * down // (8 * most_down))


@dataclass(frozen=True)
class _Scan:
    """The header of a scan, the restart interval that holds for it, and the ends of its runs of compressed data."""

    header: bytes
    interval: int
    ends: list[int]


def read_header(data: bytes) -> JpegHeader:
    """Walk through the markers from the first to the last.

    Parameters
    ----------
    data
        One JPEG stream, perhaps with something behind it.

    Raises
    ------
    Refused
        ``unreadable`` if a marker is missing or damaged; ``unsupported-pixels`` for other than 8 bits, CMYK, lossless,
        arithmetic and hierarchical JPEG; ``impossible-size`` and ``too-large`` by the size that is announced.

    Examples
    --------
    >>> buffer = io.BytesIO()
    >>> Image.fromarray(np.zeros((2, 3), np.uint8)).save(buffer, "JPEG")
    >>> header = read_header(buffer.getvalue())
    >>> header.rows, header.columns, header.photometric
    (2, 3, 'grey')
    """
    if not data.startswith(b"\xff\xd8"):
        raise Refused("unreadable", "not a JPEG: the file does not begin like one" if data else "the file is empty")
    frames: list[_Frame] = []
    scans: list[_Scan] = []
    applications: dict[int, bytes] = {}
    interval = size = 0
    for marker, body, end in _segments(data):
        if marker in HUFFMAN_DCT:
            frames.append(_frame(body, progressive=marker == PROGRESSIVE))
        elif marker in OTHER_FRAMES:
            raise Refused("unsupported-pixels", "the JPEG is lossless, arithmetic or hierarchical, which is not read")
        elif marker == DRI:
            interval = int.from_bytes(body, "big")
        elif marker in (APP0, APP14) or (marker == APP1 and body.startswith(EXIF)):
            applications.setdefault(marker, body)
        elif marker == SOS:
            scans.append(_Scan(body, interval, _ends_of_runs(data, end)))
        size = end
    if len(frames) != 1 or not scans:
        raise Refused("unreadable", f"the JPEG holds {len(frames)} frames and {len(scans)} scans, not one image")
    (frame,) = frames
    _check_size(frame, stored=size)
    _check_scans(frame, scans)
    photometric, stated = _photometric(frame, applications)
    return JpegHeader(
        rows=frame.rows,
        columns=frame.columns,
        samples=len(frame.components),
        photometric=photometric,
        stated=stated,
        exif=applications.get(APP1, b"").removeprefix(EXIF),
        ends=tuple(end for scan in scans for end in scan.ends),
        size=size,
    )


def _segments(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Marker, body and end of every segment, the last of which is EOI."""
    position = 2
    while True:
        found = re.compile(rb"\xff+([^\x00\xff])").match(data, position)
        if found is None:
            cut = position >= len(data)
            raise Refused("unreadable", "the JPEG is cut short" if cut else "the JPEG is damaged: a marker is missing")
        marker, start = found[1][0], found.end()
        if marker == EOI:
            yield marker, b"", start
            return
        length = int.from_bytes(data[start : start + 2], "big")
        position = start + length
        if length < 2 or position > len(data):
            raise Refused("unreadable", "the JPEG is cut short within its header, or damaged there")
        yield marker, data[start + 2 : position], position
        if marker == SOS:
            position = _end_of_data(data, position)


def _end_of_data(data: bytes, start: int) -> int:
    following = AFTER_DATA.search(data, start)
    if following is None:
        raise Refused("unreadable", f"the JPEG is cut short: it ends after {len(data)} bytes without its last marker")
    return following.start()


def _ends_of_runs(data: bytes, start: int) -> list[int]:
    """Where runs of compressed data end: at every restart marker, and at the end of the scan."""
    end = _end_of_data(data, start)
    return [restart.start() for restart in RESTART.finditer(data, start, end)] + [end]


def _frame(body: bytes, *, progressive: bool) -> _Frame:
    count = body[5] if len(body) > 5 else 0
    if not count or len(body) != 6 + 3 * count:
        raise Refused("unreadable", "the header of the JPEG's frame is damaged")
    if body[0] != 8:
        raise Refused("unsupported-pixels", f"the JPEG has {body[0]} bits per sample; only 8 can be read")
    if count not in SAMPLES:
        raise Refused("unsupported-pixels", f"the JPEG has {count} components (CMYK has 4); 1 and 3 are read")
    rows, columns = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    components = tuple((body[at], body[at + 1] >> 4, body[at + 1] & 15) for at in range(6, len(body), 3))
    if not rows or not columns or any(not 1 <= factor <= 4 for _, *factors in components for factor in factors):
        raise Refused("unreadable", f"the JPEG announces {columns} x {rows} pixels, or a sampling that does not exist")
    return _Frame(rows, columns, components, progressive)


def _check_size(frame: _Frame, *, stored: int) -> None:
    check_size(rows=frame.rows, columns=frame.columns, samples=len(frame.components), bits=8)
    blocks = sum(frame.blocks(across, down) for _, across, down in frame.components)
    check_declared(blocks * BLOCK, stored, ratio=BLOCK_RATIO)


def _check_scans(frame: _Frame, scans: list[_Scan]) -> None:
    """Make sure that no scan is missing, nor a run of one between restart markers."""
    factors = {name: (across, down) for name, across, down in frame.components}
    missing_bits = {name: [WHOLE] * BLOCK for name in factors}
    for scan in scans:
        count = scan.header[0] if scan.header else 0
        names = scan.header[1 : 1 + 2 * count : 2]
        if not count or len(scan.header) != 4 + 2 * count or not factors.keys() >= set(names):
            raise Refused("unreadable", "the header of one of the JPEG's scans is damaged")
        # of several components, those with the largest factors have one block per unit across and down
        blocks = frame.blocks(*factors[names[0]]) if count == 1 else frame.blocks(1, 1)
        if scan.interval and len(scan.ends) < -(-blocks // scan.interval):
            raise Refused("unreadable", "the JPEG is cut short: runs between its restart markers are missing")
        first, last, approximation = scan.header[-3:] if frame.progressive else (0, BLOCK - 1, 0)
        for name in names:
            missing_bits[name][first : last + 1] = [approximation & 15] * (last + 1 - first)
    if any(bits for component in missing_bits.values() for bits in component):
        raise Refused("unreadable", "the JPEG is cut short: one or more of its scans are missing")


def _photometric(frame: _Frame, applications: dict[int, bytes]) -> tuple[str, bool]:
    """What the components are, and whether that is stated: by JFIF, else by Adobe's marker, else by their names."""
    if len(frame.components) == 1:
        return "grey", True
    if applications.get(APP0, b"").startswith(b"JFIF\0"):
        return "YCbCr", True
    adobe = applications.get(APP14, b"")
    if adobe.startswith(b"Adobe") and len(adobe) >= 12:
        return ("YCbCr" if adobe[11] else "RGB"), True
    named = bytes(name for name, *_ in frame.components) == b"RGB"
    return ("RGB" if named else "YCbCr"), named


def decode_jpeg(data: bytes, header: JpegHeader) -> Pixels:
    """The pixels of a JPEG stream, none of which is made up.

    Parameters
    ----------
    data
        As given to `read_header`.
    header
        What that found.

    Returns
    -------
    numpy.ndarray
        uint8, (rows, columns) or (rows, columns, 3) in R, G, B order; not turned.

    Raises
    ------
    Refused
        ``unreadable`` if the data are damaged or end before the last pixel.

    Notes
    -----
    The image is decoded twice, once with bytes added behind every run of compressed data. Nobody reads these bytes if
    the run is whole; where it is cut, they change the pixels.

    Examples
    --------
    >>> buffer = io.BytesIO()
    >>> Image.fromarray(np.full((1, 2), 7, np.uint8)).save(buffer, "JPEG")
    >>> decode_jpeg(buffer.getvalue(), read_header(buffer.getvalue())).tolist()
    [[7, 7]]
    """
    pixels = _decoded(data[: header.size], header)
    if not np.array_equal(pixels, _decoded(_padded(data, header), header)):
        raise Refused("unreadable", "the JPEG is cut short: its compressed data end before its last pixel")
    return pixels


def _decoded(data: bytes, header: JpegHeader) -> Pixels:
    try:
        with warnings.catch_warnings():
            # it warns of large images, and the size has been checked
            warnings.simplefilter("ignore")
            pixels = np.asarray(Image.open(io.BytesIO(data), formats=["JPEG"]))
    except Exception:
        # what Pillow raises depends on the damage, and may quote the file
        raise Refused("unreadable", "the JPEG is damaged: it cannot be decoded") from None
    if pixels.shape != ((header.rows, header.columns, 3) if header.samples == 3 else (header.rows, header.columns)):
        raise Refused("unreadable", f"the decoded image has the shape {pixels.shape}, not the one the JPEG announces")
    return pixels


def _padded(data: bytes, header: JpegHeader) -> bytes:
    starts = (0, *header.ends)
    ends = (*header.ends, header.size)
    return PADDING.join(data[start:end] for start, end in zip(starts, ends, strict=True))
