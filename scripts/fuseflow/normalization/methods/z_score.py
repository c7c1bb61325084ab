"""z-score: mean 0 and standard deviation 1, of the whole image or of what is not 0."""

from __future__ import annotations

import numpy as np

from fuseflow.normalization.blocks import map_blocks, mean_and_deviation
from fuseflow.normalization.masks import NONZERO, WHOLE, values_inside
from fuseflow.normalization.method import Normalization, Normalized, Options
from fuseflow.normalization.options import check_choice
from fuseflow.volume import Data

SMALLEST_DEVIATION = 1e-8


def apply_z_score(data: Data, options: Options) -> Normalized:
    """(x - mean) / max(population standard deviation, 1e-8), with mean and deviation of the voxels inside the mask.

    With the mask ``nonzero``, voxels of the value 0 stay 0. nnU-Net fills the holes of that mask and this does not.

    Raises
    ------
    Refused
        As `fuseflow.normalization.masks.values_inside`.

    Examples
    --------
    >>> apply_z_score(np.array([[[0, 10, 20]]]), {"mask": "nonzero"}).data
    array([[[ 0., -1.,  1.]]], dtype=float32)
    """
    # a copy of the whole image would only cost memory
    inside = data if options["mask"] == WHOLE else values_inside(data, options["mask"])
    mean, deviation = mean_and_deviation(inside)
    divisor = max(deviation, SMALLEST_DEVIATION)
    kept = options["mask"] == NONZERO
    return Normalized(
        data=map_blocks(lambda plane: np.where(kept & (plane == 0), 0.0, (plane - mean) / divisor), data),
        computed={"mean": mean, "std": deviation},
    )


def check_options(options: Options) -> None:
    """Raise `InputError` if there is no such mask."""
    check_choice(options, "mask", (WHOLE, NONZERO))


METHOD = Normalization(
    name="z-score",
    title="Zero mean and unit variance",
    source="by definition; the floor of the deviation as in nnU-Net, doi:10.1038/s41592-020-01008-z",
    options={"mask": WHOLE},
    check=check_options,
    apply=apply_z_score,
)
