"""Only the stages that a card lists are run: data sets that are fused, data sets that are not, and both in one run."""

from __future__ import annotations

import pytest
from running import Run, jobs

CARD = """\
title: Pairs for a test, {stages}
modality: [CT, MR]
roles: {{CT: "{{stratum}}/CT/{{case}}.png", MR: "{{stratum}}/MR/{{case}}.png"}}
patient: "{{patient}}{{slice:3d}}"
expect: {{cases: 2}}
stages: [{stages}]
ids: public
source: [{{generator: ellipses, seed: 3, patients: 2, slices: 1}}]
access: open
licence: {{name: ours, redistribute: true}}
"""
STAGES = {"fused": "convert, fuse, evaluate", "converted": "convert", "divided": "convert, split"}
BOTH = {"datasets": "[fused,converted]", "limit": "", "methods": "[average]"}
ALONE = {**BOTH, "datasets": "[converted]"}


@pytest.fixture
def run(run) -> Run:
    """A fresh working folder with a card per way to use a data set."""
    for dataset, stages in STAGES.items():
        path = run.folder / "config" / "datasets" / f"{dataset}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CARD.format(stages=stages))
    return run


def folders(run: Run, dataset: str) -> list[str]:
    return sorted(path.name for path in (run.results / dataset).iterdir())


def test_a_data_set_that_is_fused_and_one_that_is_not_in_one_run(run):
    planned = jobs(run.snakemake("-n", **BOTH))

    run.snakemake(**BOTH)

    assert planned == {
        **{"synthesize": 2, "index": 2, "convert": 4, "fuse": 2, "evaluate": 2},
        **{"tabulate": 1, "report": 1, "default": 1},
    }
    assert folders(run, "fused") == ["converted", "fused", "index", "metrics"]
    assert folders(run, "converted") == ["converted", "index"]
    assert "converted" not in (run.results / "tables" / "default.tsv").read_text()
    page = (run.results / "report" / "index.html").read_text()
    assert "Stages: convert; not fused." in page
    assert "A is MR, B is CT." in page
    assert "Nothing to be done" in run.snakemake(**BOTH)


def test_a_data_set_that_is_not_fused_alone(run):
    planned = jobs(run.snakemake("-n", **ALONE))

    run.snakemake(**ALONE)

    assert planned == {"synthesize": 1, "index": 1, "convert": 2, "report": 1, "default": 1}
    assert sorted(path.name for path in run.results.iterdir()) == ["converted", "report"]
    assert folders(run, "converted") == ["converted", "index"]
    assert "2 converted. Stages: convert; not fused." in (run.results / "report" / "index.html").read_text()
    assert "Nothing to be done" in run.snakemake(**ALONE)
    assert "Nothing to be done" in run.snakemake("-n", **{**ALONE, "methods": "[LP]", "profiles": ""})


def test_a_data_set_that_is_split_and_not_fused(run):
    planned = jobs(run.snakemake("-n", **{**ALONE, "datasets": "[divided]"}))

    assert planned == {"synthesize": 1, "index": 1, "convert": 2, "split": 1, "report": 1, "default": 1}


def test_a_stage_that_a_card_does_not_list_cannot_be_asked_for(run):
    output = run.snakemake("-n", "results/converted/fused/average/0of2", check=False, **BOTH)

    assert "MissingRuleException" in output
