"""Weighted means, variances and covariances in a window around every pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fuseflow.metrics.triple import FloatImage, GreyImage
from fuseflow.opencv import cv2


@dataclass(frozen=True)
class Window:
    """A square window whose weight is the product of a row weight and a column weight.

    Parameters
    ----------
    weights
        The weights along either axis: an odd number of them, symmetric, with sum 1. `gaussian_window` and
        `uniform_window` make them.

    Notes
    -----
    Every result covers the *valid* region only, the pixels around which the whole window lies inside the image: an
    image of (rows, columns) gives (rows - size + 1, columns - size + 1).
    """

    weights: tuple[float, ...]

    @property
    def size(self) -> int:
        """Side length in pixels."""
        return len(self.weights)

    def filter(self, pixels: FloatImage) -> FloatImage:
        """Weighted mean around every pixel of the valid region.

        Parameters
        ----------
        pixels
            float64, shape (rows, columns).

        Returns
        -------
        numpy.ndarray
            float64, shape (rows - size + 1, columns - size + 1).

        Raises
        ------
        ValueError
            If the image is smaller than the window.

        Examples
        --------
        >>> uniform_window(3).filter(np.arange(12.0).reshape(3, 4)).round(9)
        array([[5., 6.]])
        """
        rows, columns = pixels.shape
        if min(rows, columns) < self.size:
            raise ValueError(f"an image of {rows} x {columns} pixels is smaller than a window of {self.size} pixels")
        margin = self.size // 2
        kernel = np.array(self.weights)
        everywhere = cv2.sepFilter2D(pixels, cv2.CV_64F, kernel, kernel, borderType=cv2.BORDER_REFLECT_101)
        valid: FloatImage = everywhere[margin : rows - margin, margin : columns - margin].astype(np.float64, copy=False)
        return valid

    def mean(self, image: GreyImage) -> FloatImage:
        """Local mean."""
        return self.filter(image.pixels)

    def variance(self, image: GreyImage) -> FloatImage:
        """Local variance: weighted mean of the squares minus squared mean, not below 0."""
        return np.maximum(self.filter(image.pixels**2) - image.derived(self.mean) ** 2, 0.0)

    def covariance(self, x: GreyImage, y: GreyImage) -> FloatImage:
        """Local covariance: weighted mean of the product minus product of the means."""
        return self.filter(x.pixels * y.pixels) - x.derived(self.mean) * y.derived(self.mean)

    def half(self, image: GreyImage) -> GreyImage:
        """Make the next coarser scale: every second row and column of the local mean, beginning with the first."""
        return GreyImage(np.ascontiguousarray(self.filter(image.pixels)[::2, ::2]))


def gaussian_window(size: int, sigma: float) -> Window:
    """Gaussian weights with standard deviation `sigma` (pixels), cut off at `size` pixels and scaled to sum 1.

    Examples
    --------
    >>> [round(weight, 4) for weight in gaussian_window(3, 0.6).weights]
    [0.1664, 0.6672, 0.1664]
    """
    margin = size // 2
    bell = [math.exp(-(offset**2) / (2.0 * sigma**2)) for offset in range(-margin, margin + 1)]
    total = math.fsum(bell)
    return Window(tuple(value / total for value in bell))


def uniform_window(size: int) -> Window:
    """Equal weights on `size` x `size` pixels.

    Examples
    --------
    >>> uniform_window(5).weights
    (0.2, 0.2, 0.2, 0.2, 0.2)
    """
    return Window((1.0 / size,) * size)
