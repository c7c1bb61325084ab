"""The orthonormal 2-D Haar wavelet transform, exact on integers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Details(NamedTuple):
    """The three detail bands of one level, float64, equal shape; named by the edges that they answer to."""

    horizontal: npt.NDArray[np.float64]
    vertical: npt.NDArray[np.float64]
    diagonal: npt.NDArray[np.float64]


def decompose(image: npt.NDArray[np.float64], levels: int) -> tuple[list[Details], npt.NDArray[np.float64]]:
    """Haar (db1) wavelet transform of an image of any size.

    Each level works on blocks of 2x2 pixels. An odd number of rows or columns is first made even by repeating the last
    one, which is what periodized transforms do; `recompose` cuts it off again. The orthonormal factor of a block is
    exactly 1/2, so integers up to 255 are transformed over 4 levels without any rounding error, and ties are exact.

    Parameters
    ----------
    image
        float64, shape (rows, columns).
    levels
        Number of levels, 1 or more.

    Returns
    -------
    details : list of Details
        Finest first.
    base : numpy.ndarray
        The coarsest approximation: block means times 2 to the power of `levels`.

    References
    ----------
    Mallat: A theory for multiresolution signal decomposition. IEEE Transactions on Pattern Analysis and Machine
    Intelligence 11(7), 1989, doi:10.1109/34.192463.

    Examples
    --------
    >>> details, base = decompose(np.array([[1.0, 2.0], [3.0, 8.0]]), levels=1)
    >>> float(base[0, 0]), [float(band[0, 0]) for band in details[0]]
    (7.0, [-4.0, -3.0, 2.0])
    """
    details = []
    for _ in range(levels):
        bands, image = _analyse(_make_even(image))
        details.append(bands)
    return details, image


def recompose(details: list[Details], base: npt.NDArray[np.float64], shape: tuple[int, int]) -> npt.NDArray[np.float64]:
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
        float64, that shape.

    Examples
    --------
    >>> image = np.arange(35.0).reshape(5, 7)
    >>> bool((recompose(*decompose(image, levels=4), shape=image.shape) == image).all())
    True
    """
    shapes = [shape, *(bands.diagonal.shape for bands in details[:-1])]
    image = base
    for bands, (rows, columns) in zip(reversed(details), reversed(shapes), strict=True):
        image = _synthesize(bands, image)[:rows, :columns]
    return image


def _analyse(image: npt.NDArray[np.float64]) -> tuple[Details, npt.NDArray[np.float64]]:
    left, right = image[:, ::2], image[:, 1::2]
    sums, differences = left + right, left - right
    approximation = (sums[::2] + sums[1::2]) / 2.0
    details = Details(
        horizontal=(sums[::2] - sums[1::2]) / 2.0,
        vertical=(differences[::2] + differences[1::2]) / 2.0,
        diagonal=(differences[::2] - differences[1::2]) / 2.0,
    )
    return details, approximation


def _synthesize(details: Details, approximation: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    rows, columns = approximation.shape
    sums, differences = np.empty((2 * rows, columns)), np.empty((2 * rows, columns))
    sums[::2], sums[1::2] = approximation + details.horizontal, approximation - details.horizontal
    differences[::2], differences[1::2] = details.vertical + details.diagonal, details.vertical - details.diagonal
    image = np.empty((2 * rows, 2 * columns))
    image[:, ::2], image[:, 1::2] = (sums + differences) / 2.0, (sums - differences) / 2.0
    return image


def _make_even(image: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    rows, columns = image.shape
    if rows % 2 == 0 and columns % 2 == 0:
        return image
    return np.pad(image, ((0, rows % 2), (0, columns % 2)), mode="edge")
