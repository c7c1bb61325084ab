"""The report of data sets that were not fused: what it says, and what goes with fusion alone."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fuseflow import command
from fuseflow.cases import Case, CaseFile, RefusedCase, Shard, write_cases, write_refused
from fuseflow.files import write_json

SCRIPT = Path(__file__).parents[3] / "scripts" / "report.py"
CARD = """
title: Chests & <hearts>
modality: [CT]
roles: {CT: "CT/{case}.png"}
patient: "{patient}_{slice:1d}"
expect: {cases: 5, patients: 3}
stages: [STAGES]
ids: public
source: [{folder: images}]
access: open
licence: {name: none stated, redistribute: false}
citation: [{bibtex: "@misc{chests}"}]
"""
FOUND = ["a_1", "a_2", "b_1", "b_2", "c_1"]
REFUSED = {"a_2": "constant", "b_1": "unreadable", "b_2": "unreadable"}
TABLE = "t.tsv"


@pytest.fixture(scope="module")
def run() -> Callable[..., int]:
    specification = importlib.util.spec_from_file_location("report_of_converted", SCRIPT)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return lambda *argv: command.run(module.make_parser(), module.main, [str(argument) for argument in argv])


def write_run(root: Path, *, shards: int = 1, stages: str = "convert") -> list[str | Path]:
    """Results of five cases, of which conversion refused three, without any image; the arguments that tell of them."""
    folder = root / "results" / "chests"
    for shard in Shard.all(shards):
        here = [
            Case(case, case[0], "", (CaseFile("CT", f"CT/{case}.png", "0" * 64),), folder)
            for case in FOUND
            if case in shard
        ]
        converted = folder / "converted" / str(shard)
        write_cases(folder / "index" / f"{shard}.tsv", here)
        write_cases(converted / "cases.tsv", [case for case in here if case.id not in REFUSED])
        refused = [RefusedCase(case, "convert", reason, "why") for case, reason in REFUSED.items() if case in shard]
        write_refused(converted / "refused.tsv", refused)
        write_json(converted / "provenance.json", {"code": "c04e", "versions": {"numpy": "2.2.1"}})
    (root / "cards").mkdir()
    (root / "cards" / "chests.yaml").write_text(CARD.replace("STAGES", stages))
    arguments = ["--experiment", "slices", "--results", root / "results", "--datasets", "chests"]
    return [*arguments, "--shards", str(shards), "--cards", root / "cards", "--output", root / "index.html"]


def words(page: str) -> str:
    """The page's text without tags, spaces made single."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page[page.index("<body>") :]))


def test_counts_refusals_licence_and_provenance_are_told(run, tmp_path):
    assert run(*write_run(tmp_path)) == 0

    told = words((tmp_path / "index.html").read_text())
    assert "slices 1 data set. " in told
    assert "Data set Found Expected Refused Kept chests 5 5 3 2 " in told
    assert (
        "5 cases of 3 patients found; 5 cases of 3 patients expected. 2 converted. Stages: convert; not fused." in told
    )
    assert "convert constant all pixels have the same value 1 convert unreadable" in told
    assert "b_1 convert unreadable: why" in told
    assert "Licence: none stated. The data must not be passed on." in told
    assert "@misc{chests}" in told
    assert told.endswith("Stage Method Profile Code Versions convert c04e numpy 2.2.1 ")


def test_nothing_is_said_about_results_images_methods_and_metrics(run, tmp_path):
    assert run(*write_run(tmp_path)) == 0

    page = (tmp_path / "index.html").read_text()
    headings = re.findall(r"<h[23][^>]*>(.*?)</h[23]>", page)
    assert headings == ["Chests &amp; &lt;hearts&gt;", "Refused cases", "Licence and citation", "Provenance"]
    assert re.findall(r'href="#([^"]*)"', page) == ["data-chests", "provenance"]
    assert "<img" not in page


def test_the_number_of_shards_leaves_no_trace(run, tmp_path):
    pages = []
    for shards in (1, 3):
        (tmp_path / str(shards)).mkdir()
        assert run(*write_run(tmp_path / str(shards), shards=shards)) == 0
        pages.append((tmp_path / str(shards) / "index.html").read_text())

    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (["--datasets", "chests=CT,MR"], "the card of chests does not list the stage fuse; give chests alone"),
        (["--methods", "LP"], "no data set was fused; leave out --methods, --profiles and --tables"),
        (["--profiles", "reference"], "no data set was fused; leave out --methods, --profiles and --tables"),
        (["--tables", TABLE], "no data set was fused; leave out --methods, --profiles and --tables"),
    ],
)
def test_what_belongs_to_fusion_is_refused(run, tmp_path, capsys, change, sentence):
    assert run(*write_run(tmp_path), *change) == 2

    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "index.html").exists()


FUSION = {"--methods": "LP", "--profiles": "reference", "--tables": TABLE}


@pytest.mark.parametrize("missing", FUSION)
def test_data_sets_that_were_fused_need_it(run, tmp_path, capsys, missing):
    arguments = write_run(tmp_path, stages="convert, fuse, evaluate")
    given = [word for name, value in FUSION.items() if name != missing for word in (name, value)]

    assert run(*arguments, "--datasets", "chests=CT,MR", *given) == 2

    assert "data sets that were fused need --methods, --profiles and --tables" in capsys.readouterr().err
