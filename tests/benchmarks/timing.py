"""Pairs to time things with, and how they are timed. Compare figures of one machine and one run only."""

from __future__ import annotations

import statistics
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from fuseflow.formats.png import read_png
from fuseflow.memory import keep_freed_memory
from fuseflow.synthesize.random_streams import random_stream
from fuseflow.synthesize.registry import GENERATORS

PATIENTS = 5
SLICES = 5

Image = npt.NDArray[np.uint8]
Pair = tuple[Image, Image]

keep_freed_memory()


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


def real_pairs(shared: Path) -> list[Pair]:
    """The MRI-CT test pairs of CDDFuse."""
    (path,) = (shared / "data" / "cddfuse-test").glob("MMIF-CDDFuse-*.zip")
    folder = zipfile.Path(path, f"{path.stem}/test_img/MRI_CT/")

    def read(role: str, name: str) -> Image:
        return read_png((folder / role / name).read_bytes())[..., 0]

    names = sorted(image.name for image in (folder / "CT").iterdir())
    return [(read("MRI", name), read("CT", name)) for name in names]


def median_milliseconds(function: Callable[[Pair], object], pairs: list[Pair]) -> float:
    """Median over the pairs, after one run to warm up."""
    function(pairs[0])
    seconds = []
    for pair in pairs:
        start = time.perf_counter()
        function(pair)
        seconds.append(time.perf_counter() - start)
    return 1000.0 * statistics.median(seconds)
