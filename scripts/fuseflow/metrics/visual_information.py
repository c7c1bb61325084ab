"""How much of the information that an eye could take from the sources the fused image still offers: VIF."""

from __future__ import annotations

import math

import numpy as np

from fuseflow.metrics.triple import GreyImage, Triple
from fuseflow.metrics.variant import Variant
from fuseflow.metrics.window import Window, gaussian_window

VISUAL_NOISE_VARIANCE = 2.0
NEGLIGIBLE_VARIANCE = 1e-10

WINDOWS = tuple(gaussian_window(size, size / 5.0) for size in (17, 9, 5, 3))
"""The window of every scale, finest first."""

SMALLEST = 41
"""Smallest side length, in pixels, that leaves one window at the coarsest scale."""


def visual_information_fidelity(source: GreyImage, fused: GreyImage) -> float:
    """VIF of one image relative to another, in the pixel domain: information kept divided by information offered.

    Scales 1 to 4 have Gaussian windows of N = 17, 9, 5, 3 pixels with standard deviation N/5; every scale after the
    first is made by filtering both images with its window and taking every second pixel. With the local variances s1
    (source) and s2 (fused) and the covariance s12 of a window, gain g = s12 / s1 and residual variance sv = s2 - g
    s12,

    VIF = sum log(1 + g^2 s1 / (sv + 2)) / sum log(1 + s1 / 2)

    over all scales and all windows that fit into the image. g is 0 where it would be negative or where a variance is
    below 1e-10; sv is at least 1e-10. The noise variance 2 is absolute: grey levels must be 0..255.

    Parameters
    ----------
    source, fused
        Images of equal shape, at least 41 x 41 pixels.

    Returns
    -------
    float
        Not below 0; 1 for equal images; above 1 if the contrast was raised. 1 if the source offers no information,
        being the same value everywhere.

    Raises
    ------
    ValueError
        If the images are too small for the four scales.

    Notes
    -----
    H. R. Sheikh, A. C. Bovik, "Image information and visual quality", IEEE Trans. Image Process. 15, 2006,
    doi:10.1109/TIP.2005.859378; pixel-domain version with four scales, as the authors published it.

    Examples
    --------
    >>> image = np.add.outer(np.arange(48.0) % 7, np.arange(48.0) % 5)
    >>> round(visual_information_fidelity(GreyImage(image), GreyImage(image)), 9)
    1.0
    >>> visual_information_fidelity(GreyImage(image), GreyImage(image / 2)) < 1
    True
    """
    kept = offered = 0.0
    for scale, window in enumerate(WINDOWS):
        if scale:
            source, fused = source.derived(window.half), fused.derived(window.half)
        kept += _information_kept(source, fused, window)
        offered += _information_offered(source, window)
    return kept / offered if offered > 0.0 else 1.0


def _information_kept(source: GreyImage, fused: GreyImage, window: Window) -> float:
    source_variance, fused_variance = source.derived(window.variance), fused.derived(window.variance)
    covariance = window.covariance(source, fused)
    gain = np.maximum(covariance, 0.0) / (source_variance + NEGLIGIBLE_VARIANCE)
    gain[(source_variance < NEGLIGIBLE_VARIANCE) | (fused_variance < NEGLIGIBLE_VARIANCE)] = 0.0
    residual = np.maximum(fused_variance - gain * covariance, NEGLIGIBLE_VARIANCE)
    return float(np.sum(np.log1p(gain**2 * source_variance / (residual + VISUAL_NOISE_VARIANCE))))


def _information_offered(source: GreyImage, window: Window) -> float:
    variance = source.derived(window.variance)
    return float(np.sum(np.log1p(variance / VISUAL_NOISE_VARIANCE), where=variance >= NEGLIGIBLE_VARIANCE))


def visual_information_sum(triple: Triple) -> float:
    """VIF as used in fusion: `visual_information_fidelity` of A and F plus that of B and F.

    Evaluators call it VIF or VIFF; the VIFF of Han et al. 2013 is another formula.

    Parameters
    ----------
    triple
        All three images count; A and B may be exchanged. At least 41 x 41 pixels.

    Returns
    -------
    float
        Not below 0; larger is better. A source that is the same value everywhere contributes 1.

    Notes
    -----
    H. R. Sheikh, A. C. Bovik, IEEE Trans. Image Process. 15, 2006, doi:10.1109/TIP.2005.859378.

    Examples
    --------
    >>> image = np.add.outer(np.arange(48.0) % 7, np.arange(48.0) % 5)
    >>> round(visual_information_sum(Triple(image, image, image)), 9)
    2.0
    """
    return sum(visual_information_fidelity(source, triple.fused) for source in triple.sources)


VIF_SUM = Variant(
    id="vif.sum",
    metric="VIF",
    title="visual information fidelity in the pixel domain, sum over A and B",
    direction="up",
    value_range=(0.0, math.inf),
    unit="1",
    source="Sheikh and Bovik 2006, doi:10.1109/TIP.2005.859378",
    function=visual_information_sum,
    smallest=SMALLEST,
)
