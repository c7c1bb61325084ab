"""From SEG and RTSTRUCT files to label volumes and what is said beside them."""

import json

import numpy as np
import pytest
from dicom_segmentations import (
    CORONAL,
    OBLIQUE,
    Ball,
    closed,
    contours_of,
    frames_of,
    label_grid,
    saved,
    seg,
    structure_set,
    truth,
)
from dicom_series import AXIAL, ROOT, Geometry

from fuseflow.dicom.label_grid import LabelGrid
from fuseflow.dicom.labels import label_volumes
from fuseflow.dicom.segmentation import read_segmentation
from fuseflow.dicom.segmentation_grid import own_grid
from fuseflow.dicom.structure_set import read_structure_set
from fuseflow.errors import Refused
from fuseflow.formats.stored import Remark
from fuseflow.identity import pseudonym

GEOMETRY = Geometry(rows=40, columns=50, slices=14, spacing=(1.5, 1.25), origin=(0.0, 0.0, 0.0))
SHELL, BALL = Ball((20.0, 20.0, 18.0), 14.0, 8.0), Ball((46.0, 40.0, 20.0), 12.0)
INNER = Ball((20.0, 20.0, 18.0), 10.0)


def from_seg(tmp_path, shapes, geometry=GEOMETRY, **options):
    dataset = seg(
        geometry, frames_of(geometry, shapes), names={number: f"name {number}" for number in shapes}, **options
    )
    return read_segmentation(saved(dataset, tmp_path))


def from_contours(tmp_path, shapes, geometry=GEOMETRY):
    regions = {number: (f"name {number}", contours_of(geometry, shape)) for number, shape in shapes.items()}
    return read_structure_set(saved(structure_set(regions), tmp_path))


def volumes(source, grid, salt=""):
    found = tuple(label_volumes(source, grid, salt=salt))
    for volume in found:
        json.dumps(volume.sidecar)
        assert volume.data.shape == grid.shape
        np.testing.assert_array_equal(volume.affine, grid.affine)
        counts = np.bincount(volume.data.ravel(), minlength=len(volume.sidecar["segments"]) + 1)[1:]
        assert [row["voxels"] for row in volume.sidecar["segments"]] == counts.tolist()
    return found


def warnings_of(volume):
    return [warning["code"] for warning in volume.sidecar["warnings"]]


@pytest.mark.parametrize("orientation", [AXIAL, CORONAL, OBLIQUE])
def test_a_ball_and_a_shell_as_frames_have_exactly_their_voxels(tmp_path, orientation):
    geometry = Geometry(rows=22, columns=26, slices=9, orientation=orientation)
    middle = tuple((np.array(geometry.origin) + geometry.points(8)[-1, -1]) / 2)
    shapes, grid = {9: Ball(middle, 13.0, 7.0), 4: Ball(middle, 5.0)}, label_grid(geometry)
    [volume] = volumes(from_seg(tmp_path, shapes, geometry), grid)
    assert volume.data.dtype == np.uint8
    # labels follow the numbers of the segments
    np.testing.assert_array_equal(volume.data, truth(shapes[4], grid) + 2 * truth(shapes[9], grid).astype(np.uint8))
    assert volume.sidecar["on_grid"] is True
    assert warnings_of(volume) == []


def test_a_ball_and_a_shell_as_contours_have_their_voxels_within_one_percent(tmp_path):
    grid = label_grid(GEOMETRY)
    [volume] = volumes(from_contours(tmp_path, {1: SHELL, 2: BALL}), grid)
    for label, shape in ((1, SHELL), (2, BALL)):
        expected = truth(shape, grid)
        assert (volume.data == label).sum() == pytest.approx(expected.sum(), rel=0.01)
        assert np.count_nonzero((volume.data == label) != expected) < 0.01 * expected.sum()
    hole = truth(Ball(SHELL.centre, SHELL.hole - 1), grid)
    assert hole.sum() > 100
    assert not volume.data[hole].any()
    assert volume.sidecar["on_grid"] is True
    assert warnings_of(volume) == []


