"""How long the metrics take for a 256 x 256 pair: median milliseconds on one thread, and VIF against PyPI sewar.

Run by hand: `python tests/benchmarks/metrics.py`. The pairs are seeded and our own; with FUSEFLOW_SHARED set, the real
MRI-CT pairs follow. Compare figures of one machine and one run only. Exit status 1 if VIF differs from sewar's by more
than 1e-9.
"""

from __future__ import annotations

import functools
import os
import statistics
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sewar.full_ref import vifp
from timing import Pair, median_milliseconds, real_pairs, synthetic_pairs

from fuseflow.metrics.evaluate import evaluate
from fuseflow.metrics.registry import PROFILES
from fuseflow.metrics.triple import Triple
from fuseflow.metrics.variant import Profile
from fuseflow.metrics.visual_information import VIF_SUM

PAIRS = 12
PAIRS_WITH_SEWAR = 4
LARGEST_DIFFERENCE = 1e-9

Image = npt.NDArray[np.float64]


def with_mean(pair: Pair) -> tuple[Image, Image, Image]:
    """A, B and their mean as fused image."""
    a, b = (source.astype(np.float64) for source in pair)
    return a, b, np.floor((a + b + 1.0) / 2.0)


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
    print(f"{title} ({len(pairs)} pairs of 256 x 256)")
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
    agree = compare("synthetic MR and CT", synthetic_pairs()[:PAIRS])
    if shared := os.environ.get("FUSEFLOW_SHARED"):
        agree &= compare("real MRI and CT", real_pairs(Path(shared))[:PAIRS])
    return 0 if agree else 1


if __name__ == "__main__":
    raise SystemExit(main())
