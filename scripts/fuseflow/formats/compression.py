"""Compressed data: gzip, zlib and bzip2, decompressed piece by piece to the end, where their checksums are verified.

Source: RFC 1950 (zlib), RFC 1951 (deflate), RFC 1952 (gzip, with several members one after the other).
"""

from __future__ import annotations

import bz2
import os
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Literal

import numpy as np
import numpy.typing as npt
from isal import igzip_lib

from fuseflow.errors import Refused
from fuseflow.formats.limits import DEFLATE_RATIO, check_declared

Container = Literal["gzip", "zlib", "bzip2"]
GZIP_MAGIC = b"\x1f\x8b"
MAGIC: dict[Container, bytes] = {"gzip": GZIP_MAGIC, "bzip2": b"BZh"}
"""What a stream begins with, of containers in which several may follow each other."""
FED_FIRST, FED, PIECE = 2**10, 2**18, 2**20
"""Bytes that go into a decompressor, at first and at most, and that come out of it at a time.

What is fed beyond the end of a stream is fed again to the next: with small beginnings many small streams cost no more
than their length.
"""
BZIP2_ALLOWED = 2**28
"""Bytes that a bzip2 file of any size may become: its ratio has no useful bound, 45 bytes can hold 45 MB of zeros."""
LARGEST_SURPLUS = 2**28
"""Bytes after a stretch that are decompressed to come to the checksum; files that hold more mean no good."""

_DECOMPRESSORS: dict[Container, Callable[[], Any]] = {
    "gzip": lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP),
    "zlib": lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_ZLIB),
    "bzip2": bz2.BZ2Decompressor,
}


class Decompressed:
    """What the compressed data in a file hold, piece by piece; can be gone through once.

    Parameters
    ----------
    file
        Stands where the compressed data begin.
    container
        ``gzip`` or ``bzip2``, of which several may follow each other, or ``zlib``.

    Attributes
    ----------
    following
        How many bytes, as stored, follow the compressed data; known once all pieces are out, before that 0.

    Raises
    ------
    Refused
        ``unreadable``, when the damage or the end of data that are cut short is reached.

    Examples
    --------
    >>> import io, zlib
    >>> found = Decompressed(io.BytesIO(zlib.compress(b"voxels") + b"tail"), "zlib")
    >>> b"".join(found), found.following
    (b'voxels', 4)
    >>> b"".join(Decompressed(io.BytesIO(zlib.compress(b"voxels")[:-1]), "zlib"))
    Traceback (most recent call last):
    fuseflow.errors.Refused: unreadable: the compressed data are cut short
    """

    def __init__(self, file: BinaryIO, container: Container) -> None:
        self.following = 0
        self._file = file
        self._container: Container = container

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream()
        while self._another_follows():
            yield from self._stream()
        self.following = _bytes_left(self._file)

    def _stream(self) -> Iterator[bytes]:
        stream = _DECOMPRESSORS[self._container]()
        size = FED_FIRST
        while not stream.eof:
            fed = b""
            if stream.needs_input:
                fed = self._file.read(size)
                size = min(2 * size, FED)
                if not fed:
                    raise Refused("unreadable", "the compressed data are cut short")
            if piece := _next_piece(stream, fed):
                yield piece
        self._file.seek(-len(stream.unused_data), os.SEEK_CUR)

    def _another_follows(self) -> bool:
        magic = MAGIC.get(self._container)
        if magic is None:
            return False
        found = self._file.read(len(magic))
        self._file.seek(-len(found), os.SEEK_CUR)
        return found == magic


def _next_piece(stream: Any, fed: bytes) -> bytes:
    try:
        piece: bytes = stream.decompress(fed, PIECE)
    except MemoryError:
        raise
    except Exception:
        # isal's own error is no class that can be named here, and that of bz2 is an OSError
        raise Refused("unreadable", "the compressed data are damaged") from None
    return piece


def _bytes_left(file: BinaryIO) -> int:
    position = file.tell()
    return file.seek(0, os.SEEK_END) - position


