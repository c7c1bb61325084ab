"""NIfTI-1 and NIfTI-2 images in one file, gzipped or not."""

from __future__ import annotations

from pathlib import Path

from fuseflow.formats.nifti_image import read_single
from fuseflow.formats.registry import Reader
from fuseflow.formats.stored import StoredVolume


def read(path: Path) -> list[StoredVolume]:
    """The image in a ``.nii`` or ``.nii.gz`` file.

    Raises
    ------
    Refused
        As `fuseflow.formats.nifti_image.read_single`.
    """
    return [read_single(path)]


READER = Reader(name="nifti", endings=".nii .nii.gz", signature="", read=read)
