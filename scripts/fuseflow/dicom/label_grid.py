"""The grid that labels are put on, and the pieces of it that segments cover."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fuseflow.formats.stored import Remark
from fuseflow.volume import Affine

DIGITS = 6
"""Of a voxel: nearer to the border between two voxels than that, rounding noise would decide."""
ON_GRID = 0.03
"""Of a voxel: 0.02 since the slices of a series may be that far from its regular grid, 0.01 for rounded positions."""

Points = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class LabelGrid:
    """A canonical grid.

    Parameters
    ----------
    affine
        Voxel indices -> positions, RAS+ in mm, shape (4, 4); it may be oblique or sheared.
    shape
        Voxels along its three axes.
    series_uid
        Of the series whose grid it is; empty if it is the segmentation's own.
    remarks
        What a user should know about the choice of the grid.
    """

    affine: Affine
    shape: tuple[int, int, int]
    series_uid: str = ""
    remarks: tuple[Remark, ...] = ()

    @cached_property
    def to_voxels(self) -> Affine:
        """Positions, RAS+ in mm -> voxel indices, shape (4, 4)."""
        return np.asarray(np.linalg.inv(self.affine))

    @property
    def plane_distances(self) -> Points:
        """Distance between neighbouring planes of voxels across each axis, perpendicular to them, mm, shape (3,)."""
        return np.asarray(1 / np.linalg.norm(self.to_voxels[:3, :3], axis=1))

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel, ml."""
        return float(abs(np.linalg.det(self.affine[:3, :3])) / 1000)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of the grid, and which voxels of it belong to a segment.

    Parameters
    ----------
    number
        Of the segment.
    box
        The part, as an index of an array with the shape of the grid.
    mask
        Three axes, of the shape of the box.
    outside
        Pixels of the segment that lie beyond the grid.
    """

    number: int
    box: tuple[slice, slice, slice]
    mask: Mask
    outside: int = 0


def nearest(places: Points) -> Indices:
    """The voxels that places lie in; one halfway between two belongs to the upper.

    Parameters
    ----------
    places
        Voxel indices with fractions.

    Examples
    --------
    >>> nearest(np.array([0.4, 0.5, 1.4999999999, -0.6])).tolist()
    [0, 1, 2, -1]
    """
    return np.floor(np.round(places, DIGITS) + 0.5).astype(np.int64)


def box_between(first: Iterable[int], end: Iterable[int]) -> tuple[slice, slice, slice]:
    """The box from one voxel to the one before another.

    Examples
    --------
    >>> box_between((0, 1, 2), (4, 4, 3))
    (slice(0, 4, None), slice(1, 4, None), slice(2, 3, None))
    """
    x, y, z = (slice(int(low), int(high)) for low, high in zip(first, end, strict=True))
    return x, y, z
