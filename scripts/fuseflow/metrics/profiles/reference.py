"""The formulas of the original papers, one for every metric: what to use unless a published table must be matched."""

from __future__ import annotations

from fuseflow.metrics.contrast import AG, SD, SF
from fuseflow.metrics.correlation import CC, SCD
from fuseflow.metrics.edges import QABF
from fuseflow.metrics.fidelity import MSE, PSNR_PEAK255
from fuseflow.metrics.information import EN, MI_BITS
from fuseflow.metrics.structure import SSIM_GAUSS11
from fuseflow.metrics.variant import Profile
from fuseflow.metrics.visual_information import VIF_SUM

PROFILE = Profile(
    name="reference",
    title="formulas of the original papers, grey levels 0..255, float64",
    grey="luma",
    variants=(EN, SD, SF, AG, MI_BITS, MSE, CC, PSNR_PEAK255, SCD, VIF_SUM, QABF, SSIM_GAUSS11),
    reproduces="no published table: one stated formula per metric",
)
