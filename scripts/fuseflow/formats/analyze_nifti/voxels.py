"""What NIfTI has from Analyze 7.5: how a header declares the axes and the type of its voxels, and how they are read.

Source: the NIfTI-1 and NIfTI-2 headers (https://nifti.nimh.nih.gov/nifti-1, /nifti-2), fields `dim`, `datatype`,
`vox_offset`, `scl_slope` and `scl_inter`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from fuseflow.errors import Refused
from fuseflow.formats.file_bytes import stretch
from fuseflow.formats.stored import Remark, surplus
from fuseflow.volume import Data

ByteOrder = Literal["<", ">"]
BYTE_ORDERS: tuple[ByteOrder, ...] = ("<", ">")
REAL_TYPES = {
    2: "u1",
    4: "i2",
    8: "i4",
    16: "f4",
    64: "f8",
    256: "i1",
    512: "u2",
    768: "u4",
    1024: "i8",
    1280: "u8",
}
"""Codes of data types that a volume can keep, without byte order."""
COLOUR_TYPES = {128: "RGB24", 2304: "RGBA32"}
OTHER_TYPES = {1: "binary", 32: "complex64", 1536: "float128", 1792: "complex128", 2048: "complex256"}
MOST_AXES = 7
"""That a header has room for."""
KEPT_AXES = 4
"""That a volume has at most."""


def declared_shape(dimensions: Sequence[int]) -> tuple[int, ...]:
    """The lengths of the axes, from the eight numbers of the field `dim`.

    Raises
    ------
    Refused
        ``unreadable`` if there are no 1 to 7 axes or one of them is empty.

    Examples
    --------
    >>> declared_shape([3, 64, 64, 20, 0, 0, 0, 0])
    (64, 64, 20)
    """
    count = int(dimensions[0])
    if not 1 <= count <= MOST_AXES:
        raise Refused("unreadable", f"the header announces {count} axes, not 1 to {MOST_AXES}")
    shape = tuple(int(length) for length in dimensions[1 : count + 1])
    if min(shape) < 1:
        raise Refused("unreadable", f"the header announces the shape {' x '.join(map(str, shape))}")
    return shape


def kept_shape(shape: tuple[int, ...]) -> tuple[tuple[int, ...], list[Remark]]:
    """The shape without axes of length 1 after the third, and a remark if there are such.

    Raises
    ------
    Refused
        ``unsupported-dimensions`` if more than four axes are left.

    Examples
    --------
    >>> kept_shape((64, 64, 1, 1))[0]
    (64, 64, 1)
    """
    kept = shape
    while len(kept) > 3 and kept[-1] == 1:
        kept = kept[:-1]
    if len(kept) > KEPT_AXES:
        stated = " x ".join(map(str, shape))
        raise Refused("unsupported-dimensions", f"the image has the shape {stated}; at most four axes can be kept")
    dropped = len(shape) - len(kept)
    if not dropped:
        return kept, []
    return kept, [Remark(code="singleton-axes", detail=f"{dropped} axes of length 1 after the last are left out")]


def voxel_type(code: int, *, byte_order: ByteOrder, types: dict[int, str] = REAL_TYPES) -> np.dtype[Any]:
    """The data type that a code in a header means.

    Parameters
    ----------
    code
        The field `datatype`.
    byte_order
        Of the file, ``<`` or ``>``.
    types
        The codes of the format and what they mean.

    Raises
    ------
    Refused
        ``colour`` or ``unsupported-pixels`` if it is none that a volume can keep.

    Examples
    --------
    >>> voxel_type(4, byte_order=">")
    dtype('>i2')
    """
    if code in COLOUR_TYPES:
        raise Refused("colour", f"the voxels are of the type {COLOUR_TYPES[code]}, and a volume has no colours")
    if code not in types:
        found = OTHER_TYPES.get(code, f"no known one (code {code})")
        raise Refused("unsupported-pixels", f"the voxels are of the type {found}, not integers or real numbers")
    return np.dtype(types[code]).newbyteorder(byte_order)


def whole_offset(offset: float, *, least: int) -> int:
    """Where the voxels begin, from the field `vox_offset`.

    Raises
    ------
    Refused
        ``unreadable`` if it is no whole number, or less than `least`.

    Examples
    --------
    >>> whole_offset(352.0, least=352)
    352
    """
    if not math.isfinite(offset) or offset != int(offset) or offset < least:
        raise Refused("unreadable", f"the voxels are said to begin at byte {offset:g}, not at {least} or after it")
    return int(offset)


def read_voxels(
    path: Path, *, offset: int, shape: tuple[int, ...], data_type: np.dtype[Any]
) -> tuple[Data, list[Remark]]:
    """The voxels as stored, first axis fastest, and a remark if more data follow.

    Raises
    ------
    Refused
        As `fuseflow.formats.file_bytes.stretch`.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "CT.img"
    >>> _ = path.write_bytes(bytes([0, 1, 0, 2]))
    >>> data, remarks = read_voxels(path, offset=0, shape=(2, 1, 1), data_type=np.dtype(">i2"))
    >>> data.ravel().tolist(), remarks
    ([1, 2], [])
    """
    count = math.prod(shape) * data_type.itemsize
    found, following = stretch(path, offset=offset, count=count)
    return found.view(data_type).reshape(shape, order="F"), surplus(following)
