"""Values of a volume at the voxels of another grid: nearest, linear or cubic B-spline interpolation.

The border: the field of view of a volume reaches half a voxel beyond its outer voxel centres. In that half voxel,
nearest and linear give the value of the outer voxel, and the spline goes on as if the volume was mirrored about the
outer voxel centres. Farther out is the fill value. A voxel centre on the border of the field (within `ON_BORDER`) lies
in it; one halfway between two voxels is nearest to that with the larger index.

Everything happens in voxel indices, with the matrix from target to source indices, so oblique and sheared grids need no
special case. SimpleITK copies what it is given: the volume is handed over in blocks, which bounds the memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import SimpleITK

from fuseflow.anti_alias import radius_of, smoothed
from fuseflow.errors import Refused
from fuseflow.grids import ON_BORDER, Box, Grid, Shape, index_matrix, parallel_axis, region_of, same_grid, slices_of
from fuseflow.volume import Affine, Data

# Cases, not voxels, are shared out to the processors.
SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)

Interpolation = Literal["nearest", "linear", "bspline"]

INTERPOLATORS = {
    "nearest": SimpleITK.sitkNearestNeighbor,
    "linear": SimpleITK.sitkLinear,
    "bspline": SimpleITK.sitkBSpline3,
}
MARGINS = {"nearest": 1, "linear": 1, "bspline": 16}
"""Voxels around a block that its values depend on. What lies 16 voxels away weighs less than 1e-9 in a cubic spline."""
BLOCK = 2**24
"""Voxels of the source that are handed over at once, and of the target that are made of them."""
DEAREST = 1.5
"""What two halves of a block may need of the source together, relative to the whole: margins count twice."""
EXACT_IN_FLOAT32 = 2**24
"""Whole numbers up to here are float32 numbers."""
INSIDE = 1e-9
"""Of a voxel: how far within the border ITK surely takes a position for inside."""

PIXEL_TYPES = {"float32": SimpleITK.sitkFloat32, "float64": SimpleITK.sitkFloat64}


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How values between voxels are made.

    Parameters
    ----------
    interpolation
        ``nearest``, ``linear`` or ``bspline`` (cubic).
    fill
        Value beyond the field of view; the type of the result must be able to hold it.
    sigma
        Of the Gaussian that the source is smoothed with first, along its axes, voxels.
    nearest_axis
        Axis of the source along which the nearest slice is taken, whatever `interpolation` is, as
        `fuseflow.grids.coarse_axis` gives it; None if there is none.
    """

    interpolation: Interpolation = "linear"
    fill: float = 0
    sigma: tuple[float, float, float] = (0, 0, 0)
    nearest_axis: int | None = None


def interpolated(data: Data, source: Grid, target: Grid, sampling: Sampling) -> Data:
    """The values of a volume at the voxel centres of another grid.

    Parameters
    ----------
    data
        Voxels (x, y, z) on the source's grid, or (x, y, z, fourth), of which each phase is taken by itself.
    source, target
        The two grids.
    sampling
        How.

    Returns
    -------
    numpy.ndarray
        Of the target's shape. `data` itself if the grids are the same within 1e-6 voxels. Else of the type of `data`
        for ``nearest`` without smoothing, and otherwise float32; float64 if `data` is, or holds whole numbers beyond
        2^24.

    Raises
    ------
    Refused
        ``not-finite`` if a voxel of `data` is NaN or infinite, since nothing can be said of what lies beside it.

    Examples
    --------
    >>> source = Grid(affine=np.eye(4), shape=(3, 1, 1))
    >>> target = Grid(affine=np.diag([0.5, 1.0, 1.0, 1.0]), shape=(4, 1, 1))
    >>> interpolated(np.array([[[0]], [[10]], [[30]]]), source, target, Sampling()).ravel()
    array([ 0.,  5., 10., 20.], dtype=float32)
    """
    if data.dtype.kind == "f" and not (finite := np.isfinite(data)).all():
        raise Refused("not-finite", f"{int(data.size - finite.sum())} of {data.size} voxels are NaN or infinite")
    if same_grid(source, target):
        return data
    if data.ndim == 3:
        return _of_phase(data, index_matrix(source, target), target.shape, sampling)
    phases = [
        _of_phase(phase, index_matrix(source, target), target.shape, sampling) for phase in np.moveaxis(data, 3, 0)
    ]
    return np.stack(phases, axis=3)


def _of_phase(data: Data, matrix: Affine, shape: Shape, sampling: Sampling) -> Data:
    if sampling.nearest_axis is not None:
        along = parallel_axis(matrix, shape, sampling.nearest_axis)
        if along is not None:
            return _slice_by_slice(data, matrix, shape, sampling, along=along)
    return _everywhere(data, matrix, shape, sampling)


def _slice_by_slice(data: Data, matrix: Affine, shape: Shape, sampling: Sampling, *, along: int) -> Data:
    """Interpolate in the planes of the source, then take for each plane of the target the nearest of these."""
    axis = sampling.nearest_axis
    assert axis is not None
    count = data.shape[axis]
    places = matrix[axis, 3] + matrix[axis, along] * np.arange(shape[along])
    nearest = np.floor(places + 0.5 + ON_BORDER).astype(np.int64)
    in_planes = matrix.copy()
    in_planes[axis] = 0
    in_planes[:3, along] = 0
    in_planes[axis, along] = 1
    x, y, z = (count if number == along else size for number, size in enumerate(shape))
    planes = _everywhere(data, in_planes, (x, y, z), sampling)
    result: Data = np.asarray(planes.take(np.clip(nearest, 0, count - 1), axis=along))
    outside = np.abs(places - (count - 1) / 2) > count / 2 + ON_BORDER
    np.moveaxis(result, along, 0)[outside] = sampling.fill
    return result


