"""Pairs of a header (``.hdr``) and voxels (``.img``): Analyze 7.5, as SPM writes it too, and NIfTI.

Source: the header of Analyze 7.5 (Mayo Clinic, "ANALYZE 7.5 File Format"), the field `funused1` as SPM99 and SPM2 use
it, and the magic strings of NIfTI.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from nibabel.analyze import header_dtype

from fuseflow.errors import Refused
from fuseflow.formats.analyze_nifti.nifti_grid import Grid, grid_of_spacings, spacings_along
from fuseflow.formats.analyze_nifti.nifti_image import HEADER_BYTES, parse_header, read_image
from fuseflow.formats.analyze_nifti.spm_matrix import read_matrix
from fuseflow.formats.analyze_nifti.voxels import (
    BYTE_ORDERS,
    REAL_TYPES,
    ByteOrder,
    declared_shape,
    kept_shape,
    read_voxels,
    voxel_type,
    whole_offset,
)
from fuseflow.formats.file_bytes import first_bytes
from fuseflow.formats.limits import file_beside
from fuseflow.formats.piecewise import scaled
from fuseflow.formats.registry import Reader
from fuseflow.formats.stored import Remark, StoredVolume
from fuseflow.volume import FourthAxis

SIZE = header_dtype.itemsize
HEADERS, VOXELS, MATRICES = (".hdr", ".hdr.gz"), (".img", ".img.gz"), (".mat",)
TYPES = {**REAL_TYPES, 130: "i1", 132: "u2", 136: "u4"}
"""Those of Analyze, those that SPM added, and those of NIfTI, whose codes ITK writes here too."""


def read(path: Path) -> list[StoredVolume]:
    """The image of a header and its voxels.

    Parameters
    ----------
    path
        Either of the two.

    Raises
    ------
    Refused
        ``unreadable`` if the other one is missing, ``several-images`` if it is there twice, ``outside-path`` if it is a
        link out of the folder; else as `fuseflow.formats.analyze_nifti.nifti_image.read_image`.

    Examples
    --------
    >>> import nibabel, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "CT.hdr"
    >>> nibabel.AnalyzeImage(np.zeros((2, 3, 4), np.int16), np.eye(4)).to_filename(path)
    >>> image = read(path)[0]
    >>> image.format, image.geometry
    ('Analyze 7.5', 'spacing')
    """
    header_path = path if path.name.lower().endswith(HEADERS) else _only(path, HEADERS)
    voxels = path if path.name.lower().endswith(VOXELS) else _only(path, VOXELS)
    head = first_bytes(header_path, HEADER_BYTES)
    header = parse_header(head)
    if header is None:
        return [_analyze_image(head, voxels, _beside(header_path, MATRICES))]
    if header.single:
        raise Refused(
            "unreadable", "the header says that the voxels follow in the same file, as those of .nii files do"
        )
    return [read_image(header, voxels)]


def companions(path: Path) -> tuple[Path, ...]:
    """The voxels, and the matrix of SPM if there is one, that belong to a header; none of the voxels themselves.

    Examples
    --------
    >>> companions(Path("CT.img"))
    ()
    """
    if not path.name.lower().endswith(HEADERS):
        return ()
    try:
        return tuple(_beside(path, VOXELS + MATRICES))
    except OSError:
        return ()


def _only(path: Path, endings: tuple[str, ...]) -> Path:
    found = _beside(path, endings)
    if len(found) > 1:
        raise Refused("several-images", f"both a file {' and one '.join(endings)} are there")
    if not found:
        raise Refused("unreadable", f"there is no file {endings[0]} beside it, which is half of the image")
    return file_beside(path, found[0].name)


def _beside(path: Path, endings: tuple[str, ...]) -> list[Path]:
    """Files of the same name with other endings, which are in upper case if that of the path is."""
    [length] = {len(ending) for ending in HEADERS + VOXELS if path.name.lower().endswith(ending)}
    stem, own = path.name[:-length], path.name[-length:]
    spelled = [ending.upper() if own.isupper() else ending for ending in endings]
    return [other for ending in spelled if (other := path.with_name(stem + ending)).is_file()]


def _analyze_image(head: bytes, voxels: Path, matrices: list[Path]) -> StoredVolume:
    byte_order, fields = _fields(head)
    declared = declared_shape(fields["dim"])
    shape, remarks = kept_shape(declared)
    data_type = voxel_type(int(fields["datatype"]), byte_order=byte_order, types=TYPES)
    scale, scale_remarks = _scale(fields)
    offset = whole_offset(float(fields["vox_offset"]), least=0)
    grid = _grid(fields, shape, matrices)
    data, data_remarks = read_voxels(voxels, offset=offset, shape=declared, data_type=data_type)
    data = data.reshape(shape, order="F")
    return StoredVolume(
        format="Analyze 7.5",
        data=scaled(data, slope=scale[0], intercept=scale[1]) if scale else data,
        affine=grid.affine,
        geometry=grid.geometry,
        fourth_axis=FourthAxis(name="unknown") if len(shape) == 4 else None,
        facts={
            "stored_data_type": data_type.newbyteorder("=").name,
            "byte_order": "little" if byte_order == "<" else "big",
            "orient": int.from_bytes(fields["orient"]),
        },
        remarks=[*remarks, *scale_remarks, *grid.remarks, *data_remarks],
    )


def _fields(head: bytes) -> tuple[ByteOrder, Mapping[str, Any]]:
    if len(head) < SIZE:
        raise Refused("unreadable", f"the header is cut short after {len(head)} of {SIZE} bytes")
    for byte_order in BYTE_ORDERS:
        record = np.frombuffer(head, header_dtype.newbyteorder(byte_order), 1)[0]
        if record["sizeof_hdr"] == SIZE:
            return byte_order, {name: record[name] for name in header_dtype.names or ()}
    raise Refused("unreadable", f"the header is neither one of NIfTI nor one of Analyze, which are {SIZE} bytes long")


def _scale(fields: Mapping[str, Any]) -> tuple[tuple[float, float] | None, list[Remark]]:
    """Slope and intercept as SPM writes them, if there are any that change values."""
    slope, intercept = float(fields["funused1"]), float(fields["funused2"])
    if slope == 0 or not math.isfinite(slope):
        return None, _remarks_on_calibration(fields)
    if not math.isfinite(intercept):
        intercept = 0.0
    if (slope, intercept) == (1, 0):
        return None, []
    detail = f"values are multiplied by {slope:g}, and {intercept:g} is added, which stand where SPM writes these"
    return (slope, intercept), [Remark(code="spm-scale", detail=detail)]


def _remarks_on_calibration(fields: Mapping[str, Any]) -> list[Remark]:
    if fields["cal_max"] == fields["cal_min"] or fields["glmax"] == fields["glmin"]:
        return []
    detail = "the header states ranges of stored and of calibrated values; these are not applied"
    return [Remark(code="calibration-not-applied", detail=detail)]


def _grid(fields: Mapping[str, Any], shape: tuple[int, ...], matrices: list[Path]) -> Grid:
    remarks = []
    for path in matrices:
        try:
            affine, varies = read_matrix(file_beside(path, path.name))
        except Refused as refusal:
            remarks.append(Remark(code="unusable-matrix", detail=f"{refusal.detail}; it is left aside"))
            continue
        detail = "the .mat file holds different matrices of different volumes; the first is taken"
        return Grid(
            affine=affine,
            geometry="world",
            remarks=[Remark(code="several-matrices", detail=detail)] if varies else [],
        )
    grid = grid_of_spacings(spacings_along([float(value) for value in fields["pixdim"][1:4]], shape))
    detail = "the format does not say which way the axes run; they are kept as they are"
    remarks.append(Remark(code="no-orientation", detail=detail))
    return Grid(affine=grid.affine, geometry=grid.geometry, remarks=[*remarks, *grid.remarks])


READER = Reader(name="analyze", endings=".hdr .hdr.gz .img .img.gz", signature="", read=read, companions=companions)
