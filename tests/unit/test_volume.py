"""Grids: turned as nibabel turns them, rigid or not, usable or not."""

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from world_positions import SHAPE, is_in_place, oblique_affine, right_angled_affines, sheared_affine, values_at

from fuseflow.volume import is_rigid, spans_volume, to_named_axes, to_ras

directions = st.lists(st.floats(-1, 1), min_size=9, max_size=9).map(lambda values: np.reshape(values, (3, 3)))


def rotation(degrees):
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[cosine, -sine, 0, 0], [sine, cosine, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])


def test_rotated_and_scaled_grids_are_rigid():
    assert is_rigid(rotation(33) @ np.diag([1, 2, -3, 1]), (100, 100, 100))


@pytest.mark.parametrize(("slices", "rigid"), [(2, True), (200, False)])
def test_a_shear_counts_once_it_moves_a_voxel(slices, rigid):
    affine = np.eye(4)
    affine[1, 2] = 1e-4
    assert is_rigid(affine, (2, 2, slices)) == rigid


@settings(deadline=None, max_examples=100)
@given(directions=directions, origin=st.lists(st.floats(-500, 500), min_size=3, max_size=3))
def test_grids_are_turned_as_nibabel_turns_them(directions, origin):
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = directions, origin
    if not spans_volume(affine):
        return
    data = np.arange(24).reshape(2, 3, 4)
    turned, positions = to_ras(data, affine)
    expected = nibabel.as_closest_canonical(nibabel.Nifti1Image(data.astype(np.int16), affine))
    np.testing.assert_array_equal(turned, np.asarray(expected.dataobj))
    np.testing.assert_allclose(positions, expected.affine, atol=1e-9)


def test_every_orientation_is_in_place_and_nothing_is_copied():
    for affine in [*right_angled_affines(), oblique_affine(), sheared_affine()]:
        data = values_at(affine, dtype=np.float64)
        turned, positions = to_ras(data, affine)
        assert is_in_place(turned, positions)
        assert np.shares_memory(turned, data)
        assert (positions.diagonal()[:3] > 0).all()


def test_a_fourth_axis_stays_the_last():
    data = np.zeros((*SHAPE, 7))
    affine = np.array([[0, 0, -1.0, 0], [2, 0, 0, 0], [0, 3, 0, 0], [0, 0, 0, 1]])
    assert to_ras(data, affine)[0].shape == (SHAPE[2], SHAPE[0], SHAPE[1], 7)


def test_axes_that_lie_nowhere_are_named_and_not_turned_round():
    affine = np.array([[0, 0, -1.0, 9], [-2, 0, 0, 9], [0, 3, 0, 9], [0, 0, 0, 1]])
    data = np.arange(24).reshape(2, 3, 4)
    named, spacing = to_named_axes(data, affine)
    np.testing.assert_array_equal(named, data.transpose(2, 0, 1))
    assert spacing.tolist() == np.diag([1.0, 2.0, 3.0, 1.0]).tolist()


@pytest.mark.parametrize(
    "wrong", [np.diag([1.0, 1, 0, 1]), np.diag([1, np.nan, 1, 1]), np.diag([np.inf, 1, 1, 1]), np.ones((4, 4))]
)
def test_grids_that_span_nothing(wrong):
    assert not spans_volume(wrong)
