"""Leakage: what training and test share although they should not.

Every picture is *hashed*. Equal pixels under two case ids are duplicates, which are refused before a split is made;
patients, equal pixels (also mirrored ones) and near-duplicates on both sides of a split are its leaks.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from fuseflow.cases import Case, RefusedCase
from fuseflow.errors import Refused
from fuseflow.fingerprints import ImageHashes, hash_image, hash_volume
from fuseflow.formats.canonical import is_volume, read_canonical, read_canonical_volume

STAGE = "split"
NEAR_BITS = 4
"""Largest Hamming distance of two 64-bit difference hashes that still counts as nearly the same picture."""
LISTED = 200
"""How many entries of a list are written out; the count is always complete."""
BLOCK = 1024
"""Rows of the distance matrix at a time: 20,000 pictures then need 160 MB instead of 3 GB."""


@dataclass(frozen=True)
class Picture:
    """One image of a case and its hashes."""

    case: str
    role: str
    hashes: ImageHashes


def hash_images(
    cases: Sequence[Case], *, labels: Collection[str] = (), workers: int
) -> tuple[list[Picture], list[RefusedCase]]:
    """Hashes of all images of all cases, and the cases with an image that cannot be read.

    Parameters
    ----------
    cases
        Cases with canonical images.
    labels
        Roles of label images, which may be equal in different cases and are left out.
    workers
        Threads; decoding and hashing do not hold the interpreter's lock.

    Returns
    -------
    tuple
        Pictures in the order of the cases and their roles; refusals for the stage `split`.
    """
    pictures: list[Picture] = []
    refused: list[RefusedCase] = []
    with ThreadPoolExecutor(workers) as pool:
        for case, result in zip(cases, pool.map(partial(_pictures_of, labels=labels), cases), strict=True):
            if isinstance(result, Refused):
                refused.append(RefusedCase(case.id, STAGE, result.reason, result.detail))
            else:
                pictures += result
    return pictures, refused


def _pictures_of(case: Case, *, labels: Collection[str]) -> list[Picture] | Refused:
    try:
        return [Picture(case.id, role, _hashes_of(case, role)) for role in case.roles() if role not in labels]
    except Refused as refusal:
        return refusal


def _hashes_of(case: Case, role: str) -> ImageHashes:
    if is_volume(case.file(role)):
        return hash_volume(read_canonical_volume(case, role).data)
    return hash_image(read_canonical(case, role))


def refuse_duplicates(pictures: Iterable[Picture]) -> list[RefusedCase]:
    """Cases to refuse because one of their images has the same pixels as an image of another case.

    Cases are taken in the order of their ids; one is kept if none of its images repeats an image of a case kept before.

    Returns
    -------
    list of RefusedCase
        With the reason ``duplicate`` and a sentence that names both images; sorted by case.
    """
    by_case: dict[str, list[Picture]] = defaultdict(list)
    for picture in pictures:
        by_case[picture.case].append(picture)
    first: dict[str, Picture] = {}
    refused = []
    for case in sorted(by_case):
        images = sorted(by_case[case], key=lambda picture: picture.role)
        repeated = next((picture for picture in images if picture.hashes.pixels in first), None)
        if repeated is None:
            for picture in images:
                first.setdefault(picture.hashes.pixels, picture)
            continue
        kept = first[repeated.hashes.pixels]
        detail = (
            f"its {repeated.role} image has the same pixels as the {kept.role} image of case {kept.case}, which is kept"
        )
        refused.append(RefusedCase(case, STAGE, "duplicate", detail))
    return refused


def check_leakage(
    splits: Mapping[str, Sequence[str]], *, cases: Iterable[Case], pictures: Iterable[Picture]
) -> dict[str, object]:
    """Find what the splits of one scheme share.

    Parameters
    ----------
    splits
        Case ids per split, each id in one split only.
    cases, pictures
        Patients and strata, and hashes; of cases that are in a split.

    Returns
    -------
    dict
        For JSON: ``cases`` and ``patients`` per split; ``strata``: stratum -> split -> cases; and the leaks
        ``shared_patients``, ``identical_pixels`` (also after mirroring) and ``near_duplicates`` (difference hashes at
        most `NEAR_BITS` apart, of images of the same role that are not identical: hints to look at, not proof), each
        with its full ``count`` and a ``list`` of at most `LISTED` entries. ``leaks`` is true if patients or pixels are
        shared.
    """
    split_of = {case: split for split, members in splits.items() for case in members}
    known = sorted((case for case in cases if case.id in split_of), key=lambda case: case.id)
    images = sorted(
        (picture for picture in pictures if picture.case in split_of), key=lambda picture: (picture.case, picture.role)
    )
    shared, identical = _shared_patients(known, split_of), _identical_pixels(images, split_of)
    return {
        "cases": {split: len(members) for split, members in splits.items()},
        "patients": {split: len({case.patient for case in known if split_of[case.id] == split}) for split in splits},
        "strata": _strata(known, split_of, splits),
        "shared_patients": _bounded(shared),
        "identical_pixels": _bounded(identical),
        "near_duplicates": _near_duplicates(images, split_of),
        "leaks": bool(shared or identical),
    }


def _bounded(entries: Sequence[object]) -> dict[str, object]:
    return {"count": len(entries), "list": list(entries[:LISTED])}


def _strata(cases: Iterable[Case], split_of: Mapping[str, str], splits: Iterable[str]) -> dict[str, dict[str, int]]:
    count = Counter((case.stratum, split_of[case.id]) for case in cases)
    return {
        stratum: {split: count[stratum, split] for split in splits} for stratum in sorted({key[0] for key in count})
    }


def _shared_patients(cases: Iterable[Case], split_of: Mapping[str, str]) -> list[dict[str, object]]:
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for case in cases:
        found[case.patient][split_of[case.id]].append(case.id)
    return [
        {"patient": patient, "cases": dict(sorted(splits.items()))}
        for patient, splits in sorted(found.items())
        if len(splits) > 1
    ]


def _identical_pixels(images: Iterable[Picture], split_of: Mapping[str, str]) -> list[dict[str, object]]:
    groups: dict[str, list[Picture]] = defaultdict(list)
    for picture in images:
        groups[picture.hashes.mirrored].append(picture)
    across = [group for group in groups.values() if len({split_of[picture.case] for picture in group}) > 1]
    return [{"images": [_entry(picture, split_of) for picture in group]} for group in across]


def _entry(picture: Picture, split_of: Mapping[str, str]) -> dict[str, str]:
    return {"case": picture.case, "role": picture.role, "split": split_of[picture.case]}


def _near_duplicates(images: Sequence[Picture], split_of: Mapping[str, str]) -> dict[str, object]:
    """Complete count, and the first pairs in the order of role and case."""
    count = 0
    listed: list[dict[str, object]] = []
    by_role: dict[str, list[Picture]] = defaultdict(list)
    for picture in images:
        by_role[picture.role].append(picture)
    for _, group in sorted(by_role.items()):
        numbers = {split: number for number, split in enumerate(sorted(set(split_of.values())))}
        mirrored = {digest: number for number, digest in enumerate(sorted({p.hashes.mirrored for p in group}))}
        blocks = near_pairs(
            np.array([picture.hashes.difference for picture in group], np.uint64),
            splits=np.array([numbers[split_of[picture.case]] for picture in group]),
            same=np.array([mirrored[picture.hashes.mirrored] for picture in group]),
        )
        for first, second, distance in blocks:
            count += len(first)
            for number in range(min(len(first), LISTED - len(listed))):
                pair = [_entry(group[picture], split_of) for picture in (first[number], second[number])]
                listed.append({"images": pair, "distance": int(distance[number])})
    return {"count": count, "list": listed}


def near_pairs(
    hashes: npt.NDArray[np.uint64], *, splits: npt.NDArray[np.int_], same: npt.NDArray[np.int_]
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.uint8]]]:
    """Pairs of pictures in different splits whose hashes are at most `NEAR_BITS` apart, block by block.

    Parameters
    ----------
    hashes
        64-bit hash of every picture, shape (n,).
    splits
        Number of its split, shape (n,).
    same
        Number of its group of identical pictures, shape (n,); pairs inside a group are left out.

    Yields
    ------
    tuple
        Indices of the first and of the second picture (first < second) and their Hamming distance in bits.

    Examples
    --------
    >>> hashes = np.array([0b0000, 0b0111, 0b11111], np.uint64)
    >>> [block] = near_pairs(hashes, splits=np.array([0, 1, 1]), same=np.arange(3))
    >>> [part.tolist() for part in block]
    [[0], [1], [3]]
    """
    for start in range(0, len(hashes), BLOCK):
        block, rest = slice(start, start + BLOCK), slice(start, None)
        distance = np.bitwise_count(hashes[block, None] ^ hashes[None, rest])
        near = distance <= NEAR_BITS
        near &= splits[block, None] != splits[None, rest]
        near &= same[block, None] != same[None, rest]
        first, second = np.nonzero(np.triu(near))
        yield first + start, second + start, distance[first, second]
