"""How the fused image goes along with the sources: CC, and SCD for what it adds to either of them."""

from __future__ import annotations

from fuseflow.metrics.moments import pearson_correlation
from fuseflow.metrics.triple import GreyImage, Triple
from fuseflow.metrics.variant import Variant


def correlation_coefficient(triple: Triple) -> float:
    """CC: (r(A,F) + r(B,F)) / 2, with Pearson's correlation coefficient r.

    Parameters
    ----------
    triple
        All three images count; A and B may be exchanged.

    Returns
    -------
    float
        In -1..1; larger is better. NaN if one of the three images has the same value everywhere.

    Notes
    -----
    K. Pearson, "Note on regression and inheritance in the case of two parents", Proc. R. Soc. Lond. 58, 1895,
    doi:10.1098/rspl.1895.0041.

    Examples
    --------
    >>> import numpy as np
    >>> a, b = np.array([[0, 1, 2]]), np.array([[2, 1, 0]])
    >>> correlation_coefficient(Triple(a, b, a))
    0.0
    """
    return sum(pearson_correlation(source, triple.fused) for source in triple.sources) / 2.0


def sum_of_correlations_of_differences(triple: Triple) -> float:
    """SCD: r(F - B, A) + r(F - A, B), with Pearson's correlation coefficient r.

    What remains of the fused image when one source is taken away should be the other source. The differences keep their
    sign; 8-bit arithmetic, which cuts it off, is another formula.

    Parameters
    ----------
    triple
        All three images count; A and B may be exchanged.

    Returns
    -------
    float
        In -2..2; larger is better. NaN if A, B, F - A or F - B has the same value everywhere: in particular whenever
        the fused image is a copy of a source.

    Notes
    -----
    V. Aslantas, E. Bendes, "A new image quality metric for image fusion: the sum of the correlations of differences",
    AEU Int. J. Electron. Commun. 69, 2015, doi:10.1016/j.aeue.2015.09.004.

    Examples
    --------
    >>> import numpy as np
    >>> a, b = np.array([[0, 10, 0, 10]]), np.array([[0, 0, 20, 20]])
    >>> round(sum_of_correlations_of_differences(Triple(a, b, a + b)), 12)
    2.0
    """
    a, b = triple.sources
    without_a, without_b = (GreyImage(triple.fused.pixels - source.pixels) for source in (a, b))
    return pearson_correlation(without_b, a) + pearson_correlation(without_a, b)


CC = Variant(
    id="cc",
    metric="CC",
    title="correlation coefficient, mean over A and B",
    direction="up",
    value_range=(-1.0, 1.0),
    unit="1",
    source="Pearson 1895, doi:10.1098/rspl.1895.0041",
    function=correlation_coefficient,
    undefined="one of the images has the same value everywhere",
)
SCD = Variant(
    id="scd",
    metric="SCD",
    title="sum of the correlations of differences",
    direction="up",
    value_range=(-2.0, 2.0),
    unit="1",
    source="Aslantas and Bendes 2015, doi:10.1016/j.aeue.2015.09.004",
    function=sum_of_correlations_of_differences,
    undefined="a source, or its difference from the fused image, has the same value everywhere",
)
