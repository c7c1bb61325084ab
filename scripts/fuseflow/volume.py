"""Volumes: numbers on a grid, and where the grid lies in the patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Data = npt.NDArray[np.number[Any]]
"""Voxels (x, y, z), or (x, y, z, fourth) of a series with several phases, points of time or echoes."""
Affine = npt.NDArray[np.float64]
"""Voxel indices (i, j, k, 1) -> position (x, y, z, 1) of the voxel's centre, shape (4, 4)."""
Geometry = Literal["world", "spacing", "unknown"]
"""What is known of a grid: where it lies in the patient, only how large its voxels are, or nothing."""
LPS_TO_RAS: Affine = np.diag([-1.0, -1.0, 1.0, 1.0])
"""Positions that run to the left, to the back and upwards, as those of ITK and NRRD, become RAS+; and back again."""
SINGULAR = 1e-9
"""Volume of a voxel, relative to the product of its sides, below which it counts as flat."""


@dataclass(frozen=True, kw_only=True)
class FourthAxis:
    """What the fourth axis of a volume runs along.

    Parameters
    ----------
    name
        Such as ``time``, ``echo``, ``phase``; ``unknown`` if the file does not say.
    step
        From one to the next; None if it is not known or not constant.
    unit
        Of the step, such as ``s``; empty if there is none.
    """

    name: str
    step: float | None = None
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Volume:
    """A volume in canonical form.

    Parameters
    ----------
    data
        Voxels, integers or floats, shape (x, y, z) or (x, y, z, fourth). The axes run as near to right, anterior and
        superior (RAS+) as flips and permutations can bring them.
    affine
        Voxel indices -> positions, RAS+ in mm, float64. If `geometry` is not ``world``, only a stand-in: the spacing
        around an arbitrary origin, or 1 mm.
    geometry
        What is known of the grid.
    fourth_axis
        What the fourth axis is; None of volumes with three.
    sidecar
        What is known about it besides, as JSON values; written beside it.
    """

    data: Data
    affine: Affine
    geometry: Geometry = "world"
    fourth_axis: FourthAxis | None = None
    sidecar: Mapping[str, Any] = field(default_factory=dict)


def to_ras(data: Data, affine: Affine) -> tuple[Data, Affine]:
    """Flip and permute the first three axes so that they run as near to RAS+ as they can; nothing is interpolated.

    Parameters
    ----------
    data
        Voxels, shape (i, j, k) or (i, j, k, fourth).
    affine
        RAS+, of any orientation.

    Returns
    -------
    tuple
        The same voxels in another order, as a view, and the affine that keeps each of them where it is.

    Examples
    --------
    >>> voxels = np.arange(24).reshape(2, 3, 4)
    >>> turned, affine = to_ras(voxels, np.diag([-1.0, 1.0, 2.0, 1.0]))
    >>> bool(turned[1, 0, 0] == voxels[0, 0, 0]), affine[:3, 3].tolist()
    (True, [-1.0, 0.0, 0.0])
    """
    worlds, signs = _orientation(affine)
    to_stored = np.diag([0.0, 0.0, 0.0, 1.0])
    for axis, (world, sign) in enumerate(zip(worlds, signs, strict=True)):
        to_stored[axis, world] = sign
        to_stored[axis, 3] = data.shape[axis] - 1 if sign < 0 else 0
    turned = _with_axes_in_order(data, worlds)
    return turned[tuple(slice(None, None, sign) for sign in signs[np.argsort(worlds)])], affine @ to_stored + 0.0


def to_named_axes(data: Data, affine: Affine) -> tuple[Data, Affine]:
    """Permute the first three axes of a grid that lies nowhere to x, y, z; which way they run is not known.

    Parameters
    ----------
    data
        Voxels, shape (i, j, k) or (i, j, k, fourth).
    affine
        What is known of their axes; only the spacings and which axis is which count.

    Returns
    -------
    tuple
        The same voxels, as a view, and an affine of the spacings alone.

    Examples
    --------
    >>> to_named_axes(np.zeros((2, 3, 4)), np.diag([-1.0, 1.0, 2.0, 1.0]))[1].diagonal().tolist()
    [1.0, 1.0, 2.0, 1.0]
    """
    worlds, _ = _orientation(affine)
    spacing = np.ones(4)
    spacing[worlds] = spacing_of(affine)
    return _with_axes_in_order(data, worlds), np.diag(spacing)


def _orientation(affine: Affine) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int8]]:
    """Of each axis of the grid the axis of the world that it runs along, and whether that way (1) or against it (-1).

    The axes of the nearest rotation decide; those that run along an axis of the world most clearly choose first.
    """
    rotation = _nearest_rotation(affine)
    worlds, signs = np.zeros(3, np.intp), np.ones(3, np.int8)
    clearest_first = np.argsort(-np.abs(rotation).max(axis=0), kind="stable")
    free = [0, 1, 2]
    for axis in clearest_first:
        world = max(free, key=lambda candidate: abs(rotation[candidate, axis]))
        free.remove(world)
        worlds[axis] = world
        signs[axis] = -1 if rotation[world, axis] < 0 else 1
    return worlds, signs


def _with_axes_in_order(data: Data, worlds: npt.NDArray[np.intp]) -> Data:
    return data.transpose(*np.argsort(worlds), *range(3, data.ndim))


def _nearest_rotation(affine: Affine) -> npt.NDArray[np.float64]:
    """The directions of the axes, made perpendicular with as little change as possible (polar decomposition)."""
    left, _, right = np.linalg.svd(affine[:3, :3] / spacing_of(affine))
    return np.asarray(left @ right)


def spacing_of(affine: Affine) -> npt.NDArray[np.float64]:
    """Distance between neighbouring voxels along each of the three axes, in mm, shape (3,).

    Examples
    --------
    >>> spacing_of(np.diag([-1.0, 2.0, 3.0, 1.0])).tolist()
    [1.0, 2.0, 3.0]
    """
    return np.asarray(np.linalg.norm(affine[:3, :3], axis=0))


def spans_volume(affine: Affine) -> bool:
    """Whether a grid is usable: all numbers are finite, the axes have a length and do not lie in one plane.

    Examples
    --------
    >>> spans_volume(np.eye(4)), spans_volume(np.diag([1.0, 1.0, 0.0, 1.0]))
    (True, False)
    """
    spacing = spacing_of(affine)
    if not (np.isfinite(affine).all() and np.isfinite(spacing).all() and spacing.min() > 0):
        return False
    return bool(abs(np.linalg.det(affine[:3, :3] / spacing)) >= SINGULAR)


def is_rigid(affine: Affine, shape: tuple[int, ...], *, tolerance: float = 1e-3) -> bool:
    """Whether the axes of a grid are perpendicular: making them so moves no voxel by more than `tolerance`.

    Parameters
    ----------
    affine
        Shape (4, 4), mm.
    shape
        Voxels along the first three axes.
    tolerance
        In mm.

    Examples
    --------
    >>> is_rigid(np.diag([2.0, 2.0, 3.0, 1.0]), (10, 10, 10))
    True
    >>> sheared = np.array([[1.0, 0, 0, 0], [0, 1, 0.2, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    >>> is_rigid(sheared, (10, 10, 10))
    False
    """
    nearest = _nearest_rotation(affine) * spacing_of(affine)
    extent = np.array(shape[:3], float) - 1
    return bool((np.abs(nearest - affine[:3, :3]) @ extent).max() <= tolerance)
