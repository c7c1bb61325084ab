"""How much the grey levels of the fused image vary: overall (SD) and from pixel to pixel (SF, AG)."""

from __future__ import annotations

import math

import numpy as np

from fuseflow.grey import MAXIMUM
from fuseflow.metrics.moments import variance
from fuseflow.metrics.triple import Triple
from fuseflow.metrics.variant import Variant


def standard_deviation(triple: Triple) -> float:
    """SD: the population standard deviation of the fused image, sqrt(mean((F - mean F)^2)).

    Parameters
    ----------
    triple
        Only the fused image counts.

    Returns
    -------
    float
        In grey levels, 0..127.5; larger is better. Never NaN.

    Notes
    -----
    By definition. Tables with SD near 10 for ordinary images come from saturating 8-bit arithmetic, another formula.

    Examples
    --------
    >>> image = np.array([[10, 20], [20, 10]])
    >>> standard_deviation(Triple(image, image, image))
    5.0
    """
    return math.sqrt(triple.fused.derived(variance))


def spatial_frequency(triple: Triple) -> float:
    """SF: sqrt(RF^2 + CF^2), of the first differences of the fused image.

    RF^2 is the mean of the rows x (columns - 1) squared differences between horizontal neighbours, CF^2 that of the
    (rows - 1) x columns vertical ones. Each mean is over the differences that exist; the original divides both by
    rows x columns, which is less by 0.2 % at 256 x 256.

    Parameters
    ----------
    triple
        Only the fused image counts; at least 2 x 2 pixels.

    Returns
    -------
    float
        In grey levels, 0..360.6; larger is better.

    Notes
    -----
    A. M. Eskicioglu, P. S. Fisher, "Image quality measures and their performance", IEEE Trans. Commun. 43, 1995,
    doi:10.1109/26.477498.

    Examples
    --------
    >>> image = np.array([[0, 3], [4, 7]])
    >>> spatial_frequency(Triple(image, image, image))
    5.0
    """
    pixels = triple.fused.pixels
    return math.sqrt(np.mean(np.diff(pixels, axis=1) ** 2) + np.mean(np.diff(pixels, axis=0) ** 2))


def average_gradient(triple: Triple) -> float:
    """AG: the mean over all pixels of sqrt((gx^2 + gy^2) / 2) of the fused image.

    gx and gy are central differences (half the difference of the two neighbours), one-sided at the border. The mean
    divides by rows x columns; toolboxes that divide by (rows - 1) x (columns - 1) give 0.8 % more at 256 x 256.

    Parameters
    ----------
    triple
        Only the fused image counts; at least 2 x 2 pixels.

    Returns
    -------
    float
        In grey levels per pixel, 0..255; larger is better.

    Notes
    -----
    G. Cui, H. Feng, Z. Xu, Q. Li, Y. Chen, "Detail preserved fusion of visible and infrared images using regional
    saliency extraction and multi-scale image decomposition", Opt. Commun. 341, 2015, doi:10.1016/j.optcom.2014.12.032.

    Examples
    --------
    >>> image = np.array([[0, 7], [1, 8]])
    >>> average_gradient(Triple(image, image, image))
    5.0
    """
    vertical, horizontal = np.gradient(triple.fused.pixels)
    return float(np.mean(np.sqrt((horizontal**2 + vertical**2) / 2.0)))


SD = Variant(
    id="sd",
    metric="SD",
    title="standard deviation of the fused image",
    direction="up",
    value_range=(0.0, MAXIMUM / 2.0),
    unit="grey level",
    source="by definition",
    function=standard_deviation,
)
SF = Variant(
    id="sf",
    metric="SF",
    title="spatial frequency of the fused image",
    direction="up",
    value_range=(0.0, MAXIMUM * math.sqrt(2.0)),
    unit="grey level",
    source="Eskicioglu and Fisher 1995, doi:10.1109/26.477498",
    function=spatial_frequency,
    smallest=2,
)
AG = Variant(
    id="ag",
    metric="AG",
    title="average gradient of the fused image",
    direction="up",
    value_range=(0.0, MAXIMUM),
    unit="grey level per pixel",
    source="Cui et al. 2015, doi:10.1016/j.optcom.2014.12.032",
    function=average_gradient,
    smallest=2,
)
