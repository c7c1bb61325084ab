"""Volumes: numbers on a grid, and where the grid lies in the patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Data = npt.NDArray[np.int16] | npt.NDArray[np.float32]
"""Voxels (x, y, z), or (x, y, z, phase) of a series with several phases."""


@dataclass(frozen=True, kw_only=True)
class Volume:
    """A volume in canonical form.

    Parameters
    ----------
    data
        Voxels, int16 or float32, shape (x, y, z) or (x, y, z, phase), in Fortran order. The axes run as near to right,
        anterior and superior (RAS+) as flips and permutations can bring them.
    affine
        Voxel indices (i, j, k, 1) -> position (x, y, z, 1) of the voxel's centre, RAS+ in mm, float64, shape (4, 4).
    sidecar
        What is known about it besides, as JSON values; written beside it.
    """

    data: Data
    affine: npt.NDArray[np.float64]
    sidecar: Mapping[str, Any] = field(default_factory=dict)


def is_rigid(affine: npt.NDArray[np.float64], shape: tuple[int, ...], *, tolerance: float = 1e-3) -> bool:
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
