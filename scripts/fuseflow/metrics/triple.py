"""What a metric sees: two sources and the fused image, as checked grey images on one grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fuseflow.grey import check_one_grid
from fuseflow.metrics.memo import Memo

FloatImage = npt.NDArray[np.float64]
"""One number per pixel, shape (rows, columns): grey levels, or what was derived from them."""


class GreyImage(Memo):
    """Grey levels of one image, with the results derived from them.

    Parameters
    ----------
    pixels
        float64, shape (rows, columns); not checked here, `Triple` does that.

    Examples
    --------
    >>> GreyImage(np.array([[1.0, 3.0]])).derived(lambda image: float(image.pixels.mean()))
    2.0
    """

    def __init__(self, pixels: FloatImage) -> None:
        super().__init__()
        self.pixels = pixels


class Triple(Memo):
    """Two sources and their fused image.

    Parameters
    ----------
    a, b, fused
        Shape (rows, columns), equal for the three; any real type; grey levels in 0..255, which need not be integers.

    Attributes
    ----------
    a, b, fused : GreyImage
        The same as float64.

    Raises
    ------
    Refused
        ``size-mismatch`` if the shapes differ; ``unsupported-pixels`` if an image is not grey, is empty, holds NaN or
        infinity, or leaves 0..255.

    Examples
    --------
    >>> triple = Triple(np.zeros((2, 2)), np.full((2, 2), 8), np.full((2, 2), 4))
    >>> triple.shape, triple.fused.pixels[0, 0].item()
    ((2, 2), 4.0)
    >>> Triple(np.zeros((2, 2)), np.zeros((2, 3)), np.zeros((2, 2)))
    Traceback (most recent call last):
    fuseflow.errors.Refused: size-mismatch: A has 2 x 2, B has 2 x 3 and the fused image has 2 x 2 pixels; resample \
them onto one grid first
    """

    def __init__(self, a: npt.NDArray[Any], b: npt.NDArray[Any], fused: npt.NDArray[Any]) -> None:
        super().__init__()
        check_one_grid({"A": a, "B": b, "the fused image": fused})
        self.a, self.b, self.fused = (GreyImage(image.astype(np.float64, order="C")) for image in (a, b, fused))

    @property
    def sources(self) -> tuple[GreyImage, GreyImage]:
        """A and B."""
        return self.a, self.b

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.fused.pixels.shape
        return rows, columns
