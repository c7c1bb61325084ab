"""Label images: whole numbers that name what a voxel belongs to, never quantities to be rounded or averaged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fuseflow.errors import Refused
from fuseflow.formats.reading import Image
from fuseflow.volume import Data, Volume

TYPES = (np.uint8, np.int16, np.uint16, np.int32)
"""Types of label images, the smallest first."""


def as_labels(image: Image) -> Image:
    """A label image in the smallest type that holds its labels.

    Parameters
    ----------
    image
        A grey flat image, or a volume of integers or of floats that are whole numbers.

    Raises
    ------
    Refused
        ``not-labels`` if a value is no whole number, or is too large, or the image is in colour or was stored with
        loss.

    Examples
    --------
    >>> as_labels(Volume(data=np.array([[[0.0, 2.0]]]), affine=np.eye(4))).data
    array([[[0, 2]]], dtype=uint8)
    """
    if isinstance(image, Volume):
        data = _whole(image.data)
        return replace(image, data=data, sidecar={**image.sidecar, "data_type": str(data.dtype)})
    if image.sidecar.get("lossy"):
        raise Refused("not-labels", "the label image was stored with loss, which makes labels that nobody drew")
    if image.pixels.ndim != 2:
        raise Refused("not-labels", "the label image is in colour; labels are one whole number per pixel")
    return image


def _whole(data: Data) -> Data:
    if data.dtype.kind == "f":
        wrong = int((~np.isfinite(data) | (data != np.rint(data))).sum())
        if wrong:
            raise Refused("not-labels", f"{wrong} of {data.size} voxels of the label image are no whole numbers")
    smallest, largest = data.min(), data.max()
    for kind in TYPES:
        if np.iinfo(kind).min <= smallest and largest <= np.iinfo(kind).max:
            return data.astype(kind, copy=False)
    raise Refused("not-labels", f"its values run from {smallest} to {largest}; labels are smaller numbers")
