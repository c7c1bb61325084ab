"""Frames on a grid: exactly where they say that they lie, or by the nearest pixel, and nothing lost in silence."""

import itertools

import numpy as np
import pytest
from dicom_segmentations import CORONAL, OBLIQUE, Ball, frames_of, label_grid, saved, seg, truth
from dicom_series import AXIAL, Geometry, positions_of

from fuseflow.dicom.label_grid import LabelGrid
from fuseflow.dicom.segmentation import read_segmentation
from fuseflow.dicom.segmentation_frames import is_on_grid, largest_offset, pieces_of
from fuseflow.errors import Refused
from fuseflow.volume import to_ras

SIZE = {"rows": 9, "columns": 11, "slices": 6}
SHEARED = (0.0, 0.7, 3.0)


def segmentation_of(geometry, frames, tmp_path, numbers=(1,), **options):
    dataset = seg(geometry, frames, names=dict.fromkeys(numbers, "a"), **options)
    return read_segmentation(saved(dataset, tmp_path))


def ball_in(geometry, radius=6.0):
    """A ball around the centre of a stack."""
    corner = geometry.points(geometry.slices - 1)[-1, -1]
    return Ball(tuple((np.array(geometry.origin) + corner) / 2), radius)


def drawn(segmentation, grid, number=1):
    """The voxels of a segment, and its pixels beyond the grid."""
    data, outside = np.zeros(grid.shape, bool), 0
    for piece in pieces_of(segmentation, grid, frozenset({number})):
        assert piece.number == number
        data[piece.box] |= piece.mask
        outside += piece.outside
    return data, outside


def shifted(grid, millimetres):
    affine = grid.affine.copy()
    affine[:3, 3] += millimetres
    return LabelGrid(affine=affine, shape=grid.shape)


def nearest_by_search(grid, geometry, masks):
    """Each voxel takes the value of the pixel nearest to it, searched among all pixels, if it is within its box."""
    affine = label_grid(geometry).affine
    indices = np.linalg.inv(affine) @ np.linalg.inv(np.diag([-1.0, -1.0, 1.0, 1.0]))
    pixels = np.concatenate([geometry.points(place).reshape(-1, 3) for place in range(geometry.slices)])
    values = np.concatenate([np.ravel(mask) for mask in masks])
    voxels = positions_of(grid.affine, grid.shape).reshape(-1, 3)
    ways = (voxels[:, None] - pixels[None]) @ indices[:3, :3].T
    nearest = np.abs(ways).max(axis=2).argmin(axis=1)
    close = np.abs(ways).max(axis=2).min(axis=1) <= 0.5
    return (values[nearest] & close).reshape(grid.shape)


@pytest.mark.parametrize("orientation", [AXIAL, CORONAL, OBLIQUE, (0.0, 1.0, 0.0, 0.0, 0.0, 1.0)])
@pytest.mark.parametrize("step", [None, "down", "sheared"])
def test_frames_on_the_grid_are_copied(tmp_path, orientation, step):
    normal = np.cross(orientation[:3], orientation[3:])
    ways = {None: None, "down": tuple(-3 * normal), "sheared": tuple(3 * normal + 0.7 * np.array(orientation[3:]))}
    geometry = Geometry(**SIZE, orientation=orientation, step=ways[step])
    ball = ball_in(geometry)
    frames = frames_of(geometry, {1: ball})
    np.random.default_rng(1).shuffle(frames)
    segmentation, grid = segmentation_of(geometry, frames, tmp_path), label_grid(geometry)
    assert is_on_grid(segmentation, grid)
    data, outside = drawn(segmentation, grid)
    assert data.sum() > 50
    np.testing.assert_array_equal(data, truth(ball, grid))
    assert outside == 0


def test_pixels_may_be_turned_and_flipped_against_the_grid(tmp_path):
    geometry = Geometry(**SIZE, spacing=(2.0, 2.0))
    ball = ball_in(geometry)
    for first, second in itertools.permutations([(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0)], 2):
        if abs(np.dot(first, second)) == 1:
            continue
        box = np.array([geometry.origin, geometry.points(5)[-1, -1]])
        corner = [box[int(sum(way) < 0), axis] for axis, way in enumerate(np.array([first, second]).T[:2])]
        turned = Geometry(
            rows=9 if abs(second[1]) else 11,
            columns=11 if abs(first[0]) else 9,
            slices=6,
            spacing=(2.0, 2.0),
            orientation=(*first, *second),
            origin=(*corner, 30.0),
            step=(0.0, 0.0, 3.0),
        )
        segmentation = segmentation_of(turned, frames_of(turned, {1: ball}), tmp_path)
        grid = label_grid(geometry)
        assert is_on_grid(segmentation, grid)
        np.testing.assert_array_equal(drawn(segmentation, grid)[0], truth(ball, grid))


def test_planes_without_a_frame_are_empty(tmp_path):
    geometry = Geometry(**SIZE)
    full = [(place, 1, np.ones((9, 11))) for place in (5, 1, 2)]
    segmentation = segmentation_of(geometry, full, tmp_path)
    data, _ = drawn(segmentation, label_grid(geometry))
    assert data.all(axis=(0, 1)).tolist() == [False, True, True, False, False, True]
    assert data.sum() == 3 * 99


