"""maximum: the brighter of both sources, pixel by pixel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fuseflow.fusion.method import Method


def maximum(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Larger value of A and B, float64, shape (rows, columns), in the range of the sources.

    Examples
    --------
    >>> maximum(np.array([[1.0, 7.0]]), np.array([[2.0, 6.0]]))
    array([[2., 7.]])
    """
    return np.maximum(a, b)


METHOD = Method(name="maximum", title="Maximum", source="by definition", parameters={}, function=maximum)
