from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fuseflow.errors import InputError, Refused
from fuseflow.grey import POLICIES
from fuseflow.metrics.catalogue import all_variants
from fuseflow.metrics.evaluate import evaluate
from fuseflow.metrics.registry import PROFILES
from fuseflow.metrics.variant import Profile

METRICS = ["EN", "SD", "SF", "AG", "MI", "MSE", "CC", "PSNR", "SCD", "VIF", "Qabf", "SSIM"]
DOWN = {"MSE"}
SCRIPTS = Path(__file__).parents[3] / "scripts"


def profiles() -> list[Profile]:
    return [PROFILES.load(name) for name in PROFILES.names()]


def ids(name: str) -> list[str]:
    return [variant.id for variant in PROFILES.load(name).variants]


def test_the_variants_of_every_profile() -> None:
    common = ["en", "sd", "sf", "ag"]
    assert PROFILES.names() == ["cddfuse-2023", "reference"]
    assert ids("reference") == [
        *common, "mi.bits", "mse", "cc", "psnr.peak255", "scd", "vif.sum", "qabf", "ssim.gauss11"
    ]  # fmt: skip
    assert ids("cddfuse-2023") == [
        *common, "mi.nats", "mse", "cc", "psnr.maxf", "scd", "vif.sum", "qabf.eqgf", "ssim.cddfuse"
    ]  # fmt: skip


def test_every_profile_has_the_same_columns_and_a_known_grey_policy() -> None:
    for profile in profiles():
        assert [variant.metric for variant in profile.variants] == METRICS
        assert profile.grey in POLICIES


def test_an_unknown_profile_is_named_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no metric profile 'vifb'; there are cddfuse-2023, reference"):
        PROFILES.load("vifb")


def test_one_id_is_one_formula() -> None:
    for profile in profiles():
        for variant in profile.variants:
            assert [listed for listed in all_variants() if listed.id == variant.id] == [variant]


def test_every_variant_says_what_it_is() -> None:
    for variant in all_variants():
        assert variant.direction == ("down" if variant.metric in DOWN else "up")
        assert variant.value_range[0] < variant.value_range[1]
        assert variant.title
        assert variant.unit
        assert variant.source == "by definition" or re.search(r"doi:10\.\d{4,}/\S+$", variant.source)


def test_values_come_in_the_order_of_the_profile_as_plain_floats() -> None:
    image = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    for profile in profiles():
        found = evaluate(profile, image, image.T, np.maximum(image, image.T))
        assert [variant for variant, _ in found] == list(profile.variants)
        assert all(type(value) is float and np.isfinite(value) for _, value in found)


def test_unusable_images_are_refused() -> None:
    image = np.zeros((48, 48))
    with pytest.raises(Refused, match="size-mismatch"):
        evaluate(PROFILES.load("reference"), image, image, image[1:])


def test_scoring_does_not_import_what_is_slow_to_import() -> None:
    program = (
        "import sys; from fuseflow.metrics import evaluate, registry; registry.PROFILES.load('cddfuse-2023');"
        "print(*sorted(name for name in ('scipy', 'skimage', 'pandas', 'pywt') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
