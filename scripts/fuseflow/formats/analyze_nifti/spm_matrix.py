"""The `.mat` files that SPM99 and SPM2 write beside Analyze images, which do not say where they lie themselves.

Source: nibabel's `spm99analyze` module, and `spm_get_space` of SPM2: the variable `mat`, else `M`, maps voxel indices
that begin with 1 to positions in mm; `M` does not hold the flip of the first axis, which SPM made by default.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from fuseflow.errors import Refused
from fuseflow.formats.file_bytes import bytes_of
from fuseflow.volume import Affine, spans_volume

LARGEST = 2**18
"""Bytes of a file that is opened: hundreds of matrices, and what these can hold compressed is harmless."""


def read_matrix(path: Path) -> tuple[Affine, bool]:
    """The affine that a `.mat` file holds, of the first volume if there are several.

    Parameters
    ----------
    path
        A MATLAB file of version 4 to 7. What is in it is only read as numbers.

    Returns
    -------
    tuple
        Voxel indices from 0 -> positions, RAS+ in mm, and whether other volumes of the file have other ones.

    Raises
    ------
    Refused
        ``unreadable`` or ``no-geometry``.

    Examples
    --------
    >>> import tempfile
    >>> from scipy.io import savemat
    >>> path = Path(tempfile.mkdtemp()) / "CT.mat"
    >>> savemat(path, {"mat": np.diag([2.0, 3.0, 4.0, 1.0])})
    >>> affine, varies = read_matrix(path)
    >>> affine[:3].tolist(), varies
    ([[2.0, 0.0, 0.0, 2.0], [0.0, 3.0, 0.0, 3.0], [0.0, 0.0, 4.0, 4.0]], False)
    """
    data = bytes_of(path, LARGEST + 1)
    if len(data) > LARGEST:
        raise Refused("unreadable", f"the .mat file is larger than {LARGEST} bytes")
    variables = _variables(data)
    if "mat" in variables:
        matrices = _numbers(variables["mat"])
    elif "M" in variables:
        matrices = np.diag([-1.0, 1, 1, 1]) @ _numbers(variables["M"])
    else:
        raise Refused("no-geometry", "the .mat file holds neither a variable mat nor M")
    from_zero = np.eye(4)
    from_zero[:3, 3] = 1
    affine: Affine = matrices[0] @ from_zero
    if not (np.array_equal(affine[3], [0, 0, 0, 1]) and spans_volume(affine)):
        raise Refused("no-geometry", "the matrix in the .mat file does not span a volume")
    return affine, bool((matrices != matrices[0]).any())


def _variables(data: bytes) -> dict[str, Any]:
    # A third of a second that only images with such a file must pay
    from scipy.io import loadmat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return dict(loadmat(io.BytesIO(data), variable_names=("mat", "M")))
    except Exception:
        # a damaged file may raise anything, with what it holds in the message
        raise Refused("unreadable", "the .mat file is damaged or no MATLAB file of version 4 to 7") from None


def _numbers(found: Any) -> Any:
    """Matrices of shape (volumes, 4, 4)."""
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "iuf" or found.shape[:2] != (4, 4):
        raise Refused("no-geometry", "the variable in the .mat file is no matrix of 4 x 4 numbers")
    return np.moveaxis(found.astype(np.float64).reshape(4, 4, -1), -1, 0)
