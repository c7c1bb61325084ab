"""none: the values as they are, for what needs no normalization but a 32-bit image like the others."""

from __future__ import annotations

from fuseflow.normalization.blocks import map_blocks
from fuseflow.normalization.method import Normalization, Normalized, Options
from fuseflow.normalization.suitability import Suitability
from fuseflow.volume import Data


def apply_none(data: Data, _options: Options) -> Normalized:
    """The values themselves, rounded to float32.

    Examples
    --------
    >>> import numpy as np
    >>> apply_none(np.array([[[-10, 30]]]), {}).data
    array([[[-10.,  30.]]], dtype=float32)
    """
    return Normalized(data=map_blocks(lambda plane: plane, data))


METHOD = Normalization(
    name="none",
    title="No normalization",
    source="by definition",
    options={},
    apply=apply_none,
    suitability=Suitability(pointwise=True),
)
