"""Label images on another grid, and what becomes there of what they show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import SimpleITK

from fuseflow.grids import Box, Grid, index_matrix, region_of, slices_of
from fuseflow.interpolation import Sampling, interpolated
from fuseflow.volume import Data

LabelInterpolation = Literal["nearest", "linear"]

HALF = 0.5
"""Share of a voxel from where on it belongs to a label."""


@dataclass(frozen=True, kw_only=True)
class Component:
    """Voxels of one label that touch each other by faces, edges or corners, such as a lesion.

    Parameters
    ----------
    voxels, ml
        How large it is.
    centroid
        Mean position of its voxels, RAS+ in mm.
    """

    voxels: int
    ml: float
    centroid: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class LabelChange:
    """What became of a label: each pair is the value before and after.

    Parameters
    ----------
    label
        Its number.
    voxels, ml, components
        How many voxels it has, their volume, and how many components they make.
    lost
        Components before of which no voxel is left.
    """

    label: int
    voxels: tuple[int, int]
    ml: tuple[float, float]
    components: tuple[int, int]
    lost: tuple[Component, ...]


def resampled_labels(
    data: Data,
    source: Grid,
    target: Grid,
    *,
    interpolation: LabelInterpolation = "linear",
    nearest_axis: int | None = None,
) -> Data:
    """A label image on another grid; no label is there that was not, besides the background 0.

    ``nearest`` takes the label of the nearest voxel. ``linear`` asks for each label which share of it there is at a
    voxel of the target, by linear interpolation between voxels that have it (1) and others (0): the voxel gets the
    label that has half of it or more, the smaller one if two labels have half each, and 0 if none has half. Beyond the
    field of view it is 0. See `fuseflow.interpolation` for the border of the field.

    Parameters
    ----------
    data
        Labels (x, y, z), integers.
    source, target
        Its grid, and the other.
    interpolation
        The rule.
    nearest_axis
        As in `fuseflow.interpolation.Sampling`.

    Returns
    -------
    numpy.ndarray
        Of the type of `data` and the target's shape.

    Examples
    --------
    >>> source = Grid(affine=np.eye(4), shape=(4, 1, 1))
    >>> target = Grid(affine=np.diag([0.5, 1.0, 1.0, 1.0]), shape=(7, 1, 1))
    >>> resampled_labels(np.array([1, 1, 0, 5]).reshape(4, 1, 1), source, target).ravel()
    array([1, 1, 1, 1, 0, 5, 5])
    """
    if interpolation == "nearest":
        return interpolated(data, source, target, Sampling(interpolation="nearest", nearest_axis=nearest_axis))
    result = np.zeros(target.shape, data.dtype, order="F" if data.flags.f_contiguous else "C")
    sampling = Sampling(interpolation="linear", nearest_axis=nearest_axis)
    for label, box, region in _places(data, source, target):
        one = (data[slices_of(box)] == label).view(np.uint8)
        share = interpolated(one, source.part(box), target.part(region), sampling)
        part = result[slices_of(region)]
        # another label that is there already has half of the voxel, so this one has no more than that
        part[(share >= HALF) & (part == 0)] = label
    return result


def compare_labels(before: Data, after: Data, source: Grid, target: Grid) -> list[LabelChange]:
    """What became of each label, and which components are lost.

    A component is lost if no voxel of its label lies where it was: of the eight voxels of the source around each voxel
    of the result that has the label, none belongs to the component.

    Parameters
    ----------
    before, after
        A label image (x, y, z) and what `resampled_labels` made of it.
    source, target
        Their grids.

    Returns
    -------
    list of LabelChange
        Sorted by label, without the background.

    Examples
    --------
    >>> source = Grid(affine=np.eye(4), shape=(8, 8, 8))
    >>> target = Grid(affine=np.diag([4.0, 4.0, 4.0, 1.0]), shape=(2, 2, 2))
    >>> labels = np.zeros((8, 8, 8), np.uint8)
    >>> labels[1, 1, 1] = 3
    >>> [change] = compare_labels(labels, resampled_labels(labels, source, target), source, target)
    >>> change.voxels, change.lost
    ((1, 0), (Component(voxels=1, ml=0.001, centroid=(1.0, 1.0, 1.0)),))
    """
    changes = []
    for label, box, region in _places(before, source, target):
        left = after[slices_of(region)] == label
        components = _components(before[slices_of(box)] == label)
        voxels = int(np.count_nonzero(components)), int(np.count_nonzero(left))
        survivors = _survivors(components, left, source.part(box), target.part(region))
        changes.append(
            LabelChange(
                label=label,
                voxels=voxels,
                ml=(voxels[0] * source.voxel_ml, voxels[1] * target.voxel_ml),
                components=(int(components.max()), int(_components(left).max(initial=0))),
                lost=tuple(_described(components, source.part(box), without=survivors)),
            )
        )
    return changes


def _places(data: Data, source: Grid, target: Grid) -> Iterator[tuple[int, Box, Box]]:
    """Each label with the box of the source around it, one voxel wider, and the box of the target this covers."""
    statistics = _statistics(_image(data))
    for label in sorted(statistics.GetLabels()):
        first_and_size = statistics.GetBoundingBox(label)
        x, y, z = (
            range(first - 1, first + size + 1)
            for first, size in zip(first_and_size[:3], first_and_size[3:], strict=True)
        )
        box = region_of((x, y, z), np.eye(4), source.shape)
        yield label, box, region_of((x, y, z), index_matrix(target, source), target.shape)


def _components(mask: npt.NDArray[np.bool_]) -> Data:
    """The number of the component that each voxel belongs to, from 1; 0 outside."""
    if mask.size == 0:
        return np.zeros(mask.shape, np.uint32)
    found = SimpleITK.ConnectedComponent(_image(mask.view(np.uint8)), True)
    return np.asarray(SimpleITK.GetArrayFromImage(found)).T


def _survivors(components: Data, left: npt.NDArray[np.bool_], source: Grid, target: Grid) -> set[int]:
    """Numbers of the components that have voxels left."""
    nearest = interpolated(components, source, target, Sampling(interpolation="nearest"))
    # most voxels lie in a component; around the others, which are few, look at all eight voxels
    astray = np.argwhere(left & (nearest == 0))
    matrix = index_matrix(source, target)
    places = astray @ matrix[:3, :3].T + matrix[:3, 3]
    found = set(np.unique(nearest[left]).tolist())
    for corner in np.ndindex(2, 2, 2):
        x, y, z = np.clip(np.floor(places).astype(int) + corner, 0, np.array(source.shape) - 1).T
        found |= set(np.unique(components[x, y, z]).tolist())
    return found


def _described(components: Data, grid: Grid, *, without: set[int]) -> Iterator[Component]:
    statistics = _statistics(_image(components))
    for number in sorted(set(statistics.GetLabels()) - without):
        x, y, z = (grid.affine[:3, :3] @ statistics.GetCentroid(number) + grid.affine[:3, 3]).tolist()
        voxels = statistics.GetNumberOfPixels(number)
        yield Component(voxels=voxels, ml=voxels * grid.voxel_ml, centroid=(x, y, z))


def _image(data: npt.NDArray[Any]) -> SimpleITK.Image:
    return SimpleITK.GetImageFromArray(np.ascontiguousarray(data.T))


def _statistics(image: SimpleITK.Image) -> SimpleITK.LabelShapeStatisticsImageFilter:
    statistics = SimpleITK.LabelShapeStatisticsImageFilter()
    statistics.ComputePerimeterOff()
    statistics.Execute(image)
    return statistics
