"""Headers of NRRD files, read strictly; content, comments and key/value pairs are never looked at.

Source: Definition of NRRD File Format (https://teem.sourceforge.net/nrrd/format.html), versions 1 to 5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fuseflow.errors import Refused
from fuseflow.formats.file_bytes import bytes_of
from fuseflow.formats.stored import Remark
from fuseflow.formats.text_headers.data_files import inclusive, listed_names, name_and_numbers, numbered_names
from fuseflow.formats.text_headers.fields import HEADER_LIMIT, header_line, integers, reals

TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
ENCODINGS = {
    "raw": "raw",
    "gzip": "deflate",
    "gz": "deflate",
    "bzip2": "bzip2",
    "bz2": "bzip2",
    "hex": "hex",
    "ascii": "text",
    "text": "text",
    "txt": "text",
}
FIELDS = {
    name.replace(" ", ""): name
    for name in (
        *("dimension", "type", "block size", "encoding", "endian", "content", "min", "max", "old min", "old max"),
        *("data file", "line skip", "byte skip", "number", "sample units", "sizes", "spacings", "thicknesses"),
        *("axis mins", "axis maxs", "centers", "centerings", "labels", "units", "kinds", "space", "space dimension"),
        *("space units", "space origin", "space directions", "measurement frame"),
    )
}
"""Every field of the format, by its name with and without blanks."""
_MAGIC = re.compile(r"NRRD(0001|0002|0003|0004|0005|00\.01)")
_VECTOR = re.compile(r"none|\(([^()]*)\)")
_LIST = re.compile(r"LIST(\s+[0-9]+)?")

Vector = tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class NrrdHeader:
    """What a header says; lists have one entry per axis, the fastest axis first.

    Parameters
    ----------
    sizes
        Samples along each axis.
    dtype
        Of a sample, with its byte order.
    packing
        How the samples are stored: a `fuseflow.formats.text_headers.voxels.Packing`, or ``text``.
    line_skip, byte_skip
        Lines and then bytes before the samples, -1 for all bytes but the last.
    data_files
        Names of the data files; empty if the samples follow the header.
    end
        Where the header ends, in bytes.
    kinds
        In lower case; empty for axes of which none is stated.
    space
        In lower case, words joined by hyphens; empty if none is stated.
    directions
        Vectors in that space, None of axes that do not run in it; None if they are not stated.
    origin
        Where the first sample lies in that space; None if it is not known.
    space_units
        Units of the space's axes; empty if they are not stated.
    spacings
        NaN of axes of which it is not known.
    units, labels
        In lower case; empty of axes of which they are not stated.
    remarks
        What is unusual.
    """

    sizes: tuple[int, ...]
    dtype: np.dtype[Any]
    packing: str
    line_skip: int
    byte_skip: int
    data_files: tuple[str, ...]
    end: int
    kinds: tuple[str, ...]
    space: str
    directions: tuple[Vector | None, ...] | None
    origin: Vector | None
    space_units: tuple[str, ...]
    spacings: Vector
    units: tuple[str, ...]
    labels: tuple[str, ...]
    remarks: tuple[Remark, ...]


def read_nrrd_header(path: Path) -> NrrdHeader:
    r"""Read the header of an ``.nrrd`` or ``.nhdr`` file.

    Raises
    ------
    Refused
        ``unreadable`` if it is none, or contradicts itself, ``unsupported-dimensions`` or ``unsupported-pixels``.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "CT.nrrd"
    >>> lines = ["NRRD0004", "type: short", "dimension: 3", "sizes: 2 3 4", "encoding: raw", "endian: little", "", ""]
    >>> _ = path.write_text("\n".join(lines))
    >>> header = read_nrrd_header(path)
    >>> header.sizes, header.dtype, header.packing
    ((2, 3, 4), dtype('int16'), 'raw')
    """
    head = bytes_of(path, HEADER_LIMIT)
    fields, unknown, end = _fields(head)
    (dimension,) = integers(_required(fields, "dimension"), field="dimension", count=1)
    if not 2 <= dimension <= 4:
        raise Refused("unsupported-dimensions", f"the image has {dimension} axes; two to four are read")
    sizes = integers(_required(fields, "sizes"), field="sizes", count=dimension)
    if min(sizes) < 1:
        raise Refused("unreadable", "the field sizes must hold positive numbers")
    packing = ENCODINGS.get(_required(fields, "encoding").lower())
    if packing is None:
        raise Refused("unsupported-pixels", "the field encoding names none of raw, gzip, bzip2, hex and text")
    directions = _vectors(fields["space directions"], "space directions") if "space directions" in fields else None
    if directions and len(directions) != dimension:
        raise Refused("unreadable", f"the field space directions does not hold {dimension} vectors")
    origin = _vectors(fields["space origin"], "space origin")[0] if "space origin" in fields else None
    return NrrdHeader(
        sizes=sizes,
        dtype=_type(fields, packing),
        packing=packing,
        line_skip=integers(fields.get("line skip", "0"), field="line skip", count=1)[0],
        byte_skip=integers(fields.get("byte skip", "0"), field="byte skip", count=1)[0],
        data_files=_data_files(fields["data file"], head, end) if "data file" in fields else (),
        end=end,
        kinds=_kinds(fields, dimension),
        space=re.sub(r"[\s-]+", "-", fields.get("space", "").lower()),
        directions=directions,
        origin=origin,
        space_units=_quoted(fields.get("space units", "")),
        spacings=reals(fields["spacings"], field="spacings", count=dimension)
        if "spacings" in fields
        else (float("nan"),) * dimension,
        units=_texts(fields, "units", dimension),
        labels=_texts(fields, "labels", dimension),
        remarks=_remarks(fields, unknown),
    )


def _fields(head: bytes) -> tuple[dict[str, str], int, int]:
    """Name -> description of the fields, how many lines are none, and where the header ends."""
    magic, position = header_line(head, 0)
    if not _MAGIC.fullmatch(magic.strip()):
        raise Refused("unreadable", "the file does not begin like an NRRD file of the versions 1 to 5")
    fields: dict[str, str] = {}
    unknown = 0
    while not _LIST.fullmatch(fields.get("data file", "")):
        if position >= len(head):
            if "data file" in fields:
                break
            raise Refused("unreadable", "the header does not end with an empty line")
        line, position = header_line(head, position)
        if not line.strip():
            break
        name, colon, description = line.partition(":")
        name = FIELDS.get(name.lower().replace(" ", ""), "")
        if line.startswith("#") or (":=" in line and (not name or description.startswith("="))):
            continue
        if not name or not colon:
            unknown += 1
        elif fields.setdefault(name, description.strip()) != description.strip():
            raise Refused("unreadable", f"the header states {name} more than once, and not the same")
    return fields, unknown, position


def _required(fields: Mapping[str, str], name: str) -> str:
    if name not in fields:
        raise Refused("unreadable", f"the header lacks the field {name}")
    return fields[name]


def _type(fields: Mapping[str, str], packing: str) -> np.dtype[Any]:
    stated = " ".join(_required(fields, "type").lower().split())
    code = next((code for code, names in TYPES.items() if stated in names), None)
    if code is None:
        raise Refused("unsupported-pixels", "the field type names none of the types of single numbers")
    if code[1] == "1" or packing == "text":
        return np.dtype(code)
    orders = {"little": "<", "big": ">"}
    endian = _required(fields, "endian").lower()
    if endian not in orders:
        raise Refused("unreadable", "the field endian is neither little nor big")
    return np.dtype(orders[endian] + code)


def _vectors(text: str, field: str) -> tuple[Vector | None, ...]:
    """Vectors; None for ``none`` and for those that are NaN."""
    if _VECTOR.sub("", text).strip() or not text:
        raise Refused("unreadable", f"the field {field} does not consist of vectors in brackets")
    found = [
        None if match[1] is None else reals(match[1].replace(",", " "), field=field) for match in _VECTOR.finditer(text)
    ]
    known = [None if vector is None or np.isnan(vector).all() else vector for vector in found]
    if len({len(vector) for vector in known if vector}) > 1 or not np.isfinite(sum(map(sum, filter(None, known)))):
        raise Refused("unreadable", f"the field {field} holds vectors that are not finite or not of one length")
    return tuple(known)


def _kinds(fields: Mapping[str, str], dimension: int) -> tuple[str, ...]:
    kinds = fields.get("kinds", "??? " * dimension).lower().split()
    if len(kinds) != dimension:
        raise Refused("unreadable", f"the field kinds does not name {dimension} kinds")
    return tuple("" if kind in ("???", "none") else kind for kind in kinds)


def _quoted(text: str) -> tuple[str, ...]:
    """The texts in quotation marks, in lower case; inside of them a mark has a backslash before it."""
    return tuple(part.strip().lower() for part in text.replace('\\"', "'").split('"')[1::2])


def _texts(fields: Mapping[str, str], name: str, dimension: int) -> tuple[str, ...]:
    found = _quoted(fields.get(name, ""))
    if name in fields and len(found) != dimension:
        raise Refused("unreadable", f"the field {name} does not hold {dimension} texts in quotation marks")
    return found or ("",) * dimension


def _data_files(value: str, head: bytes, end: int) -> tuple[str, ...]:
    if _LIST.fullmatch(value):
        names = listed_names(head, end)
        if not names:
            raise Refused("unreadable", "the list of data files is empty")
        return names
    pattern, given = name_and_numbers(value, most=4)
    if "%" not in pattern or len(given) < 3:
        return (value,)
    return numbered_names(pattern, inclusive(*given[:3]))


def _remarks(fields: Mapping[str, str], unknown: int) -> tuple[Remark, ...]:
    remarks = []
    if unknown:
        remarks.append(
            Remark(code="skipped-lines", detail=f"{unknown} lines of the header are no fields of the format")
        )
    if "measurement frame" in fields:
        detail = "the header states a measurement frame, which does not concern single numbers"
        remarks.append(Remark(code="measurement-frame", detail=detail))
    return tuple(remarks)
