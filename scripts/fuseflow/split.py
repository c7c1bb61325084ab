"""Splits by patient: which patients are for training, validation and test.

A split has a *scheme*: `patient` is ours and keeps every patient in one split; a published scheme repeats the list of
test cases that the authors of a data set used, leaks included.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction

from fuseflow.cases import Case
from fuseflow.errors import InputError

PATIENT_SCHEME = "patient"
TRAIN, VALIDATION, TEST = "train", "val", "test"
DEFAULT_FRACTIONS: dict[str, float] = {TRAIN: 0.7, VALIDATION: 0.15, TEST: 0.15}
DEFAULT_SALT = "fuseflow"


def position(patient: str, *, salt: str) -> float:
    """Where a patient stands between 0 and 1, from nothing but its id and the salt.

    The first 16 hexadecimal digits of ``sha256("salt|patient")``, divided by 2**64.

    Examples
    --------
    >>> position("16", salt="") == int(hashlib.sha256(b"|16").hexdigest()[:16], 16) / 2**64
    True
    """
    return int(hashlib.sha256(f"{salt}|{patient}".encode()).hexdigest()[:16], 16) / 2**64


def apportion(count: int, fractions: Mapping[str, float]) -> dict[str, int]:
    """Whole numbers of patients per split by the method of the largest remainder.

    Fractions are read as the decimals they are written as, so that binary rounding decides no tie. A tie goes to the
    split named last: with few patients a test split is needed before a validation split.

    Parameters
    ----------
    count
        Patients to share out.
    fractions
        Share per split, each in 0..1, together 1.

    Returns
    -------
    dict
        Patients per split, in the order of `fractions`; they add up to `count`.

    Raises
    ------
    InputError
        If a fraction is negative or they do not add up to 1.

    Notes
    -----
    Hamilton's method; Balinski and Young, Fair Representation, 2nd edition (Brookings 2001), chapter 3.

    Examples
    --------
    >>> apportion(10, {"train": 0.7, "val": 0.15, "test": 0.15})
    {'train': 7, 'val': 1, 'test': 2}
    """
    shares = exact_fractions(fractions)
    quotas = {split: share * count for split, share in shares.items()}
    counts = {split: int(quota) for split, quota in quotas.items()}
    places = {split: place for place, split in enumerate(quotas)}
    by_remainder = sorted(quotas, key=lambda split: (quotas[split] - counts[split], places[split]), reverse=True)
    for split in by_remainder[: count - sum(counts.values())]:
        counts[split] += 1
    return counts


def exact_fractions(fractions: Mapping[str, float]) -> dict[str, Fraction]:
    """Fractions as the decimals they are written as.

    Raises
    ------
    InputError
        If one is not a number in 0..1 or they do not add up to 1.
    """
    try:
        exact = {split: Fraction(repr(float(share))) for split, share in fractions.items()}
    except ValueError:
        exact = {}
    if not exact or min(exact.values()) < 0 or sum(exact.values()) != 1:
        written = " ".join(f"{split}={share}" for split, share in fractions.items())
        raise InputError(f"the fractions of the splits must lie in 0..1 and add up to 1; they are: {written or 'none'}")
    return exact


def assign(strata: Mapping[str, str], *, fractions: Mapping[str, float], salt: str) -> dict[str, str]:
    """Assign every patient to a split, stratum by stratum.

    Inside a stratum patients are ordered by `position` and dealt out in the order of `fractions`, as many each as
    `apportion` says. Strata with fewer patients than there are splits cannot be shared out alone and are pooled. So the
    result depends on nothing but the patients, their strata, the fractions and the salt, and a few more patients move
    few others.

    Parameters
    ----------
    strata
        Stratum of every patient; the same text for all if there are no strata.
    fractions
        Share per split, each in 0..1, together 1.
    salt
        Any text; another one gives another split.

    Returns
    -------
    dict
        Split of every patient, sorted by patient.

    Raises
    ------
    InputError
        If a fraction is negative or they do not add up to 1.

    Examples
    --------
    >>> split = assign({str(patient): "" for patient in range(20)}, fractions={"train": 0.75, "test": 0.25}, salt="a")
    >>> sum(name == "test" for name in split.values())
    5
    """
    groups: dict[str, list[str]] = defaultdict(list)
    for patient, stratum in strata.items():
        groups[stratum].append(patient)
    wanted = sum(share > 0 for share in exact_fractions(fractions).values())
    large = [group for group in groups.values() if len(group) >= wanted]
    pooled = [patient for group in groups.values() if len(group) < wanted for patient in group]
    split_of: dict[str, str] = {}
    for group in [*large, pooled]:
        ordered = sorted(group, key=lambda patient: (position(patient, salt=salt), patient))
        splits = [split for split, count in apportion(len(group), fractions).items() for _ in range(count)]
        split_of.update(zip(ordered, splits, strict=True))
    return dict(sorted(split_of.items()))


def patient_strata(cases: Iterable[Case]) -> dict[str, str]:
    """Stratum of every patient: that of its cases; if they differ, all of them joined by ``+``."""
    found: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        found[case.patient].add(case.stratum)
    return {patient: "+".join(sorted(strata)) for patient, strata in sorted(found.items())}


def split_by_patient(cases: Collection[Case], *, fractions: Mapping[str, float], salt: str) -> dict[str, list[str]]:
    """Our scheme: case ids per split, sorted, with every patient in one split (see `assign`)."""
    split_of = assign(patient_strata(cases), fractions=fractions, salt=salt)
    return {
        split: sorted(case.id for case in cases if split_of[case.patient] == split)
        for split in exact_fractions(fractions)
    }


def split_as_published(
    cases: Collection[Case], *, name: str, test: Collection[str], validation: Collection[str] = ()
) -> dict[str, list[str]]:
    """Repeat a publication's scheme: the named cases are for test (or validation), all others for training.

    Parameters
    ----------
    cases
        The cases that are there; named ones that are not among them are left out.
    name
        The scheme, for messages.
    test, validation
        Case ids.

    Returns
    -------
    dict
        Case ids per split, sorted; without ``val`` if `validation` is empty.

    Raises
    ------
    InputError
        If no test case is there, or a case is named for both test and validation.

    Examples
    --------
    >>> from pathlib import Path
    >>> cases = [Case(name, name[0], "", (), Path()) for name in ("a1", "a2", "b1")]
    >>> split_as_published(cases, name="authors", test=["a2"])
    {'train': ['a1', 'b1'], 'test': ['a2']}
    """
    ids = {case.id for case in cases}
    both = sorted(set(test) & set(validation))
    if both:
        raise InputError(f"the published split {name!r} names {both[0]} for both test and validation")
    if not ids & set(test):
        raise InputError(
            f"none of the {len(test)} test cases of the published split {name!r} is a case of what was converted; "
            "its list must hold case ids, and a limit may have left them out"
        )
    splits = {
        TRAIN: sorted(ids - set(test) - set(validation)),
        VALIDATION: sorted(ids & set(validation)),
        TEST: sorted(ids & set(test)),
    }
    return splits if validation else {split: splits[split] for split in (TRAIN, TEST)}
