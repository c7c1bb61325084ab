from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.cases import Case
from fuseflow.config import SCHEMA
from fuseflow.errors import InputError
from fuseflow.schemas import validate
from fuseflow.split import (
    DEFAULT_FRACTIONS,
    DEFAULT_SALT,
    PATIENT_SCHEME,
    apportion,
    assign,
    patient_strata,
    position,
    split_as_published,
    split_by_patient,
)

FRACTIONS = {"train": 0.7, "val": 0.15, "test": 0.15}
STRATA = st.dictionaries(
    st.text("abc123", min_size=1, max_size=6), st.sampled_from(["", "lesion", "rare"]), max_size=40
)


def case(name: str, patient: str, stratum: str = "") -> Case:
    return Case(name, patient, stratum, (), Path())


def test_the_program_and_the_workflow_have_the_same_defaults():
    needed = {"datasets": ["heads"], "pairs": [["MR", "CT"]], "methods": ["LP"], "profiles": ["reference"]}

    defaults = validate(needed, SCHEMA)["split"]

    assert list(defaults["fractions"].items()) == list(DEFAULT_FRACTIONS.items())
    assert (defaults["salt"], defaults["scheme"]) == (DEFAULT_SALT, PATIENT_SCHEME)


def test_the_position_is_the_first_64_bits_of_the_hash():
    # printf 'salt|16' | sha256sum | cut -c1-16
    assert position("16", salt="salt") == 0x638094CED8D79994 / 2**64


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, [0, 0, 0]),
        (1, [1, 0, 0]),
        (3, [2, 0, 1]),  # quotas 2.1 0.45 0.45: the tie goes to the split named last
        (10, [7, 1, 2]),
        (20, [14, 3, 3]),
        (878, [614, 132, 132]),  # quotas 614.6 131.7 131.7
    ],
)
def test_counts_are_those_of_the_largest_remainder(count, expected):
    assert list(apportion(count, FRACTIONS).values()) == expected


def test_decimal_fractions_are_taken_as_written():
    assert apportion(10, {"a": 0.1, "b": 0.2, "c": 0.7}) == {"a": 1, "b": 2, "c": 7}


@pytest.mark.parametrize("fractions", [{}, {"a": 0.5}, {"a": 1.5, "b": -0.5}, {"a": float("nan"), "b": 1.0}])
def test_fractions_that_are_no_shares_are_wrong_usage(fractions):
    with pytest.raises(InputError, match="add up to 1"):
        assign({"p": ""}, fractions=fractions, salt="")


@given(STRATA, st.randoms())
@settings(deadline=None, max_examples=50)
def test_the_order_of_patients_counts_for_nothing(strata, random):
    shuffled = list(strata.items())
    random.shuffle(shuffled)
    assert assign(dict(shuffled), fractions=FRACTIONS, salt="s") == assign(strata, fractions=FRACTIONS, salt="s")


@given(STRATA)
@settings(deadline=None, max_examples=50)
def test_every_patient_has_a_split_and_large_strata_their_share(strata):
    split_of = assign(strata, fractions=FRACTIONS, salt="s")
    assert list(split_of) == sorted(strata)
    for stratum in set(strata.values()):
        members = [patient for patient in strata if strata[patient] == stratum]
        if len(members) >= 3:
            counts = {split: sum(split_of[patient] == split for patient in members) for split in FRACTIONS}
            assert counts == apportion(len(members), FRACTIONS)


@given(st.integers(1, 60))
@settings(deadline=None, max_examples=30)
def test_one_more_patient_moves_at_most_one_per_boundary(count):
    before = assign({str(patient): "" for patient in range(count)}, fractions=FRACTIONS, salt="s")
    after = assign({str(patient): "" for patient in range(count + 1)}, fractions=FRACTIONS, salt="s")
    assert sum(before[patient] != after[patient] for patient in before) <= 3


def test_strata_too_small_to_share_out_are_dealt_out_together():
    split_of = assign({str(patient): f"stratum {patient}" for patient in range(10)}, fractions=FRACTIONS, salt="s")
    assert sorted(split_of.values()) == ["test"] * 2 + ["train"] * 7 + ["val"]


def test_a_split_with_no_share_stays_empty():
    assert set(assign({"a": "", "b": "", "c": ""}, fractions={"train": 1.0, "test": 0.0}, salt="").values()) == {
        "train"
    }


def test_another_salt_gives_another_split():
    strata = {str(patient): "" for patient in range(30)}
    assert assign(strata, fractions=FRACTIONS, salt="a") != assign(strata, fractions=FRACTIONS, salt="b")


def test_the_stratum_of_a_patient_joins_those_of_its_cases():
    cases = [case("2", "p", "normal"), case("1", "p", "lesion"), case("3", "q", "normal")]
    assert patient_strata(cases) == {"p": "lesion+normal", "q": "normal"}


def test_all_cases_of_a_patient_are_in_one_split_even_if_its_id_begins_like_another():
    cases = [case(f"{patient}-{number}", patient) for patient in ("1", "10", "100", "2") for number in range(3)]
    splits = split_by_patient(cases, fractions={"train": 0.5, "test": 0.5}, salt="")
    assert sorted(len(members) for members in splits.values()) == [6, 6]
    patients = [{name.split("-")[0] for name in members} for members in splits.values()]
    assert not patients[0] & patients[1]


def test_a_published_split_keeps_to_its_list_and_leaves_out_what_is_not_there():
    cases = [case(name, name) for name in "abcd"]
    splits = split_as_published(cases, name="authors", test=["d", "gone"], validation=["b"])
    assert splits == {"train": ["a", "c"], "val": ["b"], "test": ["d"]}


@pytest.mark.parametrize(
    ("test", "validation", "match"),
    [(["x"], [], "none of the 1 test cases"), (["a"], ["a"], "both test and validation")],
)
def test_a_published_split_that_fits_nothing_is_unusable(test, validation, match):
    with pytest.raises(InputError, match=match):
        split_as_published([case("a", "a")], name="authors", test=test, validation=validation)
