"""Which numbers can be lengths and positions of a patient, in mm; with much worse ones nothing can be computed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SHORTEST_MM, FARTHEST_MM = 1e-6, 1e6


def is_length(value: float) -> bool:
    """Whether a number can be a distance between pixels or slices, in mm.

    Examples
    --------
    >>> is_length(0.5), is_length(0), is_length(1e300)
    (True, False, False)
    """
    return SHORTEST_MM <= value <= FARTHEST_MM


def is_position(coordinates: npt.ArrayLike) -> bool:
    """Whether all of some coordinates can be those of a patient, in mm.

    Examples
    --------
    >>> is_position([1.5, -20, 3]), is_position([0, 0, 1e300])
    (True, False)
    """
    return bool((np.abs(coordinates) <= FARTHEST_MM).all())
