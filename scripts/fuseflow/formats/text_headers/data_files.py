"""The data files that headers of MetaImage and NRRD files name: lists, numbered names, and which are there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from fuseflow.errors import Refused
from fuseflow.formats.limits import file_beside
from fuseflow.formats.text_headers.fields import header_line

MOST = 2**16
"""Data files of one image."""
_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
_NUMBER = re.compile(r"([^%]*)%(0?[0-9]?)d([^%]*)")


def listed_names(head: bytes, start: int) -> tuple[str, ...]:
    r"""The names in the rest of a header, one per line, without empty lines.

    Raises
    ------
    Refused
        ``unreadable`` if the lines are not text, or there are more than `MOST`.

    Examples
    --------
    >>> listed_names(b"ElementDataFile = LIST\na.raw\nb.raw\n", 23)
    ('a.raw', 'b.raw')
    """
    names: list[str] = []
    while start < len(head):
        name, start = header_line(head, start)
        names += [name.strip()] if name.strip() else []
        if len(names) > MOST:
            raise Refused("unreadable", f"the header lists more than {MOST} data files")
    return tuple(names)


def numbered_names(pattern: str, numbers: Sequence[int]) -> tuple[str, ...]:
    """The names of numbered data files.

    Parameters
    ----------
    pattern
        A name with ``%d``, or such as ``%03d``, where the number is.
    numbers
        Of the files, in order.

    Raises
    ------
    Refused
        ``unreadable`` if the pattern is no such one, or there are no or more than `MOST` numbers.

    Examples
    --------
    >>> numbered_names("slice%02d.raw", range(3, 8, 2))
    ('slice03.raw', 'slice05.raw', 'slice07.raw')
    """
    match = _NUMBER.fullmatch(pattern)
    if not match or not 0 < len(numbers) <= MOST:
        raise Refused("unreadable", "the name of the data files is no pattern for a reasonable number of them")
    return tuple(f"{match[1]}{number:{match[2]}d}{match[3]}" for number in numbers)


def name_and_numbers(value: str, *, most: int) -> tuple[str, list[int]]:
    """A name, which may hold blanks, and the whole numbers that follow it.

    Parameters
    ----------
    value
        The name, and the numbers after blanks.
    most
        How many numbers there may be; what stands before them is the name.

    Examples
    --------
    >>> name_and_numbers("my slice 2 %02d.raw 3 7", most=3)
    ('my slice 2 %02d.raw', [3, 7])
    """
    words = value.rsplit(maxsplit=most)[1:]
    numbers: list[int] = []
    while words and _WHOLE.fullmatch(words[-1]):
        numbers.insert(0, int(words.pop()))
    return value.rsplit(maxsplit=len(numbers))[0] if numbers else value, numbers


def inclusive(first: int, last: int, step: int) -> range:
    """The numbers from one to another, both included.

    Examples
    --------
    >>> list(inclusive(3, 1, -1)), list(inclusive(1, 3, 0))
    ([3, 2, 1], [])
    """
    return range(first, last + (1 if step > 0 else -1), step) if step else range(0)


def files_there(header: Path, names: Iterable[str]) -> tuple[Path, ...]:
    """Those of some data files that are there, and in the header's folder.

    Examples
    --------
    >>> files_there(Path("a.mhd"), ["../a.raw"])
    ()
    """
    return tuple(path for name in names for path in _if_there(header, name))


def _if_there(header: Path, name: str) -> tuple[Path, ...]:
    try:
        return (file_beside(header, name),)
    except Refused:
        return ()
