"""copy-A: the first source itself, the trivial row that shows what a metric gives for no fusion at all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fuseflow.fusion.method import Method


def copy_a(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:  # noqa: ARG001
    """Return `a`, float64, shape (rows, columns).

    Examples
    --------
    >>> copy_a(np.array([[1.0]]), np.array([[9.0]]))
    array([[1.]])
    """
    return a


METHOD = Method(name="copy-A", title="Copy of source A", source="by definition", parameters={}, function=copy_a)
