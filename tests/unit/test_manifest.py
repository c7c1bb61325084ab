"""The manifest: one line per result, the same for any number of shards, another for another byte."""

from __future__ import annotations

import numpy as np
import pytest

from fuseflow.cases import Case, RefusedCase, Shard, write_cases, write_refused
from fuseflow.errors import InputError
from fuseflow.files import write_table, write_text
from fuseflow.formats.canonical import write_canonical
from fuseflow.manifest import make_manifest
from fuseflow.volume import Volume

NAMES = [f"c{number}" for number in range(8)]
COLUMNS = ["dataset", "method", "profile", "case", "metric", "variant", "value"]


def write_results(results, *, shards: int, value: float = 1.0):
    for shard in Shard.all(shards):
        members = [name for name in NAMES if name in shard]
        for stage, stage_folder, role in (("convert", "converted", "CT"), ("fuse", "fused/LP", "FUSED")):
            folder = results / "heads" / stage_folder / str(shard)
            files = {
                name: write_canonical(folder, case=name, role=role, image=np.full((2, 2), NAMES.index(name), np.uint8))
                for name in members
            }
            folder.mkdir(parents=True, exist_ok=True)
            write_cases(folder / "cases.tsv", [Case(name, "p", "", (files[name],), folder) for name in members])
            bad = [RefusedCase("bad", stage, "constant", "flat")] if "bad" in shard else []
            write_refused(folder / "refused.tsv", bad)
        table = results / "heads" / "metrics" / "reference" / "LP" / f"{shard}.tsv"
        rows = [
            dict(zip(COLUMNS, ["heads", "LP", "reference", name, "EN", "en", value], strict=True)) for name in members
        ]
        write_table(table, COLUMNS, rows)
        write_refused(table.with_suffix(".refused.tsv"), [])
    write_text(results / "heads" / "split" / "splits.json", "{}")
    write_text(results / "tables" / "t.tsv", "a\n")
    write_text(results / "report" / "index.html", "<html>")


def test_there_is_a_line_for_every_result(tmp_path):
    write_results(tmp_path, shards=2)

    lines = [line.split("\t") for line in make_manifest(tmp_path)]

    assert len(lines) == len(NAMES) * 3 + 2 + 3
    assert {tuple(line[:3]) for line in lines} == {
        ("convert", "heads", ""),
        ("fuse", "heads", "LP"),
        ("evaluate", "heads", "reference/LP"),
        ("split", "heads", ""),
        ("tabulate", "", ""),
        ("report", "", ""),
    }
    assert sorted(line[0] for line in lines if line[4] == "refused") == ["convert", "fuse"]


def test_shards_make_no_difference(tmp_path):
    manifests = []
    for shards in (1, 3):
        write_results(tmp_path / str(shards), shards=shards)
        manifests.append(make_manifest(tmp_path / str(shards)))

    assert manifests[0] == manifests[1]


def test_folders_of_an_older_number_of_shards_make_no_difference(tmp_path):
    write_results(tmp_path, shards=1)
    before = make_manifest(tmp_path)
    write_results(tmp_path, shards=3)

    assert make_manifest(tmp_path) == before


def test_one_other_value_is_seen(tmp_path):
    write_results(tmp_path / "a", shards=1)
    write_results(tmp_path / "b", shards=1, value=np.nextafter(1.0, 2.0))

    different = set(make_manifest(tmp_path / "a")) ^ set(make_manifest(tmp_path / "b"))

    assert {line.split("\t")[0] for line in different} == {"evaluate"}


def test_temporary_folders_are_passed_over(tmp_path):
    write_results(tmp_path, shards=1)
    before = make_manifest(tmp_path)
    (tmp_path / "heads" / "fused" / "LP" / ".0of1.x").mkdir()

    assert make_manifest(tmp_path) == before


def test_a_folder_without_results_is_an_error(tmp_path):
    with pytest.raises(InputError, match="holds no results"):
        make_manifest(tmp_path)


def test_volumes_on_one_grid_and_one_scale_count(tmp_path):
    volume = Volume(data=np.zeros((2, 2, 2), np.float32), affine=np.eye(4))
    for folder in ("resampled", "normalized"):
        shard = tmp_path / "heads" / folder / "0of1"
        file = write_canonical(shard, case="c", role="CT", image=volume)
        write_cases(shard / "cases.tsv", [Case("c", "p", "", (file,), shard)])
        write_refused(shard / "refused.tsv", [])
    write_text(tmp_path / "heads" / "resampled" / "spacing.json", "{}")
    write_text(tmp_path / "heads" / "normalized" / "CT.json", "{}")

    lines = [line.split("\t")[:5] for line in make_manifest(tmp_path)]

    assert lines == [
        ["normalize", "heads", "", "", "CT.json"],
        ["normalize", "heads", "", "c", "CT"],
        ["normalize", "heads", "", "c", "CT sidecar"],
        ["resample", "heads", "", "", "spacing.json"],
        ["resample", "heads", "", "c", "CT"],
        ["resample", "heads", "", "c", "CT sidecar"],
    ]
