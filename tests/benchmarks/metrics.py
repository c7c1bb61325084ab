"""How long the metrics take for a 256 x 256 pair: median milliseconds on one thread, and VIF against PyPI sewar.

Run by hand: `python tests/benchmarks/metrics.py`. The pairs are seeded and our own; with FUSEFLOW_SHARED set, the real
MRI-CT pairs follow. Compare figures of one machine and one run only. Exit status 1 if VIF differs from sewar's by more
than 1e-9.
"""

from __future__ import annotations

import functools
import os
import statistics
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sewar.full_ref import vifp

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from fuseflow.formats.png import read_png
from fuseflow.metrics.evaluate import evaluate
from fuseflow.metrics.registry import PROFILES
from fuseflow.metrics.triple import Triple
from fuseflow.metrics.variant import Profile
from fuseflow.metrics.visual_information import VIF_SUM

SIZE = 256
PAIRS = 12
PAIRS_WITH_SEWAR = 4
LARGEST_DIFFERENCE = 1e-9

Image = npt.NDArray[np.float64]
Pair = tuple[Image, Image]


def ellipse(centre: tuple[float, float], axes: tuple[float, float]) -> npt.NDArray[np.bool_]:
    """Pixels inside an ellipse; everything in parts of the image side."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    return ((rows - centre[0]) / axes[0]) ** 2 + ((columns - centre[1]) / axes[1]) ** 2 <= 1.0


def synthetic_pair(seed: int) -> Pair:
    """Something like MR (textured tissue) and CT (bright skull, plain tissue) of a head on a black background."""
    random = np.random.default_rng(seed)
    head, brain = ellipse((0.5, 0.5), (0.42, 0.34)), ellipse((0.5, 0.5), (0.37, 0.29))
    mr = np.where(brain, 110.0 + random.normal(0.0, 18.0, (SIZE, SIZE)), 40.0)
    ct = np.where(brain, 60.0 + random.normal(0.0, 3.0, (SIZE, SIZE)), 240.0)
    for _ in range(8):
        centre, axes = random.uniform(0.3, 0.7, 2), random.uniform(0.02, 0.1, 2)
        spot = ellipse((centre[0], centre[1]), (axes[0], axes[1])) & brain
        mr[spot] += random.uniform(-70.0, 90.0)
        ct[spot] += random.uniform(-20.0, 20.0)
    return to_grey_levels(mr, head), to_grey_levels(ct, head)


def to_grey_levels(image: Image, mask: npt.NDArray[np.bool_]) -> Image:
    """Whole numbers in 0..255, and 0 outside the mask."""
    return np.rint(np.clip(np.where(mask, image, 0.0), 0.0, 255.0))


def real_pairs(shared: Path) -> list[Pair]:
    """The MRI-CT test pairs of CDDFuse."""
    (path,) = (shared / "data" / "cddfuse-test").glob("MMIF-CDDFuse-*.zip")
    folder = zipfile.Path(path, f"{path.stem}/test_img/MRI_CT/")

    def read(role: str, name: str) -> Image:
        return read_png((folder / role / name).read_bytes())[..., 0].astype(np.float64)

    names = sorted(image.name for image in (folder / "CT").iterdir())
    return [(read("MRI", name), read("CT", name)) for name in names[:PAIRS]]


def with_mean(pair: Pair) -> tuple[Image, Image, Image]:
    """A, B and their mean as fused image."""
    a, b = pair
    return a, b, np.floor((a + b + 1.0) / 2.0)


def median_milliseconds(function: Callable[[Pair], object], pairs: list[Pair]) -> float:
    """Median over the pairs, after one run to warm up."""
    function(pairs[0])
    seconds = []
    for pair in pairs:
        start = time.perf_counter()
        function(pair)
        seconds.append(time.perf_counter() - start)
    return 1000.0 * statistics.median(seconds)


def metric_milliseconds(profile: Profile, pairs: list[Pair]) -> dict[str, float]:
    """Variant -> median within one run of the whole profile: a shared result counts for the metric that comes first."""
    seconds: dict[str, list[float]] = {variant.id: [] for variant in profile.variants}
    for pair in pairs:
        triple = Triple(*with_mean(pair))
        for variant in profile.variants:
            start = time.perf_counter()
            variant(triple)
            seconds[variant.id].append(time.perf_counter() - start)
    return {name: 1000.0 * statistics.median(found) for name, found in seconds.items()}


def score(profile: Profile, pair: Pair) -> None:
    """Run the whole profile."""
    evaluate(profile, *with_mean(pair))


def vif(pair: Pair) -> float:
    """Ours."""
    return VIF_SUM(Triple(*with_mean(pair)))


def vif_of_sewar(pair: Pair) -> float:
    """The same by sewar."""
    a, b, fused = with_mean(pair)
    return float(vifp(a, fused) + vifp(b, fused))


def compare(title: str, pairs: list[Pair]) -> bool:
    """Print the table of one kind of pairs; whether VIF agrees."""
    print(f"{title} ({len(pairs)} pairs of {SIZE} x {SIZE})")
    for name in PROFILES.names():
        profile: Profile = PROFILES.load(name)
        whole = median_milliseconds(functools.partial(score, profile), pairs)
        print(f"  {name:24} {whole:8.2f} ms")
        for variant, milliseconds in metric_milliseconds(profile, pairs).items():
            print(f"    {variant:22} {milliseconds:8.2f} ms")
    few = pairs[:PAIRS_WITH_SEWAR]
    ours, sewar = median_milliseconds(vif, few), median_milliseconds(vif_of_sewar, few)
    difference = max(abs(vif(pair) - vif_of_sewar(pair)) for pair in few)
    print(f"  VIF alone {ours:.2f} ms, sewar.vifp twice {sewar:.2f} ms: ratio {sewar / ours:.1f}")
    print(f"  largest difference of the values {difference:.1e}, allowed {LARGEST_DIFFERENCE:.0e}\n")
    return difference <= LARGEST_DIFFERENCE


def main() -> int:
    """Synthetic pairs, and the real ones where they are."""
    agree = compare("synthetic MR and CT", [synthetic_pair(seed) for seed in range(PAIRS)])
    if shared := os.environ.get("FUSEFLOW_SHARED"):
        agree &= compare("real MRI and CT", real_pairs(Path(shared)))
    return 0 if agree else 1


if __name__ == "__main__":
    raise SystemExit(main())
