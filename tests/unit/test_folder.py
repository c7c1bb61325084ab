"""A folder by hand: names, numbers, and a table that accounts for every file."""

from __future__ import annotations

import pytest
from dicom_series import Geometry, enhanced_ct, pet_elements, series, write_series
from pydicom.dataset import Dataset

from fuseflow.cases import read_refused
from fuseflow.dicom.series import SeriesRules
from fuseflow.files import hash_of_file, read_json, read_table
from fuseflow.folder import FolderRules, convert_folder
from fuseflow.identity import pseudonym


@pytest.fixture
def convert(tmp_path):
    """Convert some data sets and other files by hand; the rows of images.tsv."""

    def run(datasets, *others: bytes, salt: str = ""):
        paths = write_series(tmp_path / "in", datasets)
        for number, data in enumerate(others):
            paths.append(tmp_path / "in" / f"other{number}")
            paths[-1].write_bytes(data)
        (tmp_path / "out").mkdir()
        convert_folder(paths, tmp_path / "out", rules=FolderRules(series=SeriesRules(salt=salt), workers=2))
        rows = read_table(tmp_path / "out" / "images.tsv")
        assert sum(int(row["files"]) for row in rows) == len(paths)
        return rows

    return run


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_series_are_numbered_by_their_series_number(convert, tmp_path):
    later = series(Geometry(), series=5, SeriesNumber=11)
    without = series(Geometry(), series=1, SeriesNumber=None)
    first = series(Geometry(), series=9, SeriesNumber=2, modality="MR")
    rows = convert([*later, *without, *first], salt="s")

    assert [(row["id"], row["modality"]) for row in rows] == [("001", "MR"), ("002", "CT"), ("003", "CT")]
    uids = [datasets[0].SeriesInstanceUID for datasets in (first, later, without)]
    assert [row["series"] for row in rows] == [pseudonym(uid, salt="s") for uid in uids]
    assert names(tmp_path / "out") == [
        *("001_MR.json", "001_MR.nii.gz", "002_CT.json", "002_CT.nii.gz", "003_CT.json", "003_CT.nii.gz"),
        *("cases.tsv", "images.tsv", "provenance.json", "refused.tsv"),
    ]


def test_refused_series_take_no_number(convert, tmp_path):
    gap = series(Geometry(), [0, 1, 3], series=1)
    rows = convert([*gap, *series(Geometry(), series=2)], b"text")

    accepted = [row for row in rows if row["status"] == "accepted"]
    refused = {row["reason"]: row for row in rows if row["status"] == "refused"}
    assert [(row["id"], row["reason"], row["files"]) for row in accepted] == [("001", "", "4")]
    assert {reason: row["files"] for reason, row in refused.items()} == {"missing-slices": "3", "unknown-format": "1"}
    assert refused["unknown-format"]["id"] == hash_of_file(tmp_path / "in" / "other0")[:12]
    assert refused["unknown-format"]["modality"] == ""
    assert {(row.case, row.stage, row.reason) for row in read_refused(tmp_path / "out" / "refused.tsv")} == {
        (row["id"], "convert", reason) for reason, row in refused.items()
    }


def test_pet_with_suv(convert, tmp_path):
    [row] = convert(series(Geometry(), **pet_elements()))
    assert (row["modality"], row["suv"], row["reason"]) == ("PT", "computed", "")
    assert {"001_PT.nii.gz", "001_SUV.nii.gz", "001_SUV.json"} <= set(names(tmp_path / "out"))
    assert read_refused(tmp_path / "out" / "refused.tsv") == []


def test_pet_without_suv_is_a_volume(convert, tmp_path):
    [row] = convert(series(Geometry(), **pet_elements(PatientWeight="0")))
    assert (row["status"], row["suv"]) == ("accepted", "suv-weight")
    assert "001_SUV.nii.gz" not in names(tmp_path / "out")
    [refused] = read_refused(tmp_path / "out" / "refused.tsv")
    assert (refused.case, refused.stage, refused.reason) == ("001", "suv", "suv-weight")


def test_a_file_that_cannot_be_opened_is_accounted_for(tmp_path):
    (tmp_path / "out").mkdir()
    assert convert_folder([tmp_path / "Doe^Jane"], tmp_path / "out", rules=FolderRules(series=SeriesRules())) == 1
    [refused] = read_refused(tmp_path / "out" / "refused.tsv")
    assert (refused.case, refused.reason) == ("unopened", "unreadable")
    assert refused.detail == "the file cannot be opened (No such file or directory)"


def test_the_record_has_hashes_of_all_files_and_no_salt(convert, tmp_path):
    convert(series(Geometry()), salt="pepper")
    record = read_json(tmp_path / "out" / "provenance.json")
    assert record["outputs"] == {
        name: hash_of_file(tmp_path / "out" / name) for name in names(tmp_path / "out") if name != "provenance.json"
    }
    assert record["parameters"] == {"uneven": "refuse", "single_slices": "keep", "to": "nifti"}


def test_a_file_that_holds_several_series_is_counted_once_and_every_row_has_its_own_id(tmp_path):
    dataset = enhanced_ct(Geometry(), [0, 1, 3, 10, 11, 13])
    for number, frame in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        content = Dataset()
        content.StackID = str(number // 3)
        frame.FrameContentSequence = [content]
    paths = write_series(tmp_path / "in", [dataset])
    (tmp_path / "out").mkdir()

    convert_folder(paths, tmp_path / "out", rules=FolderRules(series=SeriesRules()))

    rows = read_table(tmp_path / "out" / "images.tsv")
    assert [row["files"] for row in rows] == ["1", "0"]
    refused = read_refused(tmp_path / "out" / "refused.tsv")
    assert len({row["id"] for row in rows}) == len({case.case for case in refused}) == 2
