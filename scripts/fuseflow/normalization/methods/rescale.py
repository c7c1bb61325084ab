"""rescale: from the smallest to the largest value, mapped to 0..1."""

from __future__ import annotations

from fuseflow.normalization.blocks import map_blocks
from fuseflow.normalization.method import Normalization, Normalized, Options
from fuseflow.volume import Data


def apply_rescale(data: Data, _options: Options) -> Normalized:
    """(x - smallest) / (largest - smallest).

    Examples
    --------
    >>> import numpy as np
    >>> apply_rescale(np.array([[[-10, 0, 30]]]), {}).data
    array([[[0.  , 0.25, 1.  ]]], dtype=float32)
    """
    low, high = float(data.min()), float(data.max())
    return Normalized(
        data=map_blocks(lambda plane: (plane - low) / (high - low), data), computed={"low": low, "high": high}
    )


METHOD = Normalization(
    name="rescale",
    title="Range to 0..1",
    source="by definition",
    options={},
    apply=apply_rescale,
)
