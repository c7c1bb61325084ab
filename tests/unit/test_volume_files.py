"""Volumes by hand: one file of any format in, one out, with what their sidecars know."""

import json
from dataclasses import replace

import numpy as np
import pytest
from volume_programs import everything_in, ramp
from world_positions import sheared_affine

from fuseflow.errors import InputError, Refused
from fuseflow.formats.png import write_png
from fuseflow.volume import FourthAxis
from fuseflow.volume_files import check_output_file, format_for, read_volume_file, write_volume_file

ENDINGS = (".nii.gz", ".mha", ".nrrd", ".npy")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("phases", [0, 2])
def test_what_is_written_is_read(tmp_path, ending, phases):
    volume = ramp(dtype=np.int16, axes=["x", "y", "z"])
    if phases:
        data = np.stack([volume.data + phase for phase in range(phases)], axis=3)
        sidecar = {**volume.sidecar, "shape": list(data.shape), "axes": ["x", "y", "z", "time"]}
        volume = replace(volume, data=data, sidecar=sidecar, fourth_axis=FourthAxis(name="time"))
    write_volume_file(tmp_path / f"a{ending}", volume)
    found = read_volume_file(tmp_path / f"a{ending}")
    np.testing.assert_array_equal(found.data, volume.data)
    np.testing.assert_allclose(found.affine, volume.affine)
    assert sorted(everything_in(tmp_path)) == sorted([f"a{ending}", "a.json"])


def test_the_sidecar_beside_a_file_says_what_the_file_does_not(tmp_path):
    known = {"modality": "CT", "unit": "HU", "frame_of_reference": "f1", "normalized": [{"method": "z-score"}]}
    write_volume_file(tmp_path / "a.nrrd", ramp(**known, slices=[1, 2]))
    found = read_volume_file(tmp_path / "a.nrrd").sidecar
    assert {key: found[key] for key in known} == known
    assert found["format"] == "NRRD"
    assert "slices" not in found


@pytest.mark.parametrize("beside", ["[1]", '{"modality": 5, "unit": null}'])
def test_a_sidecar_of_somebody_else_says_nothing(tmp_path, beside):
    write_volume_file(tmp_path / "a.nrrd", ramp())
    (tmp_path / "a.json").write_text(beside)
    assert {"modality", "unit"}.isdisjoint(read_volume_file(tmp_path / "a.nrrd").sidecar)


def test_a_file_without_a_sidecar(tmp_path):
    write_volume_file(tmp_path / "a.nii.gz", ramp(modality="CT"))
    (tmp_path / "a.json").unlink()
    assert "modality" not in read_volume_file(tmp_path / "a.nii.gz").sidecar


def test_files_that_hold_no_volume(tmp_path):
    (tmp_path / "flat.png").write_bytes(write_png(np.zeros((4, 5), np.uint8)))
    (tmp_path / "text.nii.gz").write_bytes(b"no image")
    (tmp_path / "notes.txt").write_text("none either")
    write_volume_file(tmp_path / "bad.nrrd", ramp())
    (tmp_path / "bad.json").write_text("{")
    for name, expected in (
        ("flat.png", "holds a flat image"),
        ("text.nii.gz", "cannot be read"),
        ("notes.txt", "not of a format"),
        ("none.mha", "cannot be opened"),
        ("bad.nrrd", r"bad\.json cannot be read"),
    ):
        with pytest.raises(InputError, match=expected):
            read_volume_file(tmp_path / name)


def test_a_file_of_several_images(tmp_path):
    from PIL import Image

    pages = [Image.fromarray(np.full((4, 5), number, np.uint8)) for number in range(2)]
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(InputError, match="holds 2 images"):
        read_volume_file(tmp_path / "pages.tif")


def test_a_volume_that_the_format_cannot_hold_leaves_what_was_there(tmp_path):
    write_volume_file(tmp_path / "a.mha", ramp())
    before = everything_in(tmp_path)
    with pytest.raises(Refused) as caught:
        write_volume_file(tmp_path / "a.mha", replace(ramp(), affine=sheared_affine()))
    assert caught.value.reason == "sheared"
    assert everything_in(tmp_path) == before


def test_writing_twice_gives_the_same_bytes(tmp_path):
    for folder in ("a", "b"):
        for ending in ENDINGS:
            write_volume_file(tmp_path / folder / f"x{ending}", ramp())
    assert everything_in(tmp_path / "a") == everything_in(tmp_path / "b")


@pytest.mark.parametrize(
    ("name", "format_"), [("a.nii.gz", "nifti"), ("A.MHA", "metaimage"), ("a.b.nrrd", "nrrd"), ("a.npy", "npy")]
)
def test_the_ending_says_the_format(tmp_path, name, format_):
    assert format_for(tmp_path / name) == format_


@pytest.mark.parametrize("name", ["a.nii", "a.png", "mha", "a.json", "a.nii.gz.txt"])
def test_other_endings_say_none(tmp_path, name):
    with pytest.raises(InputError, match="none of the endings"):
        format_for(tmp_path / name)


def test_no_output_replaces_what_is_read(tmp_path):
    write_volume_file(tmp_path / "a.npy", ramp())
    (tmp_path / "link.npy").symlink_to(tmp_path / "a.npy")
    header = ["NRRD0004", "type: uint8", "dimension: 3", "sizes: 1 2 3", "encoding: raw", "data file: voxels.nrrd"]
    (tmp_path / "header.nhdr").write_text("\n".join([*header, "\n"]))
    (tmp_path / "voxels.nrrd").write_bytes(bytes(6))
    (tmp_path / "folder.mha").mkdir()
    check_output_file(tmp_path / "b.npy", [tmp_path / "a.npy", tmp_path / "none.mha", tmp_path])
    for output, read, expected in (
        ("a.npy", "a.npy", "is an input"),
        ("link.npy", "a.npy", "is an input"),
        # the sidecar says what the axes of the array are
        ("a.nii.gz", "a.npy", "would be taken for that of"),
        # parameters of a normalization
        ("a.nii.gz", "a.json", "would be taken for that of"),
        ("voxels.nrrd", "header.nhdr", "is an input"),
        ("folder.mha", "a.npy", "is a folder"),
    ):
        with pytest.raises(InputError, match=expected):
            check_output_file(tmp_path / output, [tmp_path / read])


def test_a_sidecar_is_json_that_others_read(tmp_path):
    write_volume_file(tmp_path / "a.mha", ramp(modality="MR"))
    assert json.loads((tmp_path / "a.json").read_text())["modality"] == "MR"
