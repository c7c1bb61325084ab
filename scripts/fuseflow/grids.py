"""Grids: where the voxels of a volume lie, how two grids meet, and which grid to bring volumes onto.

A grid may be oblique, and its axes need not be perpendicular: everything is said in voxel indices of one grid and the
other, so neither is a special case.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fuseflow.volume import Affine, Volume, spacing_of

ON_BORDER = 1e-3
"""Of a voxel: positions in files are rounded, so what lies nearer to the border of a voxel than this lies on it."""
DIGITS = 4
"""Of a number of voxels: halves are halves, though files round spacings to float32."""
ANISOTROPIC = 3
"""Ratio of the largest to the smallest spacing from where on nnU-Net treats the coarse axis apart."""
FINEST_PERCENTILE = 10
"""Of the spacings of a coarse axis: what nnU-Net takes instead of the median."""

Shape = tuple[int, int, int]
Spacing = tuple[float, float, float]
Box = tuple[range, range, range]
"""A block of voxels: their indices along each axis, in steps of 1."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Where the voxels of a volume lie.

    Parameters
    ----------
    affine
        Voxel indices (i, j, k, 1) -> position (x, y, z, 1) of the voxel's centre, RAS+ in mm, float64, shape (4, 4).
        The axes may be oblique, and need not be perpendicular.
    shape
        Voxels along the three axes.
    """

    affine: Affine
    shape: Shape

    @property
    def spacing(self) -> npt.NDArray[np.float64]:
        """Distance between neighbouring voxels along each axis, mm, shape (3,)."""
        return spacing_of(self.affine)

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel, ml."""
        return float(abs(np.linalg.det(self.affine[:3, :3])) / 1000)

    def part(self, box: Box) -> Grid:
        """The grid of the voxels in a box.

        Examples
        --------
        >>> part = Grid(affine=np.eye(4), shape=(4, 4, 4)).part((range(1, 3), range(4), range(2, 4)))
        >>> part.shape, part.affine[:3, 3].tolist()
        ((2, 4, 2), [1.0, 0.0, 2.0])
        """
        affine = self.affine.copy()
        affine[:3, 3] += affine[:3, :3] @ [along.start for along in box]
        x, y, z = map(len, box)
        return Grid(affine=affine, shape=(x, y, z))


def grid_of(volume: Volume) -> Grid:
    """The grid of a volume; of one with four axes that of each phase.

    Examples
    --------
    >>> grid_of(Volume(data=np.zeros((2, 3, 4, 5)), affine=np.eye(4))).shape
    (2, 3, 4)
    """
    x, y, z = volume.data.shape[:3]
    return Grid(affine=np.asarray(volume.affine, np.float64), shape=(x, y, z))


def index_matrix(source: Grid, target: Grid) -> Affine:
    """Voxel indices of the target -> voxel indices of the source, float64, shape (4, 4).

    Examples
    --------
    >>> grid = Grid(affine=np.diag([2.0, 2.0, 4.0, 1.0]), shape=(8, 8, 4))
    >>> index_matrix(grid, Grid(affine=np.eye(4), shape=(16, 16, 16))).diagonal().tolist()
    [0.5, 0.5, 0.25, 1.0]
    """
    return np.linalg.inv(source.affine) @ target.affine


def region_of(box: Box, matrix: Affine, shape: Sequence[int], margins: Sequence[int] = (0, 0, 0)) -> Box:
    """The box of one grid around the voxel centres in a box of another, as far as there are voxels.

    Parameters
    ----------
    box
        Of the one grid; it may reach beyond it.
    matrix
        Voxel indices of that grid -> voxel indices of the other.
    shape
        Voxels along the axes of the other.
    margins
        Voxels of the other to add on either side of each axis.

    Examples
    --------
    >>> region_of((range(2), range(2), range(2)), np.diag([1.5, 1, 1, 1]), (9, 9, 9), (0, 1, 0))
    (range(0, 3), range(0, 3), range(0, 2))
    """
    ends = np.array([[along.start, along.stop - 1] for along in box])
    products = matrix[:3, :3, np.newaxis] * ends
    lows = products.min(axis=2).sum(axis=1) + matrix[:3, 3]
    highs = products.max(axis=2).sum(axis=1) + matrix[:3, 3]
    x, y, z = (
        # a range of all voxels, cut: where nothing is left, it is empty and lies within the grid
        range(size)[max(math.floor(low) - margin, 0) : max(math.ceil(high) + margin + 1, 0)]
        for low, high, margin, size in zip(lows, highs, margins, shape, strict=True)
    )
    return x, y, z


