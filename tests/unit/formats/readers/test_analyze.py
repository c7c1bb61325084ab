"""Analyze 7.5, as SPM writes it too, and NIfTI in two files."""

import gzip

import nibabel
import numpy as np
import pytest
from nifti_files import VOXELS, write_pair
from readings import refusal, remarks
from world_positions import is_in_place, oblique_affine, right_angled_affines, values_at

from fuseflow.formats.reading import companions_of, headers_of, read_images


@pytest.mark.parametrize("byte_order", ["<", ">"])
@pytest.mark.parametrize("name", ["a.hdr", "a.hdr.gz"])
def test_only_spacings_are_known(tmp_path, byte_order, name):
    pixdim = [0, 1.5, 2, 3, 0, 0, 0, 0]
    path = write_pair(tmp_path / name, byte_order=byte_order, pixdim=pixdim, descrip=b"Doe^Jane", patient_id=b"Doe")
    [volume] = read_images(path)
    assert volume.geometry == "spacing"
    # nobody knows which way the axes run, so they stay as they are
    assert (volume.data == VOXELS).all()
    assert (volume.affine == np.diag([1.5, 2, 3, 1])).all()
    assert remarks(volume) == ["no-orientation"]
    assert volume.sidecar["format"] == "Analyze 7.5"
    assert "Doe" not in str(volume.sidecar)


@pytest.mark.parametrize(("code", "dtype"), [(2, "u1"), (4, "i2"), (8, "i4"), (16, "f4"), (132, "u2"), (512, "u2")])
def test_types(tmp_path, code, dtype):
    [volume] = read_images(write_pair(tmp_path / "a.hdr", data=VOXELS.astype(dtype.replace("u2", "i2")), datatype=code))
    assert volume.data.dtype == dtype
    assert (volume.data == VOXELS).all()


@pytest.mark.parametrize(
    ("slope", "intercept", "expected"),
    [(0, 7, None), (1, 0, None), (np.nan, 0, None), (0.5, 0, (0.5, 0)), (0.5, np.nan, (0.5, 0)), (2, 10, (2, 10))],
)
def test_the_factor_of_spm_is_applied_and_that_is_said(tmp_path, slope, intercept, expected):
    [volume] = read_images(write_pair(tmp_path / "a.hdr", funused1=slope, funused2=intercept))
    if expected is None:
        assert volume.data.dtype == np.int16
        assert remarks(volume) == ["no-orientation"]
    else:
        assert (volume.data == VOXELS * expected[0] + expected[1]).all()
        assert remarks(volume) == ["spm-scale", "no-orientation"]


def test_ranges_that_could_mean_a_factor_are_not_applied(tmp_path):
    [volume] = read_images(write_pair(tmp_path / "a.hdr", cal_max=1, cal_min=0, glmax=23, glmin=0))
    assert (volume.data == VOXELS).all()
    assert remarks(volume) == ["calibration-not-applied", "no-orientation"]


@pytest.mark.parametrize("image_class", [nibabel.Spm99AnalyzeImage, nibabel.Spm2AnalyzeImage])
def test_the_matrix_of_spm_places_every_voxel(tmp_path, image_class):
    for affine in [*right_angled_affines(), oblique_affine()]:
        nibabel.save(image_class(values_at(affine, dtype=np.float32), affine), tmp_path / "a.img")
        [volume] = read_images(tmp_path / "a.hdr")
        assert volume.geometry == "world"
        assert is_in_place(volume.data, volume.affine, tolerance=0.01)
        assert remarks(volume) == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"sizeof_hdr": 347}, "unreadable"),
        ({"dim": [0] * 8}, "unreadable"),
        ({"dim": [5, 2, 3, 2, 1, 2, 0, 0]}, "unsupported-dimensions"),
        ({"dim": [3, 2, 3, 5, 0, 0, 0, 0]}, "impossible-size"),
        ({"vox_offset": -4}, "unreadable"),
        ({"vox_offset": 4}, "impossible-size"),
        ({"datatype": 0}, "unsupported-pixels"),
        ({"datatype": 32}, "unsupported-pixels"),
        ({"datatype": 128}, "colour"),
    ],
)
def test_impossible_headers(tmp_path, fields, reason):
    assert refusal(write_pair(tmp_path / "a.hdr", **fields)).reason == reason


