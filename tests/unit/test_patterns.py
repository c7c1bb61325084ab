"""Patterns of cards: fields, widths, and nothing special beside."""

from __future__ import annotations

import pytest

from fuseflow.errors import InputError
from fuseflow.patterns import compile_files, compile_pattern


@pytest.mark.parametrize("pattern", ["{case:x}", "{1}", "{}", "{case!r}", "{case:999999999999d}"])
def test_unusable_patterns_are_named(pattern):
    with pytest.raises(InputError, match="unusable field"):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", ["CT/{case.png", "CT/case}.png", "{case:{width}d}{"])
def test_braces_that_do_not_match_are_named(pattern):
    with pytest.raises(InputError, match=r"the pattern '.*' cannot be read"):
        compile_pattern(pattern)


def test_a_field_that_is_needed_must_be_there():
    assert compile_pattern("CT/{case}.png", needs="case").fullmatch("CT/1.png")
    with pytest.raises(InputError, match=r"the pattern 'CT/x.png' has no field \{case\}; add it"):
        compile_pattern("CT/x.png", needs="case")


def test_special_characters_mean_themselves():
    assert not compile_pattern("a.b/{case}.png").fullmatch("axb/1.png")
    assert not compile_pattern("*/{case}.png").fullmatch("a/b/1.png")


def test_a_field_that_stands_twice_has_one_value():
    pattern = compile_pattern("{case}/{case}_ct.png")

    assert pattern.fullmatch("p1/p1_ct.png")["case"] == "p1"
    assert not pattern.fullmatch("p1/p2_ct.png")


def test_a_width_in_digits_is_exact():
    assert not compile_pattern("{patient}{slice:3d}").fullmatch("004")
    assert compile_pattern("{patient}{slice:3d}").fullmatch("16003").groupdict() == {"patient": "16", "slice": "003"}


def test_the_case_may_be_made_of_other_fields():
    pattern = compile_files("{patient}/FDG_PET/**.dcm as {patient}_raw")

    assert pattern.fields_of("STS_001/FDG_PET/image/1.dcm")["case"] == "STS_001_raw"
    assert pattern.fields_of("STS_001/PET/1.dcm") is None
    assert compile_files("mask.nii as P1").fields_of("mask.nii") == {"case": "P1"}


@pytest.mark.parametrize("pattern", ["{patient}/a.png", "{patient}/a.png as {study}", "a.png as ", "a.png as {patient"])
def test_a_pattern_must_say_the_case(pattern):
    with pytest.raises(InputError, match=r"case|brace"):
        compile_files(pattern)
