"""What a metric variant and a profile are: a number is only comparable if both are named."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from fuseflow.metrics.triple import Triple


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One exact formula behind the name of a metric.

    Parameters
    ----------
    id
        The name of the formula, for example ``mi.nats``; two formulas never share one.
    metric
        The column that the number belongs to in a table, for example ``MI``.
    title
        What it is, in a few words.
    direction
        Whether larger (``up``) or smaller (``down``) values are better.
    value_range
        Lowest and highest value possible.
    unit
        ``bit``, ``nat``, ``dB``, ``grey level`` ...; ``1`` for a pure number.
    source
        The paper, with DOI.
    function
        Maps a `Triple` to the value.
    smallest
        Rows and columns that the function needs at least, in pixels.
    undefined
        For which images of sufficient size the value is NaN; empty if for none.

    Examples
    --------
    >>> import numpy as np
    >>> from fuseflow.metrics.structure import SSIM_GAUSS11
    >>> SSIM_GAUSS11(Triple(*[np.eye(16)] * 3)), SSIM_GAUSS11(Triple(*[np.eye(4)] * 3))
    (1.0, nan)
    """

    id: str
    metric: str
    title: str
    direction: Literal["up", "down"]
    value_range: tuple[float, float]
    unit: str
    source: str
    function: Callable[[Triple], float]
    smallest: int = 1
    undefined: str = ""

    def __call__(self, triple: Triple) -> float:
        """Compute the value: finite or NaN.

        NaN means that the number does not exist for these images: they are smaller than `smallest` in a direction, or
        as `undefined` says. Whoever averages leaves such images out and reports how many remain.
        """
        return triple.derived(self.function) if min(triple.shape) >= self.smallest else math.nan


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The variants, one per metric, that make the numbers of a table comparable.

    Parameters
    ----------
    name
        How configuration, folders and tables spell it, for example ``cddfuse-2023``.
    title
        What it is, in a few words, for a table's caption.
    grey
        How colour becomes grey before any metric: a policy of `fuseflow.grey`.
    variants
        In the order of the table's columns.
    reproduces
        Which published numbers it reproduces, and how well.
    """

    name: str
    title: str
    grey: str
    variants: tuple[Variant, ...]
    reproduces: str
