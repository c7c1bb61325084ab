"""copy-B: the second source itself, the trivial row that shows what a metric gives for no fusion at all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fuseflow.fusion.method import Method


def copy_b(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:  # noqa: ARG001
    """Return `b`, float64, shape (rows, columns).

    Examples
    --------
    >>> copy_b(np.array([[1.0]]), np.array([[9.0]]))
    array([[9.]])
    """
    return b


METHOD = Method(name="copy-B", title="Copy of source B", source="by definition", parameters={}, function=copy_b)
