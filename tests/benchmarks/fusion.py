"""How long each fusion method takes for a pair of 256x256 pixels: median milliseconds over seeded pairs of our own.

Run by hand: `python tests/benchmarks/fusion.py`. One thread; compare figures of one machine and one run only.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from fuseflow.fusion.method import fuse
from fuseflow.fusion.registry import METHODS
from fuseflow.synthesize.random_streams import random_stream
from fuseflow.synthesize.registry import GENERATORS

PATIENTS = 5
SLICES = 5

Pair = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]


def synthetic_pairs() -> list[Pair]:
    """MR and CT of the same slices."""
    generator = GENERATORS.load("ellipses")
    pairs: list[Pair] = []
    for patient in range(1, PATIENTS + 1):
        anatomy = generator.draw(
            random_stream(master=1, kind=generator.name, patient=patient, modality="anatomy"), patient
        ).anatomy
        mr, ct = (
            generator.render(
                anatomy, role, SLICES, random_stream(master=1, kind=generator.name, patient=patient, modality=role)
            )
            for role in ("MR", "CT")
        )
        pairs += zip(mr, ct, strict=True)
    return pairs


def median_milliseconds(name: str, pairs: list[Pair]) -> float:
    """Median over the pairs, after one run to warm up."""
    method = METHODS.load(name)
    fuse(method, *pairs[0])
    seconds = []
    for a, b in pairs:
        start = time.perf_counter()
        fuse(method, a, b)
        seconds.append(time.perf_counter() - start)
    return 1000.0 * statistics.median(seconds)


def main() -> None:
    """Print one line per method."""
    pairs = synthetic_pairs()
    for name in METHODS.names():
        print(f"{name}\t{median_milliseconds(name, pairs):.3f} ms")


if __name__ == "__main__":
    main()
