"""All metrics of a profile for one fused image."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from fuseflow.metrics.triple import Triple
from fuseflow.metrics.variant import Profile, Variant


def evaluate(
    profile: Profile, a: npt.NDArray[Any], b: npt.NDArray[Any], fused: npt.NDArray[Any]
) -> list[tuple[Variant, float]]:
    """Score a fused image against its two sources.

    Parameters
    ----------
    profile
        Which variant of every metric, for example ``PROFILES.load("reference")``.
    a, b, fused
        Shape (rows, columns), equal for the three; any real type; grey levels in 0..255 (see `fuseflow.grey` for
        colour).

    Returns
    -------
    list of (Variant, float)
        In the order of the profile. A value is finite, or NaN where it does not exist (see `Variant`).

    Raises
    ------
    Refused
        ``size-mismatch`` or ``unsupported-pixels``; see `Triple`.

    Examples
    --------
    >>> import numpy as np
    >>> from fuseflow.metrics.registry import PROFILES
    >>> a, b = np.array([[0, 90], [90, 0]]), np.array([[20, 0], [0, 20]])
    >>> [(variant.id, value) for variant, value in evaluate(PROFILES.load("reference"), a, b, np.maximum(a, b))][:2]
    [('en', 1.0), ('sd', 35.0)]
    """
    triple = Triple(a, b, fused)
    return [(variant, variant(triple)) for variant in profile.variants]
