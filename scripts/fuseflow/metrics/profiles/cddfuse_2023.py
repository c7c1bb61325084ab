"""The formulas of the evaluator of CDDFuse (CVPR 2023), faults included, so that its tables can be matched."""

from __future__ import annotations

from fuseflow.metrics.contrast import AG, SD, SF
from fuseflow.metrics.correlation import CC, SCD
from fuseflow.metrics.edges import QABF_EQGF
from fuseflow.metrics.fidelity import MSE, PSNR_MAXF
from fuseflow.metrics.information import EN, MI_NATS
from fuseflow.metrics.structure import SSIM_CDDFUSE
from fuseflow.metrics.variant import Profile
from fuseflow.metrics.visual_information import VIF_SUM

PROFILE = Profile(
    name="cddfuse-2023",
    title="formulas of the CDDFuse evaluator",
    grey="luma-rounded",
    variants=(EN, SD, SF, AG, MI_NATS, MSE, CC, PSNR_MAXF, SCD, VIF_SUM, QABF_EQGF, SSIM_CDDFUSE),
    reproduces=(
        "the evaluator's values (float32) within 1e-5, checked on 45 fused MRI-CT images. The same evaluator scored "
        "the tables of CDDFuse (CVPR 2023), DDFM (ICCV 2023) and EMMA (CVPR 2024); their fused images are not "
        "published, so their rows are quoted and not recomputed."
    ),
)
