from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fuseflow import command
from fuseflow.cases import Case, read_refused, write_cases
from fuseflow.files import read_table
from fuseflow.formats.canonical import write_canonical

SCRIPT = Path(__file__).parents[3] / "scripts" / "make_splits.py"
OUTPUTS = ("splits.json", "leakage.json", "cases.tsv", "refused.tsv")


@pytest.fixture(scope="module")
def run() -> Callable[..., int]:
    specification = importlib.util.spec_from_file_location("make_splits", SCRIPT)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return lambda *argv: command.run(module.make_parser(), module.main, [str(argument) for argument in argv])


def status_of(run, *arguments) -> int:
    """The exit status, also of arguments that the parser does not take."""
    try:
        return run(*arguments)
    except SystemExit as end:
        return end.code


def write_set(folder: Path, names: list[str], *, seeds: dict[str, int] | None = None) -> Path:
    """A shard folder with a random CT and MR per case; equal seeds give equal CT pixels."""
    cases = []
    for name in names:
        draw = np.random.default_rng((seeds or {}).get(name, int(name)))
        images = {"CT": draw.integers(0, 256, (16, 18), np.uint8), "MR": np.random.default_rng(10**6 + int(name))}
        images["MR"] = images["MR"].integers(0, 256, (16, 18), np.uint8)
        files = [write_canonical(folder, case=name, role=role, image=pixels) for role, pixels in images.items()]
        cases.append(Case(name, name[:-3], "", tuple(files), folder))
    write_cases(folder / "cases.tsv", cases)
    return folder / "cases.tsv"


NAMES = [f"{patient}{number:03d}" for patient in range(1, 11) for number in (1, 2)]


def test_every_case_is_in_one_split_and_every_patient_too(run, tmp_path):
    table = write_set(tmp_path / "in", NAMES)
    assert run("--cases", table, "--output", tmp_path / "out") == 0
    splits = json.loads((tmp_path / "out" / "splits.json").read_text())
    assert splits["active"] == "patient"
    assert {split: len(members) for split, members in splits["schemes"]["patient"].items()} == {
        "train": 14,
        "val": 2,
        "test": 4,
    }
    kept = read_table(tmp_path / "out" / "cases.tsv")
    assert len(kept) == 40
    assert len({(row["patient"], row["split"]) for row in kept}) == 10
    assert all((tmp_path / "out" / row["path"]).is_file() for row in kept)
    assert read_refused(tmp_path / "out" / "refused.tsv") == []