def _everywhere(data: Data, matrix: Affine, shape: Shape, sampling: Sampling) -> Data:
    # ITK's first axis is the one that runs along the memory; taking the axes so saves a copy of the volume
    order = [0, 1, 2] if data.flags.f_contiguous else [2, 1, 0]
    stored = data.transpose(order[::-1])
    sizes = tuple(shape[axis] for axis in order)
    sigma = [sampling.sigma[axis] for axis in order]
    matrix = matrix[np.ix_([*order, 3], [*order, 3])]
    nudge = ON_BORDER if sampling.interpolation == "nearest" else 0
    matrix = _with_border_inside(matrix, stored.shape[::-1], sizes, nudge=nudge)
    result = np.full(sizes[::-1], sampling.fill, _result_type(data, sampling))
    margins = [MARGINS[sampling.interpolation] + radius_of(value) for value in sigma]
    x, y, z = (range(size) for size in sizes)
    for box, region in _blocks((x, y, z), matrix, stored.shape[::-1], margins):
        source = stored[slices_of(region)[::-1]]
        if any(map(radius_of, sigma)):
            source = smoothed(source.astype(result.dtype), sigma[::-1])
        moved = matrix.copy()
        moved[:3, 3] += matrix[:3, :3] @ [along.start for along in box] - [along.start for along in region]
        image = _by_itk(source, moved, tuple(map(len, box)), sampling, result.dtype)
        result[slices_of(box)[::-1]] = SimpleITK.GetArrayViewFromImage(image)
    return result.transpose(order[::-1])


def _result_type(data: Data, sampling: Sampling) -> np.dtype[Any]:
    if sampling.interpolation == "nearest" and not any(map(radius_of, sampling.sigma)):
        return data.dtype
    wide = data.dtype.itemsize > 2 and data.dtype.kind in "iu"
    if data.dtype == np.float64 or (wide and max(abs(int(data.min())), abs(int(data.max()))) > EXACT_IN_FLOAT32):
        return np.dtype(np.float64)
    return np.dtype(np.float32)


def _by_itk(
    source: Data, matrix: Affine, sizes: Sequence[int], sampling: Sampling, dtype: np.dtype[Any]
) -> SimpleITK.Image:
    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(source))
    resample = SimpleITK.ResampleImageFilter()
    resample.SetTransform(SimpleITK.AffineTransform(matrix[:3, :3].ravel().tolist(), matrix[:3, 3].tolist()))
    resample.SetInterpolator(INTERPOLATORS[sampling.interpolation])
    resample.SetSize(sizes)
    resample.SetDefaultPixelValue(sampling.fill)
    resample.SetOutputPixelType(PIXEL_TYPES.get(dtype.name, image.GetPixelID()))
    resampled: SimpleITK.Image = resample.Execute(image)
    return resampled


def _blocks(box: Box, matrix: Affine, shape: Sequence[int], margins: Sequence[int]) -> Iterator[tuple[Box, Box]]:
    """Boxes of the target that tile it, each with the box of the source that its values depend on."""
    region = region_of(box, matrix, shape, margins)
    needed, made = _voxels(region), _voxels(box)

    def cost(halves: Sequence[Box]) -> float:
        # to a tenth, so that blocks are cut across the memory only where that saves something
        return round(sum(_voxels(region_of(half, matrix, shape, margins)) for half in halves) / needed, 1)

    if not needed or not made:
        return
    if max(needed, made) > BLOCK and made > 1:
        halves = min((_halves(box, axis) for axis in (2, 1, 0) if len(box[axis]) > 1), key=cost)
        if made > BLOCK or cost(halves) <= DEAREST:
            for half in halves:
                yield from _blocks(half, matrix, shape, margins)
            return
    yield box, region


def _voxels(box: Box) -> int:
    return math.prod(map(len, box))


def _halves(box: Box, axis: int) -> tuple[Box, Box]:
    middle = len(box[axis]) // 2
    first, second = list(box), list(box)
    first[axis], second[axis] = box[axis][:middle], box[axis][middle:]
    return (first[0], first[1], first[2]), (second[0], second[1], second[2])


def _with_border_inside(matrix: Affine, shape: Sequence[int], sizes: Sequence[int], *, nudge: float) -> Affine:
    """Shrink the positions about the middle of the source, by no more than brings those on its border inside.

    ITK takes a position on the upper border for outside and one on the lower border for inside, and rounding noise
    decides which it is. Only whole planes of voxels lie on a border by other than chance.

    Parameters
    ----------
    matrix
        Target indices -> source indices.
    shape, sizes
        Voxels along the axes of the source and of the target.
    nudge
        Voxels of the source to move all positions upwards first, so that noise does not decide either which of two
        voxels is the nearest.
    """
    moved = matrix.copy()
    moved[:3, 3] += nudge
    for axis, count in enumerate(shape):
        row = moved[axis]
        spans = np.abs(row[:3]) * (np.array(sizes) - 1)
        along = int(np.argmax(spans))
        slant = spans.sum() - spans[along]
        distances = np.abs(row[3] + row[along] * np.arange(sizes[along]) - (count - 1) / 2) - count / 2 + slant
        on_border = distances[(distances > -INSIDE) & (distances <= ON_BORDER + nudge)]
        if slant <= ON_BORDER and on_border.size:
            factor = (count / 2 - INSIDE) / (count / 2 + on_border.max())
            moved[axis] *= factor
            moved[axis, 3] += (count - 1) / 2 * (1 - factor)
    return moved
