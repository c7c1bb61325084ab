"""The bytes of files: all, the first ones or a stretch of them, as stored or with gzip undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from fuseflow.errors import Refused
from fuseflow.formats.compression import GZIP_MAGIC, decompressed_head, decompressed_stretch
from fuseflow.formats.limits import check_declared


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file, open for reading.

    Raises
    ------
    Refused
        ``unreadable`` if it is no regular file (a pipe might never end), cannot be opened, or cannot be read in the
        block. The sentence does not name it, since its name may identify a person.

    Examples
    --------
    >>> with opened(Path("nothing.png")) as file:
    ...     pass
    Traceback (most recent call last):
    fuseflow.errors.Refused: unreadable: the file cannot be opened (No such file or directory)
    """
    if path.exists() and not path.is_file():
        raise Refused("unreadable", "it is not a regular file")
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise Refused("unreadable", f"the file cannot be opened ({error.strerror or 'unknown error'})") from None


def bytes_of(path: Path, count: int = -1) -> bytes:
    """The first bytes of a file as they are stored, or all of them; fewer if it holds fewer.

    Raises
    ------
    Refused
        ``unreadable`` if the file cannot be opened.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.img"
    >>> _ = path.write_bytes(b"header and voxels")
    >>> bytes_of(path, 6)
    b'header'
    """
    with opened(path) as file:
        return file.read(count)


def is_gzipped(path: Path) -> bool:
    """Whether a file begins like gzip. Names are not asked: files are gzipped, or no longer, under any name.

    Raises
    ------
    Refused
        As `bytes_of`.

    Examples
    --------
    >>> import gzip, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.nii"
    >>> _ = path.write_bytes(gzip.compress(b"header and voxels"))
    >>> is_gzipped(path)
    True
    """
    return bytes_of(path, len(GZIP_MAGIC)) == GZIP_MAGIC


def first_bytes(path: Path, count: int) -> bytes:
    """The first bytes of what a file holds, decompressed if it is gzipped; fewer if it holds fewer.

    Raises
    ------
    Refused
        ``unreadable`` as `bytes_of`, and if compressed data are damaged or cut short.

    Examples
    --------
    >>> import gzip, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.img.gz"
    >>> _ = path.write_bytes(gzip.compress(b"header and voxels"))
    >>> first_bytes(path, 6)
    b'header'
    """
    if not is_gzipped(path):
        return bytes_of(path, count)
    with opened(path) as file:
        return decompressed_head(file, "gzip", most=count)[0]


def stored_stretch(path: Path, *, offset: int, count: int) -> tuple[npt.NDArray[np.uint8], int]:
    """A stretch of a file as it is stored.

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
        ``impossible-size`` if the file does not hold so many, before memory is asked for; ``unreadable`` as `bytes_of`.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.img"
    >>> _ = path.write_bytes(b"header and voxels, and more")
    >>> found, following = stored_stretch(path, offset=11, count=6)
    >>> found.tobytes(), following
    (b'voxels', 10)
    """
    with opened(path) as file:
        there = max(0, path.stat().st_size - offset)
        check_declared(count, there)
        file.seek(offset)
        found = np.fromfile(file, np.uint8, count)
    if len(found) < count:
        raise Refused("unreadable", f"the data end after {len(found)} of {count} bytes")
    return found, there - count


def stretch(path: Path, *, offset: int, count: int) -> tuple[npt.NDArray[np.uint8], int]:
    """A stretch of what a file holds, decompressed if it is gzipped; then to its end, with all checksums verified.

    Parameters, results and refusals are those of `stored_stretch` and
    `fuseflow.formats.compression.decompressed_stretch`.

    Examples
    --------
    >>> import gzip, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.img.gz"
    >>> _ = path.write_bytes(gzip.compress(b"header and voxels, and more"))
    >>> found, following = stretch(path, offset=11, count=6)
    >>> found.tobytes(), following
    (b'voxels', 10)
    """
    if not is_gzipped(path):
        return stored_stretch(path, offset=offset, count=count)
    with opened(path) as file:
        return decompressed_stretch(file, "gzip", offset=offset, count=count)
