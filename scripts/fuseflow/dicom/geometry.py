"""Where a stack of slices lies: its affine, and the flips and permutation that bring it nearest to RAS+."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import nibabel
import numpy as np
import numpy.typing as npt

from fuseflow.dicom.stacking import Stack

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])

SLICES = 2
"""The axis of a stack from slice to slice."""
Item = TypeVar("Item")

Affine = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The canonical grid of a stack.

    Parameters
    ----------
    affine
        Of the canonical grid, RAS+ in mm, shape (4, 4).
    shape
        Voxels along its three axes.
    axes
        For each axis of the canonical grid the axis of the stack that it runs along: 0 columns, 1 rows, 2 slices.
    flips
        For each axis of the canonical grid whether it runs against that of the stack.
    """

    affine: Affine
    shape: tuple[int, ...]
    axes: tuple[int, ...]
    flips: tuple[bool, ...]

    @property
    def slice_axis(self) -> int:
        """The axis of the canonical grid that runs from slice to slice."""
        return self.axes.index(SLICES)

    def in_order(self, slices: Sequence[Item]) -> list[Item]:
        """Things that belong to the slices of a stack, in the order of the canonical grid."""
        return list(reversed(slices)) if self.flips[self.slice_axis] else list(slices)

    def stack_view(self, data: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """The canonical array, seen with the axes of the stack (column, row, slice); further axes stay."""
        flipped = data[tuple(slice(None, None, -1 if flip else 1) for flip in self.flips)]
        return flipped.transpose(*(self.axes.index(axis) for axis in range(3)), *range(3, data.ndim))


def affine_of(stack: Stack) -> Affine:
    """Affine of a stack: (column, row, slice, 1) -> position of the voxel's centre, RAS+ in mm.

    Columns: direction along a row times the distance between columns, direction down a column times that between rows,
    and the step from slice to slice, which need not be perpendicular to the slices.

    Source: DICOM PS3.3, C.7.6.2.1.1, and the sign of x and y between LPS and RAS.
    """
    frame = stack.phases[0][0]
    assert frame.orientation
    assert frame.spacing
    affine = np.eye(4)
    affine[:3, 0] = np.array(frame.orientation[0]) * frame.spacing[1]
    affine[:3, 1] = np.array(frame.orientation[1]) * frame.spacing[0]
    affine[:3, 2] = stack.step
    affine[:3, 3] = stack.first
    return np.asarray(LPS_TO_RAS @ affine)


def canonical_grid(stack: Stack) -> Grid:
    """The grid nearest to RAS+ that flips and a permutation of axes can make of a stack; nothing is interpolated."""
    affine = affine_of(stack)
    frame = stack.phases[0][0]
    shape = (frame.columns, frame.rows, len(stack.slices))
    orientation = nibabel.io_orientation(affine)
    axes = tuple(int(np.flatnonzero(orientation[:, 0] == axis)[0]) for axis in range(3))
    return Grid(
        affine=affine @ nibabel.orientations.inv_ornt_aff(orientation, shape),
        shape=tuple(shape[axis] for axis in axes),
        axes=axes,
        flips=tuple(bool(orientation[axis, 1] < 0) for axis in axes),
    )