def test_what_stands_beside_a_seg(tmp_path):
    source, grid = from_seg(tmp_path, {3: BALL, 1: SHELL}), label_grid(GEOMETRY)
    [volume] = volumes(source, grid, salt="secret")
    sidecar = volume.sidecar
    assert (sidecar["modality"], sidecar["source"], sidecar["sha256"]) == ("SEG", "SEG", source.sha256)
    assert sidecar["reference"] == pseudonym(f"{ROOT}.1", salt="secret")
    assert sidecar["affine"] == grid.affine.tolist()
    voxels = int(truth(SHELL, grid).sum())
    assert sidecar["segments"][0] == {
        "label": 1,
        "number": 1,
        "name": "name 1",
        "algorithm_type": "MANUAL",
        "category": {"value": "49755003", "scheme": "SCT"},
        "type": {"value": "1", "scheme": "99LOCAL"},
        "voxels": voxels,
        "volume_ml": pytest.approx(voxels * 1.5 * 1.25 * 3 / 1000),
        "outside": 0,
    }
    assert volumes(source, grid)[0].sidecar["reference"] is None
    assert "free text" not in json.dumps(sidecar)


def test_what_stands_beside_an_rtstruct(tmp_path):
    regions = {
        5: ("points", [("POINT", np.zeros((1, 3)))]),
        2: ("a/b & c", closed([BALL.contours(GEOMETRY, place)[0] for place in (5, 7)])),
        9: ("nothing", []),
    }
    source = read_structure_set(saved(structure_set(regions), tmp_path))
    [volume] = volumes(source, label_grid(GEOMETRY))
    rows = volume.sidecar["segments"]
    assert [(row["label"], row["number"], row["name"]) for row in rows] == [
        (1, 2, "a/b & c"),
        (2, 5, "points"),
        (3, 9, "nothing"),
    ]
    assert rows[0]["contours"]["filled"] == 2
    assert rows[0]["contours"]["gaps"] == 1
    assert rows[1]["contours"]["not_filled"] == {"POINT": 1}
    assert rows[2]["contours"] is None
    assert [row["voxels"] > 0 for row in rows] == [True, False, False]
    assert volume.sidecar["source"] == "RTSTRUCT"
    assert warnings_of(volume) == ["gaps", "not-filled", "no-voxels"]


@pytest.mark.parametrize("read", [from_seg, from_contours])
def test_segments_that_overlap_have_a_volume_each(tmp_path, read):
    grid = label_grid(GEOMETRY)
    found = volumes(read(tmp_path, {7: INNER, 2: SHELL, 3: BALL}), grid)
    for volume, (number, shape) in zip(found, ((2, SHELL), (3, BALL), (7, INNER)), strict=True):
        assert set(np.unique(volume.data)) == {0, 1}
        assert [(row["label"], row["number"]) for row in volume.sidecar["segments"]] == [(1, number)]
        assert np.count_nonzero(volume.data != truth(shape, grid)) < 0.01 * truth(shape, grid).sum()
        assert warnings_of(volume) == ["overlap"]


def test_a_segment_that_is_drawn_twice_does_not_overlap_itself(tmp_path):
    frames = frames_of(GEOMETRY, {1: BALL})
    dataset = seg(GEOMETRY, [*frames, *frames], names={1: "a"})
    [volume] = volumes(read_segmentation(saved(dataset, tmp_path)), label_grid(GEOMETRY))
    np.testing.assert_array_equal(volume.data, truth(BALL, label_grid(GEOMETRY)))


def test_more_segments_than_a_byte_can_tell(tmp_path):
    geometry = Geometry(rows=16, columns=20, slices=2)
    labels = np.arange(320).reshape(16, 20)
    dataset = seg(geometry, [(1, None, labels)], names=dict.fromkeys(range(1, 320), ""), kind="LABELMAP", bits=16)
    [volume] = volumes(read_segmentation(saved(dataset, tmp_path)), label_grid(geometry))
    assert volume.data.dtype == np.uint16
    np.testing.assert_array_equal(volume.data[::-1, ::-1, 1].T, labels)


