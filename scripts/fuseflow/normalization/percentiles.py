"""Percentiles of many values in little memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def percentiles(values: npt.NDArray[np.number[Any]], percents: Sequence[float]) -> list[float]:
    """Percentiles with linear interpolation between neighbours, in float64.

    Parameters
    ----------
    values
        Finite values with one axis, at least one. They are reordered in place: a sorted copy would need the memory of
        a volume once more.
    percents
        Which ones, each in 0..100.

    Notes
    -----
    Definition 7 of Hyndman and Fan, Sample quantiles in statistical packages, The American Statistician 50(4), 1996,
    doi:10.1080/00031305.1996.10473566, which is also NumPy's default.

    Examples
    --------
    >>> percentiles(np.array([40, 10, 30, 20], np.int16), [0, 50, 90])
    [10.0, 25.0, 37.0]
    """
    positions = [percent / 100 * (values.size - 1) for percent in percents]
    lower = [int(position) for position in positions]
    upper = [min(place + 1, values.size - 1) for place in lower]
    values.partition(sorted({*lower, *upper}))
    below, above = values[lower].astype(np.float64), values[upper].astype(np.float64)
    found: list[float] = (below + (above - below) * (np.array(positions) - lower)).tolist()
    return found
