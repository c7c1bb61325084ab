"""Which normalizations there are: the modules of `fuseflow/normalization/methods`."""

from __future__ import annotations

from fuseflow.registry import Registry

NORMALIZATIONS = Registry(kind="normalization", package="normalization/methods", constant="METHOD")
"""Every normalization by name: ``load("z-score")`` is a `fuseflow.normalization.method.Normalization`."""


def is_fitted(name: str) -> bool:
    """Whether a normalization learns from training cases.

    Raises
    ------
    InputError
        If there is no such normalization.

    Examples
    --------
    >>> is_fitted("nyul"), is_fitted("z-score")
    (True, False)
    """
    return NORMALIZATIONS.load(name).fit is not None
