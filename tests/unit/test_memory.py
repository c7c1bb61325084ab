from __future__ import annotations

import platform
import resource

import numpy as np
import pytest

from fuseflow.memory import keep_freed_memory
from fuseflow.metrics.evaluate import evaluate
from fuseflow.metrics.registry import PROFILES

ROUNDS = 4
PAGES_OF_ONE_ROUND = 3000
"""About 12 MB; a process that gives its memory back asks for twice as many pages in every round."""


def page_faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators have other rules")
def test_intermediate_results_reuse_the_memory_of_the_pair_before() -> None:
    profile = PROFILES.load("cddfuse-2023")
    image = np.random.default_rng(0).integers(0, 256, (256, 256), dtype=np.uint8)
    keep_freed_memory()
    faults = []
    for _ in range(ROUNDS):
        before = page_faults()
        evaluate(profile, image, image.T, np.maximum(image, image.T))
        faults.append(page_faults() - before)
    assert min(faults) < PAGES_OF_ONE_ROUND
