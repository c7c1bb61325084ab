"""Flat images: pixels without a place in the patient, and what is known about them besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
"""Grey (rows, columns) or RGB (rows, columns, 3), as stored."""


@dataclass(frozen=True, kw_only=True)
class FlatImage:
    """A flat image in canonical form.

    Parameters
    ----------
    pixels
        uint8 or uint16, shape (rows, columns) of grey or (rows, columns, 3) of RGB images.
    sidecar
        What is known about it besides, as JSON values; written beside it if there is anything.
    """

    pixels: Pixels
    sidecar: Mapping[str, Any] = field(default_factory=dict)


def pixel_facts(pixels: Pixels) -> dict[str, Any]:
    """What the sidecar of a flat image says of the array itself.

    Returns
    -------
    dict
        ``shape``, ``axes`` and ``data_type``.

    Examples
    --------
    >>> pixel_facts(np.zeros((2, 5, 3), np.uint8))
    {'shape': [2, 5, 3], 'axes': ['y', 'x', 'channel'], 'data_type': 'uint8'}
    """
    return {
        "shape": list(pixels.shape),
        "axes": ["y", "x", "channel"][: pixels.ndim],
        "data_type": pixels.dtype.name,
    }