def slices_of(box: Box) -> tuple[slice, slice, slice]:
    """A box as the index of an array.

    Examples
    --------
    >>> slices_of((range(2), range(1, 2), range(3)))
    (slice(0, 2, None), slice(1, 2, None), slice(0, 3, None))
    """
    x, y, z = (slice(along.start, along.stop) for along in box)
    return x, y, z


def same_grid(one: Grid, other: Grid, *, tolerance: float = 1e-6) -> bool:
    """Whether two grids have the same shape, and no voxel lies farther than `tolerance` voxels from its counterpart.

    Examples
    --------
    >>> grid = Grid(affine=np.eye(4), shape=(10, 10, 10))
    >>> same_grid(grid, Grid(affine=np.diag([1.0, 1.0, 1.001, 1.0]), shape=(10, 10, 10)))
    False
    """
    if one.shape != other.shape:
        return False
    moved = index_matrix(one, other) - np.eye(4)
    # the distance is largest at a corner, and no larger there than the sum of what each axis adds
    farthest = np.abs(moved[:3, :3]) @ (np.array(one.shape) - 1) + np.abs(moved[:3, 3])
    return bool(farthest.max() <= tolerance)


def corner_aligned(grid: Grid, spacing: Spacing) -> Grid:
    """The grid of another spacing that covers the same field.

    The outer corner of the first voxel stays where it is: along each axis the origin moves by half of the difference of
    the spacings. The number of voxels is N * old / new, rounded half up, at least 1. What remains is at the far end,
    where the field becomes longer or shorter by up to half a new voxel.

    Parameters
    ----------
    grid
        Whose field to cover.
    spacing
        Wanted along each axis of the grid, mm, positive.

    Examples
    --------
    >>> finer = corner_aligned(Grid(affine=np.diag([2.0, 2.0, 3.0, 1.0]), shape=(10, 10, 5)), (1.0, 4.0, 2.0))
    >>> finer.shape, finer.affine[:3, 3].tolist()
    ((20, 5, 8), [-0.5, 1.0, -0.5])
    """
    ratio = grid.spacing / spacing
    sizes = np.floor(np.round(grid.shape * ratio, DIGITS) + 0.5)
    x, y, z = (max(1, int(size)) for size in sizes)
    affine = grid.affine.copy()
    affine[:3, :3] /= ratio
    affine[:3, 3] += (affine[:3, :3] - grid.affine[:3, :3]).sum(axis=1) / 2
    return Grid(affine=affine, shape=(x, y, z))


def overlap(source: Grid, target: Grid) -> float:
    """Share of the target's voxel centres that lie in the field of view of the source.

    The field of view reaches half a voxel beyond the outer voxel centres; a centre on its border (within `ON_BORDER`)
    lies in it. The share is counted, not estimated: along each line of target voxels those inside are one run, whose
    ends follow from three intersections. That takes 0.1 s for 512 x 512 x 512 voxels.

    Returns
    -------
    float
        0 to 1.

    Examples
    --------
    >>> grid = Grid(affine=np.eye(4), shape=(4, 4, 4))
    >>> overlap(grid, Grid(affine=np.eye(4), shape=(4, 4, 8)))
    0.5
    """
    matrix = index_matrix(source, target)
    lines, rows, columns = target.shape
    first = np.zeros((rows, columns))
    last = np.full((rows, columns), lines - 1.0)
    for row, size in zip(matrix[:3], source.shape, strict=True):
        begin = row[3] + row[1] * np.arange(rows)[:, np.newaxis] + row[2] * np.arange(columns)
        # a line parallel to this border meets it nowhere; a step this small moves no voxel
        step = row[0] if abs(row[0]) > np.finfo(float).eps else np.finfo(float).eps
        low, high = (-0.5 - ON_BORDER - begin) / step, (size - 0.5 + ON_BORDER - begin) / step
        if step < 0:
            low, high = high, low
        first = np.maximum(first, np.ceil(low))
        last = np.minimum(last, np.floor(high))
    return float(np.maximum(last - first + 1, 0).sum() / math.prod(target.shape))


def is_anisotropic(spacing: Sequence[float]) -> bool:
    """Whether the largest spacing is more than three times the smallest, as nnU-Net asks.

    Examples
    --------
    >>> is_anisotropic((1, 1, 3)), is_anisotropic((1, 1, 3.1))
    (False, True)
    """
    return bool(max(spacing) > ANISOTROPIC * min(spacing))


