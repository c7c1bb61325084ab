"""suv-clip: standardized uptake values from 0 to a maximum."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fuseflow.dicom.modalities import PET
from fuseflow.errors import InputError
from fuseflow.normalization.blocks import map_blocks, share_outside
from fuseflow.normalization.method import Normalization, Normalized, Options
from fuseflow.normalization.suitability import Suitability
from fuseflow.volume import Data


def apply_suv_clip(data: Data, options: Options) -> Normalized:
    """Clip SUV to 0..maximum, then divide by the maximum, or take log(1 + SUV) instead.

    Parameters
    ----------
    data
        SUV in g/ml.
    options
        ``maximum``, and whether to take the logarithm, ``log1p``. The result is 0..1, or 0..log(1 + maximum).

    Examples
    --------
    >>> apply_suv_clip(np.array([[[-1, 5, 40]]]), {"maximum": 20.0, "log1p": False}).data
    array([[[0.  , 0.25, 1.  ]]], dtype=float32)
    """
    maximum, logarithm = options["maximum"], options["log1p"]

    def scale(plane: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        clipped: npt.NDArray[np.float64] = plane.clip(0.0, maximum)
        return np.log1p(clipped) if logarithm else clipped / maximum

    return Normalized(
        data=map_blocks(scale, data),
        clipped=share_outside(data, low=0.0, high=maximum),
    )


def check_options(options: Options) -> None:
    """Raise `InputError` if the maximum is not a positive number."""
    if not 0 < options["maximum"] < math.inf:
        raise InputError(f"the option maximum of suv-clip is {options['maximum']} but must be a positive number")


METHOD = Normalization(
    name="suv-clip",
    title="Clipped SUV",
    source="by definition",
    options={"maximum": 20.0, "log1p": False},
    check=check_options,
    apply=apply_suv_clip,
    suitability=Suitability(modality=PET, unit="g/ml", quantities=True, pointwise=True),
)
