"""DICOM by hand: one volume per accepted series, and every file accounted for."""

import json
import subprocess
import sys
from pathlib import Path

import nibabel
import pydicom
import pytest
from dicom_series import Geometry, pet_elements, series, slice_dataset, write_series

from fuseflow.files import read_table

SCRIPT = Path(__file__).parents[2] / "scripts" / "convert.py"
SHIPPED = Path(pydicom.__file__).parent / "data"


def convert(source, output, *options):
    command = [sys.executable, str(SCRIPT), "--input", str(source), "--output", str(output), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_files_that_pydicom_ships_are_all_accounted_for(tmp_path):
    done = convert(SHIPPED, tmp_path / "out")

    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    rows = read_table(tmp_path / "out" / "images.tsv")
    assert sum(int(row["files"]) for row in rows) == sum(path.is_file() for path in SHIPPED.rglob("*"))
    assert all(bool(row["reason"]) == (row["status"] == "refused") for row in rows)
    written = [name for row in rows for name in row["outputs"].split()]
    assert sorted(written) == sorted(
        path.name for path in (tmp_path / "out").iterdir() if path.name.endswith((".nii.gz", ".png"))
    )
    assert {"accepted", "refused"} == {row["status"] for row in rows}


@pytest.fixture
def study(tmp_path):
    """A PET whose SUV can be computed, a CT, a localizer of the same series as the CT, and a text file."""
    scout = slice_dataset(
        Geometry(orientation=(0, 1, 0, 0, 0, -1)), 0, series=1, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]
    )
    write_series(tmp_path / "study", [scout, *series(Geometry(), series=1)], name="ct{:03d}")
    write_series(tmp_path / "study" / "pet", series(Geometry(), **pet_elements(series=2)), name="pet{:03d}")
    (tmp_path / "study" / "notes.txt").write_text("calm")
    return tmp_path / "study"


def test_a_folder_of_mixed_series(study, tmp_path):
    done = convert(study, tmp_path / "out", "--salt", "secret")

    assert done.returncode == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    volumes = ["001_CT.json", "001_CT.nii.gz", "002_PT.json", "002_PT.nii.gz", "002_SUV.json", "002_SUV.nii.gz"]
    assert names == [*volumes, "cases.tsv", "images.tsv", "provenance.json", "refused.tsv"]
    rows = read_table(tmp_path / "out" / "images.tsv")
    found = [(row["status"], row["modality"], row["reason"], row["files"], row["suv"]) for row in rows]
    assert found[:2] == [("accepted", "CT", "", "4", ""), ("accepted", "PT", "", "4", "computed")]
    assert sorted(found[2:]) == [("refused", "", "unknown-format", "1", ""), ("refused", "CT", "localizer", "1", "")]
    sidecar = json.loads((tmp_path / "out" / "001_CT.json").read_text())
    assert sidecar["series"] == rows[0]["series"] != ""
    assert sidecar["frame_of_reference"]
    assert nibabel.load(tmp_path / "out" / "002_SUV.nii.gz").shape == (6, 5, 4)


def test_without_a_salt_there_are_no_pseudonyms(study, tmp_path):
    convert(study, tmp_path / "out")

    sidecar = json.loads((tmp_path / "out" / "001_CT.json").read_text())
    assert (sidecar["series"], sidecar["frame_of_reference"]) == (None, None)


def test_same_bytes_for_any_number_of_workers_and_on_every_run(study, tmp_path):
    for name, workers in (("one", "1"), ("two", "2"), ("again", "2")):
        assert convert(study, tmp_path / name, "--workers", workers).returncode == 0
    one, two, again = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two", "again")
    )
    assert one == two == again


def test_one_file(tmp_path):
    (path,) = write_series(tmp_path / "in", series(Geometry(), [0]))

    assert convert(path, tmp_path / "out").returncode == 0

    assert (tmp_path / "out" / "001_CT.nii.gz").is_file()


def test_pet_without_weight_is_a_volume_and_its_suv_is_refused_by_name(tmp_path):
    write_series(tmp_path / "in", series(Geometry(), **pet_elements(PatientWeight="")))

    done = convert(tmp_path / "in", tmp_path / "out", "--on-refused", "fail")

    assert done.returncode == 1
    (row,) = read_table(tmp_path / "out" / "images.tsv")
    assert (row["status"], row["suv"]) == ("accepted", "suv-weight")
    (refused,) = read_table(tmp_path / "out" / "refused.tsv")
    assert (refused["case"], refused["stage"], refused["reason"]) == ("001", "suv", "suv-weight")
    assert not list((tmp_path / "out").glob("*SUV*"))


def test_policies(tmp_path):
    write_series(tmp_path / "gap", series(Geometry(), [0, 1, 3]))
    write_series(tmp_path / "single", series(Geometry(), [0]))

    convert(tmp_path / "gap", tmp_path / "refused")
    convert(tmp_path / "gap", tmp_path / "resampled", "--uneven", "resample")
    convert(tmp_path / "single", tmp_path / "none", "--single-slices", "refuse")

    assert read_table(tmp_path / "refused" / "images.tsv")[0]["reason"] == "missing-slices"
    assert nibabel.load(tmp_path / "resampled" / "001_CT.nii.gz").shape == (6, 5, 4)
    assert read_table(tmp_path / "none" / "images.tsv")[0]["reason"] == "single-slice"


@pytest.mark.parametrize(
    ("source", "sentence"), [("nothing", "does not exist"), ("empty", "is empty; give an image or a folder")]
)
def test_unusable_input(tmp_path, source, sentence):
    (tmp_path / "empty").mkdir()

    done = convert(tmp_path / source, tmp_path / "out")

    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_results_inside_the_input_are_not_input(tmp_path):
    write_series(tmp_path / "in", series(Geometry()))
    convert(tmp_path / "in", tmp_path / "in" / "out")

    done = convert(tmp_path / "in", tmp_path / "in" / "out")

    assert done.returncode == 0
    assert len(read_table(tmp_path / "in" / "out" / "images.tsv")) == 1


def test_a_folder_of_others_is_never_replaced(tmp_path):
    write_series(tmp_path / "in", series(Geometry()))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")

    done = convert(tmp_path / "in", tmp_path / "out")

    assert done.returncode == 2
    assert (tmp_path / "out" / "thesis.txt").read_text() == "mine"
