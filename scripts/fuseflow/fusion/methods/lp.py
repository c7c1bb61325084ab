"""LP: fusion of Laplacian pyramids."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fuseflow.fusion.method import Method
from fuseflow.fusion.pyramid import decompose, recompose
from fuseflow.fusion.selection import average_base, selc3

LEVELS = 4


def fuse_laplacian_pyramids(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Laplacian pyramid of each source, the stronger detail at each place, the mean of the bases.

    Parameters
    ----------
    a, b
        Sources, float64, 0..255, equal shape (rows, columns); any size.

    Returns
    -------
    numpy.ndarray
        float64, that shape; may leave 0..255.

    Notes
    -----
    Where bright content reaches a corner of the image, the corner is darker or brighter than a flat continuation would
    make it (see `fuseflow.fusion.borders.es2`); the published rows have this too, and black corners hide it.

    References
    ----------
    Toet: Image fusion by a ratio of low-pass pyramid. Pattern Recognition Letters 9(4), 1989,
    doi:10.1016/0167-8655(89)90003-2, with the pyramid of Burt and Adelson 1983, doi:10.1109/TCOM.1983.1095851. Levels
    and rules as compared by Liu, Liu, Wang: A general framework for image fusion based on multi-scale transform
    and sparse representation. Information Fusion 24, 2015, doi:10.1016/j.inffus.2014.09.004.

    Examples
    --------
    >>> fuse_laplacian_pyramids(np.full((256, 256), 10.0), np.full((256, 256), 20.0))[128, 128:131]
    array([15., 15., 15.])
    """
    details_a, base_a = decompose(a, LEVELS)
    details_b, base_b = decompose(b, LEVELS)
    details = [selc3(band_a, band_b) for band_a, band_b in zip(details_a, details_b, strict=True)]
    return recompose(details, average_base(base_a, base_b), (a.shape[0], a.shape[1]))


METHOD = Method(
    name="LP",
    title="Laplacian pyramid",
    source=(
        "Burt and Adelson 1983, doi:10.1109/TCOM.1983.1095851; Toet 1989, doi:10.1016/0167-8655(89)90003-2; "
        "settings of Liu, Liu and Wang 2015, doi:10.1016/j.inffus.2014.09.004"
    ),
    parameters={"levels": LEVELS, "kernel": "[1 4 6 4 1]/16", "details": "selc3", "base": "average"},
    function=fuse_laplacian_pyramids,
)
