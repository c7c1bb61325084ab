"""What headers say of voxels: applied once, and refused or remarked upon where it cannot be right."""

import gzip

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nifti_files import VOXELS, header_of, stored, write_single

from fuseflow.errors import Refused
from fuseflow.formats.analyze_nifti.nifti_image import parse_header, read_single
from fuseflow.formats.stored import canonical_volume

CONTENT = header_of().binaryblock + bytes(4) + stored(VOXELS)


def remarks(image):
    return [remark.code for remark in image.remarks]


def refusal(path):
    with pytest.raises(Refused) as caught:
        read_single(path)
    return caught.value


@pytest.mark.parametrize("layout", [nibabel.Nifti1Header, nibabel.Nifti2Header])
def test_slope_and_intercept_are_applied_once(tmp_path, layout):
    image = read_single(write_single(tmp_path / "a.nii", layout, scl_slope=0.25, scl_inter=-3))
    assert image.data.dtype == np.float32
    assert (image.data == VOXELS * 0.25 - 3).all()
    assert (image.facts["scl_slope"], image.facts["scl_inter"]) == (0.25, -3)
    assert image.facts["stored_data_type"] == "int16"


@pytest.mark.parametrize(
    ("slope", "intercept", "codes"),
    [
        (1, 0, []),
        (0, 0, []),
        (0, 5, ["no-slope"]),
        (np.nan, 0, ["no-slope"]),
        (np.nan, np.nan, ["no-slope"]),
        (np.inf, 0, ["no-slope"]),
    ],
)
def test_no_slope_leaves_integers_as_they_are(tmp_path, slope, intercept, codes):
    image = read_single(write_single(tmp_path / "a.nii", scl_slope=slope, scl_inter=intercept))
    assert image.data.dtype == np.int16
    assert (image.data == VOXELS).all()
    assert remarks(image) == codes


def test_intercept_that_is_no_number(tmp_path):
    assert refusal(write_single(tmp_path / "a.nii", scl_slope=2, scl_inter=np.nan)).reason == "unreadable"


@pytest.mark.parametrize(
    ("shape", "kept"),
    [((2, 3, 4, 1), (2, 3, 4)), ((2, 12, 1, 1, 1, 1, 1), (2, 12, 1)), ((2, 3, 1, 4, 1), (2, 3, 1, 4))],
)
def test_trailing_axes_of_one_voxel_are_left_out_and_that_is_said(tmp_path, shape, kept):
    image = read_single(write_single(tmp_path / "a.nii", data=VOXELS.reshape(shape, order="F")))
    assert image.data.shape == kept
    assert (image.data == VOXELS.reshape(kept, order="F")).all()
    assert remarks(image) == ["singleton-axes"]


@pytest.mark.parametrize(
    ("sizes", "units", "expected"),
    [
        ([1, 1, 1], 0, (None, ["no-orientation", "no-spacing"])),
        ([1, 1, 1], 8, (None, ["no-orientation", "no-spacing"])),
        ([0, 1, -1], 0, (None, ["no-orientation", "no-spacing"])),
        ([1, 1, 1], 2, ([1, 1, 1], ["no-orientation"])),
        ([1, 1, 2], 0, ([1, 1, 2], ["no-units", "no-orientation"])),
        ([1, 0, 1], 2, (None, ["no-orientation", "no-spacing"])),
    ],
)
def test_what_is_known_of_a_grid_without_sform_and_qform(tmp_path, sizes, units, expected):
    path = write_single(tmp_path / "a.nii", sform_code=0, pixdim=[1, *sizes, 0, 0, 0, 0], xyzt_units=units)
    image = read_single(path)
    spacing = None if image.affine is None else np.diag(image.affine)[:3].tolist()
    assert (spacing, remarks(image)) == expected
    assert image.geometry == ("unknown" if spacing is None else "spacing")


