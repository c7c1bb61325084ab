"""Mean, variance and correlation over whole images."""

from __future__ import annotations

import math

import numpy as np

from fuseflow.metrics.triple import FloatImage, GreyImage


def centred(image: GreyImage) -> FloatImage:
    """Grey levels minus their mean; exactly 0 everywhere for an image of one value."""
    pixels = image.pixels
    # the rounded mean of n equal values may miss that value by a bit, and a correlation would then be made of that bit
    constant = pixels.min() == pixels.max()
    return np.zeros_like(pixels) if constant else pixels - pixels.mean()


def variance(image: GreyImage) -> float:
    """Mean squared deviation from the mean (divided by the number of pixels)."""
    return float(np.mean(image.derived(centred) ** 2))


def pearson_correlation(x: GreyImage, y: GreyImage) -> float:
    """Pearson's correlation coefficient of two images.

    Parameters
    ----------
    x, y
        Images of equal shape.

    Returns
    -------
    float
        In -1..1; NaN if one of them has the same value everywhere.

    Notes
    -----
    K. Pearson, "Note on regression and inheritance in the case of two parents", Proc. R. Soc. Lond. 58, 1895,
    doi:10.1098/rspl.1895.0041.

    Examples
    --------
    >>> x, y = GreyImage(np.array([[0.0, 1.0, 2.0]])), GreyImage(np.array([[5.0, 3.0, 1.0]]))
    >>> pearson_correlation(x, y)
    -1.0
    """
    scale = math.sqrt(x.derived(variance)) * math.sqrt(y.derived(variance))
    if scale == 0.0:
        return math.nan
    covariance = float(np.mean(x.derived(centred) * y.derived(centred)))
    return min(max(covariance / scale, -1.0), 1.0)
