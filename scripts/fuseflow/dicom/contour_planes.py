"""From contours in the patient to slices of a grid: which contours lie in which slice, and what they enclose there.

The slices are those of the axis along which the contours do not change: it follows from the contours, not from the
grid, and the grid may be oblique or sheared. Contours are not interpolated between the planes they were drawn in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fuseflow.dicom.contours import fill
from fuseflow.dicom.label_grid import DIGITS, LabelGrid, Piece, Points, box_between, nearest
from fuseflow.dicom.structure_set import CLOSED, Contour

HALF = 0.5
"""Of the way from slice to slice: how far the points of a contour may be from its plane."""
SAME_PLANE = 0.03
SAME_PLANE_MM = 0.05
"""Contours are of one plane if they are nearer than both, a share of the way from slice to slice and a length."""
TILTED = "tilted"
"""What closed contours are called that are not parallel to slices."""
TOO_FEW = "FEWER_THAN_3_POINTS"


@dataclass(frozen=True, kw_only=True)
class Planes:
    """The contours of a region, by slice of a grid.

    Parameters
    ----------
    axis
        The axis of the grid that runs from slice to slice.
    slices
        Slice -> corners of its contours in voxel indices along the other two axes, each of shape (n, 2).
    not_filled
        Kind of contours that enclose nothing -> how many there are.
    copies
        Exact copies of other contours, left out.
    outside
        Contours that lie beyond the grid, wholly or in part.
    left_out
        Planes left out since another plane lies nearer to the same slice.
    gaps
        Slices without contours between slices with contours.
    off_plane
        Largest distance of a point from the slice that it counts for, in voxels.
    """

    axis: int
    slices: Mapping[int, tuple[Points, ...]]
    not_filled: Mapping[str, int]
    copies: int
    outside: int
    left_out: int
    gaps: int
    off_plane: float

    @property
    def filled(self) -> int:
        """How many contours are filled."""
        return sum(map(len, self.slices.values()))


@dataclass(frozen=True)
class _Plane:
    """Contours in one plane: its place along the axis in voxels, and their corners in voxels, each of shape (n, 3)."""

    place: float
    contours: tuple[Points, ...]

    @property
    def slice(self) -> int:
        return int(nearest(np.array(self.place)))

    @property
    def distance(self) -> float:
        return abs(self.place - self.slice)


def planes_of(contours: Sequence[Contour], grid: LabelGrid) -> Planes:
    """Find the slice of each closed contour.

    Parameters
    ----------
    contours
        Of one region.
    grid
        The grid.

    Returns
    -------
    Planes
        If a contour is not parallel to slices, so that a point is more than half a slice from the plane of the
        contour, none of the region is filled: a part of it would look like all of it.
    """
    closed = [contour.points for contour in contours if contour.encloses]
    drawn = list({points.tobytes(): points for points in closed}.values())
    everywhere = [np.round(points @ grid.to_voxels[:3, :3].T + grid.to_voxels[:3, 3], DIGITS) for points in drawn]
    axis = _slice_axis(everywhere)
    tilted = sum(bool(_away(points)[axis] > HALF) for points in everywhere)
    placed = [] if tilted else everywhere
    same = min(SAME_PLANE, SAME_PLANE_MM / float(grid.plane_distances[axis]))
    planes = _planes(placed, axis, same=same)
    within = [plane for plane in planes if 0 <= plane.slice < grid.shape[axis]]
    beyond = len(placed) - sum(len(plane.contours) for plane in within)
    used: dict[int, _Plane] = {}
    for plane in within:
        used[plane.slice] = min(used.get(plane.slice, plane), plane, key=lambda plane: plane.distance)
    kept = [points for plane in used.values() for points in plane.contours]
    others = [other for other in range(3) if other != axis]
    last = np.array(grid.shape)[others] - 0.5
    cut = sum(bool((points[:, others] < -0.5).any() or (points[:, others] > last).any()) for points in kept)
    return Planes(
        axis=axis,
        slices={
            number: tuple(points[:, others] for points in plane.contours) for number, plane in sorted(used.items())
        },
        not_filled=_not_filled(contours, tilted=tilted),
        copies=len(closed) - len(drawn),
        outside=cut + beyond,
        left_out=len(within) - len(used),
        gaps=max(used) - min(used) + 1 - len(used) if used else 0,
        off_plane=max(
            (
                float(np.abs(points[:, axis] - number).max())
                for number, plane in used.items()
                for points in plane.contours
            ),
            default=0.0,
        ),
    )


def _slice_axis(placed: Sequence[Points]) -> int:
    """The axis along which most contours change least."""
    return int(np.median([_away(points) for points in placed], axis=0).argmin()) if placed else 2


def _away(points: Points) -> Points:
    """How far the corners of a contour are from its middle along each axis, at most, in voxels."""
    return np.asarray(np.abs(points - points.mean(axis=0)).max(axis=0))


def _planes(placed: Sequence[Points], axis: int, *, same: float) -> list[_Plane]:
    """Contours by the plane that they lie in, in the order of the planes."""
    found: list[list[tuple[float, Points]]] = []
    for place, points in sorted(
        ((float(points[:, axis].mean()), points) for points in placed), key=lambda item: item[0]
    ):
        if found and place - found[-1][0][0] <= same:
            found[-1].append((place, points))
        else:
            found.append([(place, points)])
    return [
        _Plane(float(np.mean([place for place, _ in members])), tuple(points for _, points in members))
        for members in found
    ]


def _not_filled(contours: Sequence[Contour], *, tilted: int) -> dict[str, int]:
    kinds = [
        TOO_FEW if contour.geometric_type in CLOSED else contour.geometric_type
        for contour in contours
        if not contour.encloses
    ]
    return dict(sorted(Counter([*kinds, *[TILTED] * tilted]).items()))


def pieces_of(number: int, planes: Planes, grid: LabelGrid) -> Iterator[Piece]:
    """The voxels whose centres a region encloses, slice by slice.

    Parameters
    ----------
    number
        Of the region.
    planes
        Its contours, from `planes_of` for the same grid.
    grid
        The grid.
    """
    across = [size for axis, size in enumerate(grid.shape) if axis != planes.axis]
    for place, contours in planes.slices.items():
        corners = np.concatenate(contours)
        first = np.clip(np.floor(corners.min(axis=0)), 0, across).astype(int)
        end = np.clip(np.ceil(corners.max(axis=0)) + 1, first, across).astype(int)
        window = (slice(int(first[0]), int(end[0])), slice(int(first[1]), int(end[1])))
        box = box_between(np.insert(first, planes.axis, place), np.insert(end, planes.axis, place + 1))
        yield Piece(number=number, box=box, mask=np.expand_dims(fill(contours, window), planes.axis))
