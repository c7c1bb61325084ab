"""Bytes of files that may be gzipped: the first ones, and a stretch of them, without more memory than was asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

from fuseflow.errors import Refused
from fuseflow.formats.limits import DEFLATE_RATIO, GZIP, check_declared, inflate

MAGIC = b"\x1f\x8b"
"""What gzipped files begin with. Names are not asked: files are gzipped, or no longer, under any name."""
FED, PIECE = 2**18, 2**22
"""Bytes that go into the decompressor and come out of it at a time: small enough for what must only be counted."""


def first_bytes(path: Path, count: int) -> bytes:
    """The first bytes of what a file holds, decompressed if it is gzipped; fewer if it holds fewer.

    Raises
    ------
    Refused
        ``unreadable`` if the file cannot be opened, or its compressed data are damaged or cut short.
    """
    head = bytes_of(path, count)
    return inflate(bytes_of(path), container=GZIP, most=count) if head.startswith(MAGIC) else head


def bytes_between(path: Path, *, offset: int, count: int) -> tuple[npt.NDArray[np.uint8], int]:
    """A stretch of what a file holds, decompressed if it is gzipped; then to its end, with all checksums verified.

    Parameters
    ----------
    path
        The file.
    offset
        Where the stretch begins.
    count
        How long it is.

    Returns
    -------
    tuple
        The bytes, uint8, shape (count,), and how many bytes follow them.

    Raises
    ------
    Refused
        ``impossible-size`` if the file cannot hold so many, before memory is asked for, or does not; ``unreadable`` as
        `first_bytes`.

    Examples
    --------
    >>> import gzip, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.img.gz"
    >>> _ = path.write_bytes(gzip.compress(b"header and voxels, and more"))
    >>> found, following = bytes_between(path, offset=11, count=6)
    >>> found.tobytes(), following
    (b'voxels', 10)
    """
    if bytes_of(path, len(MAGIC)) == MAGIC:
        return _gunzipped(bytes_of(path), offset, count)
    there = max(0, path.stat().st_size - offset)
    check_declared(count, there)
    return np.fromfile(path, np.uint8, count, offset=offset), there - count


def bytes_of(path: Path, count: int = -1) -> bytes:
    """The first bytes of a file as they are stored, or all of them.

    Raises
    ------
    Refused
        ``unreadable`` if the file cannot be opened.
    """
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError as error:
        raise Refused("unreadable", f"the file cannot be opened ({error.strerror})") from None


def _gunzipped(data: bytes, offset: int, count: int) -> tuple[npt.NDArray[np.uint8], int]:
    check_declared(offset + count, len(data), ratio=DEFLATE_RATIO)
    found = np.empty(count, np.uint8)
    position = 0

    def take(piece: bytes) -> None:
        nonlocal position
        start, stop = max(offset - position, 0), min(offset + count - position, len(piece))
        if start < stop:
            at = position + start - offset
            found[at : at + stop - start] = np.frombuffer(piece, np.uint8)[start:stop]
        position += len(piece)

    following = _decompress(data, take)
    check_declared(count, max(0, position - offset))
    return found, position - offset - count + following


def _decompress(data: bytes, take: Callable[[bytes], None]) -> int:
    """Hand on what gzip members hold, piece by piece, and count the bytes after the last of them, which are none."""
    view, position = memoryview(data), 0
    while view[position : position + len(MAGIC)] == MAGIC:
        stream = isal_zlib.decompressobj(GZIP)
        while not stream.eof:
            fed: memoryview | bytes = view[position : position + FED]
            if not fed:
                raise Refused("unreadable", "the compressed data are cut short")
            position += len(fed)
            # What isal holds back inside comes out without further input
            while piece := _next_piece(stream, fed):
                take(piece)
                fed = stream.unconsumed_tail
        position -= len(stream.unused_data)
    return len(data) - position


def _next_piece(stream: isal_zlib.Decompress, fed: memoryview | bytes) -> bytes:
    try:
        return stream.decompress(fed, PIECE)
    except Exception:
        # isal's own error is no class that can be named here
        raise Refused("unreadable", "the compressed data are damaged") from None
