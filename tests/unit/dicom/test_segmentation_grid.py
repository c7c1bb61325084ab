"""The own grid of a SEG: from positions first, with room for planes that have no frame."""

import numpy as np
import pytest
from dicom_segmentations import OBLIQUE, item, label_grid, saved, seg
from dicom_series import Geometry

from fuseflow.dicom.segmentation import read_segmentation
from fuseflow.dicom.segmentation_grid import own_grid
from fuseflow.errors import Refused

MASK = np.ones((4, 5))


def grid_of(tmp_path, places, geometry=None, measures=None, change=None):
    geometry = geometry or Geometry(rows=4, columns=5)
    dataset = seg(geometry, [(place, 1, MASK) for place in places], names={1: "a"}, measures=measures)
    if change:
        change(dataset)
    return own_grid(read_segmentation(saved(dataset, tmp_path)))


def reason_of(*arguments, **options):
    with pytest.raises(Refused) as caught:
        grid_of(*arguments, **options)
    return caught.value.reason


@pytest.mark.parametrize("geometry", [{}, {"orientation": OBLIQUE}, {"step": (0.3, 0.0, -3.0)}])
def test_it_is_the_grid_of_the_series_if_the_ends_have_frames(tmp_path, geometry):
    geometry = Geometry(rows=4, columns=5, slices=7, **geometry)
    found, expected = grid_of(tmp_path, [6, 0, 2, 3, 2], geometry), label_grid(geometry)
    np.testing.assert_allclose(found.affine, expected.affine, atol=1e-9)
    assert found.shape == expected.shape
    assert [remark.code for remark in found.remarks] == ["no-reference"]
    assert found.series_uid == ""


def test_uneven_steps_do_not_add_up(tmp_path):
    steps = np.array([*[3.27] * 30, 3.21, 3.33, *[3.27] * 30]) / 3
    found = grid_of(tmp_path, np.concatenate([[0], np.cumsum(steps)]).tolist())
    assert found.shape == (5, 4, 63)


def test_the_stated_distance_counts_if_positions_are_multiples_of_it(tmp_path):
    stated = {"SpacingBetweenSlices": 3}
    assert grid_of(tmp_path, [0, 2, 5], measures=stated).shape == (5, 4, 6)
    # each second plane is empty
    assert grid_of(tmp_path, [0, 2, 4], measures=stated).shape == (5, 4, 5)
    assert grid_of(tmp_path, [0, 2, 4]).shape == (5, 4, 3)
    for wrong in (2.4, 4.4, 7):
        found = grid_of(tmp_path, [0, 1, 2, 6], measures={"SpacingBetweenSlices": wrong})
        assert found.shape == (5, 4, 7)
        assert found.plane_distances[2] == pytest.approx(3)


def test_the_thickness_counts_if_nothing_else_tells(tmp_path):
    assert grid_of(tmp_path, [0, 2, 5], measures={"SliceThickness": 3}).shape == (5, 4, 6)
    assert grid_of(tmp_path, [0, 2, 4], measures={"SliceThickness": 3}).shape == (5, 4, 3)


def test_a_single_plane_is_as_thick_as_stated(tmp_path):
    for measures in ({"SpacingBetweenSlices": 2.5, "SliceThickness": 9}, {"SliceThickness": 2.5}):
        found = grid_of(tmp_path, [1, 1], measures=measures)
        assert found.shape == (5, 4, 1)
        assert found.voxel_ml == pytest.approx(2 * 1.5 * 2.5 / 1000)
    assert reason_of(tmp_path, [1, 1]) == "no-spacing"


def test_distances_that_fit_no_grid_are_refused(tmp_path):
    assert reason_of(tmp_path, [0, 1, 2.5, 3.6]) == "uneven-spacing"
    assert reason_of(tmp_path, [0, 2, 5], measures={"SpacingBetweenSlices": 4}) == "uneven-spacing"


def test_frames_far_apart_are_refused(tmp_path, monkeypatch):
    assert reason_of(tmp_path, [0, 1, 1e5]) == "impossible-size"
    monkeypatch.setattr("fuseflow.dicom.segmentation_grid.MOST_VOXELS", 5 * 4 * 6)
    assert grid_of(tmp_path, [0, 1, 5]).shape == (5, 4, 6)
    assert reason_of(tmp_path, [0, 1, 6]) == "impossible-size"


def test_frames_that_are_turned_or_scaled_are_refused(tmp_path):
    def turn(dataset):
        groups = dataset.PerFrameFunctionalGroupsSequence[1]
        groups.PlaneOrientationSequence = [item(ImageOrientationPatient=[1, 0, 0, 0, 0, 1])]

    def scale(dataset):
        dataset.PerFrameFunctionalGroupsSequence[1].PixelMeasuresSequence = [item(PixelSpacing=[3, 3])]

    for change in (turn, scale):
        assert reason_of(tmp_path, [0, 1], change=change) == "inconsistent-series"
