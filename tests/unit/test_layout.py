from __future__ import annotations

from pathlib import Path

import pytest

from fuseflow.cards import STAGES
from fuseflow.layout import FOLDERS, Layout

LAYOUT = Layout(results=Path("r"), methods=["LP", "DWT"], profiles=["p", "q"], shards=2)


def paths(stage: str) -> list[str]:
    return [output.path.as_posix() for output in LAYOUT.outputs("heads", stage)]


def test_every_stage_of_a_card_has_a_folder_of_its_own_in_the_order_of_the_stages():
    assert tuple(stage for stage in FOLDERS if stage != "quality") == ("index", *STAGES)
    assert len(set(FOLDERS.values())) == len(FOLDERS)


@pytest.mark.parametrize("stage", ["convert", "resample", "normalize", "export"])
def test_stages_of_all_methods_have_a_folder_per_shard(stage):
    assert paths(stage) == [f"r/heads/{FOLDERS[stage]}/0of2", f"r/heads/{FOLDERS[stage]}/1of2"]


def test_the_split_has_one_folder_for_all_shards():
    assert paths("split") == ["r/heads/split"]


def test_the_index_has_a_table_per_shard():
    assert [table.as_posix() for table in LAYOUT.index_tables("heads")] == [
        "r/heads/index/0of2.tsv",
        "r/heads/index/1of2.tsv",
    ]


def test_fused_images_lie_by_method():
    assert paths("fuse") == [f"r/heads/fused/{method}/{k}of2" for method in ("LP", "DWT") for k in range(2)]


def test_scores_lie_by_profile_and_method():
    assert sorted(paths("evaluate")) == sorted(
        f"r/heads/metrics/{profile}/{method}/{k}of2.tsv" for profile in "pq" for method in ("LP", "DWT") for k in "01"
    )


@pytest.mark.parametrize(
    ("stage", "scopes"),
    [
        ("convert", {("", "")}),
        ("split", {("", "")}),
        ("fuse", {("LP", ""), ("DWT", "")}),
        ("evaluate", {("LP", "p"), ("LP", "q"), ("DWT", "p"), ("DWT", "q")}),
    ],
)
def test_outputs_say_what_they_hold_for(stage, scopes):
    outputs = LAYOUT.outputs("heads", stage)

    assert {(output.method, output.profile) for output in outputs} == scopes
    assert {(output.stage, output.dataset) for output in outputs} == {(stage, "heads")}
    assert all(name in output.path.parts for output in outputs for name in (output.method, output.profile) if name)


def test_a_folder_holds_its_tables_and_a_table_has_them_beside_it():
    fused, scores = LAYOUT.outputs("heads", "fuse")[0], LAYOUT.outputs("heads", "evaluate")[0]

    assert [path.as_posix() for path in (fused.cases, fused.refused, fused.provenance)] == [
        "r/heads/fused/LP/0of2/cases.tsv",
        "r/heads/fused/LP/0of2/refused.tsv",
        "r/heads/fused/LP/0of2/provenance.json",
    ]
    assert [path.as_posix() for path in (scores.refused, scores.provenance)] == [
        "r/heads/metrics/p/LP/0of2.refused.tsv",
        "r/heads/metrics/p/LP/0of2.provenance.json",
    ]
