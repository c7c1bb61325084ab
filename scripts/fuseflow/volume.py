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
    # nibabel costs a tenth of a second, which flat images need not pay
    from nibabel.orientations import apply_orientation, inv_ornt_aff, io_orientation

    orientation = io_orientation(affine)
    turned = affine @ inv_ornt_aff(orientation, data.shape[:3])
    return apply_orientation(data, orientation), turned + 0.0


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
    from nibabel.orientations import apply_orientation, io_orientation

    orientation = io_orientation(affine)
    orientation[:, 1] = 1
    spacing = np.ones(4)
    spacing[orientation[:, 0].astype(int)] = np.linalg.norm(affine[:3, :3], axis=0)
    return apply_orientation(data, orientation), np.diag(spacing)


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
    axes = affine[:3, :3]
    spacing = np.linalg.norm(axes, axis=0)
    left, _, right = np.linalg.svd(axes / spacing)
    nearest = left @ right * spacing
    extent = np.array(shape[:3], float) - 1
    return bool((np.abs(nearest - axes) @ extent).max() <= tolerance)