def coarse_axis(source: Grid, target: Grid) -> int | None:
    """The axis of the source along which nnU-Net takes the nearest slice instead of interpolating.

    It is the coarsest axis of the source if that is anisotropic, else that of the target if that is. There is none if
    two axes are the coarsest ones, or if it runs parallel to no axis of the other grid.

    Notes
    -----
    nnU-Net v2, ``preprocessing/resampling/default_resampling.py``, ``determine_do_sep_z_and_axis``.

    Examples
    --------
    >>> thick = Grid(affine=np.diag([1.0, 1.0, 5.0, 1.0]), shape=(10, 10, 4))
    >>> coarse_axis(thick, corner_aligned(thick, (1.0, 1.0, 1.0)))
    2
    """
    matrix = index_matrix(source, target)
    if is_anisotropic(source.spacing.tolist()):
        axis = _coarsest(source.spacing)
    elif is_anisotropic(target.spacing.tolist()) and (along := _coarsest(target.spacing)) is not None:
        axis = int(np.argmax(np.abs(matrix[:3, along])))
    else:
        return None
    return axis if axis is not None and parallel_axis(matrix, target.shape, axis) is not None else None


def _coarsest(spacing: npt.NDArray[np.float64]) -> int | None:
    axes = np.flatnonzero(np.isclose(spacing, spacing.max(), rtol=ON_BORDER))
    return int(axes[0]) if len(axes) == 1 else None


def parallel_axis(matrix: Affine, shape: Shape, axis: int) -> int | None:
    """The axis of the target that runs along an axis of the source, both alone; None if they mix with others.

    Parameters
    ----------
    matrix
        As `index_matrix` gives it.
    shape
        Of the target.
    axis
        Of the source.

    Examples
    --------
    >>> turned = np.eye(4)[[1, 0, 2, 3]]
    >>> parallel_axis(turned, (8, 8, 8), 0), parallel_axis(turned, (8, 8, 8), 2)
    (1, 2)
    """
    moves = np.abs(matrix[:3, :3]) * np.maximum(np.array(shape) - 1, 1)
    along = int(np.argmax(moves[axis]))
    others = moves[axis].sum() + moves[:, along].sum() - 2 * moves[axis, along]
    return along if others <= ON_BORDER else None


def target_spacing_median(spacings: Sequence[Spacing]) -> Spacing:
    """The median of the spacings of a data set along each axis, mm.

    Examples
    --------
    >>> target_spacing_median([(1, 1, 2), (1, 2, 3), (3, 3, 10)])
    (1.0, 2.0, 3.0)
    """
    x, y, z = np.median(spacings, axis=0).tolist()
    return (x, y, z)


def target_spacing_nnunet(spacings: Sequence[Spacing], shapes: Sequence[Shape]) -> Spacing:
    """The spacing that nnU-Net's rule chooses for a data set, mm.

    The median along each axis. If the coarsest of these is more than three times the others, and the median number of
    voxels along that axis less than a third of the others, then along that axis the 10th percentile, but nothing finer
    than the others.

    Parameters
    ----------
    spacings, shapes
        Of all training cases, in the same order; the shapes as nnU-Net counts them, after cropping to what is not 0.

    Notes
    -----
    nnU-Net v2, ``experiment_planning/experiment_planners/default_experiment_planner.py``,
    ``determine_fullres_target_spacing``.

    Examples
    --------
    >>> target_spacing_nnunet([(1, 1, 4), (1, 1, 5), (1, 1, 6)], [(100, 100, 20)] * 3)
    (1.0, 1.0, 4.2)
    """
    target = np.median(spacings, axis=0)
    size = np.median(shapes, axis=0)
    worst = int(np.argmax(target))
    others = [axis for axis in range(3) if axis != worst]
    finest = target[others].max()
    if target[worst] > ANISOTROPIC * finest and size[worst] * ANISOTROPIC < size[others].min():
        target[worst] = np.percentile(np.asarray(spacings)[:, worst], FINEST_PERCENTILE)
        if target[worst] < finest:
            target[worst] = finest + 1e-5
    x, y, z = target.tolist()
    return (x, y, z)


def new_shape_nnunet(shape: Shape, spacing: Spacing, target: Spacing) -> Shape:
    """The shape that nnU-Net gives a volume of another spacing: old / new * N, halves to the even number.

    Notes
    -----
    nnU-Net v2, ``preprocessing/resampling/default_resampling.py``, ``compute_new_shape``. Its own grids are not those
    of `corner_aligned`, which rounds halves up.

    Examples
    --------
    >>> new_shape_nnunet((5, 10, 7), (1.0, 1.0, 3.0), (2.0, 2.0, 1.0))
    (2, 5, 21)
    """
    x, y, z = (round(old / new * size) for old, new, size in zip(spacing, target, shape, strict=True))
    return (x, y, z)
