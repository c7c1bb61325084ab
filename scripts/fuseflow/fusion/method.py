"""What a fusion method is, and how its result becomes an 8-bit image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fuseflow.grey import MAXIMUM, check_one_grid


@dataclass(frozen=True, kw_only=True)
class Method:
    """A fusion method with everything needed to cite and repeat it.

    Parameters
    ----------
    name
        How configuration, folders and tables spell it, for example ``LP``.
    title
        The full name, for a table's caption.
    source
        The paper, with DOI; "by definition" for a baseline that needs none.
    parameters
        The values that the function works with, for the record of what was run.
    function
        Maps two float64 images of equal shape (rows, columns) and range 0..255 to the fused float64 image, which may
        lie outside that range and is not rounded yet.
    """

    name: str
    title: str
    source: str
    parameters: Mapping[str, str | int | float]
    function: Callable[[npt.NDArray[np.float64], npt.NDArray[np.float64]], npt.NDArray[np.float64]]


def fuse(method: Method, a: npt.NDArray[np.generic], b: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    """Fuse two registered grey images into an 8-bit one.

    Parameters
    ----------
    method
        The method, for example ``METHODS.load("LP")``.
    a, b
        The sources, shape (rows, columns), any real type, grey levels 0..255; luma of colour need not be integer.

    Returns
    -------
    numpy.ndarray
        uint8, the shape of the sources; see `to_output` for the rounding.

    Raises
    ------
    Refused
        ``size-mismatch`` if the shapes differ; ``unsupported-pixels`` if a source is not a grey image, is empty, holds
        NaN or infinity, or leaves 0..255.

    Examples
    --------
    >>> from fuseflow.fusion.registry import METHODS
    >>> fuse(METHODS.load("average"), np.array([[0, 10]]), np.array([[5, 20]]))
    array([[ 3, 15]], dtype=uint8)
    """
    check_one_grid({"A": a, "B": b})
    return to_output(method.function(a.astype(np.float64), b.astype(np.float64)))


def to_output(fused: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """Clip to 0..255 and round half up; no rescaling.

    Parameters
    ----------
    fused
        Result of a method, any shape, finite.

    Returns
    -------
    numpy.ndarray
        uint8, the same shape.

    Raises
    ------
    ValueError
        If a value is NaN or infinite: the method is at fault, not the case.

    Examples
    --------
    >>> to_output(np.array([-3.0, 0.5, 1.5, 2.4999, 254.5, 400.0]))
    array([  0,   1,   2,   2, 255, 255], dtype=uint8)
    """
    if not np.isfinite(fused).all():
        raise ValueError(
            "the fused image holds NaN or infinity; the fusion method must not make these of finite sources"
        )
    clipped = np.clip(fused, 0.0, MAXIMUM)
    # floor(x + 0.5) would be wrong for the largest float below one half, whose sum with one half rounds to 1
    lower = np.floor(clipped)
    return (lower + (clipped - lower >= 0.5)).astype(np.uint8)
