"""n4: the smooth field of a receiver coil, estimated and divided out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import SimpleITK

from fuseflow.dicom.modalities import MR
from fuseflow.errors import InputError, Refused
from fuseflow.normalization.blocks import blocks
from fuseflow.normalization.method import Normalization, Normalized, Options
from fuseflow.normalization.options import check_choice
from fuseflow.normalization.suitability import Suitability
from fuseflow.volume import Data

OTSU, POSITIVE = "otsu", "positive"
FEWEST = 16
"""Voxels that shrinking leaves along an axis, if there are as many: with 6 x 6 x 6, N4 was seen to find no field."""


def apply_n4(data: Data, options: Options) -> Normalized:
    """Divide an image by the field that N4 finds on a coarser grid; the result has the size of the image.

    Parameters
    ----------
    data
        Voxels, shape (x, y, z), none of these 1.
    options
        ``mask``: ``otsu`` for the brighter of two classes by Otsu's threshold, ``positive`` for all voxels above 0;
        voxels of 0 and below are in neither, as they have no logarithm, but are divided like all others. ``shrink``:
        every how many voxels are used to find the field, less along short axes. ``iterations``: the largest number of
        iterations per level; the mesh of the field gets twice as fine from level to level.

    Raises
    ------
    Refused
        ``unsupported-dimensions`` if an axis has one voxel; ``empty-mask``; ``constant`` if all voxels inside the mask
        are equal; ``unsupported-pixels`` if no field can be found.

    Notes
    -----
    One thread. The field is estimated in float32 and divided out in float64.

    Examples
    --------
    >>> coil = np.exp(np.linspace(-0.3, 0.3, 16))[:, None, None]
    >>> tissue = np.ones((16, 16, 16)) * np.where(np.arange(16) < 8, 100, 150)
    >>> options = {"mask": "positive", "shrink": 1, "iterations": [30, 30]}
    >>> corrected = apply_n4(tissue * coil, options).data
    >>> float((tissue * coil)[..., 0].std().round()), float(corrected[..., 0].std().round())
    (19.0, 1.0)
    """
    if min(data.shape) < 2:
        raise Refused("unsupported-dimensions", "an axis of the volume has one voxel; n4 needs 2 or more along each")
    # filters that N4 runs inside only heed the setting for all, and the number of threads was seen to change the field
    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    # the axes in reverse order are contiguous in memory, so nothing is copied but the type
    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(data.T, np.float32))
    inside = _mask(image, options["mask"])
    field = _log_field(image, SimpleITK.GetImageFromArray(inside), options).T
    corrected = np.empty(data.shape, np.float32, order="F")
    for index in blocks(data.shape):
        corrected[index] = data[index] / np.exp(field[index].astype(np.float64))
    return Normalized(data=corrected, computed={"masked": float(np.count_nonzero(inside)) / data.size})


def _mask(image: SimpleITK.Image, name: str) -> npt.NDArray[np.uint8]:
    """1 inside and 0 outside, shape (z, y, x)."""
    voxels = SimpleITK.GetArrayViewFromImage(image)
    mask: npt.NDArray[np.uint8] = (voxels > 0).astype(np.uint8)
    if name == OTSU:
        threshold = SimpleITK.OtsuThresholdImageFilter()
        threshold.SetInsideValue(0)
        threshold.SetOutsideValue(1)
        mask &= SimpleITK.GetArrayFromImage(threshold.Execute(image))
    return mask


def _log_field(image: SimpleITK.Image, mask: SimpleITK.Image, options: Options) -> npt.NDArray[np.float32]:
    """Logarithm of the field at the size of the image, shape (z, y, x)."""
    shrink = SimpleITK.ShrinkImageFilter()
    shrink.SetShrinkFactors([max(1, min(options["shrink"], size // FEWEST)) for size in image.GetSize()])
    coarse, coarse_mask = shrink.Execute(image), shrink.Execute(mask)
    voxels = SimpleITK.GetArrayViewFromImage(coarse)[SimpleITK.GetArrayViewFromImage(coarse_mask) > 0]
    if not voxels.size:
        raise Refused("empty-mask", f"no voxel lies inside the mask ({options['mask']}) of n4")
    if voxels.min() == voxels.max():
        raise Refused("constant", f"all voxels inside the mask ({options['mask']}) of n4 are equal")
    correction = SimpleITK.N4BiasFieldCorrectionImageFilter()
    correction.SetMaximumNumberOfIterations(options["iterations"])
    try:
        correction.Execute(coarse, coarse_mask)
        field: npt.NDArray[np.float32] = SimpleITK.GetArrayFromImage(correction.GetLogBiasFieldAsImage(image))
    except RuntimeError:
        raise Refused("unsupported-pixels", "n4 finds no field in the voxels inside its mask") from None
    return field


def check_options(options: Options) -> None:
    """Raise `InputError` if there is no such mask, or a number is not positive."""
    check_choice(options, "mask", (OTSU, POSITIVE))
    if options["shrink"] < 1 or not options["iterations"] or min(options["iterations"]) < 1:
        raise InputError("the options shrink and iterations of n4 must be numbers of 1 and more")


METHOD = Normalization(
    name="n4",
    title="N4 bias field correction",
    source="Tustison et al. 2010, doi:10.1109/TMI.2010.2046908",
    options={"mask": OTSU, "shrink": 4, "iterations": [50, 50, 30]},
    check=check_options,
    apply=apply_n4,
    suitability=Suitability(modality=MR),
)
