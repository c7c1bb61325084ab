from __future__ import annotations

import itertools

import numpy as np
import pytest

from fuseflow.synthesize.random_streams import ANATOMY, random_stream


def test_the_seed_is_the_first_128_bits_of_the_sha256_of_the_key() -> None:
    # printf '1|ellipses|1|CT' | sha256sum
    expected = np.random.default_rng(np.random.SeedSequence(0x3DEE8F7482AC1B651AFE0F2BB3B8A374))
    stream = random_stream(master=1, kind="ellipses", patient=1, modality="CT")
    assert stream.bit_generator.state == expected.bit_generator.state


def test_each_part_of_the_key_matters() -> None:
    keys = itertools.product((1, 2), ("ellipses", "other"), (1, 11), ("CT", "MR", ANATOMY))
    first = [
        int(random_stream(master=master, kind=kind, patient=patient, modality=modality).integers(2**63))
        for master, kind, patient, modality in keys
    ]
    assert len(set(first)) == len(first) == 24


@pytest.mark.parametrize(("modality", "expected"), [("CT", [11, 478, 477]), (ANATOMY, [821, 622, 356])])
def test_numbers_stay_what_they_were(modality: str, expected: list[int]) -> None:
    stream = random_stream(master=1, kind="ellipses", patient=1, modality=modality)
    assert stream.integers(1000, size=3).tolist() == expected
