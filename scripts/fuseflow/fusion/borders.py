"""How an image goes on beyond its borders."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fuseflow.opencv import cv2


def es2(image: npt.NDArray[np.float64], width: int) -> npt.NDArray[np.float64]:
    """Extend at all four sides by reflection without repeating the edge; the four corner blocks stay 0.

    That the corners are not reflected too is a peculiarity of the toolbox that the published rows of LP and DWT were
    computed with. It is kept because it shows: with plain reflection LP differs from the published result by up to 11
    grey levels on head images, whose corners are black but near to the skull at the coarsest level.

    Parameters
    ----------
    image
        float64, shape (rows, columns), any size from 1 x 1.
    width
        Cells to add at each side.

    Returns
    -------
    numpy.ndarray
        float64, shape (rows + 2 width, columns + 2 width).

    References
    ----------
    O. Rockinger, image fusion toolbox, 1999, function of this name.

    Examples
    --------
    >>> es2(np.array([[1.0, 2.0], [3.0, 4.0]]), 1)
    array([[0., 3., 4., 0.],
           [2., 1., 2., 1.],
           [4., 3., 4., 3.],
           [0., 1., 2., 0.]])
    """
    extended = cv2.copyMakeBorder(image, width, width, width, width, cv2.BORDER_REFLECT_101)
    for rows in (slice(width), slice(-width, None)):
        extended[rows, :width] = 0.0
        extended[rows, -width:] = 0.0
    return np.asarray(extended, np.float64)
