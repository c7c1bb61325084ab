"""Case tables and shards: the contract between the stages."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseflow.cases import (
    Case,
    CaseFile,
    RefusedCase,
    Shard,
    read_cases,
    read_refused,
    write_cases,
    write_refused,
)
from fuseflow.errors import InputError, Refused


def case(name: str, *roles: str) -> Case:
    return Case(name, "p", "", tuple(CaseFile(role, f"{role}/{name}.png", "0" * 64) for role in roles), Path())


@given(st.text(min_size=1), st.integers(1, 50))
def test_a_case_is_in_exactly_one_shard(name, count):
    assert sum(name in shard for shard in Shard.all(count)) == 1


def test_the_shard_is_that_of_the_design():
    # sha256("2004") begins with 483029d5, and 0x483029d5 = 1211115989 leaves 4 when divided by 5
    assert [str(shard) for shard in Shard.all(5) if "2004" in shard] == ["4of5"]


@pytest.mark.parametrize("name", ["5of5", "0of0", "of", "1/5", "-1of5", "0of5 "])
def test_other_names_are_no_shards(name):
    with pytest.raises(InputError, match="not a shard"):
        Shard.parse(name)


def test_a_table_gives_the_cases_back_sorted(tmp_path):
    cases = [case("b", "MR", "CT"), case("a", "CT")]
    write_cases(tmp_path / "cases.tsv", cases)

    read = read_cases(tmp_path / "cases.tsv")

    assert [found.id for found in read] == ["a", "b"]
    assert read[1].roles() == ["CT", "MR"]
    assert read[1].path("MR") == tmp_path / "MR/b.png"


def test_shards_of_a_table_are_its_parts(tmp_path):
    names = [str(number) for number in range(50)]
    write_cases(tmp_path / "cases.tsv", [case(name, "CT") for name in names])

    parts = [[found.id for found in read_cases(tmp_path / "cases.tsv", shard)] for shard in Shard.all(3)]

    assert sorted(name for part in parts for name in part) == sorted(names)
    assert all(parts)


def test_an_empty_table_has_no_cases(tmp_path):
    write_cases(tmp_path / "cases.tsv", [])

    assert read_cases(tmp_path / "cases.tsv") == []


@pytest.mark.parametrize("row", ["../x\tp\tCT\tx.png\t0", "a\tp\tCT\tx.png\t0\na\tq\tMR\ty.png\t0"])
def test_ids_that_cannot_be_trusted_end_the_run(tmp_path, row):
    (tmp_path / "cases.tsv").write_text(f"case\tpatient\trole\tpath\tsha256\n{row}\n")

    with pytest.raises(InputError, match="unusable id or several patients"):
        read_cases(tmp_path / "cases.tsv")


@pytest.mark.parametrize("path", ["/etc/passwd", "CT/a\0.png"])
def test_paths_begin_beside_the_table(tmp_path, path):
    (tmp_path / "cases.tsv").write_text(f"case\tpatient\trole\tpath\tsha256\na\tp\tCT\t{path}\t0\n")

    with pytest.raises(InputError, match=r"case a has the path '.*'; paths begin beside the table"):
        read_cases(tmp_path / "cases.tsv")


def test_a_table_may_name_images_in_another_folder(tmp_path):
    write_cases(tmp_path / "split" / "cases.tsv", [Case("a", "p", "", (CaseFile("CT", "../in/a.png", "0"),), Path())])

    [found] = read_cases(tmp_path / "split" / "cases.tsv")

    assert found.path("CT") == tmp_path / "split/../in/a.png"


def test_a_missing_role_is_an_orphan():
    with pytest.raises(Refused, match=r"orphan: there is no CT image for this case, only MR"):
        case("a", "MR").file("CT")


def test_two_files_for_a_role_are_ambiguous():
    with pytest.raises(Refused, match="ambiguous-role: 2 files"):
        case("a", "MR", "MR").file("MR")


def test_refusals_read_back_sorted(tmp_path):
    rows = [RefusedCase("b", "convert", "constant", "CT is\tflat"), RefusedCase("a", "convert", "orphan", "no MR")]
    write_refused(tmp_path / "refused.tsv", rows)

    assert read_refused(tmp_path / "refused.tsv") == rows[::-1]
