"""No identity leaves the raw folder: values planted wherever DICOM files may name a person are in no result, no log.

The elements are those of the basic profile of DICOM PS3.15, annex E, and with them every other one that holds text, a
UID, a date, a time or bytes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from planted_studies import (
    NO_SUV,
    NO_VOLUMES,
    ct_slices,
    enhanced_slices,
    pet_slices,
    write_cut_file,
    write_planted,
    write_studies,
    write_text,
)
from planting import Plants
from running import Run

from fuseflow.cases import read_cases, read_refused
from fuseflow.files import read_json, read_table
from fuseflow.provenance import SCRIPTS

SALT = "pepper-and-salt"
CARD = """\
title: Planted studies
modality: [CT, PT]
roles:
  CT: {files: "{case}/**.dcm", Modality: CT}
  PET: {files: "{case}/**.dcm", Modality: PT}
stages: [convert]
ids: private
source: [{folder: studies}]
access: open
licence: {name: ours, redistribute: true}
"""


@dataclass(frozen=True)
class Planted:
    folder: Path
    plants: Plants


@pytest.fixture(scope="module")
def studies(tmp_path_factory) -> Planted:
    """Two studies that are right."""
    planted = Planted(tmp_path_factory.mktemp("studies"), Plants())
    write_studies(planted.folder, planted.plants)
    return planted


@pytest.fixture(scope="module")
def odd(tmp_path_factory) -> Planted:
    """A folder per kind of series that is refused, each with a series of the other role that is right."""
    planted = Planted(tmp_path_factory.mktemp("odd"), Plants())
    plants = planted.plants
    for kinds, partner in ((NO_VOLUMES, pet_slices), (NO_SUV, ct_slices)):
        for _, datasets in kinds.values():
            folder = planted.folder / plants.text()
            write_planted(folder, [*datasets(plants), *partner(plants)], plants)
    for write in (write_cut_file, write_text):
        write(planted.folder / plants.text(), plants)
    write_planted(planted.folder / plants.text(), enhanced_slices(plants), plants)
    return planted


def convert(source: Path, output: Path, *arguments: str) -> bytes:
    """Convert by hand; what was printed."""
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / "convert.py"), "--input", str(source), "--output", str(output), *arguments],
        env={name: value for name, value in os.environ.items() if name != "FUSEFLOW_SALT"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout + done.stderr


def test_the_search_finds_what_is_planted(studies):
    plants = studies.plants
    found = plants.found_below(studies.folder)

    files = list(studies.folder.rglob("*.dcm"))
    assert len(files) == 8
    for path in files:
        hits = set(found[str(path.relative_to(studies.folder))])
        assert len(hits & {word.encode() for word in plants.words}) > 1500
        assert len(hits & plants.numerals) > 100
    word, time = min(plants.words), min(plants.numerals)
    for spelling in (word, word.lower(), word.encode("utf-16").decode("latin-1"), f"1e5|{time.decode()}-2"):
        assert plants.found_in(spelling.encode("latin-1"))
    assert plants.found_in(b'"' + min(plants.digests) + b'0"')
    clock = min(time for time in plants.numerals if re.fullmatch(b"..:..:..", time))
    assert not plants.found_in(b"[Sat Nov  1 %s 2026] Date: 2026-11-21 %s (main, Jun 16 2026, %s)" % ((clock,) * 3))
    assert not plants.found_in(b"3600.0 350000000 1.2.840.10008.1.2.1 plants 2020-01-02 ab" + time)


@pytest.mark.parametrize("salt", ["", SALT])
def test_studies_converted_by_hand(studies, tmp_path, salt):
    printed = convert(studies.folder, tmp_path / "out", *(["--salt", salt] if salt else []))

    names = {path.name for path in (tmp_path / "out").glob("*.nii.gz")}
    assert {name.partition("_")[2] for name in names} == {"CT.nii.gz", "PT.nii.gz", "SUV.nii.gz"}
    assert len(names) == 6
    assert studies.plants.found_below(tmp_path / "out") == {}
    assert studies.plants.found_in(printed) == []
    rows = read_table(tmp_path / "out" / "images.tsv")
    assert [bool(row["series"]) for row in rows] == [bool(salt)] * 4
    assert not any(SALT.encode() in path.read_bytes() for path in (tmp_path / "out").iterdir())


@pytest.mark.parametrize("salt", ["", SALT])
def test_refused_series_converted_by_hand(odd, tmp_path, salt):
    printed = convert(odd.folder, tmp_path / "out", *(["--salt", salt] if salt else []))

    refused = Counter(row.reason for row in read_refused(tmp_path / "out" / "refused.tsv"))
    expected = {reason for reason, _ in [*NO_VOLUMES.values(), *NO_SUV.values()]}
    # by hand, contours are drawn, and these are none
    assert set(refused) == expected | {"no-segments", "not-dicom"}
    assert b"refused" in printed
    assert odd.plants.found_below(tmp_path / "out") == {}
    assert odd.plants.found_in(printed) == []


@pytest.fixture(scope="module")
def run(studies, odd, tmp_path_factory) -> tuple[Run, str]:
    """A finished run on all of them, one case per patient or odd series, and what it printed."""
    run = Run(tmp_path_factory.mktemp("work"), defaults={"datasets": "[planted]", "salt": SALT, "shards": "2"})
    (run.folder / "config" / "datasets").mkdir(parents=True)
    (run.folder / "config" / "datasets" / "planted.yaml").write_text(CARD)
    for planted in (studies, odd):
        shutil.copytree(planted.folder, run.folder / "studies", dirs_exist_ok=True)
    return run, run.snakemake()


RAW = ("studies", "resources")


def test_no_result_and_no_log_of_a_run_holds_an_identity(run, studies, odd):
    finished, printed = run

    for plants in (studies.plants, odd.plants):
        assert plants.found_below(finished.folder, leaving_out=RAW) == {}
        assert plants.found_in(printed.encode()) == []
    assert (finished.results / "report" / "index.html").is_file()
    assert len(list((finished.folder / "logs").rglob("*.log"))) >= 5


def test_the_run_converts_the_studies_and_refuses_the_rest(run):
    finished, _ = run
    folders = sorted((finished.results / "planted" / "converted").iterdir())

    cases = [case for folder in folders for case in read_cases(folder / "cases.tsv")]
    refused = [row for folder in folders for row in read_refused(folder / "refused.tsv")]

    assert [folder.name for folder in folders] == ["0of2", "1of2"]
    assert [case.roles() for case in cases] == [["CT", "PET", "SUV"]] * 2
    assert all(re.fullmatch("[0-9a-f]{12}", case.id) for case in cases)
    assert {row.reason for row in refused} >= {reason for reason, _ in NO_SUV.values()} | {
        *("orphan", "burned-in", "colour", "missing-slices", "uneven-spacing", "duplicate-position", "unreadable")
    }


def test_times_are_seconds_after_the_injection(run):
    finished, _ = run

    notes = [read_json(path)["suv"] for path in finished.results.glob("planted/converted/*/*/SUV.json")]

    assert sorted(note["reference_rule"] for note in notes) == ["i", "ii"]
    assert [note["decay_interval_seconds"] for note in notes] == [3600, 3600]
    start, scan = "RadiopharmaceuticalStart", "Acquisition"
    times = {name: value for note in notes for name, value in note["tags"].items() if name.startswith((start, scan))}
    assert times == {
        **{"RadiopharmaceuticalStartTime": 0, "RadiopharmaceuticalStartDateTime": 0},
        **{"AcquisitionTime": 3600},
    }


def test_the_salt_is_in_no_result_and_no_log(run):
    finished, printed = run

    assert SALT not in printed
    for folder in ("results", "logs"):
        assert not any(
            SALT.encode() in path.read_bytes() for path in (finished.folder / folder).rglob("*.*") if path.is_file()
        )
