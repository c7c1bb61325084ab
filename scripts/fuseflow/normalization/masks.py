"""Which voxels count where a normalization computes something from an image."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fuseflow.errors import Refused
from fuseflow.normalization.blocks import mean_and_deviation
from fuseflow.volume import Data

WHOLE, NONZERO, ABOVE_MEAN = "whole", "nonzero", "mean"


def values_inside(data: Data, mask: str) -> npt.NDArray[np.number[Any]]:
    """A copy of the values inside a mask, with one axis.

    Parameters
    ----------
    data
        Finite values of any shape.
    mask
        ``whole`` for all voxels, ``nonzero`` for those that are not 0, ``mean`` for those above the mean of the image.

    Raises
    ------
    Refused
        ``empty-mask`` if there is none; ``constant`` if all of them are equal.

    Examples
    --------
    >>> values_inside(np.array([[[0, 1, 8, 9]]]), "mean")
    array([8, 9])
    >>> values_inside(np.array([[[0, 1, 1]]]), "nonzero")
    Traceback (most recent call last):
    fuseflow.errors.Refused: constant: all 2 voxels inside the mask (nonzero) have the value 1.0
    """
    # boolean indices are followed in the order of the last axis, and x is the fastest axis of volumes
    turned = data.T
    if mask == WHOLE:
        inside = turned.flatten()
    elif mask == NONZERO:
        inside = turned[turned != 0]
    else:
        inside = turned[turned > np.float64(mean_and_deviation(data)[0])]
    if not inside.size:
        raise Refused("empty-mask", f"no voxel lies inside the mask ({mask})")
    if inside.min() == inside.max():
        raise Refused(
            "constant", f"all {inside.size} voxels inside the mask ({mask}) have the value {float(inside[0])}"
        )
    return inside
