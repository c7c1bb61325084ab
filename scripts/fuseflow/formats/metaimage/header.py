"""Headers of MetaImage files, read strictly: fields of other kinds than those below are never looked at.

Source: ITK's MetaIO documentation (https://itk.org/Wiki/MetaIO/Documentation), and what SimpleITK 2.5 does where that
leaves a question.
"""

from __future__ import annotations

import math
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
from fuseflow.formats.units import in_millimetres

ELEMENT_TYPES = {
    "MET_CHAR": "i1",
    "MET_ASCII_CHAR": "i1",
    "MET_UCHAR": "u1",
    "MET_SHORT": "i2",
    "MET_USHORT": "u2",
    "MET_INT": "i4",
    "MET_UINT": "u4",
    "MET_LONG": "i4",
    "MET_ULONG": "u4",
    "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8",
    "MET_FLOAT": "f4",
    "MET_DOUBLE": "f8",
}
"""Of MetaIO; its long has four bytes on every machine."""
FIELDS = {
    name.lower(): name
    for name in (
        "BinaryData",
        "BinaryDataByteOrderMSB",
        "CenterOfRotation",
        "CompressedData",
        "CompressedDataSize",
        "DimSize",
        "DistanceUnits",
        "ElementDataFile",
        "ElementNumberOfChannels",
        "ElementSize",
        "ElementSpacing",
        "ElementToIntensityFunctionOffset",
        "ElementToIntensityFunctionSlope",
        "ElementType",
        "HeaderSize",
        "NDims",
        "ObjectType",
        "Offset",
        "TransformMatrix",
    )
}
"""Fields that decide about the image; AnatomicalOrientation does not, as in ITK."""
SYNONYMS = {
    "position": "offset",
    "origin": "offset",
    "imageposition": "offset",
    "rotation": "transformmatrix",
    "orientation": "transformmatrix",
    "elementbyteordermsb": "binarydatabyteordermsb",
}
LOCAL = "LOCAL"
_SEPARATOR = re.compile("[=:]")
_YES_OR_NO = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


@dataclass(frozen=True, kw_only=True)
class MetaImageHeader:
    """What a header says, checked for contradictions.

    Parameters
    ----------
    shape
        Voxels along each axis, the fastest first.
    channels
        Numbers per voxel.
    dtype
        Of one number, with its byte order.
    binary, compressed, compressed_size
        Whether the voxels are bytes, whether zlib packed them, and to how many bytes if that is stated, else None.
    header_size
        Bytes before the voxels in each data file, -1 for all but the last, 0 if it is not stated.
    data_files
        Names of the data files; empty if the voxels follow the header.
    end
        Where the header ends, in bytes.
    spacing, origin
        Along each axis in mm; None if they are not stated.
    directions
        Of each axis as one row, LPS; None if they are not stated.
    remarks
        What is unusual.
    """

    shape: tuple[int, ...]
    channels: int
    dtype: np.dtype[Any]
    binary: bool
    compressed: bool
    compressed_size: int | None
    header_size: int
    data_files: tuple[str, ...]
    end: int
    spacing: tuple[float, ...] | None
    origin: tuple[float, ...] | None
    directions: tuple[float, ...] | None
    remarks: tuple[Remark, ...]


def read_metaimage_header(path: Path) -> MetaImageHeader:
    r"""Read the header of an ``.mha`` or ``.mhd`` file.

    Raises
    ------
    Refused
        ``unreadable`` if it is none, or contradicts itself, ``unsupported-dimensions`` or ``unsupported-pixels``.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "CT.mhd"
    >>> lines = ["NDims = 3", "DimSize = 2 3 4", "ElementType = MET_SHORT", "ElementDataFile = CT.raw"]
    >>> _ = path.write_text("\n".join(lines))
    >>> header = read_metaimage_header(path)
    >>> header.shape, header.dtype, header.data_files
    ((2, 3, 4), dtype('int16'), ('CT.raw',))
    """
    head = bytes_of(path, HEADER_LIMIT)
    fields, skipped, end = _fields(head)
    if fields.get("objecttype", "image").lower() != "image":
        raise Refused("unreadable", "the header is not that of an image but of another kind of object")
    (dimensions,) = integers(_required(fields, "ndims"), field="NDims", count=1)
    if not 2 <= dimensions <= 4:
        raise Refused("unsupported-dimensions", f"the image has {dimensions} axes; two to four are read")
    shape = integers(_required(fields, "dimsize"), field="DimSize", count=dimensions)
    channels = _whole(fields, "elementnumberofchannels", 1)
    if min(shape) < 1 or channels < 1:
        raise Refused("unreadable", "the fields DimSize and ElementNumberOfChannels must hold positive numbers")
    spacing, origin, remarks = _spacing_and_origin(fields, dimensions)
    return MetaImageHeader(
        shape=shape,
        channels=channels,
        dtype=_element_type(fields),
        binary=_flag(fields, "binarydata", default=True),
        compressed=_flag(fields, "compresseddata", default=False),
        compressed_size=_whole(fields, "compresseddatasize", 0) or None,
        header_size=_whole(fields, "headersize", 0),
        data_files=_data_files(fields["elementdatafile"], shape, head, end),
        end=end,
        spacing=spacing,
        origin=origin,
        directions=_values(fields, "transformmatrix", dimensions**2),
        remarks=(*remarks, *_remarks(fields, dimensions, skipped)),
    )