def test_number_and_order_of_the_tables_count_for_nothing(run, tmp_path):
    seeds = dict.fromkeys(["1001", "7002", "9001"], 1)
    whole = write_set(tmp_path / "whole", NAMES, seeds=seeds)
    parts = [write_set(tmp_path / f"part{n}", NAMES[n::3], seeds=seeds) for n in (2, 0, 1)]
    assert run("--cases", whole, "--output", tmp_path / "a", "--workers", 3) == 0
    assert run("--cases", *parts, "--output", tmp_path / "b") == 0
    for name in ("splits.json", "leakage.json", "refused.tsv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    rows = [read_table(tmp_path / folder / "cases.tsv") for folder in "ab"]
    assert [{**row, "path": ""} for row in rows[0]] == [{**row, "path": ""} for row in rows[1]]
    refused = read_refused(tmp_path / "a" / "refused.tsv")
    assert [(row.case, row.reason) for row in refused] == [("7002", "duplicate"), ("9001", "duplicate")]


def test_a_published_scheme_is_made_and_its_leak_reported(run, tmp_path):
    table = write_set(tmp_path / "in", NAMES)
    (tmp_path / "test.txt").write_text("1001\n2001\n")
    arguments = ["--cases", table, "--published", f"authors={tmp_path / 'test.txt'}", "--output", tmp_path / "out"]
    assert run(*arguments, "--on-leak", "fail") == 0
    assert run(*arguments, "--scheme", "authors", "--on-leak", "report") == 0
    assert run(*arguments, "--scheme", "authors", "--on-leak", "fail") == 1
    found = json.loads((tmp_path / "out" / "leakage.json").read_text())
    assert [entry["patient"] for entry in found["authors"]["shared_patients"]["list"]] == ["1", "2"]
    assert found["patient"]["leaks"] is False
    tests = {row["case"] for row in read_table(tmp_path / "out" / "cases.tsv") if row["split"] == "test"}
    assert tests == {"1001", "2001"}


def test_a_published_scheme_may_be_json_with_validation(run, tmp_path):
    table = write_set(tmp_path / "in", NAMES)
    (tmp_path / "lists.json").write_text(json.dumps({"test": ["1001"], "val": ["1002"]}))
    run("--cases", table, "--published", f"paper={tmp_path / 'lists.json'}", "--output", tmp_path / "out")
    splits = json.loads((tmp_path / "out" / "splits.json").read_text())["schemes"]["paper"]
    assert (splits["test"], splits["val"], len(splits["train"])) == (["1001"], ["1002"], 18)


def test_published_schemes_of_the_card_are_made(run, tmp_path, monkeypatch):
    monkeypatch.delenv("FUSEFLOW_CARDS", raising=False)
    table = write_set(tmp_path / "in", ["2004", "2005", "16003"])
    assert run("--cases", table, "--dataset", "harvard-ct-mri", "--output", tmp_path / "out") == 0
    splits = json.loads((tmp_path / "out" / "splits.json").read_text())["schemes"]
    assert splits["authors"] == {"train": ["16003", "2005"], "test": ["2004"]}


def test_refusals_fail_the_run_only_on_demand(run, tmp_path):
    table = write_set(tmp_path / "in", NAMES, seeds={"1001": 1, "1002": 1})
    arguments = ["--cases", table, "--output", tmp_path / "out"]
    assert run(*arguments) == 0
    assert run(*arguments, "--on-refused", "fail") == 1
    assert "1002" not in (tmp_path / "out" / "splits.json").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--scheme", "authors"], "there is no scheme 'authors'; there are patient"),
        (["--published", "authors"], "--published takes NAME=FILE"),
        (["--published", "authors=nowhere.txt"], "cannot be read"),
        (["--published", "patient={bad}"], "cannot be called 'patient'"),
        (["--published", "a={empty}"], "is no published split"),
        (["--fractions", "train=0.5", "test=0.4"], "add up to 1"),
        (["--fractions", "train=abc"], "'train=abc' is no split with its share; write it like train=0.7"),
        (["--fractions", "train=-1", "test=2"], "'train=-1' is no split"),
        (["--fractions", "Train=0.5", "test=0.5"], "'Train=0.5' is no split"),
        (["--fractions", "train=1"], "takes two or more splits"),
        (["--output", "{table}"], "is an input or holds one"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(run, tmp_path, capsys, arguments, sentence):
    table = write_set(tmp_path / "in", ["1001"])
    (tmp_path / "bad").write_text("1001")
    (tmp_path / "empty").write_text("{}")
    arguments = [text.format(bad=tmp_path / "bad", empty=tmp_path / "empty", table=table.parent) for text in arguments]
    before = sorted(tmp_path.rglob("*"))
    assert status_of(run, "--cases", table, "--output", tmp_path / "out", *arguments) == 2
    assert sentence in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_case_in_two_tables_is_unusable(run, tmp_path, capsys):
    tables = [write_set(tmp_path / name, ["1001"]) for name in "ab"]
    assert run("--cases", *tables, "--output", tmp_path / "out") == 2
    assert "case 1001 is in two of the tables" in capsys.readouterr().err


def test_a_set_without_cases_has_empty_splits(run, tmp_path):
    table = write_set(tmp_path / "in", [])
    assert run("--cases", table, "--output", tmp_path / "out") == 0
    splits = json.loads((tmp_path / "out" / "splits.json").read_text())
    assert splits["schemes"] == {"patient": {"train": [], "val": [], "test": []}}
    assert read_table(tmp_path / "out" / "cases.tsv") == []


def test_a_published_scheme_of_the_card_may_be_out_of_reach_of_a_small_part(run, tmp_path, monkeypatch):
    monkeypatch.delenv("FUSEFLOW_CARDS", raising=False)
    arguments = ["--cases", write_set(tmp_path / "in", ["2005"]), "--dataset", "harvard-ct-mri"]
    assert run(*arguments, "--output", tmp_path / "a") == 0
    assert list(json.loads((tmp_path / "a" / "splits.json").read_text())["schemes"]) == ["patient"]
    assert run(*arguments, "--scheme", "authors", "--output", tmp_path / "b") == 2
