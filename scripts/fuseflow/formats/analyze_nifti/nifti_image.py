"""NIfTI-1 and NIfTI-2 images, in one file or as a header and a file of voxels.

Source: https://nifti.nimh.nih.gov/nifti-1 and https://nifti.nimh.nih.gov/nifti-2. nibabel knows where in the header the
fields lie; what they mean for voxels and positions is decided here, on bytes, before memory is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from nibabel import nifti1, nifti2

from fuseflow.errors import Refused
from fuseflow.formats.analyze_nifti.nifti_grid import (
    SPATIAL,
    Form,
    Grid,
    fourth_axis,
    grid_of_forms,
    grid_of_spacings,
    millimetres,
    qform,
    sform,
    spacings_along,
)
from fuseflow.formats.analyze_nifti.voxels import (
    BYTE_ORDERS,
    ByteOrder,
    declared_shape,
    kept_shape,
    read_voxels,
    voxel_type,
    whole_offset,
)
from fuseflow.formats.file_bytes import first_bytes
from fuseflow.formats.piecewise import is_too_small, scaled
from fuseflow.formats.stored import Remark, StoredVolume
from fuseflow.volume import FourthAxis

HEADER_BYTES = 540
"""Of NIfTI-2, the longer of the two."""
EXTENDER = 4
"""Bytes between a header and the voxels in the same file, at least."""
NO_ORIENTATION = Remark(
    code="no-orientation", detail="neither sform nor qform is set; which way the axes run is not known"
)
NO_SPACING = Remark(
    code="no-spacing", detail="the header states no unit and no spacing but 1, as where none is known; none is taken"
)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One version of the header: its name, magic strings, where these stand, and its fields."""

    name: str
    single: bytes
    pair: bytes
    at: int
    fields: np.dtype[Any]


LAYOUTS = (
    Layout(name="NIfTI-1", single=b"n+1\0", pair=b"ni1\0", at=344, fields=nifti1.header_dtype),
    Layout(name="NIfTI-2", single=b"n+2\0\r\n\x1a\n", pair=b"ni2\0\r\n\x1a\n", at=4, fields=nifti2.header_dtype),
)


@dataclass(frozen=True, kw_only=True)
class Header:
    """A header as stored.

    Parameters
    ----------
    layout
        Its version.
    single
        Whether the voxels are in the same file.
    byte_order
        ``<`` or ``>``.
    fields
        Name -> value, NumPy scalars and arrays in the byte order of the file.
    """

    layout: Layout
    single: bool
    byte_order: ByteOrder
    fields: Mapping[str, Any]


def parse_header(head: bytes) -> Header | None:
    """The NIfTI header that a file begins with; None if it has none of their magic strings.

    Parameters
    ----------
    head
        The first `HEADER_BYTES` bytes of the file, or fewer if it has fewer.

    Raises
    ------
    Refused
        ``unreadable`` if the header is cut short or its own size is wrong.

    Examples
    --------
    >>> import nibabel
    >>> header = parse_header(nibabel.Nifti2Header(endianness=">").binaryblock)
    >>> header.layout.name, header.single, header.byte_order
    ('NIfTI-2', True, '>')
    """
    for layout in LAYOUTS:
        magic = head[layout.at : layout.at + len(layout.single)]
        if magic in (layout.single, layout.pair):
            return _parsed(head, layout, single=magic == layout.single)
    return None


def _parsed(head: bytes, layout: Layout, *, single: bool) -> Header:
    size = layout.fields.itemsize
    if len(head) < size:
        raise Refused("unreadable", f"the {layout.name} header is cut short after {len(head)} of {size} bytes")
    for byte_order in BYTE_ORDERS:
        record = np.frombuffer(head, layout.fields.newbyteorder(byte_order), 1)[0]
        if record["sizeof_hdr"] == size:
            fields = {name: record[name] for name in layout.fields.names or ()}
            return Header(layout=layout, single=single, byte_order=byte_order, fields=fields)
    raise Refused("unreadable", f"the header says {layout.name}, and not that it is {size} bytes long")


def read_single(path: Path) -> StoredVolume:
    """The image in a file that holds header and voxels.

    Raises
    ------
    Refused
        ``unreadable`` if it does not begin with such a header; else as `read_image`.

    Examples
    --------
    >>> import nibabel, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "CT.nii"
    >>> nibabel.Nifti1Image(np.zeros((2, 3, 4), np.int16), np.eye(4)).to_filename(path)
    >>> read_single(path).data.shape
    (2, 3, 4)
    """
    header = parse_header(first_bytes(path, HEADER_BYTES))
    if header is None:
        raise Refused("unreadable", "the file does not begin with a NIfTI header: the magic string is missing")
    if not header.single:
        raise Refused("unreadable", "the header says that the voxels are in another file, as those of .hdr files are")
    return read_image(header, path)


