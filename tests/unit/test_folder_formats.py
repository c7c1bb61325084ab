"""A folder by hand that holds images of every format: names, numbers, exports, and every file accounted for."""

from __future__ import annotations

import nibabel
import numpy as np
import pytest
import SimpleITK
import tifffile
from dicom_segmentations import closed, frames_of, saved, seg, structure_set
from dicom_series import Geometry, series, write_series
from world_positions import LPS_TO_RAS, SHAPE, is_in_place, oblique_affine, sheared_affine, values_at

from fuseflow import tasks
from fuseflow.convert import read_file
from fuseflow.dicom.series import SeriesRules
from fuseflow.files import hash_of_file, read_json, read_table
from fuseflow.folder import FolderRules, convert_folder
from fuseflow.formats.png import write_png
from fuseflow.formats.reading import read_images

SQUARE = np.array([[0.0, 0, 30], [4, 0, 30], [4, 4, 30], [0, 4, 30]])
GREY = np.arange(20, dtype=np.uint8).reshape(4, 5)


@pytest.fixture
def convert(tmp_path):
    """Convert everything in the folder ``in``; the rows of images.tsv."""

    def run(**rules):
        output = tmp_path / f"out-{rules.get('to', 'nifti')}"
        output.mkdir()
        paths = [path for path in sorted((tmp_path / "in").rglob("*")) if path.is_file()]
        convert_folder(paths, output, rules=FolderRules(series=SeriesRules(), workers=2, **rules))
        rows = read_table(output / "images.tsv")
        assert sum(int(row["files"]) for row in rows) == len(paths)
        written = {name for row in rows for name in row["outputs"].split()}
        assert written == {path.name for path in output.iterdir()} - {
            *("images.tsv", "cases.tsv", "refused.tsv", "provenance.json"),
            *(path.name for path in output.glob("*.json")),
        }
        return {row["id"]: row for row in rows}

    (tmp_path / "in").mkdir()
    return run


def save(path, affine, dtype=np.int16):
    nibabel.save(nibabel.Nifti1Image(values_at(affine, dtype=dtype), affine), path)


def test_every_format_in_one_folder(convert, tmp_path):
    folder = tmp_path / "in"
    save(folder / "brain.nii.gz", np.diag([-1.0, 2.0, 3.0, 1.0]))
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values_at(np.diag([-1.0, -1, 1, 1])).T), folder / "liver.mhd")
    (folder / "slice.png").write_bytes(write_png(GREY))
    (folder / "notes.txt").write_text("calm")
    (folder / "._brain.nii.gz").write_bytes(bytes.fromhex("00051607") + bytes(78))
    write_series(folder / "study", series(Geometry()))

    rows = convert()

    accepted = {name: row["format"] for name, row in rows.items() if row["status"] == "accepted"}
    assert accepted == {"001": "dicom", "brain": "nifti", "liver": "metaimage", "slice": "png"}
    assert rows["liver"]["files"] == "2"
    assert sorted(row["reason"] for row in rows.values() if row["reason"]) == ["apple-double", "unknown-format"]
    cases = {row["case"]: row["path"] for row in read_table(tmp_path / "out-nifti" / "cases.tsv")}
    assert cases == {"001": "001_CT.nii.gz", "brain": "brain.nii.gz", "liver": "liver.nii.gz", "slice": "slice.png"}
    volume = nibabel.load(tmp_path / "out-nifti" / "brain.nii.gz")
    assert is_in_place(np.asarray(volume.dataobj), volume.affine)
    assert read_json(tmp_path / "out-nifti" / "slice.json")["photometric"] == "grey"


