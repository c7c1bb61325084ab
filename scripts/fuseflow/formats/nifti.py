"""NIfTI-1 files: volumes as this project writes them, equal bytes for equal voxels."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
from isal import igzip_threaded

from fuseflow.volume import Data, Volume, is_rigid

COMPRESSION_LEVEL = 1
"""Of isal, 0 to 3: a tenth of the time of zlib's level 6 for files that are a tenth larger."""
SCANNER = 1
"""NIfTI's code for coordinates of the scanner."""


def write_nifti(path: Path, volume: Volume, *, threads: int = 1) -> None:
    """Write a volume as ``.nii.gz``: no name, time or description inside, the same bytes for any number of threads.

    Parameters
    ----------
    path
        Where to; written in place, so give a temporary path.
    volume
        Its affine becomes the sform (code 1). It becomes the qform too where a rotation and spacings can express it;
        the qform of a sheared grid has code 0, since NIfTI's quaternion cannot hold a shear.
    threads
        How many threads compress.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "CT.nii.gz"
    >>> write_nifti(path, Volume(data=np.zeros((2, 3, 4), np.int16), affine=np.eye(4)))
    >>> read_nifti(path).data.shape
    (2, 3, 4)
    """
    header = nibabel.Nifti1Header()
    header.set_data_dtype(volume.data.dtype)
    header.set_data_shape(volume.data.shape)
    header.set_xyzt_units("mm")
    header["vox_offset"] = header.single_vox_offset
    header["scl_slope"], header["scl_inter"] = 1, 0
    rigid = is_rigid(volume.affine, volume.data.shape)
    header.set_qform(volume.affine, code=SCANNER if rigid else 0, strip_shears=True)
    header.set_sform(volume.affine, code=SCANNER)
    voxels = np.asfortranarray(volume.data).reshape(-1, order="F")
    with igzip_threaded.open(path, "wb", compresslevel=COMPRESSION_LEVEL, threads=threads) as file:
        file.write(header.binaryblock + bytes(4))
        file.write(voxels.view(np.uint8).data)


def read_nifti(path: Path) -> Volume:
    """Read a volume that `write_nifti` wrote: the voxels as stored, the affine of the sform."""
    image = nibabel.Nifti1Image.from_filename(path)
    data: Data = np.asanyarray(image.dataobj)
    return Volume(data=data, affine=image.get_sform())
