"""Numbers that are written in decimal digits, as text-encoded voxels are: parsed by NumPy, checked word by word."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

PIECE = 2**20
"""Bytes of text that are parsed at a time."""
_BLANKS = b" \t\n\v\f\r,"
_OF_NUMBERS = _BLANKS + b"0123456789+-.eEinfatyINFATY"
"""Digits and what else numbers consist of, also NaN and infinity; NumPy takes more for a number than that."""
_IS_BLANK = np.isin(np.arange(256), list(_BLANKS))
"""Of each byte."""
_LONE_SIGN = re.compile(rb"[+-](?![0-9.])")
_BLANK, _WORD = re.compile(rb"[\s,]"), re.compile(rb"[^\s,]")


def decimal_numbers(text: bytes, *, dtype: np.dtype[Any], count: int) -> tuple[npt.NDArray[Any], int]:
    r"""The first numbers in a text, separated by blanks or commas.

    Parameters
    ----------
    text
        In ASCII.
    dtype
        Of the numbers; whole numbers may be written like ``1e3`` too.
    count
        How many there are at least. Memory for so many is asked for.

    Returns
    -------
    tuple
        The numbers in the machine's byte order, shape (count,), and how many bytes follow them from the next word on.

    Raises
    ------
    ValueError, OverflowError
        If the text does not consist of so many numbers, or the type cannot hold one of them.

    Examples
    --------
    >>> decimal_numbers(b"1 2,3\n-4 more", dtype=np.dtype("i2"), count=4)
    (array([ 1,  2,  3, -4], dtype=int16), 4)
    """
    numbers = np.empty(count, dtype.newbyteorder("="))
    found = position = 0
    for piece in _pieces(text):
        starts = _starts_of_words(piece)[: count - found + 1]
        words = min(len(starts), count - found)
        if words < len(starts):
            piece = piece[: starts[words]]
        if words:
            numbers[found : found + words] = _parsed(piece, words, numbers.dtype)
        found, position = found + words, position + len(piece)
        if found == count:
            break
    if found < count:
        raise ValueError(f"{found} of {count} numbers")
    more = _WORD.search(text, position)
    return numbers, len(text) - more.start() if more else 0


def _pieces(text: bytes) -> Iterator[bytes]:
    """The text in pieces that end between words."""
    start = 0
    while start < len(text):
        blank = _BLANK.search(text, start + PIECE, start + 2 * PIECE)
        if blank is None and start + 2 * PIECE < len(text):
            raise ValueError(f"a word of more than {PIECE} bytes")
        end = blank.start() if blank else len(text)
        yield text[start:end]
        start = end


def _starts_of_words(piece: bytes) -> npt.NDArray[np.intp]:
    blank = _IS_BLANK[np.frombuffer(piece, np.uint8)]
    after_blank = np.ones_like(blank)
    after_blank[1:] = blank[:-1]
    return np.flatnonzero(after_blank & ~blank)


def _parsed(piece: bytes, words: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """The numbers of a piece, one per word."""
    if piece.translate(None, _OF_NUMBERS):
        raise ValueError("other characters than those of numbers")
    piece = piece.replace(b",", b" ")
    return _whole_numbers(piece, words, dtype) if dtype.kind in "iu" else _real_numbers(piece, words, dtype)


def _whole_numbers(piece: bytes, words: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    # of which NumPy makes a zero
    if _LONE_SIGN.search(piece):
        raise ValueError("a sign without a number")
    unsigned = dtype == np.uint64
    wide = np.dtype(np.uint64 if unsigned else np.int64)
    numbers, limits = _by_numpy(piece, wide, words), np.iinfo(wide)
    # instead of what is out of range NumPy gives the limit, or what is left of it modulo 2^64
    if numbers is None or limits.max in numbers or (b"-" in piece if unsigned else limits.min in numbers):
        return np.fromiter(map(_whole_number, piece.split()), dtype, words)
    if numbers.min() < np.iinfo(dtype).min or numbers.max() > np.iinfo(dtype).max:
        raise OverflowError("a number is out of range")
    return numbers.astype(dtype)


def _whole_number(word: bytes) -> int:
    # beyond 2^53 only the digits themselves are exact
    if word.lstrip(b"+-").isdigit():
        return int(word)
    number = float(word)
    if not number.is_integer():
        raise ValueError("a number is not whole")
    return int(number)


def _real_numbers(piece: bytes, words: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    numbers = _by_numpy(piece, np.dtype(np.float64), words)
    if numbers is None:
        raise ValueError("a word is no number")
    with np.errstate(over="ignore"):
        narrow = numbers.astype(dtype)
    if np.count_nonzero(np.isinf(narrow)) > np.count_nonzero(np.isinf(numbers)):
        raise OverflowError("a number is out of range")
    return narrow


def _by_numpy(piece: bytes, dtype: np.dtype[Any], words: int) -> npt.NDArray[Any] | None:
    """The numbers, or None if NumPy does not find exactly one in each word."""
    try:
        with warnings.catch_warnings():
            # of text that goes on where no number does, which is an error in newer versions
            warnings.simplefilter("error", DeprecationWarning)
            numbers = np.fromstring(piece, dtype, sep=" ")
    except (ValueError, DeprecationWarning):
        return None
    return numbers if len(numbers) == words else None
