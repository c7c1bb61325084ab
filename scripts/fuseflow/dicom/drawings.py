"""SEG and RTSTRUCT alike: the pieces of a grid that their segments cover, and what a user should know of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from fuseflow.dicom import contour_planes, segmentation_frames
from fuseflow.dicom.contour_planes import Planes, planes_of
from fuseflow.dicom.label_grid import ON_GRID, LabelGrid, Piece
from fuseflow.dicom.segmentation import Segmentation
from fuseflow.dicom.segments import Segment
from fuseflow.dicom.structure_set import StructureSet
from fuseflow.formats.stored import Remark


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A SEG or RTSTRUCT on a grid.

    Parameters
    ----------
    source
        What it is.
    sha256
        Of the file.
    segments
        By number; at least one.
    on_grid
        Whether its pixels are voxels of the grid, or its contours lie in slices of it.
    pieces
        Numbers of segments -> the pieces of the grid that they cover; several may be of one segment.
    remarks
        What a user should know.
    contours
        Number of a region of an RTSTRUCT -> what became of its contours, as JSON values.
    """

    source: Literal["SEG", "RTSTRUCT"]
    sha256: str
    segments: tuple[Segment, ...]
    on_grid: bool
    pieces: Callable[[frozenset[int]], Iterator[Piece]]
    remarks: tuple[Remark, ...]
    contours: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)


def drawing_of_frames(segmentation: Segmentation, grid: LabelGrid) -> Drawing:
    """A SEG on a grid; its pixels are decoded, and refused, when pieces are asked for."""
    on_grid = segmentation_frames.is_on_grid(segmentation, grid)
    remarks = list(segmentation.remarks)
    if not on_grid:
        offset = segmentation_frames.largest_offset(segmentation, grid)
        detail = f"pixels lie up to {offset:.3g} mm from the voxels of the grid; each voxel takes the nearest pixel"
        remarks.append(Remark(code="off-grid", detail=detail))
    return Drawing(
        source="SEG",
        sha256=segmentation.sha256,
        segments=segmentation.segments,
        on_grid=on_grid,
        pieces=partial(segmentation_frames.pieces_of, segmentation, grid),
        remarks=tuple(remarks),
    )


def drawing_of_contours(structures: StructureSet, grid: LabelGrid) -> Drawing:
    """An RTSTRUCT on a grid.

    Raises
    ------
    Refused
        As `fuseflow.dicom.contour_planes.planes_of`.
    """
    planes = {number: planes_of(contours, grid) for number, contours in structures.contours.items()}
    return Drawing(
        source="RTSTRUCT",
        sha256=structures.sha256,
        segments=structures.segments,
        on_grid=all(found.off_plane <= ON_GRID for found in planes.values()),
        pieces=partial(_contour_pieces, planes, grid),
        remarks=tuple(_remarks(planes, grid)),
        contours={number: _facts(found, grid) for number, found in planes.items()},
    )


def _contour_pieces(planes: Mapping[int, Planes], grid: LabelGrid, numbers: frozenset[int]) -> Iterator[Piece]:
    for number in sorted(numbers & planes.keys()):
        yield from contour_planes.pieces_of(number, planes[number], grid)


def _facts(planes: Planes, grid: LabelGrid) -> dict[str, Any]:
    return {
        "filled": planes.filled,
        "not_filled": dict(planes.not_filled),
        "copies": planes.copies,
        "outside": planes.outside,
        "planes_left_out": planes.left_out,
        "gaps": planes.gaps,
        "off_plane_mm": _off_plane(planes, grid),
    }


def _off_plane(planes: Planes, grid: LabelGrid) -> float:
    return planes.off_plane * float(grid.plane_distances[planes.axis])


def _remarks(planes: Mapping[int, Planes], grid: LabelGrid) -> Iterator[Remark]:
    found = planes.values()
    if any(region.off_plane > ON_GRID for region in found):
        distance = max(_off_plane(region, grid) for region in found)
        yield Remark(
            code="off-plane",
            detail=f"contours lie up to {distance:.3g} mm from the slices of the grid; the nearest slice is filled",
        )
    counts = {
        "outside": (sum(region.outside for region in found), "contours lie beyond the grid, wholly or in part"),
        "planes-left-out": (
            sum(region.left_out for region in found),
            "planes of contours are left out, since another plane lies nearer to the same slice",
        ),
        "gaps": (
            sum(region.gaps for region in found),
            "slices between contours of the same region have none and stay empty",
        ),
        "not-filled": (
            sum(sum(region.not_filled.values()) for region in found),
            "contours enclose nothing, such as points, or are not parallel to slices: they are not filled",
        ),
        "copies": (sum(region.copies for region in found), "contours are exact copies of others and are left out"),
    }
    for code, (count, detail) in counts.items():
        if count:
            yield Remark(code=code, detail=f"{count} {detail}")
