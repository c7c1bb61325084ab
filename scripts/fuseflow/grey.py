"""Grey levels: which number stands for a colour, said by name, and which numbers are grey levels at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fuseflow.errors import InputError, Refused
from fuseflow.opencv import cv2

MAXIMUM = 255.0
"""The largest grey level; it is part of the contract, so that no method and no metric guesses a data range."""

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
        ``unsupported-pixels`` if the picture is not 8-bit.

    Examples
    --------
    >>> to_grey(np.array([[[255, 0, 0], [9, 9, 9]]], np.uint8), "luma-rounded")
    array([[76.,  9.]])
    """
    if policy not in POLICIES:
        raise InputError(f"there is no grey policy {policy!r}; there are {', '.join(POLICIES)}")
    if pixels.dtype != np.uint8:
        raise Refused(
            "unsupported-pixels",
            f"the image has {8 * pixels.itemsize} bits per sample, but fusion and metrics take 8; "
            "map its grey levels to 0..255 and save it with 8 bits first",
        )
    if pixels.ndim == 2:
        return pixels.astype(np.float64)
    if is_grey(pixels):
        return pixels[..., 0].astype(np.float64)
    return POLICIES[policy](pixels)  # type: ignore[arg-type]


def check_grey_levels(image: npt.NDArray[Any], name: str) -> None:
    """Check that an image holds grey levels.

    Parameters
    ----------
    image
        Any real type; to pass it must have the shape (rows, columns) and values in 0..255, which need not be integers.
    name
        What the refusal calls it.

    Raises
    ------
    Refused
        ``unsupported-pixels`` if it is not a grey image, is empty, holds NaN or infinity, or leaves 0..255.

    Examples
    --------
    >>> check_grey_levels(np.array([[0, 4095]]), "CT")
    Traceback (most recent call last):
    fuseflow.errors.Refused: unsupported-pixels: CT has grey levels 0 to 4095; scale it to 0..255 first
    """
    if image.ndim != 2 or not image.size:
        raise Refused("unsupported-pixels", f"{name} has shape {image.shape}; a grey image (rows, columns) is needed")
    lowest, highest = image.min(), image.max()
    if not (np.isfinite(lowest) and np.isfinite(highest)):
        raise Refused("unsupported-pixels", f"{name} holds NaN or infinity; repair these pixels first")
    if lowest < 0 or highest > MAXIMUM:
        raise Refused("unsupported-pixels", f"{name} has grey levels {lowest} to {highest}; scale it to 0..255 first")


def check_one_grid(images: Mapping[str, npt.NDArray[Any]]) -> None:
    """Check that images hold grey levels, and for the same rows and columns.

    Parameters
    ----------
    images
        Two or more, by the name that a refusal calls them; see `check_grey_levels`.

    Raises
    ------
    Refused
        ``unsupported-pixels`` as `check_grey_levels`; ``size-mismatch`` if the shapes differ.

    Examples
    --------
    >>> check_one_grid({"A": np.zeros((2, 2)), "B": np.zeros((2, 3))})
    Traceback (most recent call last):
    fuseflow.errors.Refused: size-mismatch: A has 2 x 2 and B has 2 x 3 pixels; resample them onto one grid first
    """
    for name, image in images.items():
        check_grey_levels(image, name)
    if len({image.shape for image in images.values()}) > 1:
        *most, last = (f"{name} has {image.shape[0]} x {image.shape[1]}" for name, image in images.items())
        raise Refused("size-mismatch", f"{', '.join(most)} and {last} pixels; resample them onto one grid first")
