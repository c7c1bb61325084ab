"""Fitting a normalization to training cases, one case in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from fuseflow.cases import RefusedCase
from fuseflow.errors import InputError, Refused
from fuseflow.labels import as_labels
from fuseflow.normalization.method import Fit, Normalization, Options, Summary
from fuseflow.normalization.options import complete_options
from fuseflow.normalization.parameters import Parameters, fitted_method
from fuseflow.normalization.suitability import check_suitable
from fuseflow.provenance import versions_of
from fuseflow.volume import Data, Volume

STAGE = "normalize"
TOLERANCE = 1e-3
"""In mm: how far the affines of an image and its labels may differ."""


@dataclass(frozen=True, kw_only=True)
class TrainingCase:
    """A case to learn from.

    Parameters
    ----------
    volume
        The image.
    labels
        Its labels, on the same grid; None if there are none.
    """

    volume: Volume
    labels: Volume | None = None


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """Parameters, and the training cases that could not be used."""

    parameters: Parameters
    refused: tuple[RefusedCase, ...]


def fit(method: str, options: Options, cases: Mapping[str, Callable[[], TrainingCase]]) -> Fitted:
    """Fit a normalization to the cases of the training split.

    Parameters
    ----------
    method
        Name of a normalization that is fitted.
    options
        Its options; the others have their defaults.
    cases
        Id -> what loads the case. How many there are must be known before the first is loaded, since each contributes
        alike. They are taken in the order of their ids, whatever that of the mapping, and forgotten one by one.

    Returns
    -------
    Fitted
        A case that cannot be used is refused, and the parameters are those of the others.

    Raises
    ------
    InputError
        If the method is not one that is fitted, an option is wrong, there is no training case, none can be used, or
        the method needs labels and a case has none.

    Examples
    --------
    >>> ramp = Volume(data=np.arange(60.0).reshape(3, 4, 5), affine=np.eye(4))
    >>> fitted = fit("nyul", {"mask": "whole"}, {"P1": lambda: TrainingCase(volume=ramp)})
    >>> fitted.parameters.fitted_on, round(fitted.parameters.values["landmarks"][6], 3)
    (('P1',), 50.0)
    """
    chosen, how = fitted_method(method)
    complete = complete_options(chosen, options)
    if not cases:
        raise InputError(f"there is no training case to fit {chosen.name} to; make a split with a training part first")
    summaries: dict[str, Summary] = {}
    refused: list[RefusedCase] = []
    for case in sorted(cases):
        try:
            summaries[case] = _summary(chosen, how, complete, load=cases[case], count=len(cases))
        except Refused as refusal:
            refused.append(RefusedCase(case, STAGE, refusal.reason, refusal.detail))
    if not summaries:
        raise InputError(f"none of the {len(cases)} training cases can be used: {refused[0].case}, {refused[0].detail}")
    return Fitted(
        parameters=Parameters(
            method=chosen.name,
            options=complete,
            values=how.combine(list(summaries.values())),
            fitted_on=tuple(summaries),
            seed=how.seed,
            versions=versions_of(["numpy"]),
        ),
        refused=tuple(refused),
    )


def _summary(
    method: Normalization, how: Fit, options: Options, *, load: Callable[[], TrainingCase], count: int
) -> Summary:
    """What is kept of a case; the case itself is forgotten before the next one is loaded."""
    case = load()
    check_suitable(method.suitability, case.volume, method=method.name)
    return how.summarize(case.volume.data, _labels(case, how), options, count)


def _labels(case: TrainingCase, how: Fit) -> Data | None:
    """The labels of a case if they are asked for and there.

    Raises
    ------
    Refused
        ``size-mismatch`` or ``different-grids`` if they are on another grid than the image; as
        `fuseflow.labels.as_labels`.
    """
    if case.labels is None or not how.labels:
        return None
    volume, labels = case.volume, case.labels
    if volume.data.shape != labels.data.shape:
        raise Refused(
            "size-mismatch", f"the image has {_size(volume)} voxels and its labels {_size(labels)}; resample the labels"
        )
    if not np.allclose(volume.affine, labels.affine, rtol=0, atol=TOLERANCE):
        raise Refused("different-grids", "the image and its labels lie on different grids; resample the labels")
    whole = as_labels(labels)
    assert isinstance(whole, Volume)
    return whole.data


def _size(volume: Volume) -> str:
    return " x ".join(map(str, volume.data.shape))
