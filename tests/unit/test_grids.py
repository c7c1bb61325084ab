"""Grids: where they lie, how they meet, and the spacings that rules choose."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from world_positions import oblique_affine, sheared_affine

from fuseflow.grids import (
    ON_BORDER,
    Grid,
    coarse_axis,
    corner_aligned,
    grid_of,
    index_matrix,
    is_anisotropic,
    new_shape_nnunet,
    overlap,
    region_of,
    same_grid,
    target_spacing_median,
    target_spacing_nnunet,
)
from fuseflow.volume import Volume


def grid(affine, shape=(6, 5, 4)):
    return Grid(affine=np.asarray(affine, float), shape=shape)


def outer_corner(found, upper=(False, False, False)):
    indices = np.where(upper, np.array(found.shape) - 0.5, -0.5)
    return found.affine[:3, :3] @ indices + found.affine[:3, 3]


@pytest.mark.parametrize("affine", [np.diag([1.0, 2.0, 3.0, 1.0]), oblique_affine(), sheared_affine()])
@pytest.mark.parametrize("spacing", [(0.5, 1.0, 1.5), (2.0, 2.0, 6.0), (1.0, 2.0, 3.0)])
def test_corner_aligned_grids_keep_the_outer_corners(affine, spacing):
    old = grid(affine, (6, 4, 4))
    # the third axis of the sheared grid is longer than its slice distance
    wanted = np.array(spacing) * old.spacing / (1, 2, 3)
    new = corner_aligned(old, tuple(wanted))
    np.testing.assert_allclose(new.spacing, wanted, rtol=1e-12)
    np.testing.assert_allclose(outer_corner(new), outer_corner(old), atol=1e-12)
    np.testing.assert_allclose(outer_corner(new, (True, True, True)), outer_corner(old, (True, True, True)), atol=1e-12)
    np.testing.assert_allclose(new.affine[:3, :3] / new.spacing, old.affine[:3, :3] / old.spacing, atol=1e-12)


@pytest.mark.parametrize(
    ("size", "spacing", "expected"),
    [(5, 2.0, 3), (7, 2.0, 4), (4, 3.0, 1), (5, 3.0, 2), (1, 9.0, 1), (10, 0.3, 33), (3, 0.1 + 0.2, 10), (9, 0.6, 15)],
)
def test_sizes_are_rounded_half_up_and_never_0(size, spacing, expected):
    assert corner_aligned(grid(np.eye(4), (size, 1, 1)), (spacing, 1.0, 1.0)).shape == (expected, 1, 1)


@pytest.mark.parametrize("kept", [float, np.float32])
def test_halves_are_halves_in_spite_of_rounding(kept):
    # 15 * 0.7 / 3 is 3.4999999999999996
    assert corner_aligned(grid(np.diag([kept(0.7), 1, 1, 1]), (15, 1, 1)), (3.0, 1.0, 1.0)).shape == (4, 1, 1)
    old = grid(np.diag([kept(0.7), 1, 1, 1]), (501, 1, 1))
    new = corner_aligned(old, (1.4, 1.0, 1.0))
    assert new.shape == (251, 1, 1)
    assert overlap(old, new) == 1


def test_what_remains_is_at_the_far_end():
    new = corner_aligned(grid(np.eye(4), (5, 1, 1)), (2.0, 1.0, 1.0))
    assert outer_corner(new)[0] == -0.5
    assert outer_corner(new, (True, False, False))[0] == 5.5


def test_a_grid_is_the_same_within_the_tolerance():
    base = grid(oblique_affine())
    near, far = base.affine.copy(), base.affine.copy()
    near[0, 3] += 0.5e-6
    far[:3, 0] *= 1 + 1e-6
    assert same_grid(base, grid(near))
    assert not same_grid(base, grid(far))
    assert same_grid(base, grid(far), tolerance=1e-5)
    assert not same_grid(base, grid(base.affine, (6, 5, 5)))
    assert same_grid(base, grid_of(Volume(data=np.zeros((6, 5, 4, 2)), affine=base.affine)))


def share_inside(source, target):
    """The definition, voxel by voxel."""
    voxels = np.stack(np.meshgrid(*map(np.arange, target.shape), indexing="ij"), axis=-1)
    matrix = index_matrix(source, target)
    places = voxels @ matrix[:3, :3].T + matrix[:3, 3]
    inside = (places >= -0.5 - ON_BORDER) & (places <= np.array(source.shape) - 0.5 + ON_BORDER)
    return inside.all(axis=-1).mean()


numbers = st.floats(-4, 4)


@given(
    angle=st.floats(0, 3),
    spacing=st.tuples(*[st.floats(0.5, 3)] * 3),
    origin=st.tuples(numbers, numbers, numbers),
    shear=st.floats(-0.5, 0.5),
)
@settings(deadline=None, max_examples=50)
def test_overlap_is_the_share_of_voxel_centres_inside(angle, spacing, origin, shear):
    affine = oblique_affine(angle, spacing, origin)
    affine[:3, 2] += shear * affine[:3, 1]
    source, target = grid(sheared_affine(), (9, 6, 5)), grid(affine, (8, 7, 6))
    assert overlap(source, target) == pytest.approx(share_inside(source, target), abs=1e-12)
    assert overlap(target, source) == pytest.approx(share_inside(target, source), abs=1e-12)


def test_overlap_of_known_grids():
    whole = grid(np.eye(4), (4, 4, 4))
    moved = np.eye(4)
    moved[0, 3] = 3
    assert overlap(whole, whole) == 1
    assert overlap(whole, grid(moved, (4, 4, 4))) == 0.25
    moved[0, 3] = 100
    assert overlap(whole, grid(moved, (4, 4, 4))) == 0
    # centres on the border lie inside: the last of three voxels of 2 mm on a field of 5 mm
    assert overlap(grid(np.eye(4), (5, 5, 5)), corner_aligned(grid(np.eye(4), (5, 5, 5)), (2.0, 2.0, 2.0))) == 1


def test_the_region_of_a_box_covers_the_places_of_its_voxels():
    matrix = index_matrix(grid(sheared_affine()), grid(oblique_affine()))
    box = (range(1, 4), range(2), range(1, 3))
    region = region_of(box, matrix, (50, 50, 50))
    voxels = np.stack(np.meshgrid(*box, indexing="ij"), axis=-1)
    places = (voxels @ matrix[:3, :3].T + matrix[:3, 3]).reshape(-1, 3)
    for along, (low, high) in zip(region, zip(places.min(0), places.max(0), strict=True), strict=True):
        assert along.start == max(0, np.floor(low))
        assert along.stop == max(0, np.ceil(high) + 1)


def test_spacings_are_anisotropic_beyond_three_to_one():
    assert not is_anisotropic((1.0, 2.0, 3.0))
    assert is_anisotropic((3.01, 1.0, 1.0))


@pytest.mark.parametrize(
    ("spacing", "target", "expected"),
    [
        ((1, 1, 5), (1, 1, 1), 2),
        ((5, 1, 1), (1, 1, 1), 0),
        ((1, 1, 1), (1, 1, 5), 2),
        ((1, 1, 3), (1, 1, 1), None),
        # two coarse axes: neither is taken apart, whatever the target is
        ((1, 5, 5), (1, 1, 5), None),
        # the source decides if it is anisotropic
        ((5, 1, 1), (1, 1, 5), 0),
    ],
)
def test_the_coarse_axis_is_that_of_nnunet(spacing, target, expected):
    source = grid(np.diag([*spacing, 1]), (8, 8, 8))
    assert coarse_axis(source, corner_aligned(source, target)) == expected


def test_axes_that_are_turned_are_not_taken_apart():
    source = grid(np.diag([1.0, 1, 5, 1]), (8, 8, 8))
    assert coarse_axis(source, grid(oblique_affine(0.3, (1, 1, 1)), (8, 8, 8))) is None
    turned_in_plane = oblique_affine(0.0, (1, 1, 1))
    turned_in_plane[:2, :2] = [[0.8, -0.6], [0.6, 0.8]]
    assert coarse_axis(source, grid(turned_in_plane, (8, 8, 8))) == 2
    permuted = np.eye(4)[[2, 0, 1, 3]]
    assert coarse_axis(source, grid(permuted, (8, 8, 8))) == 2
    assert coarse_axis(grid(np.eye(4), (8, 8, 8)), grid(permuted @ np.diag([5.0, 1, 1, 1]), (8, 8, 8))) == 1


def test_the_median_spacing_goes_by_axis():
    assert target_spacing_median([(1.0, 4.0, 2.0), (2.0, 5.0, 2.5), (9.0, 0.1, 3.0), (3.0, 5.0, 3.5)]) == (
        2.5,
        4.5,
        2.75,
    )


FINE = [(0.8, 0.8), (0.7, 0.9), (0.8, 0.8), (0.9, 0.7), (0.8, 0.8)]


@pytest.mark.parametrize(
    ("distances", "slices", "expected"),
    [
        # median 5 > 3 * 0.8 and 30 * 3 < 512: the 10th percentile of 2, 4, 5, 6, 7 lies at 0.4 of the way from 2 to 4
        ((5, 2, 7, 4, 6), 30, 2.8),
        # too many slices for that: the median
        ((5, 2, 7, 4, 6), 171, 5.0),
        # 170 * 3 is less than 512
        ((5, 2, 7, 4, 6), 170, 2.8),
        # the percentile is finer than the others, which it may not be
        ((5, 0.1, 7, 0.1, 6), 30, 0.8 + 1e-5),
        # 2.4 is not more than 3 * 0.8
        ((2.4, 1, 7, 2, 6), 30, 2.4),
    ],
)
def test_the_target_spacing_of_nnunet(distances, slices, expected):
    spacings = [(x, y, z) for (x, y), z in zip(FINE, distances, strict=True)]
    shapes = [(512, 600, slices)] * 5
    assert target_spacing_nnunet(spacings, shapes) == pytest.approx((0.8, 0.8, expected), abs=1e-12)
    turned = [(z, x, y) for x, y, z in spacings]
    assert target_spacing_nnunet(turned, [(slices, 512, 600)] * 5) == pytest.approx((expected, 0.8, 0.8), abs=1e-12)


def test_the_new_shape_of_nnunet_rounds_halves_to_even():
    assert new_shape_nnunet((512, 512, 61), (0.8, 0.8, 5.0), (0.75, 0.8, 2.0)) == (546, 512, 152)
    assert new_shape_nnunet((5, 7, 3), (1.0, 1.0, 1.0), (2.0, 2.0, 2.0)) == (2, 4, 2)
