"""Metrics of the real MRI-CT pairs against the values that the original evaluators gave for them."""

from __future__ import annotations

import csv
import math
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from fuseflow.formats.png import read_png
from fuseflow.metrics.evaluate import evaluate
from fuseflow.metrics.registry import PROFILES
from fuseflow.metrics.structure import UNIFORM, UNIFORM_SAMPLE_FACTOR, structural_similarity
from fuseflow.metrics.triple import GreyImage

Image = npt.NDArray[np.float64]
Pair = Callable[[str], tuple[Image, Image]]

NUMBERS = range(11, 32)
CASES = [(rule, f"{number}.png") for rule in ("avg", "max") for number in NUMBERS] + [
    ("copyA", f"{number}.png") for number in (11, 12, 13)
]
METHODS = ("LP", "RP", "DWT", "DTCWT", "NSCT", "GFF", "LPSR")
FUSE: dict[str, Callable[[Image, Image], Image]] = {
    "avg": lambda a, b: np.floor((a + b + 1.0) / 2.0),
    "max": np.maximum,
    "copyA": lambda a, _: a,
}
FLOAT32, SSIM_FLOAT32, EXACT = 1e-6, 1e-5, 1e-9
TOLERANCE = {"EN": EXACT, "MI": EXACT, "VIFF": EXACT, "SSIM": SSIM_FLOAT32}


@pytest.fixture(scope="module")
def pair(shared: Path) -> Pair:
    """A = MRI and B = CT of an image name."""
    (path,) = (shared / "data" / "cddfuse-test").glob("MMIF-CDDFuse-*.zip")

    def grey(archive: zipfile.ZipFile, folder: str, image: str) -> Image:
        pixels = read_png(archive.read(f"{path.stem}/test_img/MRI_CT/{folder}/{image}"))
        assert (pixels == pixels[..., :1]).all()
        return pixels[..., 0].astype(np.float64)

    def read(image: str) -> tuple[Image, Image]:
        with zipfile.ZipFile(path) as archive:
            return grey(archive, "MRI", image), grey(archive, "CT", image)

    return read


@pytest.fixture(scope="module")
def golden(shared: Path) -> Callable[[str, str, str], dict[str, float]]:
    """The numbers of one row of a golden table, found by its fusion rule or method and its image."""
    tables: dict[str, dict[tuple[str, str], dict[str, float]]] = {}

    def read(name: str) -> dict[tuple[str, str], dict[str, float]]:
        with (shared / "golden" / name).open(newline="") as file:
            return {
                (row["fusion"] if "fusion" in row else row["method"], row["image"]): {
                    column: float(cell)
                    for column, cell in row.items()
                    if column not in ("dataset", "fusion", "method", "image")
                }
                for row in csv.DictReader(file)
            }

    def row(name: str, rule: str, image: str) -> dict[str, float]:
        if name not in tables:
            tables[name] = read(name)
        return tables[name][rule, image]

    return row


Golden = Callable[[str, str, str], dict[str, float]]


def values(profile: str, a: Image, b: Image, fused: Image) -> dict[str, float]:
    """Metric -> value, with the name that the CDDFuse evaluator has for VIF."""
    found = {variant.metric: value for variant, value in evaluate(PROFILES.load(profile), a, b, fused)}
    return {**found, "VIFF": found["VIF"]}


@pytest.mark.parametrize(("rule", "image"), CASES)
def test_cddfuse_profile_is_its_evaluator(pair: Pair, golden: Golden, rule: str, image: str) -> None:
    a, b = pair(image)
    fused = FUSE[rule](a, b)
    found, expected = values("cddfuse-2023", a, b, fused), golden("cddfuse_evaluator_per_image.csv", rule, image)
    with_range_255 = expected.pop("SSIM_dr255")
    for metric, value in expected.items():
        assert found[metric] == pytest.approx(value, rel=TOLERANCE.get(metric, FLOAT32), nan_ok=True), metric
    assert math.isnan(found["SCD"]) == (rule == "copyA")
    assert with_range_255 == pytest.approx(
        sum(
            structural_similarity(
                GreyImage(source),
                GreyImage(fused),
                window=UNIFORM,
                dynamic_range=255.0,
                variance_factor=UNIFORM_SAMPLE_FACTOR,
            )
            for source in (a, b)
        ),
        rel=SSIM_FLOAT32,
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("image", ["11.png", "20.png", "31.png"])
def test_cddfuse_profile_of_classical_methods(
    shared: Path, pair: Pair, golden: Golden, method: str, image: str
) -> None:
    fused = read_png((shared / "golden" / "fused_ref" / "MRI_CT" / method / image).read_bytes())
    found = values("cddfuse-2023", *pair(image), fused.astype(np.float64))
    for metric, value in golden("classical_baselines_cddfuse_metrics_per_image.csv", method, image).items():
        assert found[metric] == pytest.approx(value, rel=TOLERANCE.get(metric, FLOAT32)), metric


@pytest.mark.parametrize("rule", ["avg", "max"])
@pytest.mark.parametrize("image", ["11.png", "12.png", "13.png"])
def test_both_profiles_against_the_float64_toolbox(pair: Pair, golden: Golden, rule: str, image: str) -> None:
    a, b = pair(image)
    fused = FUSE[rule](a, b)
    expected = golden("octave_linfeng.csv", rule, image)
    rows, columns = a.shape
    found = values("reference", a, b, fused)
    assert {
        "EN": found["EN"],
        "SD": found["SD"],
        "SF255": found["SF"],
        # that toolbox divides by one row and one column less
        "AG": found["AG"] * rows * columns / ((rows - 1) * (columns - 1)),
        "CC": found["CC"],
        "SCD": found["SCD"],
        "MSE01": found["MSE"] / 255.0**2,
        # and takes the error on 0..1 with a peak of 255
        "PSNR_off48": found["PSNR"] + 20.0 * math.log10(255.0),
        "VIF_sum": found["VIF"],
        "Qabf": values("cddfuse-2023", a, b, fused)["Qabf"],
    } == pytest.approx(
        {
            metric: expected[metric]
            for metric in ("EN", "SD", "SF255", "AG", "CC", "SCD", "MSE01", "PSNR_off48", "VIF_sum", "Qabf")
        },
        rel=EXACT,
    )


@pytest.mark.parametrize("rule", ["avg", "max"])
@pytest.mark.parametrize("image", ["11.png", "16.png"])
def test_what_the_reference_profile_changes(pair: Pair, golden: Golden, rule: str, image: str) -> None:
    a, b = pair(image)
    found = values("reference", a, b, FUSE[rule](a, b))
    evaluator = golden("cddfuse_evaluator_per_image.csv", rule, image)
    assert found["MI"] == pytest.approx(evaluator["MI"] / math.log(2.0), rel=EXACT)
    assert found["PSNR"] == pytest.approx(10.0 * math.log10(255.0**2 / evaluator["MSE"]), rel=FLOAT32)
    # Eq. 8 of the paper as another toolbox has it: the two differ only in what they do where a gradient is 0
    corrected = golden("octave_mfifmetrics.csv", rule, image)["QG_eq8"]
    assert found["Qabf"] == pytest.approx(corrected, abs=3e-4)