def test_files_of_the_same_name_have_ids_of_their_own(convert, tmp_path):
    for name in ("a.nii", "a.nii.gz", "b/c.nii", "d/c.nii", ".hidden.nii", "x y.nii"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        save(tmp_path / "in" / name, np.diag([1.0, 2.0, 3.0, 1.0]))

    rows = convert()

    assert sorted(rows) == ["_hidden", "a_nii", "a_nii_gz", "c_nii", "c_nii-2", "x_y"]


@pytest.mark.parametrize(("to", "ending"), [("metaimage", ".mha"), ("nrrd", ".nrrd"), ("npy", ".npy")])
def test_any_format_to_any(convert, tmp_path, to, ending):
    affine = oblique_affine()
    save(tmp_path / "in" / "brain.nii.gz", affine, np.float64)
    write_series(tmp_path / "in" / "study", series(Geometry()))

    rows = convert(to=to)

    assert rows["brain"]["outputs"] == f"brain{ending}"
    assert rows["001"]["outputs"] == f"001_CT{ending}"
    [volume] = read_images(tmp_path / f"out-{to}" / f"brain{ending}")
    assert (volume.geometry, volume.data.shape) == ("world", SHAPE)
    assert is_in_place(volume.data, volume.affine)


def test_what_simpleitk_reads_in_an_export_is_in_place(convert, tmp_path):
    save(tmp_path / "in" / "brain.nii.gz", oblique_affine(), np.float64)
    convert(to="nrrd")

    image = SimpleITK.ReadImage(tmp_path / "out-nrrd" / "brain.nrrd")

    affine = np.eye(4)
    affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
    affine[:3, 3] = image.GetOrigin()
    assert is_in_place(SimpleITK.GetArrayFromImage(image).T, LPS_TO_RAS @ affine)


def test_a_format_that_cannot_hold_a_volume_refuses_it_and_no_other(convert, tmp_path):
    save(tmp_path / "in" / "sheared.nii.gz", sheared_affine())
    save(tmp_path / "in" / "straight.nii.gz", np.diag([1.0, 2.0, 3.0, 1.0]))

    rows = convert(to="metaimage")

    assert (rows["sheared"]["reason"], rows["straight"]["status"]) == ("sheared", "accepted")


def test_a_segmentation_names_the_volume_it_lies_on(convert, tmp_path):
    geometry = Geometry()
    write_series(tmp_path / "in", series(geometry))
    frames = frames_of(geometry, {1: lambda points: points[..., 2] < 35})
    saved(seg(geometry, frames, names={1: "mass"}), tmp_path / "in", "mask.dcm")

    rows = convert()

    assert {row["outputs"] for row in rows.values()} == {"001_CT.nii.gz", "002_SEG.nii.gz"}
    sidecar = read_json(tmp_path / "out-nifti" / "002_SEG.json")
    assert (sidecar["reference_image"], sidecar["reference"]) == ("001_CT.nii.gz", None)
    scan, mask = (nibabel.load(tmp_path / "out-nifti" / name) for name in ("001_CT.nii.gz", "002_SEG.nii.gz"))
    np.testing.assert_array_equal(mask.affine, scan.affine)
    assert sidecar["segments"][0]["voxels"] == np.count_nonzero(mask.dataobj) == 2 * 5 * 6


def test_contours_without_their_images_are_refused(convert, tmp_path):
    saved(structure_set({1: ("GTV", closed([SQUARE]))}), tmp_path / "in")

    [row] = convert().values()

    assert (row["modality"], row["reason"]) == ("RTSTRUCT", "no-reference")


def test_no_image_takes_the_name_of_another(convert, tmp_path):
    folder = tmp_path / "in"
    for name in ("001_CT.nii", "001.nii", "s1/same.nii", "s2/same.nii", "same_nii-2.nii", "Provenance.nii", "m_1.nii"):
        (folder / name).parent.mkdir(exist_ok=True)
        save(folder / name, np.diag([1.0, 2.0, 3.0, 1.0]))
    tifffile.imwrite(folder / "m.tif", np.stack([GREY, GREY[::-1]]), photometric="minisblack")
    write_series(folder / "study", series(Geometry()))

    rows = convert()

    outputs = [name for row in rows.values() for name in row["outputs"].split()]
    assert len(outputs) == len(set(outputs)) == 7 + 2 + 1
    assert rows["001"]["outputs"] == "001_CT.nii.gz"
    assert rows["001"]["format"] == "dicom"
    for case in read_table(tmp_path / "out-nifti" / "cases.tsv"):
        assert hash_of_file(tmp_path / "out-nifti" / case["path"]) == case["sha256"]


def test_long_names_are_cut_and_stay_apart(convert, tmp_path):
    for last in "ab":
        save(tmp_path / "in" / f"{'x' * 240}{last}.nii", np.diag([1.0, 2.0, 3.0, 1.0]))

    assert sorted(len(name) for name in convert()) == [100, 102]


def test_the_sidecar_beside_an_image_is_no_image(convert, tmp_path):
    save(tmp_path / "in" / "sub-01_T1w.nii.gz", np.diag([1.0, 2.0, 3.0, 1.0]))
    (tmp_path / "in" / "sub-01_T1w.json").write_text('{"RepetitionTime": 2.0}')

    [row] = convert().values()

    assert (row["id"], row["files"], row["outputs"]) == ("sub-01_T1w", "2", "sub-01_T1w.nii.gz")


def test_what_nobody_foresaw_costs_one_image(convert, tmp_path, monkeypatch):
    def fail(path):
        raise ZeroDivisionError(f"{path} belongs to Doe^Jane")

    monkeypatch.setattr(tasks, "read_file", lambda path: fail(path) if path.name == "a.nii" else read_file(path))
    for name in ("a.nii", "b.nii"):
        save(tmp_path / "in" / name, np.diag([1.0, 2.0, 3.0, 1.0]))

    rows = convert()

    assert (rows["a"]["reason"], rows["b"]["status"]) == ("unreadable", "accepted")
    assert rows["a"]["detail"] == "the file is damaged in a way that its reader does not foresee (ZeroDivisionError)"
