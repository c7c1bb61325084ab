"""The Laplacian pyramid: reduce, expand, decompose, and put together again without loss."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fuseflow.fusion.borders import es2
from fuseflow.opencv import cv2

KERNEL = np.array([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0
"""The generating kernel of Burt and Adelson with a = 3/8, used along rows and along columns."""

REACH = 2
"""How many samples the kernel reaches beyond its centre."""


def reduce(image: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Low-pass with `KERNEL` and keep every second row and column, beginning with the first.

    Parameters
    ----------
    image
        float64, shape (rows, columns); continued beyond its borders by `es2`.

    Returns
    -------
    numpy.ndarray
        float64, shape (ceil(rows / 2), ceil(columns / 2)).

    References
    ----------
    Burt, Adelson: The Laplacian pyramid as a compact image code. IEEE Transactions on Communications 31(4), 1983,
    doi:10.1109/TCOM.1983.1095851, operation REDUCE.

    Examples
    --------
    >>> image = np.zeros((9, 9)); image[4, 4] = 256.0
    >>> reduce(image)[1:4, 1:4]
    array([[ 1.,  6.,  1.],
           [ 6., 36.,  6.],
           [ 1.,  6.,  1.]])
    """
    return np.ascontiguousarray(_filter(image, KERNEL)[::2, ::2])


def expand(image: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Put zeros between the samples and interpolate with twice `KERNEL`: the doubled size.

    Parameters
    ----------
    image
        float64, shape (rows, columns).

    Returns
    -------
    numpy.ndarray
        float64, shape (2 rows, 2 columns); the continuation is by `es2`.

    References
    ----------
    Burt and Adelson 1983, doi:10.1109/TCOM.1983.1095851, operation EXPAND.

    Examples
    --------
    >>> image = np.zeros((3, 3)); image[1, 1] = 64.0
    >>> expand(image)[1:4, 1:4]
    array([[16., 24., 16.],
           [24., 36., 24.],
           [16., 24., 16.]])
    """
    rows, columns = image.shape
    spread = np.zeros((2 * rows, 2 * columns))
    spread[::2, ::2] = image
    return _filter(spread, 2.0 * KERNEL)


def decompose(
    image: npt.NDArray[np.float64], levels: int
) -> tuple[list[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    """Laplacian pyramid of an image of any size.

    At each level an odd number of rows or columns is first made even by one more row or column, the reflection of the
    last but one. So no size is refused, and `recompose` gives the image back by cutting these off again.

    Parameters
    ----------
    image
        float64, shape (rows, columns).
    levels
        Number of detail bands, 1 or more.

    Returns
    -------
    details : list of numpy.ndarray
        Finest first: what `expand(reduce(image))` lacks, each with an even number of rows and columns.
    base : numpy.ndarray
        The coarsest low-pass image.

    References
    ----------
    Burt and Adelson 1983, doi:10.1109/TCOM.1983.1095851.

    Examples
    --------
    >>> details, base = decompose(np.full((6, 5), 7.0), levels=2)
    >>> [band.shape for band in details], base.shape
    ([(6, 6), (4, 4)], (2, 2))
    """
    details = []
    for _ in range(levels):
        image = _make_even(image)
        coarser = reduce(image)
        details.append(image - expand(coarser))
        image = coarser
    return details, image


def recompose(
    details: list[npt.NDArray[np.float64]], base: npt.NDArray[np.float64], shape: tuple[int, int]
) -> npt.NDArray[np.float64]:
    """Inverse of `decompose`.

    Parameters
    ----------
    details, base
        The bands, shaped as `decompose` gives them.
    shape
        (rows, columns) of the image that was decomposed.

    Returns
    -------
    numpy.ndarray
        float64, that shape; of integers up to 255 and 4 levels the decomposed image itself, without any rounding error.

    Examples
    --------
    >>> image = np.arange(35.0).reshape(5, 7)
    >>> bool((recompose(*decompose(image, levels=4), shape=image.shape) == image).all())
    True
    """
    # a level has half the (even) size of the next finer detail band, before it was made even itself
    shapes = [shape, *((band.shape[0] // 2, band.shape[1] // 2) for band in details[:-1])]
    image = base
    for band, (rows, columns) in zip(reversed(details), reversed(shapes), strict=True):
        image = (expand(image) + band)[:rows, :columns]
    return image


def _filter(image: npt.NDArray[np.float64], kernel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    filtered = cv2.sepFilter2D(es2(image, REACH), cv2.CV_64F, kernel, kernel)
    return np.asarray(filtered, np.float64)[REACH:-REACH, REACH:-REACH]


def _make_even(image: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    rows, columns = image.shape
    if rows % 2 == 0 and columns % 2 == 0:
        return image
    extended = cv2.copyMakeBorder(image, 0, rows % 2, 0, columns % 2, cv2.BORDER_REFLECT_101)
    return np.asarray(extended, np.float64)
