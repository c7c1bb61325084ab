"""How far the grey levels of the fused image are from those of the sources: MSE and PSNR."""

from __future__ import annotations

import math

import numpy as np

from fuseflow.grey import MAXIMUM
from fuseflow.metrics.triple import Triple
from fuseflow.metrics.variant import Variant


def mean_squared_error(triple: Triple) -> float:
    """MSE: (mean((A - F)^2) + mean((B - F)^2)) / 2.

    Parameters
    ----------
    triple
        All three images count; A and B may be exchanged.

    Returns
    -------
    float
        In squared grey levels, 0..65025; smaller is better. Never NaN.

    Notes
    -----
    By definition. Some toolboxes scale the images to 0..1 first, which gives less by the factor 65025.

    Examples
    --------
    >>> mean_squared_error(Triple(np.array([[0]]), np.array([[10]]), np.array([[10]])))
    50.0
    """
    fused = triple.fused.pixels
    return sum(float(np.mean((source.pixels - fused) ** 2)) for source in triple.sources) / 2.0


def signal_to_noise_255(triple: Triple) -> float:
    """PSNR: 10 log10(255^2 / MSE), with the `mean_squared_error` over both sources.

    Parameters
    ----------
    triple
        All three images count; A and B may be exchanged.

    Returns
    -------
    float
        In dB, not below 0; larger is better. NaN if both sources equal the fused image (an infinite ratio).

    Notes
    -----
    Q. Huynh-Thu, M. Ghanbari, "Scope of validity of PSNR in image/video quality assessment", Electron. Lett. 44, 2008,
    doi:10.1049/el:20080522.

    Examples
    --------
    >>> signal_to_noise_255(Triple(np.array([[0]]), np.array([[0]]), np.array([[255]])))
    0.0
    """
    return _decibel(MAXIMUM, triple.derived(mean_squared_error))


def signal_to_noise_of_maximum(triple: Triple) -> float:
    """PSNR as `signal_to_noise_255`, but with the largest grey level of the fused image as peak.

    10 log10(max(F)^2 / MSE): a method that makes the image darker is punished twice.

    Parameters
    ----------
    triple
        All three images count; A and B may be exchanged.

    Returns
    -------
    float
        In dB, of either sign; larger is better. NaN if both sources equal the fused image (an infinite ratio), or if
        the fused image is 0 everywhere (a ratio of 0).

    Notes
    -----
    The formula of the CDDFuse evaluator, doi:10.1109/CVPR52729.2023.00572.

    Examples
    --------
    >>> round(signal_to_noise_of_maximum(Triple(np.array([[0]]), np.array([[0]]), np.array([[100]]))), 12)
    0.0
    """
    return _decibel(float(triple.fused.pixels.max()), triple.derived(mean_squared_error))


def _decibel(peak: float, error: float) -> float:
    if peak == 0.0 or error == 0.0:
        return math.nan
    return 20.0 * math.log10(peak) - 10.0 * math.log10(error)


MSE = Variant(
    id="mse",
    metric="MSE",
    title="mean squared error, mean over A and B",
    direction="down",
    value_range=(0.0, MAXIMUM**2),
    unit="squared grey level",
    source="by definition",
    function=mean_squared_error,
)
PSNR_PEAK255 = Variant(
    id="psnr.peak255",
    metric="PSNR",
    title="peak signal-to-noise ratio, peak 255",
    direction="up",
    value_range=(0.0, math.inf),
    unit="dB",
    source="Huynh-Thu and Ghanbari 2008, doi:10.1049/el:20080522",
    function=signal_to_noise_255,
    undefined="A and B both equal the fused image",
)
PSNR_MAXF = Variant(
    id="psnr.maxf",
    metric="PSNR",
    title="peak signal-to-noise ratio, peak = maximum of the fused image",
    direction="up",
    value_range=(-math.inf, math.inf),
    unit="dB",
    source="evaluator of CDDFuse, doi:10.1109/CVPR52729.2023.00572",
    function=signal_to_noise_of_maximum,
    undefined="A and B both equal the fused image, or the fused image is 0 everywhere",
)
