"""NIfTI-1 and NIfTI-2 images in one file, gzipped or not."""

from __future__ import annotations

from pathlib import Path

from fuseflow.formats.analyze_nifti.nifti_image import read_single
from fuseflow.formats.registry import Reader
from fuseflow.formats.stored import StoredVolume


def read(path: Path) -> list[StoredVolume]:
    """The image in a ``.nii`` or ``.nii.gz`` file.

    Raises
    ------
    Refused
        As `fuseflow.formats.analyze_nifti.nifti_image.read_single`.

    Examples
    --------
    >>> import nibabel, numpy, tempfile
    >>> path = Path(tempfile.mkdtemp()) / "CT.nii.gz"
    >>> nibabel.Nifti1Image(numpy.zeros((2, 3, 4), numpy.int16), numpy.eye(4)).to_filename(path)
    >>> read(path)[0].format
    'NIfTI-1'
    """
    return [read_single(path)]


READER = Reader(name="nifti", endings=".nii .nii.gz", signature="", read=read)
