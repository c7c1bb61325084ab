"""ct-window: the part of the Hounsfield scale that a radiologist's window shows."""

from __future__ import annotations

import math

from fuseflow.dicom.modalities import CT
from fuseflow.errors import InputError
from fuseflow.normalization.blocks import map_blocks, share_outside
from fuseflow.normalization.method import Normalization, Normalized, Options
from fuseflow.normalization.suitability import Suitability
from fuseflow.volume import Data

WINDOWS = {
    "brain": (40.0, 80.0),
    "subdural": (80.0, 200.0),
    "soft-tissue": (40.0, 400.0),
    "liver": (60.0, 160.0),
    "lung": (-600.0, 1500.0),
    "bone": (400.0, 1800.0),
}
"""Name -> level and width in HU, as they are in common use; there is no standard."""


def window_limits(window: str) -> tuple[float, float]:
    """Lower and upper limit of a window in HU: level - width / 2 and level + width / 2.

    Parameters
    ----------
    window
        A name in `WINDOWS`, or level and width as ``40/400``.

    Raises
    ------
    InputError
        If it is neither, or the width is not positive.

    Examples
    --------
    >>> window_limits("lung"), window_limits("40/400")
    ((-1350.0, 150.0), (-160.0, 240.0))
    """
    level, width = WINDOWS[window] if window in WINDOWS else _numbers(window)
    return level - width / 2, level + width / 2


def _numbers(window: str) -> tuple[float, float]:
    level, _, width = window.partition("/")
    try:
        found = float(level), float(width)
    except ValueError:
        found = math.nan, math.nan
    if not all(map(math.isfinite, found)) or found[1] <= 0:
        names = ", ".join(WINDOWS)
        raise InputError(f"there is no CT window {window!r}; there are {names}, or level/width in HU, such as 40/400")
    return found


def apply_window(data: Data, options: Options) -> Normalized:
    """Clip to a window and map it to 0..1: (clip(x) - low) / (high - low).

    Examples
    --------
    >>> import numpy as np
    >>> apply_window(np.array([[[-1000, -160, 40, 3000]]]), {"window": "soft-tissue"}).data
    array([[[0. , 0. , 0.5, 1. ]]], dtype=float32)
    """
    low, high = window_limits(options["window"])
    return Normalized(
        data=map_blocks(lambda plane: (plane.clip(low, high) - low) / (high - low), data),
        clipped=share_outside(data, low=low, high=high),
        computed={"low": low, "high": high},
    )


def check_options(options: Options) -> None:
    """Raise `InputError` if there is no such window."""
    window_limits(options["window"])


METHOD = Normalization(
    name="ct-window",
    title="CT window",
    source="by definition",
    options={"window": "soft-tissue"},
    check=check_options,
    apply=apply_window,
    suitability=Suitability(modality=CT, quantities=True, pointwise=True),
)
