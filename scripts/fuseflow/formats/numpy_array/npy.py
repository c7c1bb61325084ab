"""The bytes of ``.npy`` and ``.npz`` files: arrays of plain numbers, without pickles.

Source: NEP 1 and ``numpy.lib.format``, format versions 1.0 and 2.0. Version 3.0 differs in names of fields only, which
plain numbers do not have.
"""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy_format

from fuseflow.errors import Refused
from fuseflow.formats.file_bytes import opened, stored_stretch
from fuseflow.formats.limits import DEFLATE_RATIO, check_declared
from fuseflow.formats.stored import LARGEST_ITEM
from fuseflow.volume import Data

MAGIC = b"\x93NUMPY"
HEADER_LIMIT = 10_000
"""Characters of a header, which numpy parses as a Python literal."""
_ENCRYPTED = 0x1
_READERS: dict[tuple[int, int], Callable[..., tuple[tuple[int, ...], bool, np.dtype[Any]]]] = {
    (1, 0): npy_format.read_array_header_1_0,
    (2, 0): npy_format.read_array_header_2_0,
}


@dataclass(frozen=True)
class _Layout:
    """What the header of an array says, and where its elements begin."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]
    offset: int

    @property
    def size(self) -> int:
        """Bytes of all elements."""
        return math.prod(self.shape) * self.dtype.itemsize

    def array(self, stored: npt.NDArray[np.uint8]) -> Data:
        """The elements in their shape."""
        return stored.view(self.dtype).reshape(self.shape, order="F" if self.fortran_order else "C")


def read_array_file(path: Path) -> tuple[Data, int]:
    """The array in an ``.npy`` file, or the only one in an ``.npz`` file.

    Returns
    -------
    tuple
        The array, and how many bytes follow its own.

    Raises
    ------
    Refused
        ``unreadable``, ``impossible-size``, ``unsupported-pixels`` if it does not hold plain numbers, or
        ``several-images``.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.npy"
    >>> np.save(path, np.arange(3, dtype=np.int16))
    >>> read_array_file(path)
    (array([0, 1, 2], dtype=int16), 0)
    """
    with opened(path) as file:
        signed = file.read(len(MAGIC)) == MAGIC
        file.seek(0)
        if not signed:
            return _only_member(file)
        layout = _layout(file)
    found, following = stored_stretch(path, offset=layout.offset, count=layout.size)
    return layout.array(found), following


def _only_member(file: IO[bytes]) -> tuple[Data, int]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if not members:
                raise Refused("unreadable", "the archive holds no array")
            if len(members) > 1:
                raise Refused("several-images", f"the file holds {len(members)} arrays; one is read")
            [member] = members
            if member.flag_bits & _ENCRYPTED or not member.filename.endswith(".npy"):
                raise Refused("unreadable", "the member of the archive is no array, or encrypted")
            check_declared(member.file_size, member.compress_size, ratio=DEFLATE_RATIO)
            with archive.open(member) as stream:
                # read to the end, where the checksum is verified
                data = stream.read(member.file_size)
                if len(data) < member.file_size or stream.read(1):
                    raise Refused("unreadable", "the archive does not say how long the array is")
            layout = _layout(io.BytesIO(data))
            following = len(data) - layout.offset - layout.size
            check_declared(layout.size, layout.size + following)
            return layout.array(np.frombuffer(data, np.uint8, layout.size, layout.offset)), following
    except (Refused, OSError):
        raise
    except Exception:
        # zipfile has several errors for what is no archive, and each way of compression its own
        raise Refused("unreadable", "the file is neither an array nor a whole archive of one") from None


def _layout(file: IO[bytes]) -> _Layout:
    shape, fortran_order, dtype = _header(file)
    if dtype.kind not in "biuf" or dtype.itemsize > LARGEST_ITEM or dtype.subdtype:
        raise Refused("unsupported-pixels", "the array does not consist of integers or real numbers of up to 8 bytes")
    if any(side < 0 for side in shape):
        raise Refused("unreadable", "the header of the array holds a negative size")
    return _Layout(shape, fortran_order, dtype, offset=file.tell())


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        # Old files make numpy parse twice, and it warns about that
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            version = npy_format.read_magic(file)
            if version not in _READERS:
                raise Refused("unsupported-pixels", f"the array is of the format version {version[0]}.{version[1]}")
            return _READERS[version](file, max_header_size=HEADER_LIMIT)
    except Refused:
        raise
    except Exception:
        # numpy evaluates the header as a literal and makes a type of it: both fail in many ways
        raise Refused("unreadable", "the file does not begin with the header of an array") from None
