"""percentile: from a low to a high percentile, mapped to 0..1."""

from __future__ import annotations

from fuseflow.errors import InputError, Refused
from fuseflow.normalization.blocks import map_blocks, share_outside
from fuseflow.normalization.masks import NONZERO, WHOLE, values_inside
from fuseflow.normalization.method import Normalization, Normalized, Options
from fuseflow.normalization.options import check_choice
from fuseflow.normalization.percentiles import percentiles
from fuseflow.volume import Data


def apply_percentiles(data: Data, options: Options) -> Normalized:
    """Clip to two percentiles of the voxels inside the mask and map them to 0..1; the whole image, in the same way.

    Raises
    ------
    Refused
        As `fuseflow.normalization.masks.values_inside`; ``constant`` if both percentiles are equal.

    Examples
    --------
    >>> import numpy as np
    >>> apply_percentiles(np.array([[[0, 10, 20, 30, 40]]]), {"low": 25.0, "high": 75.0, "mask": "whole"}).data
    array([[[0. , 0. , 0.5, 1. , 1. ]]], dtype=float32)
    """
    inside = values_inside(data, options["mask"])
    low, high = percentiles(inside, [options["low"], options["high"]])
    if low == high:
        raise Refused(
            "constant", f"the {options['low']} and {options['high']} percentile are both {low}, which leaves no range"
        )
    clipped = share_outside(inside, low=low, high=high)
    # of the memory of a volume
    del inside
    return Normalized(
        data=map_blocks(lambda plane: (plane.clip(low, high) - low) / (high - low), data),
        clipped=clipped,
        computed={"low": low, "high": high},
    )


def check_options(options: Options) -> None:
    """Raise `InputError` if the percentiles do not increase inside 0..100, or there is no such mask."""
    if not 0 <= options["low"] < options["high"] <= 100:
        raise InputError(
            f"the options low and high are {options['low']} and {options['high']} but must increase inside 0..100"
        )
    check_choice(options, "mask", (WHOLE, NONZERO))


METHOD = Normalization(
    name="percentile",
    title="Percentiles to 0..1",
    source="by definition",
    options={"low": 1.0, "high": 99.0, "mask": WHOLE},
    check=check_options,
    apply=apply_percentiles,
)
