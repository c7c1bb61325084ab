"""Smoothing before voxels become larger, so that what the larger ones cannot show does not show as something else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fuseflow.grids import Grid, index_matrix
from fuseflow.opencv import cv2

TRUNCATE = 4
"""Standard deviations after which the Gaussian ends."""

Floats = npt.NDArray[np.floating[Any]]


def anti_alias_sigma(source: Grid, target: Grid) -> npt.NDArray[np.float64]:
    """Standard deviation of the Gaussian to smooth a volume with before it is brought onto a coarser grid.

    Along each axis of the source: s_in * sqrt((k^2 - 1) / (8 ln 2)) with k = s_out / s_in > 1, else 0: the difference
    in width of two Gaussians whose full widths at half maximum are the spacings. Of a target that is turned against the
    source, k is the width of the target's voxel in voxels of the source along the axis: the root of the sum of the
    squares of what each step in the target moves along it. So a turned grid of cubes has the k of one that is not.

    Returns
    -------
    numpy.ndarray
        mm, float64, shape (3,).

    Notes
    -----
    Cardoso et al. 2015, Scale factor point spread function matching: beyond aliasing in image resampling, MICCAI.

    Examples
    --------
    >>> source = Grid(affine=np.eye(4), shape=(8, 8, 8))
    >>> target = Grid(affine=np.diag([4.0, 2.0, 0.5, 1.0]), shape=(2, 4, 16))
    >>> anti_alias_sigma(source, target).round(4).tolist()
    [1.6447, 0.7355, 0.0]
    """
    ratio = np.linalg.norm(index_matrix(source, target)[:3, :3], axis=1)
    return np.asarray(source.spacing * np.sqrt(np.maximum(ratio**2 - 1, 0) / (8 * math.log(2))))


def radius_of(sigma: float) -> int:
    """How many voxels the Gaussian of a standard deviation in voxels reaches to either side.

    Examples
    --------
    >>> radius_of(0.1), radius_of(1.5)
    (0, 6)
    """
    return int(TRUNCATE * sigma + 0.5)


def smoothed(data: Floats, sigma: Sequence[float]) -> Floats:
    """A volume smoothed with a Gaussian along each axis; beyond its border it goes on with its outer values.

    Parameters
    ----------
    data
        float32 or float64, three axes.
    sigma
        Standard deviation along each axis, voxels; 0 leaves the axis as it is. The Gaussian is sampled at the voxels,
        ends after four standard deviations and has the sum 1.

    Returns
    -------
    numpy.ndarray
        Of the type and shape of `data`, contiguous.

    Examples
    --------
    >>> line = np.zeros((1, 1, 5))
    >>> line[..., 2] = 1
    >>> smoothed(line, (0, 0, 0.5)).round(3).tolist()
    [[[0.0, 0.106, 0.787, 0.106, 0.0]]]
    """
    result = np.array(data, order="C")
    across, down, along = (_kernel(value) for value in sigma)
    # each slice by itself, and then all of them as one picture of a row per slice: many times faster than by lines
    for slice_ in result:
        _filter(slice_, rows=down, columns=along)
    _filter(result.reshape(len(result), -1), rows=across, columns=np.ones(1))
    return result


def _filter(picture: Floats, *, rows: Floats, columns: Floats) -> None:
    """Filter a picture in place with the weights down its rows and along its columns."""
    if len(rows) > 1 or len(columns) > 1:
        cv2.sepFilter2D(picture, -1, columns, rows, dst=picture, borderType=cv2.BORDER_REPLICATE)


def _kernel(sigma: float) -> npt.NDArray[np.float64]:
    radius = radius_of(sigma)
    if radius == 0:
        return np.ones(1)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return np.asarray(weights / weights.sum())
