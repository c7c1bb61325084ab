"""NIfTI-1 files: volumes as this project writes them, equal bytes for equal voxels."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
from isal import igzip_threaded

from fuseflow.errors import Refused
from fuseflow.formats.analyze_nifti.nifti_image import read_single
from fuseflow.formats.piecewise import equal_pieces
from fuseflow.volume import FourthAxis, Volume, is_rigid, spacing_of

COMPRESSION_LEVEL = 1
"""Of isal, 0 to 3: a tenth of the time of zlib's level 6 for files that are a tenth larger."""
SCANNER = 1
"""NIfTI's code for coordinates of the scanner."""
BLOCK = 2**20
"""Bytes that are compressed at a time."""
LONGEST_AXIS = 32767
"""That the header has room for."""
TIME_UNITS = {"s": "sec", "ms": "msec", "us": "usec"}
"""Unit of a step -> how nibabel spells NIfTI's."""


def write_nifti(path: Path, volume: Volume, *, threads: int = 1) -> None:
    """Write a volume as ``.nii.gz``: no name, time or description inside, the same bytes for any number of threads.

    Parameters
    ----------
    path
        Where to; written in place, so give a temporary path.
    volume
        Integers or floats of up to 8 bytes. If its grid lies in the world, the affine becomes the sform (code 1), and
        the qform too where a rotation and spacings can express it; the qform of a sheared grid has code 0, since
        NIfTI's quaternion cannot hold a shear. If only spacings are known, both codes are 0; if nothing is known, the
        unit is unknown too. Of the fourth axis, NIfTI can say that it is time, and the step.
    threads
        How many threads compress.

    Raises
    ------
    Refused
        ``unsupported-pixels`` or ``unsupported-dimensions`` if the format cannot hold the voxels.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "CT.nii.gz"
    >>> write_nifti(path, Volume(data=np.zeros((2, 3, 4), np.int16), affine=np.eye(4)))
    >>> read_nifti(path).data.shape
    (2, 3, 4)
    """
    header = _header(volume)
    with igzip_threaded.open(path, "wb", compresslevel=COMPRESSION_LEVEL, threads=threads, block_size=BLOCK) as file:
        file.write(header.binaryblock + bytes(4))
        # a volume that has been turned lies in memory in any order, and a copy of it may be the largest array there is
        for voxels in equal_pieces(volume.data, size=BLOCK // volume.data.dtype.itemsize):
            file.write(voxels.view(np.uint8).data)


def _header(volume: Volume) -> nibabel.Nifti1Header:
    data_type, shape = volume.data.dtype, volume.data.shape
    if data_type.kind not in "iuf" or data_type.itemsize > 8 or data_type == np.float16:
        raise Refused("unsupported-pixels", f"NIfTI cannot hold voxels of the type {data_type}")
    if max(shape) > LONGEST_AXIS:
        raise Refused("unsupported-dimensions", f"an axis has {max(shape)} voxels; NIfTI-1 has room for {LONGEST_AXIS}")
    header = nibabel.Nifti1Header()
    header.set_data_dtype(data_type.newbyteorder("="))
    header.set_data_shape(shape)
    header["vox_offset"] = header.single_vox_offset
    header["scl_slope"], header["scl_inter"] = 1, 0
    if volume.geometry == "world":
        rigid = is_rigid(volume.affine, shape)
        header.set_qform(volume.affine, code=SCANNER if rigid else 0, strip_shears=True)
        header.set_sform(volume.affine, code=SCANNER)
    elif volume.geometry == "spacing":
        header["pixdim"][1:4] = spacing_of(volume.affine)
    time_unit = _set_time(header, volume.fourth_axis)
    header.set_xyzt_units("unknown" if volume.geometry == "unknown" else "mm", time_unit)
    return header


def _set_time(header: nibabel.Nifti1Header, axis: FourthAxis | None) -> str:
    """Set the step of the fourth axis, if that is time, and return its unit as nibabel spells it."""
    if axis is None or axis.name != "time":
        return "unknown"
    unit = TIME_UNITS.get(axis.unit)
    # Without a step, 0 says that none is known
    header["pixdim"][4] = axis.step if axis.step and unit else 0
    return unit or "sec"


def read_nifti(path: Path) -> Volume:
    """Read a volume that `write_nifti` wrote: the voxels as stored, the affine of the sform.

    A fourth axis of one voxel is left out.

    Raises
    ------
    Refused
        As `fuseflow.formats.analyze_nifti.nifti_image.read_single`.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "CT.nii.gz"
    >>> volume = Volume(data=np.zeros((2, 3, 4), np.int16), affine=np.diag([1.0, 2, 3, 1]), geometry="spacing")
    >>> write_nifti(path, volume)
    >>> read_nifti(path).geometry
    'spacing'
    """
    stored = read_single(path)
    affine = np.eye(4) if stored.affine is None else stored.affine
    return Volume(data=stored.data, affine=affine, geometry=stored.geometry, fourth_axis=stored.fourth_axis)