def decompressed_head(file: BinaryIO, container: Container, *, most: int) -> tuple[bytes, int]:
    """The first bytes of what compressed data hold.

    Parameters
    ----------
    file, container
        As `Decompressed` takes them.
    most
        How many bytes are wanted at most. If there are fewer, all checksums have been verified.

    Returns
    -------
    tuple
        The bytes, and how many follow the compressed data; 0 if these were not read to the end.

    Raises
    ------
    Refused
        As `Decompressed`.

    Examples
    --------
    >>> import gzip, io
    >>> decompressed_head(io.BytesIO(gzip.compress(b"header and voxels")), "gzip", most=6)
    (b'header', 0)
    """
    content = Decompressed(file, container)
    pieces: list[bytes] = []
    found = 0
    for piece in content:
        pieces.append(piece)
        found += len(piece)
        if found >= most:
            break
    return b"".join(pieces)[:most], content.following


def decompressed_stretch(
    file: BinaryIO, container: Container, *, offset: int, count: int
) -> tuple[npt.NDArray[np.uint8], int]:
    """A stretch of what compressed data hold; these are read to the end, and all checksums verified.

    Parameters
    ----------
    file, container
        As `Decompressed` takes them.
    offset
        Where the stretch begins.
    count
        How long it is.

    Returns
    -------
    tuple
        The bytes, uint8, shape (count,), and how many follow them: decompressed ones, and then stored ones.

    Raises
    ------
    Refused
        ``impossible-size`` if the file cannot hold so many, before memory is asked for, or does not; ``unreadable`` as
        `Decompressed`, and if more than `LARGEST_SURPLUS` bytes follow.

    Examples
    --------
    >>> import gzip, io
    >>> file = io.BytesIO(gzip.compress(b"header and voxels, and more"))
    >>> found, following = decompressed_stretch(file, "gzip", offset=11, count=6)
    >>> found.tobytes(), following
    (b'voxels', 10)
    """
    check_packed(offset + count, file, container)
    found = np.empty(count, np.uint8)
    position = 0
    content = Decompressed(file, container)
    for piece in content:
        start, stop = max(offset - position, 0), min(offset + count - position, len(piece))
        if start < stop:
            at = position + start - offset
            found[at : at + stop - start] = np.frombuffer(piece, np.uint8)[start:stop]
        position += len(piece)
        _check_surplus(position - offset - count)
    check_declared(count, max(0, position - offset))
    return found, position - offset - count + content.following


def decompressed_tail(file: BinaryIO, container: Container, *, count: int) -> tuple[npt.NDArray[np.uint8], int]:
    """The last bytes of what compressed data hold; the rest is as with `decompressed_stretch`.

    Examples
    --------
    >>> import gzip, io
    >>> decompressed_tail(io.BytesIO(gzip.compress(b"header and voxels")), "gzip", count=6)[0].tobytes()
    b'voxels'
    """
    check_packed(count, file, container)
    kept: deque[bytes] = deque()
    held = before = 0
    content = Decompressed(file, container)
    for piece in content:
        kept.append(piece)
        held += len(piece)
        while held - len(kept[0]) >= count:
            dropped = len(kept.popleft())
            held -= dropped
            before += dropped
        _check_surplus(before)
    check_declared(count, held)
    return np.frombuffer(b"".join(kept), np.uint8)[held - count :], content.following


def check_packed(declared: int, file: BinaryIO, container: Container) -> None:
    """Make sure that compressed data can hold what a header says, before memory is asked for.

    Raises
    ------
    Refused
        ``impossible-size``.

    Examples
    --------
    >>> import io
    >>> check_packed(5000, io.BytesIO(b"1234"), "zlib")
    Traceback (most recent call last):
    fuseflow.errors.Refused: impossible-size: the header announces 5000 bytes of data and 4 are there
    """
    if container == "bzip2" and 0 <= declared <= BZIP2_ALLOWED:
        return
    position = file.tell()
    check_declared(declared, _bytes_left(file), ratio=DEFLATE_RATIO)
    file.seek(position)


def _check_surplus(count: int) -> None:
    if count > LARGEST_SURPLUS:
        raise Refused("unreadable", f"the packed data hold more than {LARGEST_SURPLUS} bytes beyond those announced")
