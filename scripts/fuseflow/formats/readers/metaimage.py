"""MetaImage files (``.mha``, ``.mhd`` with data files), the format of ITK.

The voxels are decoded here and not by ITK, which passes over damage in compressed data. Positions are those of ITK:
each row of TransformMatrix is the direction of one axis, in LPS, and Offset the position of the first voxel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fuseflow.errors import Refused
from fuseflow.flat import FlatImage
from fuseflow.formats.limits import file_beside
from fuseflow.formats.metaimage.header import MetaImageHeader, read_metaimage_header
from fuseflow.formats.planes import plane_image, plane_spacing, refuse_channels
from fuseflow.formats.registry import Reader
from fuseflow.formats.stored import Remark, StoredVolume
from fuseflow.formats.text_headers.data_files import files_there
from fuseflow.formats.text_headers.voxels import FROM_END, Piece, voxel_bytes, voxels_of_text
from fuseflow.volume import LPS_TO_RAS, Affine, Data, FourthAxis, Geometry, is_rigid

FORMAT = "MetaImage"
TOLERANCE = 1e-4
"""Of the length of directions, which are written with few digits."""
NO_SPACING = Remark(code="no-spacing", detail="the header states neither ElementSpacing nor ElementSize")


def read_metaimage(path: Path) -> tuple[StoredVolume | FlatImage]:
    """The image in a MetaImage file.

    Returns
    -------
    tuple
        One image: two axes of uint8 or uint16, grey or RGB, are a flat image, everything else is a volume. Without
        Offset the geometry is ``spacing``, without ElementSpacing and ElementSize ``unknown``. The format does not say
        what a fourth axis is.

    Raises
    ------
    Refused
        As `fuseflow.formats.metaimage.header.read_metaimage_header` and
        `fuseflow.formats.text_headers.voxels.voxel_bytes`; ``outside-path``, ``colour``, ``no-geometry``.

    Examples
    --------
    >>> import tempfile
    >>> from fuseflow.formats.writers.metaimage import write_metaimage
    >>> from fuseflow.volume import Volume
    >>> path = Path(tempfile.mkdtemp()) / "CT.mha"
    >>> write_metaimage(path, Volume(data=np.zeros((2, 3, 4), np.int16), affine=np.eye(4)))
    >>> read_metaimage(path)[0].data.shape
    (2, 3, 4)
    """
    header = read_metaimage_header(path)
    three = len(header.shape) > 2
    if three and header.channels > 1:
        refuse_channels(header.channels, header.dtype)
    data, remarks = _voxels(path, header)
    remarks = [*header.remarks, *remarks]
    _check_geometry(header)
    if not three:
        spacing, on_geometry = _plane_geometry(header)
        return (plane_image(data, format_name=FORMAT, spacing=spacing, remarks=[*remarks, *on_geometry]),)
    affine, geometry, on_geometry = _geometry(header)
    step = header.spacing[3] if header.spacing and data.ndim > 3 else None
    fourth = FourthAxis(name="unknown", step=step) if data.ndim > 3 else None
    return (
        StoredVolume(
            format=FORMAT,
            data=data,
            affine=affine,
            geometry=geometry,
            fourth_axis=fourth,
            remarks=[*remarks, *on_geometry],
        ),
    )


def data_files(path: Path) -> tuple[Path, ...]:
    """The data files that a header names, as far as they are there and in its folder.

    Examples
    --------
    >>> data_files(Path("nothing.mhd"))
    ()
    """
    try:
        names = read_metaimage_header(path).data_files
    except Refused:
        return ()
    return files_there(path, names)


def _voxels(path: Path, header: MetaImageHeader) -> tuple[Data, list[Remark]]:
    """Voxels (x, y ...), then the channels if there are several."""
    if header.compressed and not header.binary:
        raise Refused("unreadable", "the header says of the voxels that they are text and compressed")
    pieces = _pieces(path, header)
    count = math.prod(header.shape) * header.channels
    if header.binary:
        stored, remarks = voxel_bytes(pieces, declared=count * header.dtype.itemsize)
        remarks += _remarks_on_size(header, pieces)
        numbers: Data = stored.view(header.dtype)
    else:
        numbers, remarks = voxels_of_text(pieces, dtype=header.dtype, count=count)
    if header.channels == 1:
        return numbers.reshape(header.shape, order="F"), remarks
    return np.moveaxis(numbers.reshape(header.channels, *header.shape, order="F"), 0, -1), remarks


def _pieces(path: Path, header: MetaImageHeader) -> list[Piece]:
    files = [file_beside(path, name) for name in header.data_files] or [path]
    start = 0 if header.data_files else header.end
    at_end = header.header_size == FROM_END
    if header.header_size < FROM_END or (header.compressed and at_end) or 0 < header.header_size < start:
        raise Refused("unreadable", "the field HeaderSize does not say where the voxels begin")
    if not at_end:
        start = header.header_size or start
    if not header.compressed:
        return [Piece(path=file, start=start, skip=FROM_END if at_end else 0) for file in files]
    return [Piece(path=file, start=start, packing="deflate") for file in files]


def _remarks_on_size(header: MetaImageHeader, pieces: Sequence[Piece]) -> list[Remark]:
    """That the stated size of compressed data is not theirs; where they end, their checksum has said."""
    there = pieces[0].path.stat().st_size - pieces[0].start
    if not header.compressed or len(pieces) > 1 or header.compressed_size in (None, there):
        return []
    detail = f"the header says that the compressed data have {header.compressed_size} bytes, and {there} are there"
    return [Remark(code="compressed-size", detail=detail)]


def _check_geometry(header: MetaImageHeader) -> None:
    if 0 in (header.spacing or ()):
        raise Refused("no-geometry", "the spacing in the header holds a zero")
    if not all(map(math.isfinite, (*(header.spacing or ()), *(header.origin or ()), *(header.directions or ())))):
        raise Refused("no-geometry", "the spacing, origin or directions in the header are not finite")


def _plane_geometry(header: MetaImageHeader) -> tuple[list[float] | None, list[Remark]]:
    """The spacing along x and y, if it is known."""
    frame = np.eye(3)
    frame[:2, :2] = np.array(header.directions or np.eye(2)).reshape(2, 2)
    steps = frame[:2, :2].T * np.abs(header.spacing or 1.0)
    spacing, remarks = plane_spacing(steps, origin=header.origin)
    remarks = [*_remarks_on_directions(frame), *remarks]
    if header.spacing is None:
        return None, [NO_SPACING, *remarks]
    if min(header.spacing) < 0:
        detail = "a spacing in the header is negative; its sign is left out"
        remarks.append(Remark(code="negative-spacing", detail=detail))
    return spacing, remarks


def _geometry(header: MetaImageHeader) -> tuple[Affine | None, Geometry, list[Remark]]:
    axes = len(header.shape)
    matrix = np.array(header.directions or np.eye(axes)).reshape(axes, axes)
    if matrix[3:, :3].any() or matrix[:3, 3:].any():
        raise Refused("no-geometry", "the directions in the header mix the fourth axis with those of space")
    if header.spacing is None:
        return None, "unknown", [NO_SPACING]
    affine = np.eye(4)
    affine[:3, :3] = matrix[:3, :3].T * header.spacing[:3]
    remarks = [*_remarks_on_axes(header), *_remarks_on_directions(matrix[:3, :3])]
    if header.origin is not None:
        affine[:3, 3] = header.origin[:3]
        return LPS_TO_RAS @ affine, "world", remarks
    remarks.append(Remark(code="no-origin", detail="the header does not say where the first voxel lies"))
    return affine if header.directions is None else LPS_TO_RAS @ affine, "spacing", remarks


def _remarks_on_axes(header: MetaImageHeader) -> list[Remark]:
    remarks = []
    if header.directions is None and header.origin is not None:
        detail = "the header does not state directions; left, posterior, superior are assumed, as ITK does"
        remarks.append(Remark(code="no-directions", detail=detail))
    if header.spacing and min(header.spacing[:3]) < 0:
        detail = "a spacing in the header is negative; the axis is taken to run the other way, as ITK does"
        remarks.append(Remark(code="negative-spacing", detail=detail))
    return remarks


def _remarks_on_directions(rows: npt.NDArray[np.float64]) -> list[Remark]:
    remarks = []
    if np.abs(np.linalg.norm(rows, axis=1) - 1).max() > TOLERANCE:
        detail = "directions in the header are not of length 1; they lengthen the spacing, as ITK does"
        remarks.append(Remark(code="scaled-directions", detail=detail))
    frame = np.eye(4)
    frame[:3, :3] = rows.T
    if np.linalg.norm(rows, axis=1).min() > 0 and not is_rigid(frame, (2, 2, 2), tolerance=TOLERANCE):
        remarks.append(Remark(code="sheared", detail="the directions in the header are not perpendicular"))
    return remarks


READER = Reader(
    name="metaimage",
    endings=".mha .mhd",
    signature="",
    read=read_metaimage,
    companions=data_files,
)
