"""Origins: one entry per stage, method and profile, from the records of all data sets and shards."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuseflow.cards import Card, load_card
from fuseflow.errors import InputError
from fuseflow.files import write_json, write_text
from fuseflow.layout import Layout
from fuseflow.origins import Origin, disagreements, gather_origins

CARD = """
title: Pairs for a test
modality: [CT, MR]
roles: {CT: "CT/{case}.png", MR: "MR/{case}.png"}
patient: "{patient}"
expect: {}
stages: [convert, split, fuse, evaluate]
ids: public
source: [{folder: images}]
access: open
licence: {name: ours, redistribute: true}
"""
DATASETS = ("heads", "chests")


@pytest.fixture
def layout(tmp_path) -> Layout:
    return Layout(results=tmp_path / "results", methods=["LP", "DWT"], profiles=["reference"], shards=2)


@pytest.fixture
def cards(tmp_path) -> list[Card]:
    for dataset in DATASETS:
        write_text(tmp_path / "cards" / f"{dataset}.yaml", CARD)
    return [load_card(dataset, [tmp_path / "cards"]) for dataset in DATASETS]


@pytest.fixture(autouse=True)
def write_records(layout, cards):
    """Records of all results, that agree."""
    for card in cards:
        for stage in card.stages:
            for output in layout.outputs(card.id, stage):
                write_record(output.provenance, code=stage)


def write_record(path: Path, *, code: str, numpy: str = "2.2.1", **versions: str) -> None:
    write_json(path, {"code": code, "versions": {"numpy": numpy, **versions}})


def test_results_that_agree_have_one_entry_per_stage_method_and_profile(layout, cards):
    origins = gather_origins(cards, layout)

    assert origins == [
        Origin(*key, (key[0],), {"numpy": ("2.2.1",)})
        for key in [
            ("convert", "", ""),
            ("split", "", ""),
            ("fuse", "LP", ""),
            ("fuse", "DWT", ""),
            ("evaluate", "LP", "reference"),
            ("evaluate", "DWT", "reference"),
        ]
    ]
    assert disagreements(origins) == []


def test_one_shard_of_one_data_set_that_differs_is_told(layout, cards):
    record = layout.outputs("chests", "fuse")[1].provenance
    write_record(record, code="01d", numpy="2.1.0", pywavelets="1.8.0")

    origins = gather_origins(cards, layout)

    versions = {"numpy": ("2.1.0", "2.2.1"), "pywavelets": ("1.8.0",)}
    assert origins[2] == Origin("fuse", "LP", "", ("01d", "fuse"), versions)
    assert disagreements(origins) == [
        "The results of fuse, LP were made by different code: 01d and fuse.",
        "Results were made with different versions of numpy: 2.1.0 and 2.2.1.",
    ]


def test_stages_that_the_card_does_not_list_need_no_record(layout, cards, tmp_path):
    write_text(tmp_path / "cards" / "legs.yaml", CARD.replace("convert, split, fuse, evaluate", "convert"))
    for output in layout.outputs("legs", "convert"):
        write_record(output.provenance, code="c04e")

    origins = gather_origins([load_card("legs", [tmp_path / "cards"])], layout)

    assert [(origin.stage, origin.code) for origin in origins] == [("convert", ("c04e",))]


@pytest.mark.parametrize("content", ["", "[]", '{"code": "1"}', '{"code": "1", "versions": 3}'])
def test_a_record_that_is_none_is_named(layout, cards, content):
    layout.outputs("heads", "fuse")[0].provenance.write_text(content)

    with pytest.raises(InputError, match=r"fused/LP/0of2/provenance\.json .*rerun the stage that writes it"):
        gather_origins(cards, layout)
