"""Text headers, as MetaImage and NRRD files have them: their lines, and the numbers in their fields."""

from __future__ import annotations

import re

from fuseflow.errors import Refused

HEADER_LIMIT = 2**20
"""Bytes; headers have some hundred, with a list of data files some ten thousand."""
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_REAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?|[+-]?(nan|inf)", re.IGNORECASE)


def header_line(head: bytes, start: int) -> tuple[str, int]:
    r"""One line without its end, and where the next one begins.

    Parameters
    ----------
    head
        The first `HEADER_LIMIT` bytes of a file, or all of them if there are fewer.
    start
        Where the line begins.

    Raises
    ------
    Refused
        ``unreadable`` if the line is no UTF-8, or the first bytes of a file end with it without a line end.

    Examples
    --------
    >>> header_line(b"NDims = 3\r\nDimSize = 2 3 4\n", 0)
    ('NDims = 3', 11)
    """
    end = head.find(b"\n", start)
    if end < 0:
        if len(head) == HEADER_LIMIT:
            raise Refused("unreadable", f"the header does not end within {HEADER_LIMIT} bytes")
        end = len(head)
    try:
        return head[start:end].decode("utf-8").rstrip("\r"), min(end + 1, len(head))
    except UnicodeDecodeError:
        raise Refused("unreadable", "the header is not text in UTF-8") from None


def integers(text: str, *, field: str, count: int | None = None) -> tuple[int, ...]:
    """The whole numbers of a field.

    Parameters
    ----------
    text
        The numbers, separated by blanks.
    field
        The field's name in the format's own words, for the message.
    count
        How many there must be; None for any number but none.

    Raises
    ------
    Refused
        ``unreadable``.

    Examples
    --------
    >>> integers("256 256 30", field="DimSize", count=3)
    (256, 256, 30)
    """
    return tuple(int(word) for word in _words(text, _INTEGER, field=field, count=count, kind="whole numbers"))


def reals(text: str, *, field: str, count: int | None = None) -> tuple[float, ...]:
    """The numbers of a field, also NaN and infinite ones; as `integers`.

    Examples
    --------
    >>> reals("1 .5 2e-1", field="spacings")
    (1.0, 0.5, 0.2)
    >>> reals("1 2", field="ElementSpacing", count=3)
    Traceback (most recent call last):
    fuseflow.errors.Refused: unreadable: the field ElementSpacing does not consist of 3 numbers
    """
    return tuple(float(word) for word in _words(text, _REAL, field=field, count=count, kind="numbers"))


def _words(text: str, pattern: re.Pattern[str], *, field: str, count: int | None, kind: str) -> list[str]:
    words = text.split()
    if not words or (count is not None and len(words) != count) or not all(map(pattern.fullmatch, words)):
        expected = kind if count is None else f"{count} {kind}"
        raise Refused("unreadable", f"the field {field} does not consist of {expected}")
    return words
