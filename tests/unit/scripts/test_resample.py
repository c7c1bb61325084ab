"""resample.py as it is used: by hand, on shards, to find a spacing; and every wrong use of it."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from volume_programs import everything_in, program, ramp, write_table
from world_positions import oblique_affine, sheared_affine, values_at

from fuseflow.cases import read_cases, read_refused
from fuseflow.flat import FlatImage
from fuseflow.formats.canonical import read_canonical_volume
from fuseflow.formats.png import write_png
from fuseflow.volume import Volume
from fuseflow.volume_files import read_volume_file, write_volume_file

CT_AFFINE = oblique_affine(0.1, (1.0, 1.0, 2.0), (-10, -10, -10))
PET_AFFINE = oblique_affine(0.1, (3.0, 3.0, 2.5), (-8, -8, -8))


@pytest.fixture(scope="module")
def run():
    return program("resample")


def ct(**sidecar):
    data = values_at(CT_AFFINE, (24, 22, 12), np.float32)
    return Volume(data=data, affine=CT_AFFINE, sidecar={"modality": "CT", **sidecar})


def pet(**sidecar):
    return Volume(
        data=values_at(PET_AFFINE, (6, 6, 7), np.float32), affine=PET_AFFINE, sidecar={"modality": "PT", **sidecar}
    )


def seg():
    data = np.zeros((24, 22, 12), np.uint8)
    data[6:18, 6:16, 2:10] = 3
    return Volume(data=data, affine=CT_AFFINE)


@pytest.fixture
def folder(tmp_path):
    """Images of a study as a user has them."""
    for name, volume in {"ct.nii.gz": ct(), "pet.mha": pet(), "seg.nrrd": seg()}.items():
        write_volume_file(tmp_path / name, volume)
    return tmp_path


def sentence(capsys):
    """The one line on standard error that says what is wrong."""
    lines = [line for line in capsys.readouterr().err.splitlines() if "error:" in line]
    assert len(lines) == 1
    return lines[0].partition("error: ")[2]


def refuses(run, folder, capsys, *arguments):
    """Wrong use ends with status 2 and one sentence, and changes no file."""
    before = everything_in(folder)
    capsys.readouterr()
    assert run(*arguments) == 2
    assert everything_in(folder) == before
    return sentence(capsys)


@pytest.mark.parametrize("ending", [".nii.gz", ".mha", ".nrrd", ".npy"])
def test_a_ct_on_the_grid_of_a_pet(run, folder, ending):
    output = folder / "new" / f"out{ending}"
    assert run("--input", folder / "ct.nii.gz", "--reference", folder / "pet.mha", "--output", output) == 0
    assert sorted(path.name for path in output.parent.iterdir()) == sorted([output.name, "out.json"])
    found = read_volume_file(output)
    np.testing.assert_allclose(found.affine, PET_AFFINE, atol=1e-4)
    np.testing.assert_allclose(found.data, pet().data, atol=0.02)
    assert found.sidecar["modality"] == "CT"
    assert json.loads((output.parent / "out.json").read_text())["resampled"]["fill"] == -1024


def test_labels_to_a_spacing(run, folder):
    output = folder / "out.nii.gz"
    assert run("--input", folder / "seg.nrrd", "--label", "--spacing", 2, 2, 2, "--output", output) == 0
    found = read_volume_file(output)
    assert found.data.shape == (12, 11, 12)
    assert set(np.unique(found.data)) == {0, 3}
    assert (found.data > 0).sum() * 4 == (seg().data > 0).sum()


def test_a_second_run_writes_the_same_bytes(run, folder):
    output = folder / "out" / "out.nii.gz"
    arguments = ["--input", folder / "ct.nii.gz", "--spacing", 2, 2, 3, "--anti-alias", "--interpolation", "bspline"]
    assert run(*arguments, "--output", output) == 0
    first = everything_in(output.parent)
    assert run(*arguments, "--output", output) == 0
    assert everything_in(output.parent) == first


@pytest.mark.parametrize(("modality", "fill"), [("CT", -1024), ("PT", 0), (None, 0)])
def test_the_modality_says_what_lies_beyond_the_field(run, tmp_path, capsys, modality, fill):
    write_volume_file(tmp_path / "small.nii.gz", ramp(dtype=np.int16))
    write_volume_file(tmp_path / "large.nii.gz", ramp(shape=(8, 7, 9)))
    arguments = ["--input", tmp_path / "small.nii.gz", "--reference", tmp_path / "large.nii.gz"]
    chosen = ["--modality", modality] if modality else []
    assert run(*arguments, *chosen, "--output", tmp_path / "out.nii.gz") == 0
    assert set(np.unique(read_volume_file(tmp_path / "out.nii.gz").data[..., 6:])) == {fill}
    assert ("nothing says the modality" in capsys.readouterr().err) == (modality is None)


def test_every_phase_of_four_axes_is_resampled(run, tmp_path):
    one = ramp(modality="MR")
    write_volume_file(tmp_path / "in.nii.gz", replace(one, data=np.stack([one.data, one.data + 1], axis=3)))
    assert run("--input", tmp_path / "in.nii.gz", "--spacing", 2, 1, 2, "--output", tmp_path / "out.nii.gz") == 0
    found = read_volume_file(tmp_path / "out.nii.gz").data
    assert found.shape == (4, 7, 6, 2)
    np.testing.assert_allclose(found[..., 1], found[..., 0] + 1, atol=1e-4)


WRONG = {
    "no grid": (["--output", "{}/out.mha"], "nothing says which grid"),
    "no output": (["--spacing", 1, 1, 1], "--output is needed"),
    "output = input": (["--spacing", 1, 1, 1, "--output", "{}/ct.nii.gz"], "is an input"),
    "its sidecar": (["--spacing", 1, 1, 1, "--output", "{}/ct.mha"], "sidecar of .* would be taken for that of"),
    "output = reference": (["--reference", "{}/pet.mha", "--output", "{}/pet.mha"], "is an input"),
    "output is a folder": (["--spacing", 1, 1, 1, "--output", "{}/a.mha"], "is a folder"),
    "no ending": (["--spacing", 1, 1, 1, "--output", "{}/out.png"], "none of the endings"),
    "spacing of 0": (["--spacing", 0, 1, 1, "--output", "{}/out.mha"], "0 is not a number between"),
    "spacing of an atom": (["--spacing", 1, "1e-7", 1, "--output", "{}/out.mha"], "1e-7 is not a number between"),
    "spacing of a word": (["--spacing", 1, 1, "x", "--output", "{}/out.mha"], "invalid length value"),
    "two spacings": (["--spacing", 1, 1, "--output", "{}/out.mha"], "expected 3 arguments"),
    "both": (["--spacing", 1, 1, 1, "--parameters", "{}/ct.json", "--output", "{}/out.mha"], "either --spacing or"),
    "no parameters": (["--parameters", "{}/ct.json", "--output", "{}/out.mha"], "holds no spacing"),
    "no method": (["--interpolation", "lanczos", "--spacing", 1, 1, 1, "--output", "{}/o.mha"], "invalid choice"),
    "option of a shard": (["--keep", "CT", "--spacing", 1, 1, 1, "--output", "{}/out.mha"], "--keep means nothing"),
    "two inputs": (["--cases", "{}/cases.tsv", "--spacing", 1, 1, 1, "--output", "{}/out.mha"], "give one of"),
    "no reference": (["--reference", "{}/none.nii", "--output", "{}/out.mha"], "cannot be read"),
    "another modality": (["--modality", "MR", "--spacing", 1, 1, 1, "--output", "{}/out.mha"], "sidecar .* says CT"),
    "not labels": (["--label", "--spacing", 2, 2, 2, "--output", "{}/out.mha"], "whole numbers"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_use_by_hand(run, folder, capsys, wrong):
    (folder / "a.mha").mkdir()
    write_volume_file(folder / "ct.nii.gz", replace(ct(), data=ct().data + np.float32(0.25)))
    arguments, expected = WRONG[wrong]
    arguments = ["--input", folder / "ct.nii.gz", *(str(word).format(folder) for word in arguments)]
    found = refuses(run, folder, capsys, *arguments)
    assert re.search(expected, found), found


UNUSABLE = {
    "no overlap": ({"origin": (100, 0, 0)}, {}, "of the new grid lie in its field of view"),
    "another frame": ({"frame_of_reference": "b"}, {"frame_of_reference": "a"}, "different frames of reference"),
}


@pytest.mark.parametrize("unusable", UNUSABLE)
def test_images_that_do_not_belong_together(run, tmp_path, capsys, unusable):
    of_reference, of_image, expected = UNUSABLE[unusable]
    write_volume_file(tmp_path / "image.nii.gz", ramp(**of_image))
    write_volume_file(tmp_path / "reference.nii.gz", ramp(**{"spacing": (2, 2, 2), **of_reference}))
    arguments = ["--input", tmp_path / "image.nii.gz", "--reference", tmp_path / "reference.nii.gz"]
    assert expected in refuses(run, tmp_path, capsys, *arguments, "--output", tmp_path / "out.mha")


def test_voxels_that_are_no_numbers(run, tmp_path, capsys):
    volume = ramp()
    volume.data[0, 0, 0] = np.nan
    write_volume_file(tmp_path / "in.nii.gz", volume)
    arguments = ["--input", tmp_path / "in.nii.gz", "--spacing", 2, 2, 2, "--output", tmp_path / "out.mha"]
    assert "1 of 336 voxels are NaN" in refuses(run, tmp_path, capsys, *arguments)


def test_a_format_that_cannot_hold_the_grid(run, tmp_path, capsys):
    write_volume_file(tmp_path / "in.nii.gz", replace(ramp(), affine=sheared_affine()))
    arguments = ["--input", tmp_path / "in.nii.gz", "--spacing", 2, 2, 2, "--output", tmp_path / "out.mha"]
    assert "perpendicular" in refuses(run, tmp_path, capsys, *arguments)


def test_flat_images_and_folders_are_no_volumes(run, tmp_path, capsys):
    (tmp_path / "flat.png").write_bytes(write_png(np.zeros((4, 5), np.uint8)))
    for source, expected in (("flat.png", "holds a flat image"), (".", "not a regular file")):
        arguments = ["--input", tmp_path / source, "--spacing", 1, 1, 1, "--output", tmp_path / "out.mha"]
        assert expected in refuses(run, tmp_path, capsys, *arguments)


def study(folder):
    """Cases that can be resampled, and cases that cannot."""
    far = replace(pet(), affine=PET_AFFINE + 0)
    far.affine[:3, 3] += 500
    fractions = replace(seg(), data=seg().data * np.float32(0.3))
    spoilt = ct()
    spoilt.data[3, 3, 3] = np.inf
    flat = FlatImage(pixels=np.zeros((4, 5), np.uint8))
    return write_table(
        folder,
        {
            "a-good": {"CT": ct(), "PET": pet(), "SEG": seg()},
            "b-good": {"CT": ct(), "PET": pet()},
            "c-far": {"CT": ct(), "PET": far},
            "d-frames": {"CT": ct(frame_of_reference="a"), "PET": pet(frame_of_reference="b")},
            "e-fractions": {"CT": ct(), "PET": pet(), "SEG": fractions},
            "f-infinite": {"CT": spoilt, "PET": pet()},
            "g-alone": {"CT": ct()},
            "h-flat": {"CT": flat, "PET": pet()},
        },
    )


REFUSED = {
    "c-far": "no-overlap",
    "d-frames": "different-frame",
    "e-fractions": "not-labels",
    "f-infinite": "not-finite",
    "g-alone": "orphan",
    "h-flat": "no-geometry",
}


def test_a_shard_and_the_number_of_workers(run, tmp_path):
    table = study(tmp_path / "in")
    arguments = ["--cases", table, "--reference-role", "PET", "--labels", "SEG", "--keep", "CT"]
    assert run(*arguments, "--output", tmp_path / "one") == 0
    assert run(*arguments, "--output", tmp_path / "two", "--workers", 2) == 0
    assert everything_in(tmp_path / "one") == everything_in(tmp_path / "two")
    assert {row.case: row.reason for row in read_refused(tmp_path / "one" / "refused.tsv")} == REFUSED
    first, second = read_cases(tmp_path / "one" / "cases.tsv")
    assert first.roles() == ["CT", "CTres", "PET", "SEG"]
    assert second.roles() == ["CT", "CTres", "PET"]
    np.testing.assert_allclose(read_canonical_volume(first, "CTres").data, pet().data, atol=0.02)
    assert not [path for path in (tmp_path / "one").rglob("*") if path.name[:1] in "cdefgh." and path.is_dir()]
    assert run(*arguments, "--output", tmp_path / "one", "--on-refused", "fail") == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "nothing says which grid"),
        (["--reference-role", "PET", "--reference", "x.nii"], "--reference means nothing with --cases"),
        (["--spacing", 1, 1, 1, "--label"], "--label means nothing with --cases"),
        (["--spacing", 1, 1, 1, "--spacing-rule", "median"], "--spacing-rule means nothing with --cases"),
    ],
)
def test_wrong_use_with_cases(run, tmp_path, capsys, arguments, expected):
    table = write_table(tmp_path / "in", {"1": {"CT": ct()}})
    found = refuses(run, tmp_path, capsys, "--cases", table, "--output", tmp_path / "out", *arguments)
    assert expected in found


@pytest.fixture
def tables(tmp_path):
    return [
        write_table(tmp_path / str(number), {f"{number}-{depth}": {"MR": ramp(spacing=(1, 1, depth), shape=(9, 9, 3))}})
        for number, depth in enumerate((4.0, 5.0, 6.0))
    ]


@pytest.mark.parametrize(("rule", "depth"), [("median", 5.0), ("nnunet", 5.0)])
def test_a_spacing_for_a_data_set_is_found_and_used(run, tables, tmp_path, rule, depth):
    found = tmp_path / "spacing.json"
    assert run("--fit", *tables, "--spacing-rule", rule, "--parameters", found) == 0
    assert json.loads(found.read_text()) == {"rule": rule, "spacing": [1, 1, depth], "images": 3}
    assert run("--cases", tables[0], "--parameters", found, "--output", tmp_path / "out") == 0
    (case,) = read_cases(tmp_path / "out" / "cases.tsv")
    np.testing.assert_allclose(np.diag(read_canonical_volume(case, "MR").affine), [1, 1, depth, 1])
    again = tmp_path / "again.json"
    assert run("--fit", *tables[::-1], "--spacing-rule", rule, "--parameters", again) == 0
    assert again.read_bytes() == found.read_bytes()


def test_wrong_use_of_fit(run, tables, tmp_path, capsys):
    to = ["--parameters", tmp_path / "spacing.json"]
    rule = ["--spacing-rule", "median"]
    sidecar = tables[0].parent / "0-4.0" / "MR.json"
    for arguments, expected in (
        ([*tables, *to], "--fit needs --spacing-rule"),
        ([*tables, *rule], "--fit needs --spacing-rule and --parameters"),
        ([*tables, *rule, *to, "--output", tmp_path], "--output means nothing with --fit"),
        ([*tables, *rule, "--parameters", tables[0]], "is an input"),
        ([*tables, *rule, "--parameters", sidecar], "is an input"),
        ([*tables, tables[0], *rule, *to], "give each table once"),
        ([*tables, *rule, *to, "--labels", "MR"], "none of the cases has a volume"),
        ([tmp_path / "none.tsv", *rule, *to], "does not exist"),
    ):
        assert expected in refuses(run, tmp_path, capsys, "--fit", *arguments)
