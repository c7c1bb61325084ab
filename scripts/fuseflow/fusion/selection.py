"""Which of two coefficients goes into the fused decomposition."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fuseflow.fusion.borders import es2
from fuseflow.opencv import cv2

RESOLUTION = 1e-6
"""Activities are rounded to multiples of this before they are compared, so that a tie is one on every platform."""

WINDOW = np.ones((3, 3), np.uint8)
MAJORITY = 4


def selc3(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Choose-max over a 3x3 window, followed by a 3x3 majority vote (consistency verification).

    The activity of a coefficient is the largest magnitude in its 3x3 window. A is taken where its activity is strictly
    larger at more than four of the nine positions around, else B; so ties go to B. Activities are rounded to
    `RESOLUTION` before they are compared: flat regions and Haar coefficients of integers tie exactly, and the last bit
    of a float must not decide.

    Parameters
    ----------
    a, b
        Coefficients of one band, float64, equal shape (rows, columns).

    Returns
    -------
    numpy.ndarray
        float64, the same shape; every value is that of `a` or of `b`.

    Notes
    -----
    Magnitudes are extended by one cell with `es2`, so the four corner cells of the extension are 0; all cells of
    the extension take part in the vote.

    References
    ----------
    Li, Manjunath, Mitra: Multisensor image fusion using the wavelet transform. Graphical Models and Image Processing
    57(3), 1995, doi:10.1006/gmip.1995.1022. Extension and ties: O. Rockinger, image fusion toolbox, 1999, rule 3.

    Examples
    --------
    >>> a = np.zeros((5, 5)); a[2, 2] = -9.0
    >>> b = np.ones((5, 5))
    >>> selc3(a, b)[1:4, 1:4]
    array([[ 1.,  0.,  1.],
           [ 0., -9.,  0.],
           [ 1.,  0.,  1.]])
    """
    a_is_larger = (_activity(a) > _activity(b)).view(np.uint8)
    votes = cv2.boxFilter(a_is_larger, cv2.CV_8U, (3, 3), normalize=False)[1:-1, 1:-1]
    return np.where(votes > MAJORITY, a, b)


def average_base(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean of the two coarsest approximations (base rule "average"), float64, any equal shape.

    Examples
    --------
    >>> average_base(np.array([[1.0]]), np.array([[4.0]]))
    array([[2.5]])
    """
    return (a + b) / 2.0


def _activity(coefficients: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """3x3 maximum of the rounded magnitudes on the array extended by one cell, in units of `RESOLUTION`."""
    magnitudes = np.rint(np.abs(coefficients) / RESOLUTION)
    return np.asarray(cv2.dilate(es2(magnitudes, 1), WINDOW), np.float64)