def test_more_segments_than_labels_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("fuseflow.dicom.labels.LARGEST_LABEL", 1)
    with pytest.raises(Refused) as caught:
        label_volumes(from_seg(tmp_path, {1: BALL, 2: SHELL}), label_grid(GEOMETRY), salt="")
    assert caught.value.reason == "unsupported-pixels"


def test_a_seg_beside_the_grid_is_resampled_and_says_so(tmp_path):
    grid = label_grid(GEOMETRY)
    affine = grid.affine.copy()
    affine[:3, 3] += (0.3, 0.0, 0.4)
    moved = LabelGrid(affine=affine, shape=grid.shape)
    [volume] = volumes(from_seg(tmp_path, {1: BALL}), moved)
    assert volume.sidecar["on_grid"] is False
    [warning] = volume.sidecar["warnings"]
    assert warning["code"] == "off-grid"
    assert "0.5 mm" in warning["detail"]
    np.testing.assert_array_equal(volume.data, truth(BALL, grid))


def test_contours_beside_the_slices_say_so(tmp_path):
    grid = label_grid(GEOMETRY)
    affine = grid.affine.copy()
    affine[2, 3] += 0.6
    source = from_contours(tmp_path, {1: BALL})
    [volume] = volumes(source, LabelGrid(affine=affine, shape=grid.shape))
    assert volume.sidecar["on_grid"] is False
    assert warnings_of(volume) == ["off-plane"]
    assert "0.6 mm" in volume.sidecar["warnings"][0]["detail"]
    np.testing.assert_array_equal(volume.data, volumes(source, grid)[0].data)


def test_all_else_a_user_should_know_of_contours(tmp_path):
    near, far = BALL.contours(GEOMETRY, 6)[0], BALL.contours(GEOMETRY, 6.3)[0]
    drawn = closed([near, far, near, BALL.contours(GEOMETRY, 6)[0] + [0, 0, 300]])
    source = read_structure_set(saved(structure_set({1: ("a", drawn)}), tmp_path))
    [volume] = volumes(source, label_grid(GEOMETRY))
    assert warnings_of(volume) == ["outside", "planes-left-out", "copies"]


@pytest.mark.parametrize("read", [from_seg, from_contours])
def test_segments_beyond_the_grid_say_so(tmp_path, read):
    grid = label_grid(GEOMETRY)
    smaller = LabelGrid(affine=grid.affine, shape=(*grid.shape[:2], 7))
    [volume] = volumes(read(tmp_path, {1: BALL}), smaller)
    assert warnings_of(volume) == ["outside"]
    whole = truth(BALL, grid).sum()
    assert volume.data.sum() == pytest.approx(truth(BALL, smaller).sum(), rel=0.01)
    if read is from_seg:
        assert volume.sidecar["segments"][0]["outside"] == whole - volume.data.sum()


def test_without_the_images_a_seg_has_its_own_grid(tmp_path):
    source = from_seg(tmp_path, {1: BALL, 2: SHELL})
    grid = own_grid(source)
    [volume] = volumes(source, grid)
    assert warnings_of(volume) == ["no-reference"]
    assert volume.sidecar["on_grid"] is True
    np.testing.assert_array_equal(volume.data, truth(BALL, grid) + 2 * truth(SHELL, grid).astype(np.uint8))
    assert volume.sidecar["segments"][0]["voxels"] == truth(BALL, label_grid(GEOMETRY)).sum()


def test_remarks_on_the_file_and_on_the_grid_are_kept(tmp_path):
    grid = label_grid(GEOMETRY)
    noted = LabelGrid(affine=grid.affine, shape=grid.shape, remarks=(Remark(code="other-series", detail=""),))
    frames = frames_of(GEOMETRY, {1: BALL})
    dataset = seg(GEOMETRY, frames, names={1: "a", 2: "b"})
    dataset.PixelData = dataset.PixelData + bytes(2)
    [volume] = volumes(read_segmentation(saved(dataset, tmp_path)), noted)
    assert warnings_of(volume) == ["other-series", "surplus", "no-voxels"]