def read_image(header: Header, voxels: Path) -> StoredVolume:
    """The image that a header describes.

    Parameters
    ----------
    header
        As `parse_header` gives it.
    voxels
        The file with the voxels, gzipped or not.

    Raises
    ------
    Refused
        ``unreadable``, ``impossible-size``, ``unsupported-dimensions``, ``unsupported-pixels``, ``colour`` or
        ``no-geometry``.

    Examples
    --------
    >>> import nibabel, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "CT.hdr"
    >>> nibabel.Nifti1Pair(np.zeros((2, 3, 4), np.int16), np.eye(4)).to_filename(path)
    >>> read_image(parse_header(path.read_bytes()), path.with_suffix(".img")).geometry
    'world'
    """
    fields = header.fields
    declared = declared_shape(fields["dim"])
    shape, remarks = kept_shape(declared)
    data_type = voxel_type(int(fields["datatype"]), byte_order=header.byte_order)
    scale, scale_remarks = _scale(fields)
    least = header.layout.fields.itemsize + EXTENDER if header.single else 0
    offset = whole_offset(float(fields["vox_offset"]), least=least)
    grid = _grid(fields, shape)
    data, data_remarks = read_voxels(voxels, offset=offset, shape=declared, data_type=data_type)
    data = data.reshape(shape, order="F")
    return StoredVolume(
        format=header.layout.name,
        data=scaled(data, slope=scale[0], intercept=scale[1]) if scale else data,
        affine=grid.affine,
        geometry=grid.geometry,
        fourth_axis=_fourth_axis(fields) if len(shape) == 4 else None,
        facts=_facts(header, data_type),
        remarks=[*remarks, *_remarks_on_layout(fields, data_type), *scale_remarks, *grid.remarks, *data_remarks],
    )


def _scale(fields: Mapping[str, Any]) -> tuple[tuple[float, float] | None, list[Remark]]:
    """Slope and intercept, if there are any that change values."""
    slope, intercept = float(fields["scl_slope"]), float(fields["scl_inter"])
    if slope == 0 or not math.isfinite(slope):
        if slope == intercept == 0:
            return None, []
        detail = "the slope of the values is 0 or no finite number, which means none; no intercept is added either"
        return None, [Remark(code="no-slope", detail=detail)]
    if is_too_small(slope):
        raise Refused("unreadable", "the slope of the values is so small that all of them would be the same")
    if not math.isfinite(intercept):
        raise Refused("unreadable", "the values have a slope, and an intercept that is no finite number")
    return (None if (slope, intercept) == (1, 0) else (slope, intercept)), []


def _grid(fields: Mapping[str, Any], shape: tuple[int, ...]) -> Grid:
    units, stated = int(fields["xyzt_units"]), [float(value) for value in fields["pixdim"][1:4]]
    placed = fields["sform_code"] > 0 or fields["qform_code"] > 0
    if not placed and not units & SPATIAL and all(size == 1 or not size > 0 for size in stated):
        return Grid(affine=None, geometry="unknown", remarks=[NO_ORIENTATION, NO_SPACING])
    factor, unit_remarks = millimetres(units)
    spacings = spacings_along(stated, shape) * factor
    if placed:
        grid = _placed(fields, factor=factor, spacings=spacings, shape=shape)
    else:
        grid = grid_of_spacings(spacings)
        grid = replace(grid, remarks=[NO_ORIENTATION, *grid.remarks])
    return replace(grid, remarks=[*unit_remarks, *grid.remarks])


def _placed(
    fields: Mapping[str, Any], *, factor: float, spacings: npt.NDArray[np.float64], shape: tuple[int, ...]
) -> Grid:
    rows = factor * np.array([fields[f"srow_{axis}"] for axis in "xyz"], np.float64)
    offset = factor * np.array([fields[f"qoffset_{axis}"] for axis in "xyz"], np.float64)
    vector = [float(fields[f"quatern_{component}"]) for component in "bcd"]
    sign = float(fields["pixdim"][0])
    builders: dict[str, Callable[[], Form]] = {
        "sform": lambda: sform(rows),
        "qform": lambda: qform(vector, offset=offset, spacings=spacings, sign=sign),
    }
    forms, complaints = {}, []
    for name, build in builders.items():
        if fields[f"{name}_code"] > 0:
            try:
                forms[name] = build()
            except Refused as refusal:
                complaints.append(refusal.detail)
    if not forms:
        raise Refused("no-geometry", " and ".join(complaints))
    grid = grid_of_forms(forms, shape)
    unusable = [Remark(code="unusable-form", detail=f"{complaint}; it is left aside") for complaint in complaints]
    return replace(grid, remarks=[*unusable, *grid.remarks])


def _fourth_axis(fields: Mapping[str, Any]) -> FourthAxis:
    step = float(fields["pixdim"][4])
    return fourth_axis(step, units=int(fields["xyzt_units"]), intent=int(fields["intent_code"]))


def _remarks_on_layout(fields: Mapping[str, Any], data_type: np.dtype[Any]) -> list[Remark]:
    remarks = []
    bits = int(fields["bitpix"])
    if bits != 8 * data_type.itemsize:
        detail = (
            f"the header says {bits} bits per voxel and a type that has {8 * data_type.itemsize}; the type is taken"
        )
        remarks.append(Remark(code="wrong-bits", detail=detail))
    if int(fields["vox_offset"]) % 16:
        detail = f"the voxels begin at byte {int(fields['vox_offset'])}, which is no multiple of 16"
        remarks.append(Remark(code="odd-offset", detail=detail))
    return remarks


def _facts(header: Header, data_type: np.dtype[Any]) -> dict[str, Any]:
    numbers = ("sform_code", "qform_code", "intent_code", "xyzt_units")
    scale = {name: float(header.fields[name]) for name in ("scl_slope", "scl_inter")}
    return {
        **{name: int(header.fields[name]) for name in numbers},
        **{name: value if math.isfinite(value) else None for name, value in scale.items()},
        "stored_data_type": data_type.newbyteorder("=").name,
        "byte_order": "little" if header.byte_order == "<" else "big",
    }
