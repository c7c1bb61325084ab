"""Conversion: exact pixels, or a refusal with its reason."""

from __future__ import annotations

import hashlib
import json

import nibabel
import numpy as np
import pytest
import SimpleITK
import tifffile
from flat_dicom import flat_dataset
from minc_files import write_minc
from PIL import Image

from fuseflow.convert import Convert, RoleRules, read_file
from fuseflow.errors import Refused
from fuseflow.formats.png import write_png

GREY = np.arange(20, dtype=np.uint8).reshape(4, 5)
DEEP = (GREY.astype(np.uint16) + 1) * 3000
COLOUR = np.stack([GREY, GREY, GREY + 1], axis=-1)


@pytest.fixture
def convert(tmp_path):
    """Convert roles given as bytes of a PNG."""

    def run(raw, **options):
        files = {}
        for role, data in raw.items():
            files[role] = tmp_path / f"{role}.png"
            files[role].write_bytes(data)
        return Convert(**options)(files)

    return run


def test_grey_stays_as_it_is(convert):
    np.testing.assert_array_equal(convert({"CT": write_png(GREY)})["CT"].pixels, GREY)


def test_sixteen_bits_are_kept_exactly(convert):
    image = convert({"CT": write_png(DEEP)}, bits=16, size=(5, 4))["CT"].pixels

    assert image.dtype == np.uint16
    np.testing.assert_array_equal(image, DEEP)


def test_colour_that_is_grey_in_fact_becomes_grey_and_says_so(convert):
    image = convert({"CT": write_png(np.stack([DEEP] * 3, axis=-1))})["CT"]

    np.testing.assert_array_equal(image.pixels, DEEP)
    assert [warning["code"] for warning in image.sidecar["warnings"]] == ["grey-as-rgb"]
    assert (image.sidecar["shape"], image.sidecar["axes"]) == ([4, 5], ["y", "x"])


def test_colour_stays_colour(convert):
    np.testing.assert_array_equal(convert({"PET": write_png(COLOUR)})["PET"].pixels, COLOUR)


@pytest.mark.parametrize(
    ("raw", "options", "reason", "words"),
    [
        ({"CT": write_png(GREY)[:-20]}, {}, "unreadable", "CT: the PNG is cut short"),
        ({"CT": b"text"}, {}, "unreadable", "CT: not a PNG"),
        ({"CT": write_png(GREY)}, {"size": (4, 5)}, "wrong-size", "CT: it has 5 x 4 pixels, the card expects 4 x 5"),
        ({"CT": write_png(DEEP)}, {"bits": 8}, "wrong-depth", "CT: it has 16 bits per sample, the card expects 8"),
        ({"CT": write_png(GREY)}, {"bits": 16}, "wrong-depth", "CT: it has 8 bits"),
        ({"CT": write_png(GREY * 0 + 9)}, {}, "constant", "CT: every pixel has the value 9"),
        ({"CT": write_png(COLOUR * 0)}, {}, "constant", "CT: every pixel has the value 0"),
        (
            {"CT": write_png(GREY), "MR": write_png(GREY[:3])},
            {"one_size": True},
            "size-mismatch",
            "CT has 5 x 4, MR has 5 x 3",
        ),
        ({"SEG": write_png(COLOUR)}, {"roles": {"SEG": RoleRules(label=True)}}, "not-labels", "SEG: .* in colour"),
        ({"CT": write_png(GREY)}, {"roles": {"CT": RoleRules(page=2)}}, "several-images", "image 2 .* holds 1"),
    ],
)
def test_refusals(convert, raw, options, reason, words):
    with pytest.raises(Refused, match=words) as caught:
        convert(raw, **options)
    assert caught.value.reason == reason


def test_images_of_a_case_that_is_not_fused_may_differ_in_size(convert):
    assert len(convert({"CT": write_png(GREY), "MR": write_png(GREY[:3])})) == 2


