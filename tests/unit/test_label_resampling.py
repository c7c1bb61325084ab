"""Labels on another grid: which there are, where, how large, and what is lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from world_positions import oblique_affine, sheared_affine

from fuseflow.grids import Grid, coarse_axis, corner_aligned
from fuseflow.label_resampling import compare_labels, resampled_labels

RULES = ["nearest", "linear"]


def grid(affine, shape):
    return Grid(affine=np.asarray(affine, float), shape=shape)


def positions(of):
    voxels = np.stack(np.meshgrid(*map(np.arange, of.shape), indexing="ij"), axis=-1)
    return voxels @ of.affine[:3, :3].T + of.affine[:3, 3]


def ball(of, centre, radius):
    return (((positions(of) - centre) / radius) ** 2).sum(axis=-1) <= 1


def body(of):
    """A ball, an ellipsoid, a box, and two halves of a ball that touch, in the middle of a grid."""
    middle = of.affine[:3] @ [*((np.array(of.shape) - 1) / 2), 1]
    labels = np.zeros(of.shape, np.int16)
    labels[ball(of, np.add(middle, (-22, 0, 0)), 9)] = 1
    labels[ball(of, np.add(middle, (0, 20, 0)), (14, 8, 10))] = 2
    labels[(np.abs(positions(of) - middle - [20, 0, 0]) <= [6.5, 9.5, 12.5]).all(axis=-1)] = 300
    halves = ball(of, np.add(middle, (0, -18, 0)), 11)
    labels[halves] = np.where(positions(of)[halves][:, 2] > middle[2], 5, 6)
    return labels


def moved(before, after, target, wanted):
    """How far the centroid of labels moves, in voxels of the target."""
    centroids = [positions(of)[np.isin(labels, wanted)].mean(0) for labels, of in ((before, SOURCE), (after, target))]
    return np.linalg.solve(target.affine[:3, :3], centroids[1] - centroids[0])


def ml(labels, of, wanted):
    return np.isin(labels, wanted).sum() * of.voxel_ml


SOURCE = corner_aligned(grid(oblique_affine(0.2, (1, 1, 1), (-30, -28, -20)), (80, 76, 48)), (1.0, 1.0, 1.5))
SHEARED = oblique_affine(0.2, (1.2, 1.1, 1.3), (-30, -28, -20))
SHEARED[:3, 2] += (0.1, 0.2, 0)
TARGETS = {
    "finer": corner_aligned(SOURCE, (0.83, 0.93, 1.17)),
    "coarser": corner_aligned(SOURCE, (1.9, 1.7, 2.2)),
    "turned": grid(oblique_affine(0.05, (1.3, 1.2, 1.4), (-32, -34, -22)), (62, 66, 46)),
    "sheared": grid(SHEARED, (68, 70, 38)),
}


@pytest.mark.parametrize("target", TARGETS)
def test_labels_keep_their_place_and_volume(target):
    target = TARGETS[target]
    before = body(SOURCE)
    after = resampled_labels(before, SOURCE, target)
    assert after.dtype == before.dtype
    assert after.shape == target.shape
    assert set(np.unique(after)) == set(np.unique(before)) == {0, 1, 2, 5, 6, 300}
    for label in (1, 2, 5, 6, 300):
        assert np.abs(moved(before, after, target, [label])).max() < 0.25
    for curved in ([1], [2], [5, 6]):
        assert ml(after, target, curved) == pytest.approx(ml(before, SOURCE, curved), rel=0.02)
    # along flat faces all voxels change together: by half a layer of voxels
    for flat, faces in ((5, np.pi * 11**2), (6, np.pi * 11**2), (300, 2 * (13 * 19 + 13 * 25 + 19 * 25))):
        layer = faces * max(target.spacing) / 2 / 1000
        assert abs(ml(after, target, [flat]) - ml(before, SOURCE, [flat])) < layer


@pytest.mark.parametrize("target", TARGETS)
def test_the_nearest_label_is_coarser_but_in_place(target):
    target = TARGETS[target]
    before = body(SOURCE)
    after = resampled_labels(before, SOURCE, target, interpolation="nearest")
    assert set(np.unique(after)) == {0, 1, 2, 5, 6, 300}
    for curved in ([1], [2], [5, 6]):
        assert np.abs(moved(before, after, target, curved)).max() < 0.25
        assert ml(after, target, curved) == pytest.approx(ml(before, SOURCE, curved), rel=0.04)


@given(
    labels=st.lists(st.sampled_from([0, 1, 2, 7, -3]), min_size=60, max_size=60),
    angle=st.floats(-1, 1),
    spacing=st.tuples(*[st.floats(0.4, 3)] * 3),
    rule=st.sampled_from(RULES),
)
@settings(deadline=None, max_examples=40)
def test_no_label_is_made_and_the_same_grid_changes_nothing(labels, angle, spacing, rule):
    data = np.array(labels, np.int16).reshape(3, 4, 5)
    source = grid(sheared_affine(), data.shape)
    target = grid(oblique_affine(angle, spacing), (6, 5, 7))
    assert set(np.unique(resampled_labels(data, source, target, interpolation=rule))) <= {*labels, 0}
    np.testing.assert_array_equal(resampled_labels(data, source, source, interpolation=rule), data)


def line(*values):
    return np.array(values, np.uint8).reshape(-1, 1, 1)


def halved(count):
    """A line of voxels, and the grid of its voxel centres and the places halfway between them."""
    return grid(np.eye(4), (count, 1, 1)), grid(np.diag([0.5, 1, 1, 1]), (2 * count - 1, 1, 1))


def test_half_of_a_voxel_is_enough():
    source, target = halved(4)
    assert resampled_labels(line(0, 3, 0, 0), source, target).ravel().tolist() == [0, 3, 3, 3, 0, 0, 0]


def test_of_two_halves_the_smaller_label_wins():
    source, target = halved(3)
    assert resampled_labels(line(9, 2, 9), source, target).ravel().tolist() == [9, 2, 2, 2, 9]


def test_where_no_label_has_half_there_is_background():
    corner = np.array([[1, 2], [3, 4]], np.uint8)[..., np.newaxis]
    middle = np.eye(4)
    middle[:2, 3] = 0.5
    source, target = grid(np.eye(4), (2, 2, 1)), grid(middle, (1, 1, 1))
    assert resampled_labels(corner, source, target).item() == 0
    assert resampled_labels(np.where(corner == 4, 2, corner), source, target).item() == 2


def test_beyond_the_field_there_is_background():
    source, target = grid(np.eye(4), (2, 1, 1)), grid(np.diag([0.8, 1, 1, 1]), (4, 1, 1))
    for rule in RULES:
        assert resampled_labels(line(5, 5), source, target, interpolation=rule).ravel().tolist() == [5, 5, 0, 0]


@pytest.mark.parametrize("rule", RULES)
def test_along_a_coarse_axis_the_nearest_slice_is_taken(rule):
    source = grid(np.diag([1.0, 1, 5, 1]), (6, 6, 3))
    data = np.zeros(source.shape, np.uint8)
    data[1:5, 2:4, 1] = 4
    target = corner_aligned(source, (1.0, 1.0, 1.0))
    found = resampled_labels(data, source, target, interpolation=rule, nearest_axis=coarse_axis(source, target))
    np.testing.assert_array_equal(found, np.repeat(data, 5, axis=2))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("contiguous", [np.ascontiguousarray, np.asfortranarray])
def test_lost_lesions_are_named(rule, contiguous):
    source = grid(oblique_affine(0.1, (1, 1, 2), (-50, 20, 7)), (40, 36, 24))
    data = np.zeros(source.shape, np.uint8)
    data[2:16, 2:16, 2:14] = 1
    data[30, 30, 20] = 1
    data[31, 31, 21] = 1
    data[25:34, 4:12, 4:12] = 2
    data[33:39, 12:20, 11:18] = 2
    target = corner_aligned(source, (4.0, 4.0, 4.0))
    # the lone pair lies across the centres of no voxel of the target
    data = contiguous(data)
    after = resampled_labels(data, source, target, interpolation=rule)
    after[7, 7, 10] = 0
    first, second = compare_labels(data, after, source, target)
    assert (first.label, second.label) == (1, 2)
    assert first.voxels == (14 * 14 * 12 + 2, np.count_nonzero(after == 1))
    assert first.ml == pytest.approx((first.voxels[0] * 0.002, first.voxels[1] * 0.064))
    assert first.components == (2, 1)
    [lost] = first.lost
    assert (lost.voxels, lost.ml) == (2, pytest.approx(0.004))
    assert lost.centroid == pytest.approx(source.affine[:3] @ [30.5, 30.5, 20.5, 1])
    # touching by an edge only, they are one
    assert second.components == (1, 1)
    assert second.lost == ()


def test_a_label_beyond_the_other_grid_is_lost():
    source, target = grid(np.eye(4), (12, 1, 1)), grid(np.eye(4), (3, 1, 1))
    data = line(1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0)
    after = resampled_labels(data, source, target)
    one, two = compare_labels(data, after, source, target)
    assert (one.voxels, one.components) == ((2, 1), (2, 1))
    assert [lost.centroid for lost in (*one.lost, *two.lost)] == [(8, 0, 0), (10, 0, 0)]
    assert (two.voxels, two.ml) == ((1, 0), (0.001, 0))


def test_a_lesion_that_is_left_beside_its_voxels_is_not_lost():
    data = np.zeros((2, 2, 2), np.uint8)
    data[1] = 1
    data[0, 1, 0] = 1
    middle = np.eye(4)
    middle[:3, 3] = (0.45, 0.4, 0.6)
    source, target = grid(np.eye(4), data.shape), grid(middle, (1, 1, 1))
    # the nearest of the eight voxels around it is not labelled, and yet it has 0.45 + 0.55 * 0.4 * 0.4 of the label
    assert resampled_labels(data, source, target, interpolation="nearest").item() == 0
    after = resampled_labels(data, source, target)
    assert after.item() == 1
    [change] = compare_labels(data, after, source, target)
    assert change.lost == ()
    assert change.components == (1, 1)


def test_nothing_is_labelled():
    source, target = halved(3)
    assert compare_labels(line(0, 0, 0), np.zeros(target.shape, np.uint8), source, target) == []
