"""Writing arrays of NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.lib import format as npy_format

from fuseflow.formats.registry import Writer
from fuseflow.volume import Volume


def write_npy(path: Path, volume: Volume) -> None:
    """Write the voxels of a volume as ``.npy``, axes x, y, z, fourth, in little-endian byte order.

    Parameters
    ----------
    path
        Where to; written in place.
    volume
        Its geometry and what its axes are do not go into the array: write its sidecar as a JSON file beside it, of the
        same name with the ending ``.json``. Both together are read back as what they are.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "CT.npy"
    >>> write_npy(path, Volume(data=np.zeros((2, 3, 4), np.int16), affine=np.eye(4)))
    >>> np.load(path).shape
    (2, 3, 4)
    """
    little = volume.data.astype(volume.data.dtype.newbyteorder("<"), copy=False)
    with path.open("wb") as file:
        npy_format.write_array(file, np.asfortranarray(little), version=(1, 0), allow_pickle=False)


WRITER = Writer(name="npy", ending=".npy", write=write_npy)
