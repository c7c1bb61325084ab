"""How much local structure of the sources the fused image keeps: SSIM."""

from __future__ import annotations

import numpy as np

from fuseflow.grey import MAXIMUM
from fuseflow.metrics.triple import GreyImage, Triple
from fuseflow.metrics.variant import Variant
from fuseflow.metrics.window import Window, gaussian_window, uniform_window

K1, K2 = 0.01, 0.03
"""Constants of Wang et al. 2004, section III-B; C1 = (K1 L)^2 and C2 = (K2 L)^2 with the dynamic range L."""

GAUSSIAN = gaussian_window(11, 1.5)
UNIFORM = uniform_window(7)
UNIFORM_SAMPLE_FACTOR = UNIFORM.size**2 / (UNIFORM.size**2 - 1.0)


def structural_similarity(
    x: GreyImage, y: GreyImage, *, window: Window, dynamic_range: float, variance_factor: float = 1.0
) -> float:
    """SSIM of two images.

    The mean, over the pixels around which the whole window fits, of

    (2 mx my + C1) / (mx^2 + my^2 + C1) x (2 sxy + C2) / (sx^2 + sy^2 + C2)

    with the local means m, variances s^2 and covariance sxy.

    Parameters
    ----------
    x, y
        Images of equal shape, not smaller than the window.
    window
        Weights of the local moments.
    dynamic_range
        L in C1 = (0.01 L)^2 and C2 = (0.03 L)^2.
    variance_factor
        Multiplies variances and covariance; N / (N - 1) makes sample moments of those of N equal weights.

    Returns
    -------
    float
        In -1..1; 1 for equal images.

    Notes
    -----
    Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error visibility to structural
    similarity", IEEE Trans. Image Process. 13, 2004, doi:10.1109/TIP.2003.819861.

    Examples
    --------
    >>> x, y = GreyImage(np.zeros((9, 9))), GreyImage(np.full((9, 9), 2.55))
    >>> round(structural_similarity(x, y, window=uniform_window(3), dynamic_range=255.0), 12)
    0.5
    """
    c1, c2 = (K1 * dynamic_range) ** 2, (K2 * dynamic_range) ** 2
    mean_x, mean_y = x.derived(window.mean), y.derived(window.mean)
    luminance = (2.0 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    variances = x.derived(window.variance) + y.derived(window.variance)
    structure = (2.0 * variance_factor * window.covariance(x, y) + c2) / (variance_factor * variances + c2)
    return float(np.mean(luminance * structure))


def ssim_gaussian(triple: Triple) -> float:
    """SSIM as its authors define it: (SSIM(A,F) + SSIM(B,F)) / 2.

    Gaussian window of 11 x 11 pixels with standard deviation 1.5, dynamic range 255, pixels whose window fits.

    Parameters
    ----------
    triple
        All three images count; A and B may be exchanged. At least 11 x 11 pixels.

    Returns
    -------
    float
        In -1..1; larger is better.

    Notes
    -----
    Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, IEEE Trans. Image Process. 13, 2004,
    doi:10.1109/TIP.2003.819861.

    Examples
    --------
    >>> image = np.arange(256.0).reshape(16, 16)
    >>> ssim_gaussian(Triple(image, image, image))
    1.0
    """
    return sum(_with_fused(triple, window=GAUSSIAN, dynamic_range=MAXIMUM)) / 2.0


def ssim_cddfuse(triple: Triple) -> float:
    """SSIM as in the CDDFuse evaluator: the SUM of SSIM(A,F) and SSIM(B,F), with dynamic range 2 on grey levels 0..255.

    Uniform window of 7 x 7 pixels, sample variances (divided by 48), pixels whose window fits. The dynamic range is
    what scikit-image 0.19 assumes for floating-point images in -1..1; it makes the constants so small that one grey
    level of ringing on a black background counts as another structure.

    Parameters
    ----------
    triple
        All three images count; A and B may be exchanged. At least 7 x 7 pixels.

    Returns
    -------
    float
        In -2..2; larger is better.

    Notes
    -----
    Evaluator of CDDFuse, doi:10.1109/CVPR52729.2023.00572; the index is that of Wang et al. 2004,
    doi:10.1109/TIP.2003.819861.

    Examples
    --------
    >>> image = np.arange(256.0).reshape(16, 16)
    >>> ssim_cddfuse(Triple(image, image, image))
    2.0
    """
    return sum(_with_fused(triple, window=UNIFORM, dynamic_range=2.0, variance_factor=UNIFORM_SAMPLE_FACTOR))


def _with_fused(
    triple: Triple, *, window: Window, dynamic_range: float, variance_factor: float = 1.0
) -> tuple[float, ...]:
    return tuple(
        structural_similarity(
            source, triple.fused, window=window, dynamic_range=dynamic_range, variance_factor=variance_factor
        )
        for source in triple.sources
    )


SSIM_GAUSS11 = Variant(
    id="ssim.gauss11",
    metric="SSIM",
    title="structural similarity, Gaussian 11 x 11 window, range 255, mean over A and B",
    direction="up",
    value_range=(-1.0, 1.0),
    unit="1",
    source="Wang et al. 2004, doi:10.1109/TIP.2003.819861",
    function=ssim_gaussian,
    smallest=GAUSSIAN.size,
)
SSIM_CDDFUSE = Variant(
    id="ssim.cddfuse",
    metric="SSIM",
    title="structural similarity, uniform 7 x 7 window, range 2, sum over A and B",
    direction="up",
    value_range=(-2.0, 2.0),
    unit="1",
    source="evaluator of CDDFuse, doi:10.1109/CVPR52729.2023.00572",
    function=ssim_cddfuse,
    smallest=UNIFORM.size,
)
