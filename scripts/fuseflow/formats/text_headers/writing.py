"""Writing files with a text header, as MetaImage and NRRD are: numbers, compressed voxels, and both in one file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from isal import isal_zlib

from fuseflow.volume import Data

COMPRESSION_LEVEL = 1
"""Of isal, 0 to 3."""
WINDOW_BITS = {"zlib": 15, "gzip": 31}
"""Container -> how zlib's functions are told to write it."""


def spelled(numbers: Iterable[float]) -> str:
    """Numbers with blanks between them, with as many digits as it takes to read the same numbers back.

    Examples
    --------
    >>> spelled([2, 0.1, -0.0])
    '2 0.1 0.0'
    """
    # adding zero makes minus zero plain
    return " ".join(str(number) if isinstance(number, int) else repr(float(number) + 0.0) for number in numbers)


def packed(data: Data, container: Literal["zlib", "gzip"]) -> bytes:
    r"""Voxels, first axis fastest and in little-endian byte order, compressed; the same bytes on every run.

    Examples
    --------
    >>> import zlib
    >>> zlib.decompress(packed(np.array([1, 2], ">i2"), "zlib"))
    b'\x01\x00\x02\x00'
    """
    little = np.asfortranarray(data, data.dtype.newbyteorder("<")).reshape(-1, order="F")
    return isal_zlib.compress(little.view(np.uint8).data, COMPRESSION_LEVEL, WINDOW_BITS[container])


def write_with_header(path: Path, lines: Sequence[str], voxels: bytes) -> None:
    r"""Write the lines of a header, in ASCII, and the voxels after them; in place.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "CT.mha"
    >>> write_with_header(path, ["NDims = 3"], b"voxels")
    >>> path.read_bytes()
    b'NDims = 3\nvoxels'
    """
    with path.open("wb") as file:
        file.write("".join(f"{line}\n" for line in lines).encode("ascii"))
        file.write(voxels)
