"""Label volumes of a SEG or RTSTRUCT: which voxels of a grid belong to which segment, and what is known of each.

Segments that do not overlap share one volume; of those that do, each has one of its own, so that no voxel is lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fuseflow.dicom.drawings import Drawing, drawing_of_contours, drawing_of_frames
from fuseflow.dicom.label_grid import LabelGrid
from fuseflow.dicom.segmentation import Segmentation
from fuseflow.dicom.segments import Segment
from fuseflow.dicom.structure_set import StructureSet
from fuseflow.errors import Refused
from fuseflow.formats.stored import Remark
from fuseflow.identity import pseudonym
from fuseflow.provenance import versions_of
from fuseflow.volume import Volume

LARGEST_LABEL = 65535
OVERLAP = Remark(code="overlap", detail="segments of the file overlap; each of them has a volume of its own")

Labels = npt.NDArray[np.unsignedinteger[Any]]


def label_volumes(source: Segmentation | StructureSet, grid: LabelGrid, *, salt: str) -> Iterator[Volume]:
    """Put the segments of a SEG or RTSTRUCT on a grid.

    Parameters
    ----------
    source
        What was drawn.
    grid
        That of the volume it was drawn on, or the segmentation's own.
    salt
        Secret for the pseudonym of the series; without one the sidecar has none.

    Returns
    -------
    iterator of Volume
        If no segments overlap, one volume, with labels 1, 2 ... in the order of their numbers: uint8, from 256 segments
        on uint16. If some do, one volume per segment, in the order of their numbers, uint8, 0 or 1, each drawn when it
        is asked for. A voxel belongs to a region of an RTSTRUCT if its centre is inside.

        Sidecars hold ``format``, ``modality`` (SEG), ``source`` (SEG or RTSTRUCT), ``sha256`` (of the file),
        ``reference`` (pseudonym of the series whose grid it is, or None), ``shape``, ``axes``, ``geometry``, ``affine``
        (RAS+, mm), ``data_type``, ``on_grid`` (whether pixels are voxels of the grid, or contours lie in its slices),
        ``segments``, ``warnings`` and ``versions``. A segment has ``label``, ``number``, ``name`` (as in the file),
        ``algorithm_type``, ``category`` and ``type`` (codes), ``voxels``, ``volume_ml``, and of a SEG ``outside`` (its
        pixels beyond the grid), of an RTSTRUCT ``contours`` (what became of them; None if it has none).

    Raises
    ------
    Refused
        As `fuseflow.dicom.segmentation_frames.pieces_of` and `fuseflow.dicom.contour_planes.planes_of`;
        ``unsupported-pixels`` if there are more segments than labels.
    """
    drawing = drawing_of_frames(source, grid) if isinstance(source, Segmentation) else drawing_of_contours(source, grid)
    if len(drawing.segments) > LARGEST_LABEL:
        raise Refused("unsupported-pixels", f"there are {len(drawing.segments)} segments; {LARGEST_LABEL} can be kept")
    together = _painted(drawing, drawing.segments, grid)
    if not together.overlapping:
        return iter([_volume(drawing, together, grid, remarks=(), salt=salt)])
    return (
        _volume(drawing, _painted(drawing, (segment,), grid), grid, remarks=(OVERLAP,), salt=salt)
        for segment in drawing.segments
    )


@dataclass(frozen=True)
class _Painted:
    """Voxels with labels, and per number of a segment its label, its voxels and its pixels beyond the grid."""

    data: Labels
    segments: tuple[Segment, ...]
    voxels: Mapping[int, int]
    outside: Mapping[int, int]
    overlapping: bool


def _painted(drawing: Drawing, segments: tuple[Segment, ...], grid: LabelGrid) -> _Painted:
    """Give labels 1, 2 ... to the voxels of some segments; where they overlap, the last one wins."""
    labels = {segment.number: label for label, segment in enumerate(segments, start=1)}
    data: Labels = np.zeros(grid.shape, np.dtype(np.uint8 if len(labels) <= np.iinfo(np.uint8).max else np.uint16))
    voxels: Counter[int] = Counter()
    outside: Counter[int] = Counter()
    overlapping = False
    for piece in drawing.pieces(frozenset(labels)):
        label = labels[piece.number]
        part = data[piece.box]
        before = part[piece.mask]
        new = before != label
        overlapping = overlapping or bool((new & (before != 0)).any())
        voxels[piece.number] += int(np.count_nonzero(new))
        outside[piece.number] += piece.outside
        part[piece.mask] = label
    return _Painted(data, segments, voxels, outside, overlapping)


def _volume(drawing: Drawing, painted: _Painted, grid: LabelGrid, *, remarks: tuple[Remark, ...], salt: str) -> Volume:
    rows = [_row(label, segment, drawing, painted, grid) for label, segment in enumerate(painted.segments, start=1)]
    warnings = [*grid.remarks, *drawing.remarks, *remarks, *_remarks(painted)]
    sidecar = {
        "format": "DICOM",
        "modality": "SEG",
        "source": drawing.source,
        "sha256": drawing.sha256,
        "reference": pseudonym(grid.series_uid, salt=salt) if salt and grid.series_uid else None,
        "shape": list(grid.shape),
        "axes": ["x", "y", "z"],
        "geometry": "world",
        "affine": grid.affine.tolist(),
        "data_type": str(painted.data.dtype),
        "on_grid": drawing.on_grid,
        "segments": rows,
        "warnings": [asdict(remark) for remark in warnings],
        "versions": versions_of(["numpy", "pydicom"]),
    }
    return Volume(data=painted.data, affine=grid.affine, sidecar=sidecar)


def _row(label: int, segment: Segment, drawing: Drawing, painted: _Painted, grid: LabelGrid) -> dict[str, Any]:
    voxels = painted.voxels[segment.number]
    described = {
        "label": label,
        **asdict(segment),
        "voxels": voxels,
        "volume_ml": voxels * grid.voxel_ml,
    }
    if drawing.source == "SEG":
        return {**described, "outside": painted.outside[segment.number]}
    return {**described, "contours": drawing.contours.get(segment.number)}


def _remarks(painted: _Painted) -> Iterator[Remark]:
    beyond = {number: count for number, count in painted.outside.items() if count}
    if beyond:
        detail = f"{sum(beyond.values())} pixels of {len(beyond)} segments lie beyond the grid"
        yield Remark(code="outside", detail=detail)
    empty = sum(not painted.voxels[segment.number] for segment in painted.segments)
    if empty:
        yield Remark(code="no-voxels", detail=f"{empty} of {len(painted.segments)} segments have no voxel")