def test_an_empty_label_image_is_no_mistake(convert):
    image = convert({"SEG": write_png(GREY * 0)}, roles={"SEG": RoleRules(label=True)})["SEG"]

    assert not image.pixels.any()


def test_a_page_of_several(tmp_path):
    path = tmp_path / "pages.tif"
    tifffile.imwrite(path, np.stack([GREY, GREY[::-1]]), photometric="minisblack")

    image = Convert(roles={"SEG": RoleRules(page=2, label=True)})({"SEG": path})["SEG"]

    np.testing.assert_array_equal(image.pixels, GREY[::-1])
    with pytest.raises(Refused, match="the file holds 2 images"):
        Convert()({"SEG": path})


def test_labels_stored_as_floats_become_integers_again(tmp_path):
    labels = np.array([[[0.0, 1.0], [2.0, 0.0]]])
    for name, voxels in (("whole", labels), ("fractions", labels / 3)):
        nibabel.save(nibabel.Nifti1Image(voxels, np.eye(4)), tmp_path / f"{name}.nii.gz")
    convert = Convert(roles={"SEG": RoleRules(label=True)})

    volume = convert({"SEG": tmp_path / "whole.nii.gz"})["SEG"]

    assert volume.data.dtype == np.uint8
    np.testing.assert_array_equal(volume.data, labels)
    assert volume.sidecar["data_type"] == "uint8"
    with pytest.raises(Refused, match="SEG: 2 of 4 voxels of the label image are no whole numbers"):
        convert({"SEG": tmp_path / "fractions.nii.gz"})


COMMON = {"format", "shape", "axes", "geometry", "affine", "data_type", "warnings", "files", "versions"}


def write_any(path):
    """An image in the format that the name of the file says."""
    voxels = np.arange(24, dtype=np.int16).reshape(4, 3, 2)
    if path.suffix in (".nii", ".hdr"):
        kind = nibabel.Nifti1Image if path.suffix == ".nii" else nibabel.AnalyzeImage
        kind(voxels, np.eye(4)).to_filename(path)
    elif path.suffix in (".mha", ".mhd", ".nrrd"):
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(voxels), path)
    elif path.suffix == ".npy":
        np.save(path, voxels)
        path.with_suffix(".json").write_text(json.dumps({"axes": ["x", "y", "z"]}))
    elif path.suffix == ".mnc":
        write_minc(path, 2, voxels)
    elif path.suffix == ".dcm":
        flat_dataset(GREY).save_as(path, enforce_file_format=True)
    else:
        Image.fromarray(GREY).save(path)


@pytest.mark.parametrize(
    "name",
    ["a.nii", "a.hdr", "a.mha", "a.mhd", "a.nrrd", "a.npy", "a.mnc", "a.dcm", "a.png", "a.jpg", "a.tif", "p.mha"],
)
def test_sidecars_have_the_same_keys_whatever_the_format(tmp_path, name):
    if name == "p.mha":
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(GREY), tmp_path / name)
    else:
        write_any(tmp_path / name)
    (image,) = read_file(tmp_path / name)
    sidecar = image.sidecar
    array = image.data if hasattr(image, "data") else image.pixels
    assert sidecar.keys() >= COMMON
    assert sidecar["shape"] == list(array.shape)
    assert len(sidecar["axes"]) == array.ndim
    assert sidecar["data_type"] == array.dtype.name
    assert sidecar["geometry"] in ("world", "spacing", "unknown")
    assert sidecar["versions"].keys() >= {"python", "numpy"}
    json.dumps(sidecar, allow_nan=False)


def test_every_source_file_is_named_by_its_digest(tmp_path):
    for name in ("a.mhd", "a.npy"):
        write_any(tmp_path / name)
    for first, second in (("a.mhd", "a.raw"), ("a.npy", "a.json")):
        digests = [hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in (first, second)]
        assert read_file(tmp_path / first)[0].sidecar["files"] == digests
