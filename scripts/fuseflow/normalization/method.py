"""What a normalization is, and how it is applied to a volume."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from fuseflow.errors import Refused
from fuseflow.normalization.blocks import all_finite
from fuseflow.normalization.suitability import Suitability, check_suitable
from fuseflow.volume import Data, Volume

Options = Mapping[str, Any]
"""What was chosen, as JSON values: text, numbers, true or false, lists of integers."""
Values = Mapping[str, Any]
"""What was fitted: numbers and lists of numbers."""
Summary = npt.NDArray[np.number[Any]]
"""What a fit keeps of one training case."""


@dataclass(frozen=True, kw_only=True)
class Normalized:
    """The result of a normalization.

    Parameters
    ----------
    data
        float32, the shape of the volume.
    clipped
        Share of the voxels inside the mask of the method that lay outside of its range, 0..1.
    computed
        What the method computed from the image itself, such as mean and deviation.
    """

    data: npt.NDArray[np.float32]
    clipped: float = 0.0
    computed: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How a normalization learns from training cases, one case at a time.

    Parameters
    ----------
    summarize
        Voxels of a case, its labels (None without them), options, number of training cases -> what is kept of it.
    combine
        What was kept, in the order of the case ids -> the fitted values, as JSON values.
    check
        Raises `fuseflow.errors.InputError` if values are not such as `combine` makes.
    labels
        Whether training cases need labels.
    seed
        Of the random numbers that it draws; None if it draws none.
    """

    summarize: Callable[[Data, Data | None, Options, int], Summary]
    combine: Callable[[Sequence[Summary]], dict[str, Any]]
    check: Callable[[Values], None]
    labels: bool = False
    seed: int | None = None


def accept_all(options: Options) -> None:
    """The check of methods whose options may have every value of the right type."""


@dataclass(frozen=True, kw_only=True)
class Normalization:
    """A normalization with everything needed to cite and repeat it.

    Parameters
    ----------
    name
        How configuration and sidecars spell it, for example ``z-score``.
    title
        The full name.
    source
        The paper or program whose rule it is; "by definition" where there is none.
    options
        Options with their defaults; a given value must have the type of the default.
    apply
        Voxels, options together with what was fitted -> result, computed in float64 and rounded to float32 once.
    check
        Raises `fuseflow.errors.InputError` if an option has no meaning.
    suitability
        Which volumes it can be used for.
    fit
        How it learns from training cases; None if it does not.
    """

    name: str
    title: str
    source: str
    options: Options
    apply: Callable[[Data, Options], Normalized]
    check: Callable[[Options], None] = accept_all
    suitability: Suitability = field(default_factory=Suitability)
    fit: Fit | None = None


def normalize(method: Normalization, volume: Volume, *, options: Options, values: Values | None = None) -> Normalized:
    """Apply a normalization to a volume.

    Parameters
    ----------
    method
        The method, for example ``NORMALIZATIONS.load("z-score")``.
    volume
        Integers or floats; it is not changed.
    options
        All of its options, see `fuseflow.normalization.options.complete_options`.
    values
        What was fitted, for methods that are.

    Raises
    ------
    Refused
        As `fuseflow.normalization.suitability.check_suitable`; ``empty-mask`` or ``constant`` if there is nothing to
        compute from inside the mask; ``not-finite`` if a result is larger than float32 can hold.

    Examples
    --------
    >>> from fuseflow.normalization.registry import NORMALIZATIONS
    >>> volume = Volume(data=np.array([[[10, 20, 30]]]), affine=np.eye(4))
    >>> normalize(NORMALIZATIONS.load("rescale"), volume, options={}).data
    array([[[0. , 0.5, 1. ]]], dtype=float32)
    """
    check_suitable(method.suitability, volume, method=method.name)
    # what overflows is found in the result
    with np.errstate(over="ignore", invalid="ignore"):
        normalized = method.apply(volume.data, {**options, **(values or {})})
    if not all_finite(normalized.data):
        raise Refused("not-finite", "values of the result are beyond what 32-bit floats can hold")
    return normalized
