"""Grey values of a picture: which number stands for a colour, said by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from fuseflow.errors import InputError, Refused

RED, GREEN, BLUE = 0.299, 0.587, 0.114
"""Weights of luma in Recommendation ITU-R BT.601, section 2.5.1."""


def luma(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """BT.601 luma in float64, not rounded."""
    rgb = pixels.astype(np.float64)
    return RED * rgb[..., 0] + GREEN * rgb[..., 1] + BLUE * rgb[..., 2]


def luma_rounded(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """BT.601 luma as the CDDFuse evaluator reads it: OpenCV in float32, then rounded half to even."""
    grey = cv2.cvtColor(np.ascontiguousarray(pixels, np.float32), cv2.COLOR_RGB2GRAY)
    return np.rint(grey).astype(np.float64)


def is_grey(pixels: npt.NDArray[Any]) -> bool:
    """Whether all three channels of (rows, columns, 3) pixels are equal everywhere."""
    return bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all())


POLICIES: dict[str, Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float64]]] = {
    "luma": luma,
    "luma-rounded": luma_rounded,
}


def to_grey(pixels: npt.NDArray[np.uint8] | npt.NDArray[np.uint16], policy: str) -> npt.NDArray[np.float64]:
    """Grey values of an 8-bit picture.

    Parameters
    ----------
    pixels
        uint8, shape (rows, columns) for grey or (rows, columns, 3) for R, G, B.
    policy
        ``luma`` or ``luma-rounded``; see the functions of these names. Pixels with R = G = B keep their value.

    Returns
    -------
    numpy.ndarray
        float64, shape (rows, columns), in 0..255.

    Raises
    ------
    InputError
        If there is no such policy.
    Refused
        ``wrong-depth`` if the picture is not 8-bit.

    Examples
    --------
    >>> to_grey(np.array([[[255, 0, 0], [9, 9, 9]]], np.uint8), "luma-rounded")
    array([[76.,  9.]])
    """
    if policy not in POLICIES:
        raise InputError(f"there is no grey policy {policy!r}; there are {', '.join(POLICIES)}")
    if pixels.dtype != np.uint8:
        raise Refused("wrong-depth", f"the image has {8 * pixels.itemsize} bits per sample; fusion and metrics take 8")
    if pixels.ndim == 2:
        return pixels.astype(np.float64)
    if is_grey(pixels):
        return pixels[..., 0].astype(np.float64)
    return POLICIES[policy](pixels)  # type: ignore[arg-type]