def test_fourth_axis(tmp_path):
    [volume] = read_images(write_pair(tmp_path / "a.hdr", data=VOXELS.reshape(2, 3, 2, 2, order="F")))
    assert volume.data.shape == (2, 3, 2, 2)
    assert volume.fourth_axis.name == "unknown"


@pytest.mark.parametrize("layout", [nibabel.AnalyzeHeader, nibabel.Nifti1Header, nibabel.Nifti2Header])
def test_either_file_stands_for_the_image(tmp_path, layout):
    header = write_pair(tmp_path / "a.hdr", layout)
    [one], [other] = read_images(header), read_images(tmp_path / "a.img")
    assert (one.data == other.data).all()
    assert one.sidecar == other.sidecar
    assert one.sidecar["format"] == {nibabel.Nifti1Header: "NIfTI-1", nibabel.Nifti2Header: "NIfTI-2"}.get(
        layout, "Analyze 7.5"
    )


@pytest.mark.parametrize(("header", "voxels"), [("A.HDR", "A.IMG"), ("a.hdr", "a.img.gz"), ("a.hdr.gz", "a.img")])
def test_spellings_of_a_pair(tmp_path, header, voxels):
    write_pair(tmp_path / "x.hdr")
    for name, source in ((header, "x.hdr"), (voxels, "x.img")):
        content = (tmp_path / source).read_bytes()
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
        (tmp_path / source).unlink()
    (tmp_path / "a.mat").write_bytes(b"")
    assert len(read_images(tmp_path / header)) == len(read_images(tmp_path / voxels)) == 1
    paths = [tmp_path / header, tmp_path / voxels]
    assert headers_of(paths) == [tmp_path / header]
    assert tmp_path / voxels in companions_of(tmp_path / header)


def test_companions(tmp_path):
    header = write_pair(tmp_path / "a.hdr")
    assert companions_of(header) == (tmp_path / "a.img",)
    (tmp_path / "a.mat").write_bytes(b"")
    assert companions_of(header) == (tmp_path / "a.img", tmp_path / "a.mat")
    assert companions_of(tmp_path / "a.img") == ()
    assert companions_of(tmp_path / "missing.hdr") == ()


@pytest.mark.parametrize("missing", [".hdr", ".img"])
def test_half_a_pair(tmp_path, missing):
    write_pair(tmp_path / "a.hdr")
    (tmp_path / f"a{missing}").unlink()
    error = refusal(tmp_path / ("a.img" if missing == ".hdr" else "a.hdr"))
    assert error.reason == "unreadable"
    assert missing in error.detail


def test_two_files_of_voxels(tmp_path):
    header = write_pair(tmp_path / "a.hdr")
    (tmp_path / "a.img.gz").write_bytes(gzip.compress((tmp_path / "a.img").read_bytes()))
    assert refusal(header).reason == "several-images"


def test_voxels_elsewhere(tmp_path):
    (tmp_path / "case").mkdir()
    header = write_pair(tmp_path / "case" / "a.hdr")
    (tmp_path / "case" / "a.img").rename(tmp_path / "b.img")
    (tmp_path / "case" / "a.img").symlink_to(tmp_path / "b.img")
    assert refusal(header).reason == "outside-path"


def test_header_of_a_single_file(tmp_path):
    header = write_pair(tmp_path / "a.hdr", nibabel.Nifti1Header, magic=b"n+1")
    assert refusal(header).reason == "unreadable"


def test_surplus_data(tmp_path):
    header = write_pair(tmp_path / "a.hdr")
    with (tmp_path / "a.img").open("ab") as file:
        file.write(b"123")
    [volume] = read_images(header)
    assert remarks(volume) == ["no-orientation", "surplus-data"]


def test_header_cut_short(tmp_path):
    header = write_pair(tmp_path / "a.hdr")
    header.write_bytes(header.read_bytes()[:347])
    assert refusal(header).reason == "unreadable"