def test_fourth_axis(tmp_path):
    data = VOXELS.reshape(2, 3, 2, 2, order="F")
    path = write_single(tmp_path / "a.nii", data=data, xyzt_units=2 | 16, pixdim=[1, 1, 1, 1, 500, 0, 0, 0])
    image = read_single(path)
    assert (image.fourth_axis.name, image.fourth_axis.step, image.fourth_axis.unit) == ("time", 0.5, "s")
    assert read_single(write_single(tmp_path / "a.nii", data=data)).fourth_axis.name == "unknown"
    assert read_single(write_single(tmp_path / "a.nii")).fourth_axis is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"dim": [0, 2, 3, 4, 1, 1, 1, 1]}, "unreadable"),
        ({"dim": [8, 2, 3, 4, 1, 1, 1, 1]}, "unreadable"),
        ({"dim": [-3, 2, 3, 4, 1, 1, 1, 1]}, "unreadable"),
        ({"dim": [3, 2, 0, 4, 1, 1, 1, 1]}, "unreadable"),
        ({"dim": [3, 2, -3, -4, 1, 1, 1, 1]}, "unreadable"),
        ({"dim": [5, 2, 3, 2, 1, 2, 1, 1]}, "unsupported-dimensions"),
        ({"dim": [3, 2, 3, 5, 1, 1, 1, 1]}, "impossible-size"),
        ({"dim": [7] + [32767] * 3 + [1] * 4}, "impossible-size"),
        ({"datatype": 0}, "unsupported-pixels"),
        ({"datatype": 1}, "unsupported-pixels"),
        ({"datatype": 32}, "unsupported-pixels"),
        ({"datatype": 1536}, "unsupported-pixels"),
        ({"datatype": 1792}, "unsupported-pixels"),
        ({"datatype": 2048}, "unsupported-pixels"),
        ({"datatype": 77}, "unsupported-pixels"),
        ({"datatype": 128}, "colour"),
        ({"datatype": 2304}, "colour"),
        ({"vox_offset": 0}, "unreadable"),
        ({"vox_offset": 351}, "unreadable"),
        ({"vox_offset": 352.5}, "unreadable"),
        ({"vox_offset": -352}, "unreadable"),
        ({"vox_offset": np.nan}, "unreadable"),
        ({"vox_offset": np.inf}, "unreadable"),
        ({"vox_offset": 1e9}, "impossible-size"),
        ({"sizeof_hdr": 347}, "unreadable"),
        ({"sizeof_hdr": 540}, "unreadable"),
        ({"magic": b"n+9"}, "unreadable"),
        ({"sform_code": 1, "srow_x": 0}, "no-geometry"),
    ],
)
def test_impossible_headers(tmp_path, fields, reason):
    assert refusal(write_single(tmp_path / "a.nii", **fields)).reason == reason


def test_the_size_is_checked_before_memory_is_asked_for(tmp_path):
    dim = [3, 2**40, 2**40, 2**40, 1, 1, 1, 1]
    for name in ("a.nii", "a.nii.gz"):
        path = write_single(tmp_path / name, nibabel.Nifti2Header, dim=dim)
        assert refusal(path).reason == "impossible-size"


@pytest.mark.parametrize(
    ("fields", "extra", "codes"),
    [
        ({}, b"12345", ["surplus-data"]),
        ({"bitpix": 8}, b"", ["wrong-bits"]),
        ({"vox_offset": 353}, b"\0", ["odd-offset"]),
    ],
)
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_oddities_that_change_no_voxel(tmp_path, fields, extra, codes, name):
    voxels = extra + stored(VOXELS) if "vox_offset" in fields else stored(VOXELS) + extra
    image = read_single(write_single(tmp_path / name, voxels=voxels, **fields))
    assert remarks(image) == codes
    assert (image.data == VOXELS).all()


@pytest.mark.parametrize("missing", [1, 47, 48])
def test_cut_short(tmp_path, missing):
    (tmp_path / "a.nii").write_bytes(CONTENT[:-missing])
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(CONTENT[:-missing]))
    (tmp_path / "c.nii.gz").write_bytes(gzip.compress(CONTENT)[:-1])
    assert refusal(tmp_path / "a.nii").reason == "impossible-size"
    assert refusal(tmp_path / "b.nii.gz").reason == "impossible-size"
    assert refusal(tmp_path / "c.nii.gz").reason == "unreadable"


def test_wrong_checksum(tmp_path):
    packed = bytearray(gzip.compress(CONTENT))
    packed[-8] ^= 1
    (tmp_path / "a.nii.gz").write_bytes(packed)
    assert refusal(tmp_path / "a.nii.gz").reason == "unreadable"


def test_half_a_header_with_its_magic_string():
    with pytest.raises(Refused, match="cut short after 400 of 540 bytes"):
        parse_header(nibabel.Nifti2Header().binaryblock[:400])


@settings(deadline=None, max_examples=200)
@given(places=st.lists(st.tuples(st.integers(40, 343), st.integers(0, 255)), min_size=1, max_size=6))
def test_any_header_is_read_or_refused(tmp_path_factory, places):
    content = bytearray(CONTENT)
    for position, value in places:
        content[position] = value
    path = tmp_path_factory.getbasetemp() / "any.nii"
    path.write_bytes(content)
    try:
        volume = canonical_volume(read_single(path))
    except Refused:
        return
    assert volume.data.nbytes <= 8 * len(content)
    assert np.isfinite(volume.affine).all()


def test_a_slope_below_single_precision_is_refused(tmp_path):
    with pytest.raises(Refused, match="slope of the values is so small"):
        read_single(write_single(tmp_path / "a.nii", scl_slope=1e-40))
