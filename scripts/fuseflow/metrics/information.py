"""How much information there is in the fused image (EN), and how much of it comes from the sources (MI)."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fuseflow.metrics.triple import GreyImage, Triple
from fuseflow.metrics.variant import Variant

LEVELS = 256
"""Bins of a grey level histogram: one per value of an 8-bit image."""

Counts = npt.NDArray[np.int64]


def levels(image: GreyImage) -> Counts:
    """Grey levels as integers, rounded half to even."""
    return np.rint(image.pixels).astype(np.int64)


def entropy_of_counts(counts: Counts) -> float:
    """Shannon entropy, in bits, of a histogram; empty bins count for nothing.

    Examples
    --------
    >>> entropy_of_counts(np.array([2, 1, 1, 0]))
    1.5
    """
    shares = counts[counts > 0] / counts.sum()
    return float(np.sum(shares * np.log2(1.0 / shares)))


def image_entropy(image: GreyImage) -> float:
    """Shannon entropy of the grey levels of one image, in bits."""
    return entropy_of_counts(np.bincount(image.derived(levels).ravel(), minlength=LEVELS))


def joint_entropy(x: GreyImage, y: GreyImage) -> float:
    """Shannon entropy of the pairs of grey levels at the same pixel, in bits."""
    pairs = x.derived(levels) * LEVELS + y.derived(levels)
    return entropy_of_counts(np.bincount(pairs.ravel(), minlength=LEVELS * LEVELS))


def entropy(triple: Triple) -> float:
    """EN: the Shannon entropy of the fused image, -sum p_k log2 p_k.

    p_k is the share of pixels of the fused image whose grey level, rounded half to even, is k = 0..255.

    Parameters
    ----------
    triple
        Only the fused image counts.

    Returns
    -------
    float
        In bits, 0..8; larger is better. Never NaN.

    Notes
    -----
    J. W. Roberts, J. A. van Aardt, F. B. Ahmed, "Assessment of image fusion procedures using entropy, image quality,
    and multispectral classification", J. Appl. Remote Sens. 2, 2008, doi:10.1117/1.2945910.

    Examples
    --------
    >>> image = np.array([[0, 0, 7, 9]])
    >>> entropy(Triple(image, image, image))
    1.5
    """
    return triple.fused.derived(image_entropy)


def mutual_information_bits(triple: Triple) -> float:
    """MI: what the fused image shares with either source, I(A,F) + I(B,F), in bits.

    I(X,F) = H(X) + H(F) - H(X,F), with Shannon entropies (base 2) of the 256-bin and 256 x 256-bin histograms of the
    grey levels, rounded half to even and not stretched.

    Parameters
    ----------
    triple
        All three images count; A and B may be exchanged.

    Returns
    -------
    float
        In bits, 0..16; larger is better. Never NaN.

    Notes
    -----
    G. Qu, D. Zhang, P. Yan, "Information measure for performance of image fusion", Electron. Lett. 38, 2002,
    doi:10.1049/el:20020212.

    Examples
    --------
    >>> a, b = np.array([[0, 0, 9, 9]]), np.array([[0, 9, 0, 9]])
    >>> mutual_information_bits(Triple(a, b, a))
    1.0
    """
    parts = (
        source.derived(image_entropy) + triple.fused.derived(image_entropy) - joint_entropy(source, triple.fused)
        for source in triple.sources
    )
    # not negative by definition; of independent images the rounding of the three entropies may be all that is left
    return sum(max(part, 0.0) for part in parts)


def mutual_information_nats(triple: Triple) -> float:
    """MI as `mutual_information_bits`, but with natural logarithms: smaller by the factor ln 2 = 0.693.

    Parameters
    ----------
    triple
        All three images count; A and B may be exchanged.

    Returns
    -------
    float
        In nats, 0..11.09; larger is better. Never NaN.

    Notes
    -----
    The unit of the CDDFuse evaluator; formula as in `mutual_information_bits`.

    Examples
    --------
    >>> a, b = np.array([[0, 0, 9, 9]]), np.array([[0, 9, 0, 9]])
    >>> round(mutual_information_nats(Triple(a, b, a)), 6)
    0.693147
    """
    return mutual_information_bits(triple) * math.log(2.0)


EN = Variant(
    id="en",
    metric="EN",
    title="Shannon entropy of the fused image",
    direction="up",
    value_range=(0.0, 8.0),
    unit="bit",
    source="Roberts et al. 2008, doi:10.1117/1.2945910",
    function=entropy,
)
MI_BITS = Variant(
    id="mi.bits",
    metric="MI",
    title="mutual information with A plus with B, base 2",
    direction="up",
    value_range=(0.0, 16.0),
    unit="bit",
    source="Qu et al. 2002, doi:10.1049/el:20020212",
    function=mutual_information_bits,
)
MI_NATS = Variant(
    id="mi.nats",
    metric="MI",
    title="mutual information with A plus with B, base e",
    direction="up",
    value_range=(0.0, 16.0 * math.log(2.0)),
    unit="nat",
    source="Qu et al. 2002, doi:10.1049/el:20020212; base as in CDDFuse, doi:10.1109/CVPR52729.2023.00572",
    function=mutual_information_nats,
)
