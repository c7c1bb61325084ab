"""Frames of a SEG on a grid, each where it says itself that it lies: copied where the grids agree, else resampled.

A frame never lies where its number in the file would put it: frames may be missing, in any order, and at one position
several times, for different segments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from fuseflow.dicom.frames import Frame
from fuseflow.dicom.geometry import LPS_TO_RAS, affine_of
from fuseflow.dicom.label_grid import ON_GRID, Indices, LabelGrid, Mask, Piece, Points, box_between, nearest
from fuseflow.dicom.segmentation import Segmentation
from fuseflow.dicom.segmentation_grid import own_stack
from fuseflow.volume import Affine

NOWHERE = (0, 0, 0)


def is_on_grid(segmentation: Segmentation, grid: LabelGrid) -> bool:
    """Whether every frame lies on a plane of the grid, pixel on voxel, up to flips and permutation of axes."""
    return all(_layout(item.frame, grid) is not None for item in segmentation.frames)


def largest_offset(segmentation: Segmentation, grid: LabelGrid) -> float:
    """Largest distance between a corner pixel of a frame and the voxel centre next to it, mm."""
    places = np.concatenate([_corners(item.frame, grid) for item in segmentation.frames])
    return float(np.linalg.norm((places - np.rint(places)) @ grid.affine[:3, :3].T, axis=1).max())


def pieces_of(segmentation: Segmentation, grid: LabelGrid, numbers: frozenset[int]) -> Iterator[Piece]:
    """The voxels of some segments, frame by frame.

    Parameters
    ----------
    segmentation
        The segmentation.
    grid
        The grid. If a frame does not lie on it, each voxel takes the value of the nearest pixel of the segmentation's
        own grid, in which planes without a frame are empty.
    numbers
        The segments.

    Raises
    ------
    Refused
        ``unreadable`` if pixels are damaged; if the frames do not lie on the grid, as
        `fuseflow.dicom.segmentation_grid.own_stack`.
    """
    on_grid = is_on_grid(segmentation, grid)
    resampling = None if on_grid else _Resampling(grid=grid, from_frames=affine_of(own_stack(segmentation)))
    for item in segmentation.frames:
        layout = _layout(item.frame, grid)
        for number, mask in segmentation.masks(item, numbers).items():
            if resampling is not None:
                yield resampling.piece(number, mask, item.frame)
            elif layout is not None:
                yield layout.piece(number, mask, grid)


@dataclass(frozen=True)
class _Layout:
    """A frame as a part of a plane of the grid: the voxel of its first pixel, and the steps to the next column and row.

    `start` has the shape (3,), `steps` (2, 3); a step is one voxel along one axis.
    """

    start: Indices
    steps: Indices

    def piece(self, number: int, mask: Mask, grid: LabelGrid) -> Piece:
        columns_rows = mask.T[tuple(slice(None, None, int(step.sum())) for step in self.steps)]
        column_axis, row_axis = (int(np.flatnonzero(step)[0]) for step in self.steps)
        plane = columns_rows if column_axis < row_axis else columns_rows.T
        last = self.start + (np.array(columns_rows.shape) - 1) @ self.steps
        block = np.expand_dims(plane, 3 - column_axis - row_axis)
        return _cropped(number, block, np.minimum(self.start, last), grid)


def _layout(frame: Frame, grid: LabelGrid) -> _Layout | None:
    """How a frame lies on the grid; None if a corner pixel is beside a voxel centre."""
    corners = _corners(frame, grid)
    steps = np.rint(grid.to_voxels[:3, :3] @ _steps(frame)).T.astype(np.int64)
    start = np.rint(corners[0]).astype(np.int64)
    along_axes = (np.abs(steps).sum(axis=1) == 1).all() and not (steps[0] * steps[1]).any()
    exact = start + _corner_pixels(frame) @ steps
    return _Layout(start, steps) if along_axes and np.abs(corners - exact).max() <= ON_GRID else None


def _steps(frame: Frame) -> Points:
    """The ways to the next column and to the next row, RAS, mm, as the columns of an array of shape (3, 2)."""
    assert frame.orientation
    assert frame.spacing
    directions = np.array(frame.orientation).T * [frame.spacing[1], frame.spacing[0]]
    return np.asarray(LPS_TO_RAS[:3, :3] @ directions)


def _corner_pixels(frame: Frame) -> Indices:
    """(column, row) of the corner pixels, the first pixel first; shape (4, 2)."""
    return np.array(list(product((0, frame.columns - 1), (0, frame.rows - 1))))


def _corners(frame: Frame, grid: LabelGrid) -> Points:
    """The corner pixels in voxel indices, shape (4, 3)."""
    assert frame.position
    positions = _corner_pixels(frame) @ _steps(frame).T + LPS_TO_RAS[:3, :3] @ frame.position
    return _moved(grid.to_voxels, positions)


def _cropped(number: int, block: Mask, corner: Indices, grid: LabelGrid) -> Piece:
    """The part of a block of voxels that lies in the grid; `corner` is the voxel of its lowest indices."""
    first = np.clip(corner, 0, grid.shape)
    end = np.clip(corner + block.shape, first, grid.shape)
    part = block[tuple(map(slice, first - corner, end - corner))]
    return Piece(
        number=number,
        box=box_between(first, end),
        mask=part,
        outside=int(np.count_nonzero(block) - np.count_nonzero(part)),
    )


@dataclass(frozen=True, kw_only=True)
class _Resampling:
    """Nearest-neighbour resampling: the grid, and (column, row, plane) of the frames -> positions, RAS+, mm."""

    grid: LabelGrid
    from_frames: Affine

    @cached_property
    def to_voxels(self) -> Affine:
        """(column, row, plane) of the frames -> voxel indices of the grid."""
        return np.asarray(self.grid.to_voxels @ self.from_frames)

    @cached_property
    def to_pixels(self) -> Affine:
        """Voxel indices of the grid -> (column, row, plane) of the frames."""
        return np.asarray(np.linalg.inv(self.to_voxels))

    def _plane_of(self, frame: Frame) -> int:
        first_pixel = _corners(frame, self.grid)[0]
        return round(float(_moved(self.to_pixels, first_pixel)[2]))

    def piece(self, number: int, mask: Mask, frame: Frame) -> Piece:
        rows, columns = np.nonzero(mask)
        if not len(rows):
            return Piece(number=number, box=box_between(NOWHERE, NOWHERE), mask=np.zeros(NOWHERE, bool))
        plane = self._plane_of(frame)
        pixels = np.stack([columns, rows, np.full_like(rows, plane)], axis=1)
        voxels = nearest(_moved(self.to_voxels, pixels))
        beyond = ((voxels < 0) | (voxels >= self.grid.shape)).any(axis=1)
        ends = np.stack([pixels.min(axis=0) - 0.5, pixels.max(axis=0) + 0.5])
        reach = _moved(self.to_voxels, np.array(list(product(*ends.T))))
        first = np.clip(np.floor(reach.min(axis=0)), 0, self.grid.shape).astype(np.int64)
        end = np.clip(np.ceil(reach.max(axis=0)) + 1, first, self.grid.shape).astype(np.int64)
        return Piece(
            number=number,
            box=box_between(first, end),
            mask=self._sampled(mask, plane, first, end),
            outside=int(np.count_nonzero(beyond)),
        )

    def _sampled(self, mask: Mask, plane: int, first: Indices, end: Indices) -> Mask:
        """The pixels of a frame next to the voxels of a box; False where another plane is nearer."""
        found = np.zeros(end - first, bool)
        others = np.stack(np.meshgrid(*map(np.arange, first[1:], end[1:]), indexing="ij"), axis=-1)
        in_plane = others @ self.to_pixels[:3, 1:3].T + self.to_pixels[:3, 3]
        # one layer at a time, since the places of all voxels of the box may be more than memory holds
        for number, layer in enumerate(range(first[0], end[0])):
            column, row, nearest_plane = np.moveaxis(nearest(in_plane + self.to_pixels[:3, 0] * layer), -1, 0)
            hit = (nearest_plane == plane) & (row >= 0) & (row < mask.shape[0])
            hit &= (column >= 0) & (column < mask.shape[1])
            found[number][hit] = mask[row[hit], column[hit]]
        return found


def _moved(affine: Affine, points: Points | Indices) -> Points:
    return np.asarray(points @ affine[:3, :3].T + affine[:3, 3])
