"""Random streams that depend on what they are for, and on nothing else."""

from __future__ import annotations

import hashlib

import numpy as np

ANATOMY = "anatomy"
"""The modality of the stream for what all modalities of a patient share."""


def random_stream(*, master: int, kind: str, patient: int, modality: str) -> np.random.Generator:
    """Random stream of one item: the same for any order of work and any number of processes.

    Parameters
    ----------
    master
        The seed of the whole set.
    kind
        The generator's name, so that two kinds of set with one seed have nothing in common.
    patient
        Number of the patient.
    modality
        The role, for example ``CT``, or `ANATOMY`.

    Returns
    -------
    numpy.random.Generator
        PCG64, seeded with the first 128 bits of the SHA-256 of ``master|kind|patient|modality``.

    Examples
    --------
    >>> int(random_stream(master=1, kind="ellipses", patient=1, modality="CT").integers(1000))
    11
    """
    key = f"{master}|{kind}|{patient}|{modality}"
    return np.random.default_rng(np.random.SeedSequence(int(hashlib.sha256(key.encode()).hexdigest()[:32], 16)))
