"""Whether a volume is of a kind that a normalization can be used for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fuseflow.errors import Refused
from fuseflow.normalization.blocks import all_finite
from fuseflow.volume import Volume

NORMALIZED = "normalized"
"""Entry of a sidecar that lists the normalizations that made the values."""


@dataclass(frozen=True, kw_only=True)
class Suitability:
    """Which volumes a method can be used for.

    Parameters
    ----------
    modality
        The only modality it is for, as DICOM's term; empty for any. A sidecar that says nothing is no reason to refuse.
    unit
        The only unit it is for; empty for any.
    quantities
        Whether its numbers are those of a quantity, such as HU, which normalized values no longer are.
    pointwise
        Whether what becomes of a voxel depends on that voxel alone. Then a fourth axis does not matter; else a channel
        would be scaled by the others, and the volume must have three axes.
    """

    modality: str = ""
    unit: str = ""
    quantities: bool = False
    pointwise: bool = False


def check_suitable(suitability: Suitability, volume: Volume, *, method: str) -> None:
    """Refuse a volume that a method cannot be used for.

    Parameters
    ----------
    suitability
        What the method asks for.
    volume
        The volume; of its sidecar ``modality``, ``unit`` and ``normalized`` are looked at.
    method
        Its name, for messages.

    Raises
    ------
    Refused
        ``wrong-modality`` if the sidecar says that the values are something else, ``unsupported-pixels`` if they are
        not real numbers, ``unsupported-dimensions``, ``not-finite``, or ``constant``.

    Examples
    --------
    >>> import numpy as np
    >>> pet = Volume(data=np.ones((2, 2, 2)), affine=np.eye(4), sidecar={"modality": "PT"})
    >>> check_suitable(Suitability(modality="CT"), pet, method="ct-window")
    Traceback (most recent call last):
    fuseflow.errors.Refused: wrong-modality: ct-window is for CT, and the modality of the volume is PT
    """
    _check_meaning(suitability, volume, method)
    data = volume.data
    if data.dtype.kind not in "iuf" or not data.size:
        raise Refused("unsupported-pixels", f"{data.size} voxels of the type {data.dtype} cannot be normalized")
    if not suitability.pointwise and data.ndim != 3:
        raise Refused(
            "unsupported-dimensions",
            f"the volume has {data.ndim} axes; {method} needs 3, or one point of the fourth axis would be scaled by"
            " the others",
        )
    if not all_finite(data):
        raise Refused("not-finite", "voxels of the volume are NaN or infinite")
    smallest = data.min()
    if smallest == data.max():
        raise Refused("constant", f"every voxel has the value {float(smallest)}")


def _check_meaning(suitability: Suitability, volume: Volume, method: str) -> None:
    sidecar = volume.sidecar
    modality: Any = sidecar.get("modality")
    unit: Any = sidecar.get("unit")
    if suitability.quantities and sidecar.get(NORMALIZED):
        raise Refused("wrong-modality", f"{method} needs measured values, and these are normalized already")
    if suitability.modality and modality and modality != suitability.modality:
        raise Refused(
            "wrong-modality", f"{method} is for {suitability.modality}, and the modality of the volume is {modality}"
        )
    # series say their modality, and conversion states the unit of all that it computed SUV for
    if suitability.unit and (unit or modality) and unit != suitability.unit:
        raise Refused("wrong-modality", f"{method} needs values in {suitability.unit}, not in {unit or 'another unit'}")
