"""Volumes whose values are a function of the position: wherever a voxel ends up, its value says whether it is right."""

import itertools

import numpy as np

WEIGHTS = (3, 50, 700)
"""Of x, y and z in mm; with whole positions, no two voxels of the grids below have the same value."""
SHAPE = (4, 3, 5)
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def values_at(affine, shape=SHAPE, dtype=np.int16):
    """Voxels whose value is 3 x + 50 y + 700 z of their position, which must come out whole for integers."""
    voxels = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
    values = (voxels @ affine[:3, :3].T + affine[:3, 3]) @ np.array(WEIGHTS, float)
    if np.issubdtype(dtype, np.integer):
        assert np.abs(values - np.rint(values)).max() < 1e-6
        values = np.rint(values)
    return values.astype(dtype)


def is_in_place(data, affine, *, tolerance=1e-3):
    """Whether every voxel of a volume (its first three axes) has the value of its position."""
    return np.abs(data - values_at(affine, data.shape[:3], np.float64)).max() <= tolerance


def right_angled_affines():
    """All 48 orientations of a grid with spacings of 1, 2 and 3 mm and whole positions, RAS+."""
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1, -1), repeat=3):
            affine = np.diag([0.0, 0.0, 0.0, 1.0])
            for axis, (world, sign) in enumerate(zip(order, signs, strict=True)):
                affine[world, axis] = sign * (axis + 1)
            affine[:3, 3] = (5, -4, 6)
            yield affine


def oblique_affine(angle=0.3, spacing=(1.0, 2.0, 3.0), origin=(5.0, -4.0, 6.0)):
    """A grid turned around two axes, RAS+."""
    cosine, sine = np.cos(angle), np.sin(angle)
    around_z = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    around_x = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
    affine = np.eye(4)
    affine[:3, :3] = around_z @ around_x @ np.diag(spacing)
    affine[:3, 3] = origin
    return affine


def sheared_affine():
    """A grid whose third axis is not perpendicular to the others, as of a tilted gantry, RAS+."""
    affine = np.diag([1.0, 2.0, 3.0, 1.0])
    affine[1, 2] = 1.0
    affine[:3, 3] = (5, -4, 6)
    return affine
