"""nyul: the histogram's landmarks moved to where they lie on average in the training images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fuseflow.errors import InputError, Refused
from fuseflow.normalization.blocks import map_blocks
from fuseflow.normalization.masks import ABOVE_MEAN, NONZERO, WHOLE, values_inside
from fuseflow.normalization.method import Fit, Normalization, Normalized, Options, Summary, Values
from fuseflow.normalization.options import check_choice
from fuseflow.normalization.percentiles import percentiles
from fuseflow.volume import Data

PERCENTS = (1, 10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90, 99)
STANDARD_MAXIMUM = 100.0
"""The first landmark of the standard scale is 0, the last one this."""


def standard_landmarks(data: Data, _labels: Data | None, options: Options, _cases: int) -> Summary:
    """Landmarks of a training image, mapped linearly so that the first is 0 and the last 100.

    Returns
    -------
    numpy.ndarray
        float64, one for each of `PERCENTS`.

    Raises
    ------
    Refused
        As `image_landmarks`.

    Examples
    --------
    >>> standard_landmarks(np.arange(101.0).reshape(1, 1, 101), None, {"mask": "whole"}, 1).round(3)[[0, 6, 12]]
    array([  0.,  50., 100.])
    """
    landmarks = image_landmarks(data, options["mask"])
    standard: Summary = (landmarks - landmarks[0]) * (STANDARD_MAXIMUM / (landmarks[-1] - landmarks[0]))
    return standard


def image_landmarks(data: Data, mask: str) -> npt.NDArray[np.float64]:
    """Percentiles of the voxels inside the mask.

    Raises
    ------
    Refused
        As `fuseflow.normalization.masks.values_inside`; ``constant`` if the first and the last are equal.
    """
    landmarks = np.array(percentiles(values_inside(data, mask), PERCENTS))
    if landmarks[0] == landmarks[-1]:
        raise Refused("constant", f"the first and the last landmark are both {landmarks[0]}, which leaves no range")
    return landmarks


def average_landmarks(summaries: Sequence[Summary]) -> dict[str, Any]:
    """The standard scale: the mean of the mapped landmarks of all training images.

    Examples
    --------
    >>> average_landmarks([np.linspace(0, 100, 13), np.linspace(0, 100, 13)])["landmarks"][6]
    50.0
    """
    return {"percents": list(PERCENTS), "landmarks": np.mean(np.stack(summaries), axis=0).tolist()}


def check_values(values: Values) -> None:
    """Raise `InputError` if values are not those of `average_landmarks`."""
    landmarks = values.get("landmarks")
    if set(values) != {"percents", "landmarks"} or values["percents"] != list(PERCENTS):
        raise InputError(f"nyul needs the landmarks at {', '.join(map(str, PERCENTS))} % and nothing else")
    if (
        not isinstance(landmarks, list)
        or len(landmarks) != len(PERCENTS)
        or not all(isinstance(landmark, float) and math.isfinite(landmark) for landmark in landmarks)
        or landmarks != sorted(landmarks)
        or landmarks[0] == landmarks[-1]
    ):
        raise InputError(f"nyul needs {len(PERCENTS)} landmarks, numbers that increase")


def apply_landmarks(data: Data, options: Options) -> Normalized:
    """Map the landmarks of an image to those of the standard scale, linearly in between and beyond.

    Parameters
    ----------
    data
        Voxels, shape (x, y, z).
    options
        ``mask``: which voxels the landmarks of the image are those of. ``landmarks``, which are fitted: those of the
        standard scale, one for each of `PERCENTS`.

    Returns
    -------
    Normalized
        Never decreasing with the voxels' values; 0..100 between the first and the last landmark, beyond them on the
        lines of the first and the last piece. Landmarks of the image that are equal count as one, at the mean of where
        they should go.

    Raises
    ------
    Refused
        As `image_landmarks`.

    Notes
    -----
    TorchIO fits the same landmarks and leaves out those at 25 and 75 % where it applies them; here all are used.

    Examples
    --------
    >>> image = np.arange(101.0).reshape(1, 1, 101)
    >>> scale = {"landmarks": np.linspace(0, 100, 13).tolist()}
    >>> apply_landmarks(image, {"mask": "whole", **scale}).data[0, 0, [1, 50, 99]]
    array([  0.,  50., 100.], dtype=float32)
    """
    landmarks = image_landmarks(data, options["mask"])
    knots, which = np.unique(landmarks, return_inverse=True)
    targets = np.bincount(which, weights=options["landmarks"]) / np.bincount(which)
    slopes = np.diff(targets) / np.diff(knots)

    def stretch(plane: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        stretched: npt.NDArray[np.float64] = np.interp(plane, knots, targets)
        stretched += slopes[0] * np.minimum(plane - knots[0], 0.0) + slopes[-1] * np.maximum(plane - knots[-1], 0.0)
        return stretched

    return Normalized(
        data=map_blocks(stretch, data), computed={"low": float(landmarks[0]), "high": float(landmarks[-1])}
    )


def check_options(options: Options) -> None:
    """Raise `InputError` if there is no such mask."""
    check_choice(options, "mask", (ABOVE_MEAN, NONZERO, WHOLE))


METHOD = Normalization(
    name="nyul",
    title="Nyul's histogram standardization",
    source="Nyul, Udupa and Zhang 2000, doi:10.1109/42.836373; landmarks as in TorchIO, doi:10.1016/j.cmpb.2021.106236",
    options={"mask": ABOVE_MEAN},
    check=check_options,
    apply=apply_landmarks,
    fit=Fit(summarize=standard_landmarks, combine=average_landmarks, check=check_values),
)
