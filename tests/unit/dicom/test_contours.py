"""The even-odd rule on pixel centres: holes, keyholes, islands, borders, and nothing counted twice."""

from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.dicom import contours
from fuseflow.dicom.contours import fill

SIZE = 12
WHOLE = (slice(0, SIZE), slice(0, SIZE))
PLACES = st.integers(-2 * 7, (SIZE + 2) * 7).map(lambda value: value / 7)
CORNERS = st.tuples(PLACES, PLACES)


def square(low, high):
    return np.array([[low, low], [high, low], [high, high], [low, high]], float)


def filled(*polygons, window=WHOLE):
    return fill([np.array(polygon, float) for polygon in polygons], window)


def inside_one_by_one(polygon):
    """The rule as a textbook states it, pixel by pixel and edge by edge, in exact numbers."""
    corners = [
        tuple(Fraction(value).limit_denominator(10**6) for value in corner) for corner in np.array(polygon).tolist()
    ]
    mask = np.zeros((SIZE, SIZE), bool)
    for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
        for y in range(SIZE):
            if (ay <= y) != (by <= y):
                mask[max(ceil(ax + (y - ay) / (by - ay) * (bx - ax)), 0) :, y] ^= True
    return mask


def area(polygon):
    x, y = np.array(polygon).T
    return abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2


def test_a_pixel_belongs_if_its_centre_is_inside():
    expected = np.zeros((SIZE, SIZE), bool)
    expected[3:8, 3:8] = True
    np.testing.assert_array_equal(filled(square(2.1, 7.9)), expected)


def test_a_region_between_centres_has_no_pixel():
    assert not filled(square(3.1, 3.9)).any()


def test_centres_on_the_lower_border_belong_and_those_on_the_upper_do_not():
    np.testing.assert_array_equal(filled(square(3, 8)), filled(square(2.5, 7.5)))


def test_a_hole_stays_whatever_its_direction():
    ring = filled(square(0.5, 9.5), square(3.5, 6.5))
    assert ring.sum() == 9 * 9 - 3 * 3
    np.testing.assert_array_equal(ring, filled(square(0.5, 9.5), square(3.5, 6.5)[::-1]))


def test_an_island_in_a_hole_and_another_beside_it():
    found = filled(square(0.5, 7.5), square(1.5, 6.5), square(3.5, 4.5), square(8.5, 10.5))
    assert found.sum() == 7 * 7 - 5 * 5 + 1 + 2 * 2
    assert found[4, 4]
    assert found[9, 9]


def test_a_hole_that_touches_the_border_is_as_a_bay():
    hole = np.array([[0.5, 3.5], [4.5, 3.5], [4.5, 6.5], [0.5, 6.5]])
    bay = [(0.5, 0.5), (9.5, 0.5), (9.5, 9.5), (0.5, 9.5), (0.5, 6.5), (4.5, 6.5), (4.5, 3.5), (0.5, 3.5)]
    np.testing.assert_array_equal(filled(square(0.5, 9.5), hole), filled(bay))


def test_a_keyhole_is_a_hole():
    outer, inner = square(0.5, 9.5), square(3.5, 6.5)
    keyhole = np.concatenate([outer, outer[:1], inner[::-1], inner[-1:]])
    np.testing.assert_array_equal(filled(keyhole), filled(outer, inner))


def test_parts_beyond_the_plane_are_cut_off():
    np.testing.assert_array_equal(filled(square(-1e9, 4.5)), filled(square(-0.5, 4.5)))
    assert filled(square(-1e300, 1e300)).all()
    assert not filled(square(20, 30)).any()


@pytest.mark.parametrize("polygon", [[(1, 1)], [(1, 1), (5, 5)], [(1, 1), (5, 5), (9, 9)], [(4, 4)] * 5])
def test_lines_and_points_enclose_nothing(polygon):
    assert not filled(polygon).any()


@settings(max_examples=60, deadline=None)
@given(st.lists(CORNERS, min_size=3, max_size=9))
def test_any_polygon_is_filled_as_the_textbook_does(corners):
    polygon = np.array(corners)
    np.testing.assert_array_equal(filled(polygon), inside_one_by_one(polygon))


@settings(max_examples=40, deadline=None)
@given(st.lists(CORNERS, min_size=4, max_size=9, unique=True), st.data())
def test_a_polygon_cut_in_two_has_the_same_pixels(corners, data):
    cut = data.draw(st.integers(2, len(corners) - 2))
    whole = np.array(corners)
    first, second = whole[: cut + 1], np.concatenate([whole[cut:], whole[:1]])[::-1]
    np.testing.assert_array_equal(filled(first) ^ filled(second), filled(whole))


@settings(max_examples=40, deadline=None)
@given(PLACES, PLACES, st.booleans())
def test_two_regions_that_share_an_edge_cover_each_pixel_once(start, end, upright):
    left = np.array([(-2, -2), (start, -2), (end, 14), (-2, 14)])
    right = np.array([(14, -2), (14, 14), (end, 14), (start, -2)])
    if not upright:
        left, right = left[:, ::-1], right[:, ::-1]
    assert (filled(left).astype(int) + filled(right) == 1).all()


@settings(max_examples=20, deadline=None)
@given(st.lists(CORNERS, min_size=3, max_size=8), st.integers(0, 6), st.integers(1, 6))
def test_a_window_shows_the_same_pixels(corners, first, size):
    window = (slice(first, first + size), slice(6 - first, 12 - first))
    np.testing.assert_array_equal(filled(corners, window=window), filled(corners)[window])


def test_many_crossings_are_computed_in_parts(monkeypatch):
    polygon = np.random.default_rng(3).uniform(-2, 14, (40, 2))
    at_once = filled(polygon)
    monkeypatch.setattr(contours, "CROSSINGS", 7)
    np.testing.assert_array_equal(filled(polygon), at_once)
    np.testing.assert_array_equal(at_once, inside_one_by_one(polygon))


def test_turning_a_region_turns_its_pixels():
    polygon = np.random.default_rng(4).uniform(0, SIZE - 1, (9, 2))
    turned = np.stack([SIZE - 1 - polygon[:, 1], polygon[:, 0]], axis=1)
    np.testing.assert_array_equal(filled(turned), np.rot90(filled(polygon)))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_pixels_of_a_convex_polygon_are_its_area(seed):
    random = np.random.default_rng(seed)
    angles = np.sort(random.uniform(0, 2 * np.pi, 12))
    polygon = 100 + random.uniform(20, 90) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    found = fill([polygon], (slice(0, 200), slice(0, 200))).sum()
    length = np.linalg.norm(polygon - np.roll(polygon, 1, axis=0), axis=1).sum()
    # a pixel counts as a whole only if its centre, at most half a diagonal away, is inside
    assert abs(found - area(polygon)) <= np.sqrt(0.5) * length + np.pi / 2
