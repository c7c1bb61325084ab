"""The voxels of formats that say in a header where they lie: in which files, from which byte on, and how packed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from fuseflow.errors import Refused
from fuseflow.formats.compression import GZIP_MAGIC, Container, decompressed_stretch, decompressed_tail
from fuseflow.formats.file_bytes import opened, stored_stretch
from fuseflow.formats.limits import check_declared
from fuseflow.formats.stored import Remark, surplus
from fuseflow.formats.text_headers.decimal_text import decimal_numbers

Packing = Literal["raw", "deflate", "bzip2", "hex"]
"""As they are; zlib or gzip, told apart by their first bytes; bzip2; two hexadecimal digits per byte."""
FROM_END = -1
"""Instead of a number of bytes to skip: all but the last that are wanted."""

Stretch = tuple[npt.NDArray[np.uint8], int]
"""Bytes, shape (count,), and how many follow them."""


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


def voxel_bytes(pieces: Sequence[Piece], *, declared: int) -> tuple[npt.NDArray[np.uint8], list[Remark]]:
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
        Exactly as many bytes as announced, uint8, shape (declared,), and a remark if the files hold more.

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
    >>> found, remarks = voxel_bytes([Piece(path=path, skip=FROM_END)], declared=6)
    >>> found.tobytes(), remarks
    (b'voxels', [])
    """
    # A small header may name one file many thousand times
    if len({piece.path.resolve() for piece in pieces}) < len(pieces):
        raise Refused("unreadable", "the header names the same data file more than once")
    share, rest = divmod(declared, len(pieces))
    if rest:
        raise Refused("unreadable", f"{declared} bytes of voxels cannot be shared by {len(pieces)} equal data files")
    found = [_stretch(piece, share) for piece in pieces]
    data = found[0][0] if len(found) == 1 else np.concatenate([part for part, _ in found])
    return data, surplus(sum(following for _, following in found))


def _stretch(piece: Piece, wanted: int) -> Stretch:
    if piece.packing == "raw":
        return _raw(piece, wanted)
    if piece.packing == "hex":
        return _of_hex(piece, wanted)
    with opened(piece.path) as file:
        file.seek(piece.start)
        gzipped = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        container: Container = "bzip2" if piece.packing == "bzip2" else "gzip" if gzipped else "zlib"
        file.seek(piece.start)
        if piece.skip == FROM_END:
            return decompressed_tail(file, container, count=wanted)
        return decompressed_stretch(file, container, offset=piece.skip, count=wanted)


def _raw(piece: Piece, wanted: int) -> Stretch:
    if piece.skip != FROM_END:
        return stored_stretch(piece.path, offset=piece.start + piece.skip, count=wanted)
    with opened(piece.path) as file:
        size = file.seek(0, os.SEEK_END)
    check_declared(wanted, max(0, size - piece.start))
    return stored_stretch(piece.path, offset=size - wanted, count=wanted)


def _of_hex(piece: Piece, wanted: int) -> Stretch:
    text = _stored(piece)
    needed = wanted + max(piece.skip, 0)
    check_declared(2 * needed, len(text))
    try:
        data = np.frombuffer(bytes.fromhex(text.decode("ascii")), np.uint8)
    except ValueError:
        raise Refused("unreadable", "the data are not made of hexadecimal digits") from None
    check_declared(needed, len(data))
    start = len(data) - wanted if piece.skip == FROM_END else piece.skip
    return data[start : start + wanted], len(data) - start - wanted


def _stored(piece: Piece) -> bytes:
    """All bytes of a piece as they are stored."""
    with opened(piece.path) as file:
        file.seek(piece.start)
        return file.read()


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
    text = _stored(pieces[0])[pieces[0].skip :]
    # a number has one digit and a blank, at least
    check_declared(2 * count - 1, len(text))
    try:
        voxels, following = decimal_numbers(text, dtype=dtype, count=count)
    except (ValueError, OverflowError):
        raise Refused("unreadable", f"the text does not consist of {count} numbers of the type {dtype}") from None
    return voxels, surplus(following)
