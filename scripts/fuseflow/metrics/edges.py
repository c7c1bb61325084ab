"""How well edges of the sources are transferred to the fused image: Qabf."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fuseflow.metrics.triple import FloatImage, GreyImage, Triple
from fuseflow.metrics.variant import Variant
from fuseflow.opencv import cv2

# Gamma, -kappa and sigma of the two sigmoids in Xydeas and Petrovic 2000
STRENGTH_LIMIT, STRENGTH_SLOPE, STRENGTH_CENTRE = 0.9994, 15.0, 0.5
ANGLE_LIMIT, ANGLE_SLOPE, ANGLE_CENTRE = 0.9879, 22.0, 0.8


@dataclass(frozen=True)
class EdgeField:
    """Edge strength (grey levels, Sobel weights 1-2-1 not scaled) and edge angle (radian, -pi/2..pi/2) per pixel."""

    strength: FloatImage
    angle: FloatImage


StrengthRatio = Callable[[FloatImage, FloatImage], FloatImage]


def sobel_edges(image: GreyImage) -> EdgeField:
    """Sobel edges, with zeros around the image.

    The angle is arctan(sy / sx) with y pointing up, and pi/2 wherever sx = 0, flat pixels included.

    Examples
    --------
    >>> edges = sobel_edges(GreyImage(np.tile([0.0, 1.0, 2.0], (3, 1))))
    >>> edges.strength[1, 1].item(), abs(edges.angle[1, 1]).item()
    (8.0, 0.0)
    """
    sx, sy = (
        cv2.Sobel(image.pixels, cv2.CV_64F, dx, dy, borderType=cv2.BORDER_CONSTANT) for dx, dy in ((1, 0), (0, 1))
    )
    vertical = sx == 0.0
    # y points up as in the published evaluators: the sign matters where an angle is compared with the pi/2 of sx = 0
    angle = np.arctan(np.divide(-sy, sx, out=np.zeros_like(sx), where=~vertical))
    angle[vertical] = math.pi / 2.0
    return EdgeField(np.sqrt(sx**2 + sy**2), angle)


def strength_ratio(source: FloatImage, fused: FloatImage) -> FloatImage:
    """Divide the smaller strength by the larger one; 0 where both are 0."""
    larger = np.maximum(source, fused)
    return np.divide(np.minimum(source, fused), larger, out=np.zeros_like(larger), where=larger > 0.0)


def strength_ratio_with_equality_fault(source: FloatImage, fused: FloatImage) -> FloatImage:
    """As `strength_ratio`, but where both strengths are equal the ratio is that strength itself, instead of 1."""
    return np.where(source == fused, fused, strength_ratio(source, fused))


def edge_preservation(source: EdgeField, fused: EdgeField, ratio: StrengthRatio) -> FloatImage:
    """How well strength and angle of every edge are preserved: a product of two sigmoids, 0..0.9748 for true ratios."""
    strength = ratio(source.strength, fused.strength)
    angle = 1.0 - np.abs(source.angle - fused.angle) / (math.pi / 2.0)
    strength_kept = STRENGTH_LIMIT / (1.0 + np.exp(-STRENGTH_SLOPE * (strength - STRENGTH_CENTRE)))
    angle_kept = ANGLE_LIMIT / (1.0 + np.exp(-ANGLE_SLOPE * (angle - ANGLE_CENTRE)))
    return strength_kept * angle_kept


def _weighted_preservation(triple: Triple, ratio: StrengthRatio) -> float:
    fused = triple.fused.derived(sobel_edges)
    sources = [source.derived(sobel_edges) for source in triple.sources]
    weight = sum(float(np.sum(source.strength)) for source in sources)
    if weight == 0.0:
        return math.nan
    return sum(float(np.sum(edge_preservation(source, fused, ratio) * source.strength)) for source in sources) / weight


def edge_transfer(triple: Triple) -> float:
    """Qabf: mean preservation of the edges of A and B, weighted by their strength in the source.

    With Sobel strength g and angle a (`sobel_edges`), for a source X and every pixel

    G = min(g_X, g_F) / max(g_X, g_F),   D = 1 - abs(a_X - a_F) / (pi/2),
    Q = 0.9994 / (1 + exp(-15 (G - 0.5))) x 0.9879 / (1 + exp(-22 (D - 0.8))),

    and Qabf = sum(Q_AF g_A + Q_BF g_B) / sum(g_A + g_B) over all pixels. D is not folded: angles just below pi/2
    and just above -pi/2, although nearly the same direction, count as opposite.

    Parameters
    ----------
    triple
        All three images count; A and B may be exchanged.

    Returns
    -------
    float
        In 0..0.9748 (a perfect copy does not reach 1); larger is better. NaN if neither source has an edge, as
        when both are 0 everywhere.

    Notes
    -----
    C. S. Xydeas, V. Petrovic, "Objective image fusion performance measure", Electron. Lett. 36, 2000,
    doi:10.1049/el:20000267.

    Examples
    --------
    >>> image = np.eye(8) * 100.0
    >>> round(edge_transfer(Triple(image, image, image)), 5)
    0.97479
    """
    return _weighted_preservation(triple, strength_ratio)


def edge_transfer_with_equality_fault(triple: Triple) -> float:
    """Qabf as most public evaluators compute it: where g_X = g_F, the ratio G is set to g_F instead of 1.

    On grey levels 0..255 this usually makes a preserved edge count a little more than it should, and the value depends
    on the range of the images; everything else is as in `edge_transfer`.

    Parameters
    ----------
    triple
        All three images count; A and B may be exchanged.

    Returns
    -------
    float
        In 0..0.9754; larger is better. NaN as in `edge_transfer`.

    Notes
    -----
    Evaluator of CDDFuse, doi:10.1109/CVPR52729.2023.00572, and other evaluators with the same ancestor; the metric is
    that of Xydeas and Petrovic 2000, doi:10.1049/el:20000267.

    Examples
    --------
    >>> image = np.eye(8) * 100.0
    >>> round(edge_transfer_with_equality_fault(Triple(image, image, image)), 5)
    0.97533
    """
    return _weighted_preservation(triple, strength_ratio_with_equality_fault)


def _sigmoid_at_one(limit: float, slope: float, centre: float) -> float:
    return limit / (1.0 + math.exp(-slope * (1.0 - centre)))


BEST_ANGLE = _sigmoid_at_one(ANGLE_LIMIT, ANGLE_SLOPE, ANGLE_CENTRE)
BEST = _sigmoid_at_one(STRENGTH_LIMIT, STRENGTH_SLOPE, STRENGTH_CENTRE) * BEST_ANGLE

QABF = Variant(
    id="qabf",
    metric="Qabf",
    title="edge transfer from A and B",
    direction="up",
    value_range=(0.0, BEST),
    unit="1",
    source="Xydeas and Petrovic 2000, doi:10.1049/el:20000267",
    function=edge_transfer,
    undefined="neither source has an edge",
)
QABF_EQGF = Variant(
    id="qabf.eqgf",
    metric="Qabf",
    title="edge transfer from A and B, equal strengths taken for their ratio",
    direction="up",
    value_range=(0.0, STRENGTH_LIMIT * BEST_ANGLE),
    unit="1",
    source="evaluator of CDDFuse, doi:10.1109/CVPR52729.2023.00572",
    function=edge_transfer_with_equality_fault,
    undefined="neither source has an edge",
)