def _fields(head: bytes) -> tuple[dict[str, str], int, int]:
    """Lower-case name -> value of the known fields, how many lines are no fields, and where the header ends."""
    fields: dict[str, str] = {}
    skipped = position = 0
    while "elementdatafile" not in fields:
        if position >= len(head):
            raise Refused("unreadable", "the file does not begin with a MetaImage header that names its data")
        line, position = header_line(head, position)
        name, *rest = _SEPARATOR.split(line, maxsplit=1)
        if not rest:
            skipped += bool(line.strip()) and not line.lstrip().startswith("#")
            continue
        name = name.strip().lower()
        name = SYNONYMS.get(name, name)
        value = rest[0].strip("=: \t")
        if name in FIELDS and fields.setdefault(name, value).split() != value.split():
            raise Refused("unreadable", f"the header states {FIELDS[name]} more than once, and not the same")
    return fields, skipped, position


def _required(fields: Mapping[str, str], name: str) -> str:
    if name not in fields:
        raise Refused("unreadable", f"the header lacks the field {FIELDS[name]}")
    return fields[name]


def _values(fields: Mapping[str, str], name: str, count: int) -> tuple[float, ...] | None:
    return reals(fields[name], field=FIELDS[name], count=count) if name in fields else None


def _whole(fields: Mapping[str, str], name: str, default: int) -> int:
    return integers(fields[name], field=FIELDS[name], count=1)[0] if name in fields else default


def _flag(fields: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = fields.get(name, str(default)).lower()
    if value not in _YES_OR_NO:
        raise Refused("unreadable", f"the field {FIELDS[name]} is neither True nor False")
    return _YES_OR_NO[value]


def _element_type(fields: Mapping[str, str]) -> np.dtype[Any]:
    name = _required(fields, "elementtype").upper()
    if name not in ELEMENT_TYPES:
        raise Refused("unsupported-pixels", "the field ElementType names none of MetaIO's types of single numbers")
    big = _flag(fields, "binarydatabyteordermsb", default=False)
    return np.dtype((">" if big else "<") + ELEMENT_TYPES[name])


def _spacing_and_origin(
    fields: Mapping[str, str], dimensions: int
) -> tuple[tuple[float, ...] | None, tuple[float, ...] | None, list[Remark]]:
    """Spacing and origin in mm; of a fourth axis as they are."""
    factor, remarks = in_millimetres(fields.get("distanceunits", "mm").lower())
    spacing = _values(fields, "elementspacing", dimensions)
    size = _values(fields, "elementsize", dimensions)
    if spacing is None and size is not None:
        spacing = size
        detail = "the header has no ElementSpacing; its ElementSize is taken, as ITK does"
        remarks.append(Remark(code="element-size", detail=detail))
    return _scaled(spacing, factor), _scaled(_values(fields, "offset", dimensions), factor), remarks


def _scaled(values: tuple[float, ...] | None, factor: float) -> tuple[float, ...] | None:
    """Lengths along the axes in space times a factor, and those along a fourth axis as they are."""
    return values and (*(value * factor for value in values[:3]), *values[3:])


def _remarks(fields: Mapping[str, str], dimensions: int, skipped: int) -> list[Remark]:
    remarks = []
    if skipped:
        remarks.append(Remark(code="skipped-lines", detail=f"{skipped} lines of the header are no fields"))
    if any(_values(fields, "centerofrotation", dimensions) or ()):
        detail = "the header states a CenterOfRotation; it does not count for positions, as in ITK"
        remarks.append(Remark(code="center-of-rotation", detail=detail))
    slope = (_values(fields, "elementtointensityfunctionslope", 1) or (1.0,))[0]
    offset = (_values(fields, "elementtointensityfunctionoffset", 1) or (0.0,))[0]
    if (slope, offset) != (1.0, 0.0):
        detail = f"the header states intensity = {slope} x value + {offset}; values are left as stored, as ITK does"
        remarks.append(Remark(code="intensity-function", detail=detail))
    return remarks


def _data_files(value: str, shape: tuple[int, ...], head: bytes, end: int) -> tuple[str, ...]:
    """Names of the data files; none for voxels that follow the header."""
    if value.upper() == LOCAL:
        return ()
    words = value.split()
    if words[:1] == ["LIST"]:
        axes = integers(words[1], field="ElementDataFile", count=1)[0] if len(words) == 2 else len(shape) - 1
        count = math.prod(shape[axes:])
        names = listed_names(head, end)[:count]
        if not 0 < axes <= len(shape) or len(words) > 2 or len(names) < count:
            raise Refused("unreadable", "the header does not list as many data files as its DimSize needs")
        return names
    return _numbered(value, count=shape[-1]) if "%" in value else (value,)


def _numbered(value: str, *, count: int) -> tuple[str, ...]:
    """Names from a pattern, the first number, the last and the step; by default the numbers from 1 on."""
    pattern, given = name_and_numbers(value, most=3)
    first, last, step = (*given, *(1, count + (given or [1])[0] - 1, 1)[len(given) :])
    numbers = inclusive(first, last, step)
    if len(numbers) != count:
        raise Refused("unreadable", f"the pattern of names gives {len(numbers)} data files and {count} are needed")
    return numbered_names(pattern, numbers)