def test_rounded_positions_are_on_the_grid_and_a_tenth_of_a_slice_is_not(tmp_path):
    geometry = Geometry(**SIZE)
    frames = frames_of(geometry, {1: ball_in(geometry)})
    segmentation = segmentation_of(geometry, frames, tmp_path)
    assert is_on_grid(segmentation, shifted(label_grid(geometry), (0.01, -0.01, 0.06)))
    off = shifted(label_grid(geometry), (0, 0.02, 0.3))
    assert not is_on_grid(segmentation, off)
    assert largest_offset(segmentation, off) == pytest.approx(np.hypot(0.02, 0.3), rel=1e-6)


def test_what_lies_beyond_the_grid_is_counted(tmp_path):
    geometry = Geometry(**SIZE)
    segmentation = segmentation_of(geometry, [(place, 1, np.ones((9, 11))) for place in range(6)], tmp_path)
    whole = label_grid(geometry)
    moved = whole.affine.copy()
    moved[:3, 3] += moved[:3, :3] @ [2, 1, -1]
    smaller = LabelGrid(affine=moved, shape=(6, 20, 4))
    data, outside = drawn(segmentation, smaller)
    assert is_on_grid(segmentation, smaller)
    assert data.sum() == 6 * 8 * 3
    assert outside == 6 * 9 * 11 - data.sum()
    far = shifted(whole, (0, 0, 300))
    assert drawn(segmentation, far)[0].sum() == 0
    assert drawn(segmentation, far)[1] == 6 * 9 * 11


@pytest.mark.parametrize(
    "millimetres", [(0.4, 0, 0), (0, -0.7, 0), (0.3, 0.2, 1.1), (0, 0, 1.4), (4.2, 0, -6.4), (-0.6, -0.8, 1.6)]
)
def test_off_the_grid_each_voxel_takes_the_nearest_pixel(tmp_path, millimetres):
    geometry = Geometry(**SIZE)
    ball = ball_in(geometry)
    segmentation = segmentation_of(geometry, frames_of(geometry, {1: ball}), tmp_path)
    grid = shifted(label_grid(geometry), millimetres)
    assert not is_on_grid(segmentation, grid)
    expected = nearest_by_search(grid, geometry, [ball(geometry.points(place)) for place in range(6)])
    data, outside = drawn(segmentation, grid)
    np.testing.assert_array_equal(data, expected)
    assert outside == (0 if max(np.abs(millimetres)) < 2 else truth(ball, label_grid(geometry)).sum() - data.sum())


@pytest.mark.parametrize("orientation", [CORONAL, OBLIQUE])
def test_grids_of_other_directions_and_spacings(tmp_path, orientation):
    drawn_on = Geometry(rows=8, columns=7, slices=6, spacing=(1.7, 2.3), orientation=orientation, origin=(0, 0, 0))
    ball = ball_in(drawn_on, 7.0)
    frames = [frame for frame in frames_of(drawn_on, {1: ball}) if frame[0] != 3]
    segmentation = segmentation_of(drawn_on, frames, tmp_path)
    around = positions_of(label_grid(drawn_on).affine, label_grid(drawn_on).shape).reshape(-1, 3)
    wanted = Geometry(rows=14, columns=13, slices=12, spacing=(2.1, 2.0), origin=tuple(around.min(axis=0) - 1.03))
    masks = [ball(drawn_on.points(place)) & (place != 3) for place in range(6)]
    data, _ = drawn(segmentation, label_grid(wanted))
    assert data.sum() > 40
    np.testing.assert_array_equal(data, nearest_by_search(label_grid(wanted), drawn_on, masks))


def test_voxels_halfway_between_planes_take_each_plane_once(tmp_path):
    geometry = Geometry(**SIZE)
    masks = [np.arange(99).reshape(9, 11) % 6 == place for place in range(6)]
    segmentation = segmentation_of(geometry, [(place, 1, masks[place]) for place in range(6)], tmp_path)
    whole = label_grid(geometry)
    data, _ = drawn(segmentation, shifted(whole, (0, 0, 1.5)))
    expected, _ = to_ras(np.stack(masks).transpose(2, 1, 0), np.diag([-1.0, -1.0, 1.0, 1.0]))
    np.testing.assert_array_equal(data[..., :5], expected[..., 1:])
    assert not data[..., 5].any()


def test_a_segment_without_pixels_has_no_voxels(tmp_path):
    geometry = Geometry(**SIZE)
    frames = [(0, 1, np.zeros((9, 11))), (1, 1, np.zeros((9, 11)))]
    segmentation = segmentation_of(geometry, frames, tmp_path)
    for grid in (label_grid(geometry), shifted(label_grid(geometry), (0, 0, 1))):
        data, outside = drawn(segmentation, grid)
        assert not data.any()
        assert outside == 0


def test_segments_that_are_not_asked_for_are_not_decoded(tmp_path):
    geometry = Geometry(**SIZE)
    frames = frames_of(geometry, {1: ball_in(geometry), 2: ball_in(geometry, 4)})
    segmentation = segmentation_of(geometry, frames, tmp_path, numbers=(1, 2))
    grid = label_grid(geometry)
    (tmp_path / "object.dcm").write_bytes(b"no longer the same")
    assert list(pieces_of(segmentation, grid, frozenset({3}))) == []
    with pytest.raises(Refused) as caught:
        list(pieces_of(segmentation, grid, frozenset({1})))
    assert caught.value.reason == "not-dicom"
