"""What a file may ask for: no more memory than it can fill, and no other files than those in its own folder."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

from fuseflow.errors import Refused

DEFLATE_RATIO = 1032
"""Deflate makes of one byte at most this many (a match of 258 bytes in two bits)."""
ANY_RATIO = 2**29
"""Bytes that compressed data of any ratio may become; an empty label volume of 512 x 512 x 1000 has half of it."""
LIKELY_RATIO = 200
"""Beyond that, what one stored byte of an image may become: images of anything at all stay well below it."""


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
        ``impossible-size`` if the data cannot be there; ``too-large`` if so much could only come from next to nothing.

    Examples
    --------
    >>> check_declared(2000, 2, ratio=DEFLATE_RATIO)
    >>> check_declared(2000, 2)
    Traceback (most recent call last):
    fuseflow.errors.Refused: impossible-size: the header announces 2000 bytes of data and 2 are there
    """
    if declared < 0 or declared > stored * ratio:
        raise Refused("impossible-size", f"the header announces {declared} bytes of data and {stored} are there")
    if declared > max(ANY_RATIO, stored * LIKELY_RATIO):
        raise Refused("too-large", f"{stored} compressed bytes are to become {declared}, far more than any image does")


def file_beside(header: Path, name: str) -> Path:
    """The data file that a header names, in the header's own folder or below.

    Raises
    ------
    Refused
        ``outside-path`` if the name leads out of the folder, also by a link; ``unreadable`` if there is no such file,
        or there can be none of the name.

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
    try:
        there, inside = path.is_file(), path.resolve().is_relative_to(header.parent.resolve())
    except (OSError, RuntimeError, ValueError):
        # a name that is too long or cannot be encoded, or a link that leads in a circle
        there, inside = False, True
    if not inside:
        raise Refused("outside-path", "the header names a data file that is a link to somewhere else")
    if not there:
        raise Refused("unreadable", "the data file that the header names is not there")
    return path
