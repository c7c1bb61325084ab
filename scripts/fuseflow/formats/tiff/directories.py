"""The structure of TIFF files: what the directory of each page says, before anything is decoded.

Source: TIFF 6.0 (Adobe 1992), section 2; the BigTIFF design (Aware Systems 2007).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from fuseflow.errors import Refused

MOST_PAGES = 1000
"""Pages that are looked at; the largest stacks of slices have fewer."""
MOST_VALUES = 1 << 22
"""Values of all fields, more than images of readable size have strips or tiles."""
BYTE_ORDERS = {b"II": "<", b"MM": ">"}
TYPES = {1: "u1", 3: "u2", 4: "u4", 7: "u1", 13: "u4", 16: "u8"}
"""Field type -> its unsigned integers: BYTE, SHORT, LONG, UNDEFINED, IFD, LONG8."""

Values = npt.NDArray[np.unsignedinteger]


@dataclass(frozen=True, kw_only=True)
class Directory:
    """The directory of one page.

    Parameters
    ----------
    byte_order
        ``<`` or ``>``.
    fields
        Tag -> its values, of fields that hold unsigned integers or bytes.
    """

    byte_order: str
    fields: Mapping[int, Values]

    def number(self, tag: int, default: int) -> int:
        """The first value of a field, or a default."""
        values = self.fields.get(tag)
        return default if values is None else int(values[0])

    def numbers(self, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        """All values of a field, or a default."""
        values = self.fields.get(tag)
        return default if values is None else tuple(values.tolist())


@dataclass(frozen=True)
class _Layout:
    """How directories are written: number of entries, entry without its value, offset; bytes of a value that fits."""

    byte_order: str
    count: struct.Struct
    entry: struct.Struct
    offset: struct.Struct


def directories_of(file: BinaryIO, tags: frozenset[int]) -> Iterator[Directory]:
    """The directories of the pages of a TIFF file, in order; those of sub-images are not among them.

    Parameters
    ----------
    file
        The file, which can be read at any place.
    tags
        Fields that are wanted.

    Raises
    ------
    Refused
        ``unreadable`` if the file is none, or an offset leads out of it or back; ``several-images`` if there are more
        than `MOST_PAGES`.

    Examples
    --------
    >>> import io
    >>> page = struct.pack("<2sHIHHHIIHHIII", b"II", 42, 8, 2, 256, 3, 1, 30, 257, 3, 1, 20, 0)
    >>> [directory.number(256, 0) for directory in directories_of(io.BytesIO(page), frozenset({256}))]
    [30]
    """
    layout, offset = _layout(file)
    seen: set[int] = set()
    values = 0
    while offset:
        if offset in seen:
            raise Refused("unreadable", "the TIFF is damaged: its pages follow each other in a circle")
        if len(seen) == MOST_PAGES:
            raise Refused("several-images", f"the TIFF has more than {MOST_PAGES} pages")
        seen.add(offset)
        (count,) = layout.count.unpack(read_at(file, offset, layout.count.size))
        width = layout.entry.size + layout.offset.size
        start = offset + layout.count.size
        entries = read_at(file, start, count * width)
        directory = _directory(file, entries, layout, tags)
        values += sum(field.size for field in directory.fields.values())
        if values > MOST_VALUES:
            raise Refused("impossible-size", f"the directories of the TIFF hold more than {MOST_VALUES} values")
        yield directory
        (offset,) = layout.offset.unpack(read_at(file, start + count * width, layout.offset.size))


def read_at(file: BinaryIO, offset: int, size: int) -> bytes:
    """Bytes at a place of the file.

    Raises
    ------
    Refused
        ``unreadable`` if they are not all there.

    Examples
    --------
    >>> import io
    >>> read_at(io.BytesIO(b"abcdef"), 2, 3)
    b'cde'
    """
    length = file.seek(0, 2)
    if offset + size > length:
        missing = offset + size - length
        raise Refused("unreadable", f"the TIFF is cut short or damaged: an offset leads {missing} bytes beyond its end")
    file.seek(offset)
    return file.read(size)


def _layout(file: BinaryIO) -> tuple[_Layout, int]:
    """How the file is written, and where its first directory lies."""
    head = read_at(file, 0, 8)
    order = BYTE_ORDERS.get(head[:2], "")
    version = struct.unpack(f"{order}H", head[2:4])[0] if order else 0
    if version == 42:
        return _layout_of(order, count="H", offset="I"), struct.unpack(f"{order}I", head[4:])[0]
    if version == 43:
        return _layout_of(order, count="Q", offset="Q"), struct.unpack(f"{order}Q", read_at(file, 8, 8))[0]
    raise Refused("unreadable", "not a TIFF: the file does not begin like one")


def _layout_of(order: str, *, count: str, offset: str) -> _Layout:
    return _Layout(
        order, struct.Struct(f"{order}{count}"), struct.Struct(f"{order}HH{offset}"), struct.Struct(f"{order}{offset}")
    )


def _directory(file: BinaryIO, entries: bytes, layout: _Layout, tags: frozenset[int]) -> Directory:
    fields: dict[int, Values] = {}
    width = layout.entry.size + layout.offset.size
    for start in range(0, len(entries), width):
        tag, kind, count = layout.entry.unpack_from(entries, start)
        if tag not in tags or not count:
            continue
        if kind not in TYPES:
            raise Refused("unreadable", f"field {tag} of the TIFF has a type that it cannot have")
        if count > MOST_VALUES:
            raise Refused("impossible-size", f"a field of the TIFF announces {count} values")
        dtype = np.dtype(f"{layout.byte_order}{TYPES[kind]}")
        value = entries[start + layout.entry.size : start + width]
        if count * dtype.itemsize > layout.offset.size:
            (offset,) = layout.offset.unpack(value)
            value = read_at(file, offset, count * dtype.itemsize)
        fields.setdefault(tag, np.frombuffer(value, dtype, count))
    return Directory(byte_order=layout.byte_order, fields=fields)
