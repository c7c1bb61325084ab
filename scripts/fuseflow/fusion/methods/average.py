"""average: the mean of both sources, pixel by pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fuseflow.fusion.method import Method


def average(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean (A + B) / 2, float64, shape (rows, columns), in the range of the sources.

    Rounded half up, as every output is, this is floor((A + B + 1) / 2): for integer grey levels the usual integer mean,
    and the same formula for luma that is not an integer.

    Examples
    --------
    >>> average(np.array([[1.0, 2.0]]), np.array([[2.0, 6.0]]))
    array([[1.5, 4. ]])
    """
    return (a + b) / 2.0


METHOD = Method(name="average", title="Average", source="by definition", parameters={}, function=average)
