from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow import leakage
from fuseflow.cases import Case, CaseFile
from fuseflow.errors import InputError
from fuseflow.files import sha256_of_bytes
from fuseflow.fingerprints import ImageHashes
from fuseflow.formats.canonical import write_canonical
from fuseflow.leakage import (
    Picture,
    check_leakage,
    hash_images,
    near_pairs,
    refuse_duplicates,
)

NOISE = np.random.default_rng(5).integers(0, 256, (24, 27), dtype=np.uint8)


def picture(case: str, role: str, pixels: str, *, mirrored: str = "", difference: int = 0) -> Picture:
    return Picture(case, role, ImageHashes(pixels, mirrored or pixels, difference))


def case(name: str, patient: str, stratum: str = "") -> Case:
    return Case(name, patient, stratum, (), Path())


@given(st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=12), st.data())
@settings(deadline=None, max_examples=40)
def test_near_pairs_are_those_of_the_definition(hashes, data):
    hashes += [data.draw(st.sampled_from(hashes)) ^ data.draw(st.sampled_from([0, 1, 15, 31, 2**63])) for _ in range(6)]
    splits = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(hashes), max_size=len(hashes))))
    same = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(hashes), max_size=len(hashes))))
    expected = [
        (one, other, (hashes[one] ^ hashes[other]).bit_count())
        for one in range(len(hashes))
        for other in range(one + 1, len(hashes))
        if splits[one] != splits[other]
        and same[one] != same[other]
        and (hashes[one] ^ hashes[other]).bit_count() <= leakage.NEAR_BITS
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leakage, "BLOCK", 5)
        blocks = list(near_pairs(np.array(hashes, np.uint64), splits=splits, same=same))
    found = [pair for block in blocks for pair in zip(*(part.tolist() for part in block), strict=True)]
    assert found == expected


def test_the_first_of_two_cases_with_equal_pixels_stays():
    pictures = [picture("9", "CT", "x"), picture("9", "MR", "z"), picture("10", "CT", "y"), picture("10", "MR", "x")]
    [refused] = refuse_duplicates(pictures)
    assert (refused.case, refused.stage, refused.reason) == ("9", "split", "duplicate")
    assert refused.detail == "its CT image has the same pixels as the MR image of case 10, which is kept"


def test_a_copy_of_a_refused_case_alone_is_kept():
    pictures = [
        picture("a", "CT", "1"),
        picture("b", "CT", "1"),
        picture("b", "MR", "2"),
        picture("c", "MR", "2"),
    ]
    assert [refused.case for refused in refuse_duplicates(reversed(pictures))] == ["b"]


def test_equal_pixels_within_one_case_or_mirrored_are_no_duplicates():
    pictures = [picture("a", "CT", "1"), picture("a", "MR", "1"), picture("b", "CT", "2", mirrored="1")]
    assert refuse_duplicates(pictures) == []


def test_all_leaks_of_a_scheme_are_named():
    cases = [case("a1", "a", "lesion"), case("a2", "a", "lesion"), case("b1", "b"), case("c1", "c")]
    pictures = [
        picture("a1", "CT", "1", difference=0),
        picture("a2", "CT", "2", difference=2**64 - 1),
        picture("b1", "CT", "3", mirrored="1", difference=2**40),
        picture("c1", "CT", "4", difference=0b111),
        picture("c1", "MR", "5", difference=0),
    ]
    found = check_leakage({"train": ["a1", "c1"], "test": ["a2", "b1"]}, cases=cases, pictures=pictures)
    assert found == {
        "cases": {"train": 2, "test": 2},
        "patients": {"train": 2, "test": 2},
        "strata": {"": {"train": 1, "test": 1}, "lesion": {"train": 1, "test": 1}},
        "shared_patients": {"count": 1, "list": [{"patient": "a", "cases": {"test": ["a2"], "train": ["a1"]}}]},
        "identical_pixels": {
            "count": 1,
            "list": [
                {
                    "images": [
                        {"case": "a1", "role": "CT", "split": "train"},
                        {"case": "b1", "role": "CT", "split": "test"},
                    ]
                }
            ],
        },
        "near_duplicates": {
            "count": 1,
            "list": [
                {
                    "images": [
                        {"case": "b1", "role": "CT", "split": "test"},
                        {"case": "c1", "role": "CT", "split": "train"},
                    ],
                    "distance": 4,
                }
            ],
        },
        "leaks": True,
    }


def test_near_duplicates_alone_are_a_hint_and_no_leak():
    pictures = [picture("a", "CT", "1", difference=0), picture("b", "CT", "2", difference=1)]
    found = check_leakage({"train": ["a"], "test": ["b"]}, cases=[case("a", "a"), case("b", "b")], pictures=pictures)
    assert not found["leaks"]
    assert found["near_duplicates"]["count"] == 1


def test_long_lists_are_cut_and_their_count_is_not():
    names = {split: [f"{split}{number:02d}" for number in range(20)] for split in ("train", "test")}
    cases = [case(name, name) for members in names.values() for name in members]
    pictures = [picture(one.id, "CT", one.id) for one in cases]
    found = check_leakage(names, cases=cases, pictures=pictures)
    assert found["near_duplicates"]["count"] == 400
    assert len(found["near_duplicates"]["list"]) == leakage.LISTED


def stored(folder: Path, name: str) -> Case:
    return Case(name, name, "", (write_canonical(folder, case=name, role="CT", image=NOISE),), folder)


def test_an_image_that_cannot_be_decoded_refuses_its_case(tmp_path):
    (tmp_path / "b.png").write_bytes(b"text")
    text = Case("b", "b", "", (CaseFile("CT", "b.png", sha256_of_bytes(b"text")),), tmp_path)
    pictures, refused = hash_images([stored(tmp_path, "a"), text, stored(tmp_path, "c")], workers=2)
    assert [one.case for one in pictures] == ["a", "c"]
    assert [(one.case, one.stage, one.reason) for one in refused] == [("b", "split", "unreadable")]


def test_an_image_that_changed_ends_the_stage(tmp_path):
    cases = [stored(tmp_path, name) for name in "abc"]
    cases[1].path("CT").write_bytes(b"")
    with pytest.raises(InputError, match="case b: the CT file is no longer the one in the case table"):
        hash_images(cases, workers=2)
