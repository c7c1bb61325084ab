"""nnunet-ct: clipped to percentiles of labelled tissue of the training cases, then scaled by its mean and deviation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from fuseflow.dicom.modalities import CT
from fuseflow.errors import InputError
from fuseflow.normalization.blocks import map_blocks, mean_and_deviation, share_outside
from fuseflow.normalization.method import Fit, Normalization, Normalized, Options, Summary, Values
from fuseflow.normalization.percentiles import percentiles
from fuseflow.normalization.suitability import Suitability
from fuseflow.volume import Data

SEED = 1234
SAMPLES = 100_000_000
LOW, HIGH = 0.5, 99.5
SMALLEST_DEVIATION = 1e-8
DRAWN_AT_ONCE = 2**20
"""Random numbers need 8 bytes each, and voxels 2 or 4."""
NAMES = ("mean", "std", "percentile_00_5", "percentile_99_5")


def sample_foreground(data: Data, labels: Data | None, options: Options, cases: int) -> Summary:
    """Values of voxels with a label above 0, drawn with replacement; as many of each case.

    Parameters
    ----------
    data
        HU, shape (x, y, z).
    labels
        That shape.
    options
        ``samples``, the number of values of all cases together.
    cases
        Number of training cases.

    Returns
    -------
    numpy.ndarray
        ``samples // cases`` values of the type of `data`; none if no voxel has a label.

    Notes
    -----
    Every case starts a generator of its own, ``RandomState(1234)``, and draws from its voxels in the order of the file:
    the same values as nnU-Net draws of a set with this CT as its first channel.
    """
    if labels is None:
        raise InputError("nnunet-ct is fitted on labelled tissue; give the labels of the training cases")
    foreground = data.T[labels.T > 0]
    count = max(1, options["samples"] // cases)
    if not foreground.size:
        return foreground
    random = np.random.RandomState(SEED)
    drawn = np.empty(count, data.dtype)
    for start in range(0, count, DRAWN_AT_ONCE):
        piece = drawn[start : start + DRAWN_AT_ONCE]
        piece[:] = foreground[random.randint(0, foreground.size, piece.size)]
    return drawn


def combine_samples(samples: Sequence[Summary]) -> dict[str, Any]:
    """Mean, population standard deviation, and the 0.5 and 99.5 percentile of the samples of all cases, in HU.

    Raises
    ------
    InputError
        If no case has a labelled voxel, or all of their values are equal.

    Examples
    --------
    >>> combine_samples([np.array([10, 20]), np.array([30])])["mean"]
    20.0
    """
    together = np.concatenate(samples)
    if not together.size:
        raise InputError("no training case of nnunet-ct has a voxel with a label above 0; check the label role")
    mean, deviation = mean_and_deviation(together)
    low, high = percentiles(together, [LOW, HIGH])
    if low == high:
        raise InputError(f"labelled voxels of the training cases of nnunet-ct have hardly another value than {low}")
    return dict(zip(NAMES, (mean, deviation, low, high), strict=True))


def check_values(values: Values) -> None:
    """Raise `InputError` if values are not those of `combine_samples`."""
    numbers = [values.get(name) for name in NAMES]
    if set(values) != set(NAMES) or not all(isinstance(number, float) and math.isfinite(number) for number in numbers):
        raise InputError(f"nnunet-ct needs the numbers {', '.join(NAMES)} and no others")
    if values["std"] < 0 or values["percentile_00_5"] >= values["percentile_99_5"]:
        raise InputError("nnunet-ct needs a standard deviation of at least 0 and percentiles that increase")


def check_options(options: Options) -> None:
    """Raise `InputError` if no sample is asked for."""
    if options["samples"] < 1:
        raise InputError(f"the option samples of nnunet-ct is {options['samples']} but must be at least 1")


def apply_statistics(data: Data, values: Values) -> Normalized:
    """Clip to the fitted percentiles, subtract the mean, divide by the standard deviation; the whole image.

    Examples
    --------
    >>> fitted = {"mean": 50.0, "std": 25.0, "percentile_00_5": 0.0, "percentile_99_5": 100.0}
    >>> apply_statistics(np.array([[[-1000, 50, 75, 3000]]]), fitted).data
    array([[[-2.,  0.,  1.,  2.]]], dtype=float32)
    """
    mean, deviation, low, high = (values[name] for name in NAMES)
    divisor = max(deviation, SMALLEST_DEVIATION)
    return Normalized(
        data=map_blocks(lambda plane: (plane.clip(low, high) - mean) / divisor, data),
        clipped=share_outside(data, low=low, high=high),
    )


METHOD = Normalization(
    name="nnunet-ct",
    title="nnU-Net's normalization of CT",
    source="Isensee et al. 2021, doi:10.1038/s41592-020-01008-z, and version 2 of its program",
    options={"samples": SAMPLES},
    check=check_options,
    apply=apply_statistics,
    suitability=Suitability(modality=CT, quantities=True, pointwise=True),
    fit=Fit(summarize=sample_foreground, combine=combine_samples, check=check_values, labels=True, seed=SEED),
)
