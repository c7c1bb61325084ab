"""DWT: fusion of Haar wavelet transforms."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fuseflow.fusion.haar import Details, decompose, recompose
from fuseflow.fusion.method import Method
from fuseflow.fusion.selection import average_base, selc3

LEVELS = 4


def fuse_wavelet_transforms(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Haar wavelet transform of each source, the stronger detail at each place and band, the mean of the bases.

    Parameters
    ----------
    a, b
        Sources, float64, 0..255, equal shape (rows, columns); any size.

    Returns
    -------
    numpy.ndarray
        float64, that shape; may leave 0..255.

    References
    ----------
    Li, Manjunath, Mitra: Multisensor image fusion using the wavelet transform. Graphical Models and Image Processing
    57(3), 1995, doi:10.1006/gmip.1995.1022. Wavelet and number of levels as in the toolbox of Liu, Liu, Wang:
    Information Fusion 24, 2015, doi:10.1016/j.inffus.2014.09.004.

    Examples
    --------
    >>> fuse_wavelet_transforms(np.full((2, 3), 10.0), np.full((2, 3), 20.0))
    array([[15., 15., 15.],
           [15., 15., 15.]])
    """
    details_a, base_a = decompose(a, LEVELS)
    details_b, base_b = decompose(b, LEVELS)
    details = [Details(*map(selc3, bands_a, bands_b)) for bands_a, bands_b in zip(details_a, details_b, strict=True)]
    return recompose(details, average_base(base_a, base_b), (a.shape[0], a.shape[1]))


METHOD = Method(
    name="DWT",
    title="Discrete wavelet transform (Haar)",
    source=(
        "Li, Manjunath and Mitra 1995, doi:10.1006/gmip.1995.1022; "
        "settings of Liu, Liu and Wang 2015, doi:10.1016/j.inffus.2014.09.004"
    ),
    parameters={"levels": LEVELS, "wavelet": "db1", "mode": "periodization", "details": "selc3", "base": "average"},
    function=fuse_wavelet_transforms,
)
