"""What a file may ask for: no more memory than it can fill, and no other files than those in its own folder."""

from __future__ import annotations

import zlib
from pathlib import Path, PurePosixPath, PureWindowsPath

from isal import isal_zlib

from fuseflow.errors import Refused

DEFLATE_RATIO = 1032
"""Deflate makes of one byte at most this many (a match of 258 bytes in two bits)."""
GZIP, ZLIB = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS
"""Containers of deflate, as `zlib.decompressobj` takes them."""
HEADER_BYTES = 1024
"""What a small file may declare more than deflate could hold: its headers."""


def check_declared(declared: int, stored: int, *, ratio: int = 1) -> None:
    """Make sure that a file can hold what its header says, before memory is asked for.

    Parameters
    ----------
    declared
        Bytes of the data that the header announces.
    stored
        Bytes that are there.
    ratio
        How many bytes one stored byte can become at most: 1 of data that are not compressed.

    Raises
    ------
    Refused
        ``impossible-size``.

    Examples
    --------
    >>> check_declared(2000, 2, ratio=DEFLATE_RATIO)
    >>> check_declared(2000, 2)
    Traceback (most recent call last):
    fuseflow.errors.Refused: impossible-size: the header announces 2000 bytes of data and 2 are there
    """
    if declared < 0 or declared > stored * ratio:
        raise Refused("impossible-size", f"the header announces {declared} bytes of data and {stored} are there")


def inflate(data: bytes, *, container: int, most: int | None = None) -> bytes:
    """Decompress gzip or zlib data to the end, with their checksums verified.

    Parameters
    ----------
    data
        One stream, or several gzip members one after the other.
    container
        `GZIP` or `ZLIB`.
    most
        Bytes that are wanted at most; None for all. With fewer than all of them nothing can be verified.

    Raises
    ------
    Refused
        ``unreadable`` if the data are damaged or cut short.

    Examples
    --------
    >>> inflate(zlib.compress(b"voxels"), container=ZLIB)
    b'voxels'
    >>> inflate(zlib.compress(b"voxels")[:-1], container=ZLIB)
    Traceback (most recent call last):
    fuseflow.errors.Refused: unreadable: the compressed data are cut short
    """
    parts: list[bytes] = []
    found = 0
    while data:
        stream = isal_zlib.decompressobj(container)
        try:
            part = stream.decompress(data, 0 if most is None else most - found)
        except Exception:
            # isal's own error is no class that can be named here
            raise Refused("unreadable", "the compressed data are damaged") from None
        parts.append(part)
        found += len(part)
        if most is not None and found >= most:
            break
        if not stream.eof:
            raise Refused("unreadable", "the compressed data are cut short")
        data = stream.unused_data if container == GZIP and stream.unused_data[:2] == b"\x1f\x8b" else b""
    return b"".join(parts)


def file_beside(header: Path, name: str) -> Path:
    """The data file that a header names, in the header's own folder or below.

    Raises
    ------
    Refused
        ``outside-path`` if the name leads out of the folder, also by a link; ``unreadable`` if there is no such file.

    Examples
    --------
    >>> file_beside(Path("a.mhd"), "../secret.raw")
    Traceback (most recent call last):
    fuseflow.errors.Refused: outside-path: the header names a data file that does not lie in its own folder
    """
    parts = {*PurePosixPath(name).parts, *PureWindowsPath(name).parts}
    if not name or "\0" in name or ".." in parts or PurePosixPath(name).is_absolute() or PureWindowsPath(name).anchor:
        raise Refused("outside-path", "the header names a data file that does not lie in its own folder")
    path = header.parent / name
    if path.exists() and not path.resolve().is_relative_to(header.parent.resolve()):
        raise Refused("outside-path", "the header names a data file that is a link to somewhere else")
    if not path.is_file():
        raise Refused("unreadable", "the data file that the header names is not there")
    return path
