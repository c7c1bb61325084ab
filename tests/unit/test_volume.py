import numpy as np
import pytest

from fuseflow.volume import is_rigid


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
