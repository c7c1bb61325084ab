"""Which of the ways to place a grid is taken, and what is said about it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nibabel.quaternions import mat2quat, quat2mat
from nifti_files import write_single

from fuseflow.errors import Refused
from fuseflow.formats.analyze_nifti.nifti_grid import Form, grid_of_forms, qform
from fuseflow.formats.analyze_nifti.nifti_image import read_single

SHIFTED = np.array([[1, 0, 0, 0.5], [0, 1, 0, 0], [0, 0, 1, 0]])


def image_with(tmp_path, *, sform_code=0, qform_code=0, spacings=(1, 1, 1), sign=1, **fields):
    pixdim = [sign, *spacings, 1, 1, 1, 1]
    path = write_single(tmp_path / "a.nii", sform_code=sform_code, qform_code=qform_code, pixdim=pixdim, **fields)
    return read_single(path)


def remarks(image):
    return [remark.code for remark in image.remarks]


def rows(affine):
    return dict(zip(("srow_x", "srow_y", "srow_z"), affine, strict=True))


def test_sform_wins_and_the_conflict_is_reported_with_its_size(tmp_path):
    image = image_with(tmp_path, sform_code=2, qform_code=1, **rows(SHIFTED))
    assert (image.affine[:3] == SHIFTED).all()
    assert remarks(image) == ["sform-qform-conflict"]
    assert "0.5 mm" in image.remarks[0].detail
    assert (image.facts["sform_code"], image.facts["qform_code"]) == (2, 1)


@pytest.mark.parametrize(("shift", "codes"), [(5e-5, []), (2e-4, ["sform-qform-conflict"])])
def test_less_than_a_ten_thousandth_of_a_millimetre_is_none(tmp_path, shift, codes):
    image = image_with(tmp_path, sform_code=1, qform_code=1, **rows(np.eye(4)[:3]), qoffset_z=shift)
    assert remarks(image) == codes


def test_qform_alone(tmp_path):
    image = image_with(
        tmp_path, qform_code=1, spacings=(1, 2, 3), sign=-1, quatern_d=1, qoffset_x=7, **rows(np.zeros((3, 4)))
    )
    assert image.affine.tolist() == [[-1, 0, 0, 7], [0, -2, 0, 0], [0, 0, -3, 0], [0, 0, 0, 1]]
    assert (image.geometry, remarks(image)) == ("world", [])


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0])
def test_unusable_sform_leaves_a_usable_qform(tmp_path, bad):
    image = image_with(tmp_path, sform_code=1, qform_code=1, qoffset_y=4, srow_x=[bad, 0, 0, 0])
    assert image.affine[:3, 3].tolist() == [0, 4, 0]
    assert remarks(image) == ["unusable-form"]
    with pytest.raises(Refused) as caught:
        image_with(tmp_path, sform_code=1, srow_x=[bad, 0, 0, 0])
    assert caught.value.reason == "no-geometry"


UNUSABLE_QFORMS = {
    "sign of 2": {"sign": 2},
    "no sign": {"sign": np.nan},
    "spacing of 0": {"spacings": (1, 0, 1)},
    "negative spacing": {"spacings": (1, -1, 1)},
    "spacing that is no number": {"spacings": (1, np.nan, 1)},
    "long quaternion": {"quatern_b": 0.8, "quatern_c": 0.7},
    "quaternion that is no number": {"quatern_b": np.nan},
    "position that is no number": {"qoffset_z": np.inf},
}


@pytest.mark.parametrize("fields", UNUSABLE_QFORMS.values(), ids=UNUSABLE_QFORMS.keys())
def test_unusable_qform(tmp_path, fields):
    image = image_with(tmp_path, sform_code=1, qform_code=1, **rows(SHIFTED), **fields)
    assert (image.affine[:3] == SHIFTED).all()
    assert remarks(image) == ["unusable-form"]
    with pytest.raises(Refused) as caught:
        image_with(tmp_path, qform_code=1, **fields)
    assert caught.value.reason == "no-geometry"


def test_sign_of_0_means_1(tmp_path):
    assert (image_with(tmp_path, qform_code=1, sign=0).affine == np.eye(4)).all()


def test_without_either_only_the_spacings_are_known(tmp_path):
    image = image_with(tmp_path, spacings=(1.5, 2, -3))
    assert (image.affine == np.diag([1.5, 2, 3, 1])).all()
    assert image.geometry == "spacing"
    assert remarks(image) == ["no-orientation", "negative-spacing"]


@pytest.mark.parametrize("spacing", [0, np.nan, np.inf])
def test_without_spacings_nothing_is_known(tmp_path, spacing):
    image = image_with(tmp_path, spacings=(1, spacing, 1))
    assert (image.geometry, image.affine) == ("unknown", None)
    assert remarks(image) == ["no-orientation", "no-spacing"]


@pytest.mark.parametrize(
    ("code", "factor", "codes"),
    [
        (0, 1, ["no-units"]),
        (1, 1000, ["units-converted"]),
        (2, 1, []),
        (3, 0.001, ["units-converted"]),
        (5, 1, ["no-units"]),
    ],
)
def test_units(tmp_path, code, factor, codes):
    placed = image_with(tmp_path, sform_code=1, qform_code=1, xyzt_units=code, **rows(SHIFTED), qoffset_x=0.5)
    np.testing.assert_allclose(placed.affine[:3], SHIFTED * factor)
    assert remarks(placed) == codes
    spaced = image_with(tmp_path, xyzt_units=code, spacings=(1, 2, 3))
    np.testing.assert_allclose(np.linalg.norm(spaced.affine[:3, :3], axis=0), np.array([1, 2, 3]) * factor)


@settings(deadline=None, max_examples=100)
@given(quaternion=st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda q: np.linalg.norm(q) > 0.1))
def test_what_single_precision_loses_of_a_rotation_is_no_conflict(quaternion):
    rotation = quat2mat(quaternion)
    vector = [float(np.float32(component)) for component in mat2quat(rotation)[1:]]
    exact = np.eye(4)
    exact[:3, :3] = rotation.astype(np.float32) * 0.5
    form = qform(vector, offset=[0, 0, 0], spacings=[0.5, 0.5, 0.5], sign=1)
    assert not grid_of_forms({"sform": Form(affine=exact), "qform": form}, (512, 512, 512)).remarks


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2, 1), (2, 1, 0)])
def test_half_turns_that_single_precision_rounded_stay_half_turns(order):
    half_turn = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, -1]])[list(order)][:, list(order)]
    vector = np.float32(mat2quat(half_turn))[1:].astype(float)

    form = qform(vector, offset=[0, 0, 0], spacings=[0.7, 0.7, 0.7], sign=1)

    # float32 holds 1 / sqrt(2) to 3e-8
    np.testing.assert_allclose(form.affine[:3, :3], 0.7 * half_turn, atol=1e-7)
