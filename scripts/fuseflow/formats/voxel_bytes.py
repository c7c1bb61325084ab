"""The voxels of formats that say in a header where they lie: in which files, from which byte on, and how packed."""

from __future__ import annotations

import bz2
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from fuseflow.errors import Refused
from fuseflow.formats.limits import DEFLATE_RATIO, GZIP, ZLIB, check_declared, inflate
from fuseflow.formats.stored import Remark

Packing = Literal["raw", "deflate", "bzip2", "hex"]
"""As they are; zlib or gzip, told apart by their first bytes; bzip2; two hexadecimal digits per byte."""
FROM_END = -1
"""Instead of a number of bytes to skip: all but the last that are wanted."""
BZIP2_ALLOWED = 256 * 2**20
"""Bytes that a bzip2 file of any size may become: its ratio has no useful bound, 45 bytes can hold 45 MB of zeros."""
SURPLUS = Remark(code="surplus-data", detail="the file holds more data than the voxels that its header announces")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Where voxels lie in one file.

    Parameters
    ----------
    path
        The file.
    start
        The first byte of them, as stored. They end with the file, or as the packing says.
    packing
        How they are stored.
    skip
        Bytes to leave out at the beginning, after unpacking, or `FROM_END`.
    """

    path: Path
    start: int = 0
    packing: Packing = "raw"
    skip: int = 0


def voxel_bytes(pieces: Sequence[Piece], *, declared: int) -> tuple[bytes, list[Remark]]:
    """The bytes of all voxels, from one file or from several that hold equal shares of them.

    Parameters
    ----------
    pieces
        Where they lie, at least one, in order.
    declared
        How many bytes the header announces.

    Returns
    -------
    tuple
        Exactly as many bytes as announced, and a remark if the files hold more.

    Raises
    ------
    Refused
        ``impossible-size`` if the files cannot hold as many, ``unreadable`` if they are damaged or cut short, or one of
        them is listed twice.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.raw"
    >>> _ = path.write_bytes(b"header voxels")
    >>> voxel_bytes([Piece(path=path, skip=FROM_END)], declared=6)
    (b'voxels', [])
    """
    # A small header may name one file many thousand times
    if len({piece.path.resolve() for piece in pieces}) < len(pieces):
        raise Refused("unreadable", "the header names the same data file more than once")
    share, rest = divmod(declared, len(pieces))
    if rest:
        raise Refused("unreadable", f"{declared} bytes of voxels cannot be shared by {len(pieces)} equal data files")
    try:
        found = [_raw(piece, share) if piece.packing == "raw" else _unpacked(piece, share) for piece in pieces]
    except OSError as error:
        raise Refused("unreadable", f"the data file cannot be read ({error.strerror})") from None
    data = found[0][0] if len(found) == 1 else b"".join(part for part, _ in found)
    return data, [SURPLUS] if any(surplus for _, surplus in found) else []


def _raw(piece: Piece, wanted: int) -> tuple[bytes, bool]:
    size = piece.path.stat().st_size
    start = size - wanted if piece.skip == FROM_END else piece.start + piece.skip
    check_declared(wanted, max(size - max(start, piece.start), 0))
    with piece.path.open("rb") as file:
        file.seek(start)
        data = file.read(wanted)
    if len(data) < wanted:
        raise Refused("unreadable", f"the data end after {len(data)} of {wanted} bytes")
    return data, size > start + wanted


def _stored(piece: Piece) -> bytes:
    """All bytes of a piece as they are stored, packed or not."""
    with piece.path.open("rb") as file:
        file.seek(piece.start)
        return file.read()


def _unpacked(piece: Piece, wanted: int) -> tuple[bytes, bool]:
    stored = _stored(piece)
    needed = wanted + max(piece.skip, 0)
    most = 2 * needed + 2**16
    if piece.packing == "hex":
        check_declared(2 * needed, len(stored))
        data, follows = _from_hex(stored), False
    elif piece.packing == "bzip2":
        if needed > BZIP2_ALLOWED:
            check_declared(needed, len(stored), ratio=DEFLATE_RATIO)
        data, follows = _bunzip2(stored, most=most)
    else:
        check_declared(needed, len(stored), ratio=DEFLATE_RATIO)
        container = GZIP if stored.startswith(b"\x1f\x8b") else ZLIB
        data = inflate(stored, container=container, most=most)
        follows = not _ends_with_checksum(stored, data, container=container)
    if not needed <= len(data) < most:
        count = "far more" if len(data) >= most else f"{len(data)} bytes"
        raise Refused("unreadable", f"the packed data hold {count} and the header announces {needed} bytes")
    start = len(data) - wanted if piece.skip == FROM_END else piece.skip
    surplus = follows or len(data) > start + wanted
    return data if len(data) == wanted else data[start : start + wanted], surplus


def _bunzip2(stored: bytes, *, most: int) -> tuple[bytes, bool]:
    """Decompress bzip2 streams to the end, with their checksums verified; whether something else follows them."""
    parts: list[bytes] = []
    found = 0
    while stored.startswith(b"BZh") and found < most:
        stream = bz2.BZ2Decompressor()
        try:
            parts.append(stream.decompress(stored, most - found))
        except (OSError, EOFError, ValueError):
            raise Refused("unreadable", "the compressed data are damaged") from None
        found += len(parts[-1])
        if found < most and not stream.eof:
            raise Refused("unreadable", "the compressed data are cut short")
        stored = stream.unused_data
    return b"".join(parts), bool(stored)


def _ends_with_checksum(stored: bytes, data: bytes, *, container: int) -> bool:
    """Whether the last of some compressed bytes are the checksum of what they became, so that nothing follows them."""
    if container == ZLIB:
        return stored.endswith(zlib.adler32(data).to_bytes(4, "big"))
    # of the last gzip member, which says how long it is
    length = int.from_bytes(stored[-4:], "little")
    last = memoryview(data)[len(data) - length :] if 0 < length <= len(data) else b""
    return stored[-8:-4] == zlib.crc32(last).to_bytes(4, "little")


def _from_hex(stored: bytes) -> bytes:
    try:
        return bytes.fromhex(stored.decode("ascii"))
    except ValueError:
        raise Refused("unreadable", "the data are not made of hexadecimal digits") from None


def voxels_of_text(
    pieces: Sequence[Piece], *, dtype: np.dtype[Any], count: int
) -> tuple[npt.NDArray[np.number[Any]], list[Remark]]:
    r"""Voxels that are written as decimal numbers, separated by blanks or commas.

    Parameters
    ----------
    pieces
        Where the text lies; exactly one.
    dtype
        Of the voxels; every number must fit in.
    count
        How many numbers the header announces.

    Returns
    -------
    tuple
        The numbers, shape (count,), and a remark if more text follows.

    Raises
    ------
    Refused
        As `voxel_bytes`.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.txt"
    >>> _ = path.write_text("1 2,3\n-4")
    >>> voxels_of_text([Piece(path=path)], dtype=np.dtype("i2"), count=4)
    (array([ 1,  2,  3, -4], dtype=int16), [])
    """
    if len(pieces) != 1 or pieces[0].skip == FROM_END:
        raise Refused("unreadable", "the voxels are text in several files, or at the end of one; one text is read")
    try:
        text = _stored(pieces[0])[pieces[0].skip :]
    except OSError as error:
        raise Refused("unreadable", f"the data file cannot be read ({error.strerror})") from None
    # a number has one digit and a blank, at least
    check_declared(2 * count - 1, len(text))
    words = re.finditer(rb"[^\s,]+", text)
    try:
        voxels = np.fromiter(_numbers(words, whole=dtype.kind in "iu"), dtype=dtype.newbyteorder("="), count=count)
    except (ValueError, OverflowError):
        raise Refused("unreadable", f"the text does not consist of {count} numbers of the type {dtype}") from None
    return voxels, [SURPLUS] if next(words, None) else []


def _numbers(words: Iterator[re.Match[bytes]], *, whole: bool) -> Iterator[float]:
    for match in words:
        word = match[0]
        # Python allows them between digits
        if b"_" in word:
            raise ValueError
        number = float(word)
        if not whole:
            yield number
        elif number.is_integer():
            # beyond 2^53 only the digits themselves are exact
            yield int(word) if word.lstrip(b"+-").isdigit() else int(number)
        else:
            raise ValueError
