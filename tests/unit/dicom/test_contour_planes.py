"""Contours in slices: each in the slice that it lies in, whatever the directions of the grid, and nothing invented."""

import numpy as np
import pytest
from dicom_segmentations import CORONAL, OBLIQUE, Ball, contours_of, label_grid, truth
from dicom_series import AXIAL, Geometry

from fuseflow.dicom.contour_planes import pieces_of, planes_of
from fuseflow.dicom.structure_set import Contour

GEOMETRY = Geometry(rows=60, columns=70, slices=12, spacing=(1.0, 1.1), origin=(0.0, 0.0, 0.0))
SPACING = 3.0


def ras(contours):
    return [Contour(geometric_type=kind, points=points * [-1, -1, 1]) for kind, points in contours]


def square(z, low=10.0, high=20.0):
    """A square contour in an axial plane, LPS."""
    return np.array([[low, low, z], [high, low, z], [high, high, z], [low, high, z]])


def squares(*planes):
    return ras([("CLOSED_PLANAR", square(*plane)) for plane in planes])


def drawn(contours, grid):
    data = np.zeros(grid.shape, bool)
    for piece in pieces_of(1, planes_of(contours, grid), grid):
        data[piece.box] |= piece.mask
    return data


def slices_of(contours):
    return sorted(planes_of(contours, label_grid(GEOMETRY)).slices)


@pytest.mark.parametrize("orientation", [AXIAL, CORONAL, OBLIQUE, (0.0, 1.0, 0.0, 0.0, 0.0, 1.0)])
@pytest.mark.parametrize("sheared", [False, True])
@pytest.mark.parametrize("hole", [0.0, 12.0])
def test_balls_and_shells_within_one_percent(orientation, sheared, hole):
    normal = np.cross(orientation[:3], orientation[3:])
    step = tuple(3 * normal + 0.4 * np.array(orientation[:3])) if sheared else None
    geometry = Geometry(rows=60, columns=70, slices=19, spacing=(1.0, 1.1), orientation=orientation, step=step)
    middle = (np.array(geometry.origin) + geometry.points(18)[-1, -1]) / 2
    ball, grid = Ball(tuple(middle), 24.0, hole), label_grid(geometry)
    data, expected = drawn(ras(contours_of(geometry, ball)), grid), truth(ball, grid)
    assert data.sum() == pytest.approx(expected.sum(), rel=0.01)
    assert np.count_nonzero(data != expected) < 0.01 * expected.sum()
    centre = np.rint(np.linalg.inv(grid.affine) @ [*(middle * [-1, -1, 1]), 1])[:3].astype(int)
    assert data[tuple(centre)] == (hole == 0)


def test_the_order_of_contours_does_not_matter():
    grid, ball = label_grid(GEOMETRY), Ball((35.0, 30.0, 16.0), 14.0, 5.0)
    contours = ras(contours_of(GEOMETRY, ball))
    data = drawn(contours, grid)
    np.random.default_rng(5).shuffle(contours)
    np.testing.assert_array_equal(drawn(contours, grid), data)


def test_a_tiny_region_between_voxel_centres_has_no_voxel():
    contours = ras([("CLOSED_PLANAR", square(3.0, 10.2, 10.8))])
    assert planes_of(contours, label_grid(GEOMETRY)).filled == 1
    assert not drawn(contours, label_grid(GEOMETRY)).any()


def test_a_contour_belongs_to_the_slice_next_to_it():
    found = planes_of(squares((2.9,), (7.0,), (13.5,)), label_grid(GEOMETRY))
    assert sorted(found.slices) == [1, 2, 5]
    assert found.off_plane * SPACING == pytest.approx(1.5)
    assert found.gaps == 2


def test_several_planes_of_one_slice_are_not_mixed():
    near, far = (6.2, 10.5, 20.5), (7.0, 12.5, 18.5)
    grid = label_grid(GEOMETRY)
    found = planes_of(squares(far, near), grid)
    assert (found.left_out, found.filled) == (1, 1)
    np.testing.assert_array_equal(drawn(squares(far, near), grid), drawn(squares(near), grid))


def test_contours_of_planes_that_differ_by_rounding_are_of_one():
    outer, inner = (6.0, 10.5, 20.5), (6.02, 12.5, 18.5)
    found = planes_of(squares(outer, inner), label_grid(GEOMETRY))
    assert (found.left_out, found.filled) == (0, 2)
    grid = label_grid(GEOMETRY)
    assert (
        drawn(squares(outer, inner), grid).sum()
        == drawn(squares(outer), grid).sum() - drawn(squares(inner), grid).sum()
    )


def test_planes_a_few_hundredths_apart_do_not_run_together():
    drifting = [(6 + 0.04 * number, 10.5, 20.5) for number in range(-10, 11)]
    assert planes_of(squares(*drifting), label_grid(GEOMETRY)).filled <= 2


def test_what_lies_beyond_the_grid_is_counted():
    found = planes_of(squares((-3.0,), (3.0,), (36.0,), (6.0, -5.0, 5.0)), label_grid(GEOMETRY))
    assert sorted(found.slices) == [1, 2]
    assert found.outside == 3
    assert drawn(squares((6.0, -5.5, 5.5)), label_grid(GEOMETRY)).sum() == 6 * 6


def test_copies_are_left_out_and_do_not_undo_each_other():
    found = planes_of(squares((3.0,), (3.0,)), label_grid(GEOMETRY))
    assert (found.copies, found.filled) == (1, 1)


def test_points_and_open_lines_are_not_filled():
    kinds = ["POINT", "OPEN_PLANAR", "OPEN_NONPLANAR", "OPEN_PLANAR", "OTHER"]
    others = [(kind, square(3.0)) for kind in kinds]
    found = planes_of(ras([*others, ("CLOSED_PLANAR", square(6.0)[:2])]), label_grid(GEOMETRY))
    assert found.slices == {}
    assert found.not_filled == {
        "FEWER_THAN_3_POINTS": 1,
        "OPEN_NONPLANAR": 1,
        "OPEN_PLANAR": 2,
        "OTHER": 1,
        "POINT": 1,
    }


def test_contours_to_be_combined_by_xor_are_filled_alike():
    grid = label_grid(GEOMETRY)
    alike = ras([("CLOSEDPLANAR_XOR", square(3.0)), ("CLOSEDPLANAR_XOR", square(3.0, 12.0, 15.0))])
    np.testing.assert_array_equal(drawn(alike, grid), drawn(squares((3.0,), (3.0, 12.0, 15.0)), grid))


def test_contours_across_the_slices_are_not_filled():
    tilted = square(6.0)
    tilted[:, 2] += tilted[:, 0]

    found = planes_of(ras([("CLOSED_PLANAR", tilted)]), label_grid(GEOMETRY))

    assert (found.filled, found.not_filled) == (0, {"tilted": 1})


def test_of_a_region_with_contours_in_several_directions_nothing_is_filled():
    upright = square(6.0)[:, [0, 2, 1]]
    contours = [("CLOSED_PLANAR", square(3.0)), ("CLOSED_PLANAR", square(6.0)), ("CLOSED_PLANAR", upright)]

    found = planes_of(ras(contours), label_grid(GEOMETRY))

    assert (found.filled, found.not_filled) == (0, {"tilted": 1})
