"""NetCDF classic files (CDF-1 and CDF-2): what the header declares, and its arrays, as views of the file's bytes.

nibabel's own reader is not used for files of others: it reads every variable whether it is wanted or not, the same
bytes as often as a header names them, and lets names in the file replace attributes of Python objects.

Source: "NetCDF Classic Format Specification" (Unidata, NetCDF User's Guide, appendix B).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fuseflow.errors import Refused
from fuseflow.formats.limits import check_declared

OFFSET_BYTES = {b"CDF\x01": 4, b"CDF\x02": 8}
"""First bytes of a file -> size of an offset in its header."""
TYPES = {1: "i1", 2: "S1", 3: ">i2", 4: ">i4", 5: ">f4", 6: ">f8"}
TEXT = 2
DIMENSIONS, VARIABLES, ATTRIBUTES = 10, 11, 12
UNLIMITED = 0
"""Length that a header gives to the dimension along which records are added."""

Attribute = bytes | npt.NDArray[Any]
"""Text, or numbers of shape (count,)."""


@dataclass(frozen=True, kw_only=True)
class Variable:
    """An array as declared.

    Parameters
    ----------
    dimensions
        Their names, the slowest first.
    shape
        Their lengths; `UNLIMITED` where the header does not say it.
    data_type
        Of one element.
    attributes
        Name -> text or numbers.
    begin
        Its first byte in the file.
    """

    dimensions: tuple[str, ...]
    shape: tuple[int, ...]
    data_type: np.dtype[Any]
    attributes: Mapping[str, Attribute]
    begin: int

    @property
    def end(self) -> int:
        """The byte after its last."""
        return self.begin + math.prod(self.shape) * self.data_type.itemsize


def read_header(data: bytes) -> dict[str, Variable]:
    r"""The variables that a file declares, by name.

    Parameters
    ----------
    data
        The file, or as much of its beginning as holds the header.

    Raises
    ------
    Refused
        ``unreadable``.

    Examples
    --------
    >>> read_header(b"CDF\x01" + bytes(28))
    {}
    """
    offset_bytes = OFFSET_BYTES.get(data[:4])
    if offset_bytes is None:
        raise Refused("unreadable", "the file is no netCDF file of the classic kind")
    cursor = _Cursor(data)
    # magic, number of records
    cursor.take(8)
    dimensions = [(cursor.name(), cursor.number()) for _ in range(cursor.count(DIMENSIONS))]
    cursor.attributes()
    return dict(_variable(cursor, dimensions, offset_bytes) for _ in range(cursor.count(VARIABLES)))


def array_of(variable: Variable, data: bytes | memoryview) -> npt.NDArray[Any]:
    """The elements of a variable, as a view of the file's bytes.

    Raises
    ------
    Refused
        ``unsupported-dimensions`` if it is stored in records; ``impossible-size`` if the file ends before it does.

    Examples
    --------
    >>> variable = Variable(dimensions=("x",), shape=(2,), data_type=np.dtype(">i2"), attributes={}, begin=1)
    >>> array_of(variable, bytes([7, 0, 1, 0, 2])).tolist()
    [1, 2]
    """
    if UNLIMITED in variable.shape:
        raise Refused("unsupported-dimensions", "the array is stored in records along an unlimited dimension")
    check_declared(variable.end - variable.begin, max(0, len(data) - variable.begin))
    count = math.prod(variable.shape)
    return np.frombuffer(data, variable.data_type, count, variable.begin).reshape(variable.shape)


class _Cursor:
    """Goes through the bytes of a header."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, count: int) -> bytes:
        """The next bytes; what pads them to a multiple of four is skipped."""
        taken = self.data[self.position : self.position + count]
        if len(taken) < count:
            raise Refused("unreadable", "the netCDF header is cut short")
        self.position += count + -count % 4
        return taken

    def number(self, size: int = 4) -> int:
        """The next number that is not negative."""
        return int.from_bytes(self.take(size))

    def name(self) -> str:
        """The next name."""
        return self.take(self.number()).decode("latin-1")

    def count(self, tag: int) -> int:
        """How many entries of a kind follow."""
        found, count = self.number(), self.number()
        if found != tag and (found or count):
            raise Refused("unreadable", "the netCDF header is damaged")
        return count

    def data_type(self) -> tuple[int, np.dtype[Any]]:
        """The next code of a type, and the type."""
        code = self.number()
        if code not in TYPES:
            raise Refused("unreadable", f"the netCDF header names an unknown type (code {code})")
        return code, np.dtype(TYPES[code])

    def attributes(self) -> dict[str, Attribute]:
        """The next list of attributes."""
        return dict(self._attribute() for _ in range(self.count(ATTRIBUTES)))

    def _attribute(self) -> tuple[str, Attribute]:
        name = self.name()
        code, data_type = self.data_type()
        value = self.take(self.number() * data_type.itemsize)
        return name, value.rstrip(b"\0") if code == TEXT else np.frombuffer(value, data_type)


def _variable(cursor: _Cursor, dimensions: list[tuple[str, int]], offset_bytes: int) -> tuple[str, Variable]:
    name = cursor.name()
    indices = [cursor.number() for _ in range(cursor.number())]
    if any(index >= len(dimensions) for index in indices):
        raise Refused("unreadable", "the netCDF header names a dimension that it does not declare")
    attributes = cursor.attributes()
    _, data_type = cursor.data_type()
    # its size, which follows from the dimensions
    cursor.number()
    return name, Variable(
        dimensions=tuple(dimensions[index][0] for index in indices),
        shape=tuple(dimensions[index][1] for index in indices),
        data_type=data_type,
        attributes=attributes,
        begin=cursor.number(offset_bytes),
    )
