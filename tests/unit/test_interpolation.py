"""Values at the voxels of another grid: what they are inside, at the border and beyond."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from world_positions import oblique_affine, right_angled_affines, sheared_affine, values_at

from fuseflow import interpolation
from fuseflow.errors import Refused
from fuseflow.grids import Grid, coarse_axis, corner_aligned, index_matrix
from fuseflow.interpolation import Sampling, interpolated

RNG = np.random.default_rng(11)
KINDS = ["nearest", "linear", "bspline"]
SHAPE = (12, 11, 10)


def grid(affine, shape=SHAPE):
    return Grid(affine=np.asarray(affine, float), shape=shape)


def places_of(source, target):
    """Source indices of every voxel of the target, shape (x, y, z, 3)."""
    voxels = np.stack(np.meshgrid(*map(np.arange, target.shape), indexing="ij"), axis=-1)
    matrix = index_matrix(source, target)
    return voxels @ matrix[:3, :3].T + matrix[:3, 3]


def between_centres(source, target, margin=0.0):
    places = places_of(source, target)
    return ((places >= margin - 1e-9) & (places <= np.array(source.shape) - 1 - margin + 1e-9)).all(axis=-1)


def by_scipy(data, source, target, *, order, mode):
    places = np.moveaxis(places_of(source, target), -1, 0)
    return ndimage.map_coordinates(data.astype(np.float64), places, order=order, mode=mode)


def tilted(origin=(6.0, 3.0, 8.0), spacing=(1.0, 1.5, 2.0)):
    affine = oblique_affine(0.4, spacing, origin)
    affine[:3, 2] += 0.3 * affine[:3, 1]
    return affine


SOURCES = {
    "anisotropic": np.diag([1.0, 2.0, 3.0, 1.0]),
    "oblique": oblique_affine(),
    "sheared": sheared_affine(),
    "turned": list(right_angled_affines())[29],
}
TARGETS = {
    "finer": lambda source: corner_aligned(source, (0.6, 1.1, 1.3)),
    "coarser": lambda source: corner_aligned(source, (2.7, 4.0, 5.5)),
    "mixed": lambda source: corner_aligned(source, (0.7, 4.0, 3.0)),
    "oblique": lambda source: grid(tilted(source.affine[:3] @ [5, 2, 3, 1]), (9, 8, 7)),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
def test_what_is_linear_in_the_world_stays_so(source, target, dtype):
    source = grid(SOURCES[source])
    target = TARGETS[target](source)
    exact = values_at(source.affine, SHAPE, np.float64)
    data = exact.astype(dtype)
    # the oblique grid has no whole values, of which rounding makes something else
    tolerance = 1 if dtype == np.int16 else 1e-4 * np.abs(exact).max()
    inside = between_centres(source, target)
    assert inside.sum() > 20
    found = interpolated(data, source, target, Sampling(fill=-9))
    np.testing.assert_allclose(found[inside], values_at(target.affine, target.shape, float)[inside], atol=tolerance)


@pytest.mark.parametrize("source", SOURCES)
def test_a_spline_too_is_exact_where_it_does_not_see_the_border(source):
    source = grid(SOURCES[source], (30, 28, 26))
    target = grid(tilted(source.affine[:3] @ [13, 12, 11, 1], (0.5, 0.6, 0.7)), (5, 5, 5))
    inside = between_centres(source, target, margin=8)
    assert inside.sum() > 20
    data = values_at(source.affine, source.shape, np.float64)
    found = interpolated(data, source, target, Sampling(interpolation="bspline"))
    expected = values_at(target.affine, target.shape, float)
    np.testing.assert_allclose(found[inside], expected[inside], rtol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.float32, np.float64, np.int32])
def test_the_same_grid_gives_the_same_bits(kind, dtype):
    data = RNG.integers(0, 200, SHAPE).astype(dtype)
    affine = oblique_affine()
    near = affine.copy()
    near[0, 3] += 1e-7
    found = interpolated(data, grid(affine), grid(near), Sampling(interpolation=kind, fill=-1024))
    assert found.dtype == dtype
    assert found.tobytes() == data.tobytes()


@given(
    origin=st.tuples(*[st.floats(-3, 3)] * 3),
    spacing=st.tuples(*[st.floats(0.3, 4)] * 3),
    angle=st.floats(-1, 1),
    contiguous=st.booleans(),
)
@settings(deadline=None, max_examples=25)
def test_inside_the_volume_values_are_those_of_scipy(origin, spacing, angle, contiguous):
    data = RNG.standard_normal(SHAPE)
    data = data if contiguous else np.asfortranarray(data)
    source, target = grid(sheared_affine()), grid(oblique_affine(angle, spacing, np.add(origin, (8, 5, 15))), (5, 6, 7))
    inside = between_centres(source, target)
    linear = interpolated(data, source, target, Sampling())
    np.testing.assert_allclose(
        linear[inside], by_scipy(data, source, target, order=1, mode="nearest")[inside], atol=1e-9
    )
    spline = interpolated(data, source, target, Sampling(interpolation="bspline"))
    expected = by_scipy(data, source, target, order=3, mode="mirror")
    np.testing.assert_allclose(spline[inside], expected[inside], atol=1e-7)


LINE = np.array([1.0, 4, 2, 8, 5])


def along_a_line(places, kind, data=LINE):
    """Values at places along x, one by one, so that no two of them are on one grid."""
    source = grid(np.eye(4), (len(data), 1, 1))
    found = []
    for place in places:
        affine = np.eye(4)
        affine[0, 3] = place
        sampling = Sampling(interpolation=kind, fill=-99)
        found.append(interpolated(data.reshape(-1, 1, 1), source, grid(affine, (1, 1, 1)), sampling).item())
    return found


def test_the_border_of_the_field():
    places = [-0.6, -0.5, -0.3, 0.3, 3.9, 4.3, 4.5, 4.6]
    assert along_a_line(places, "nearest") == [-99, 1, 1, 1, 5, 5, 5, -99]
    assert along_a_line(places, "linear") == pytest.approx([-99, 1, 1, 1.9, 5.3, 5, 5, -99])
    mirrored = ndimage.map_coordinates(LINE, [[0.5, 0.3, 0.3, 3.9, 3.7, 3.5]], order=3, mode="mirror")
    assert along_a_line(places, "bspline") == pytest.approx([-99, *mirrored, -99], abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_slices_have_a_border_too(kind, count):
    found = along_a_line([-0.6, -0.4, 0, count - 1, count - 0.6, count - 0.4], kind, LINE[:count])
    assert found[0] == found[5] == -99
    assert found[2:4] == pytest.approx([LINE[0], LINE[count - 1]], abs=1e-9)
    assert -99 not in found[1:5]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [5, 51, 101])
def test_planes_on_the_border_lie_inside(kind, count):
    data = np.broadcast_to(RNG.standard_normal((count, 1, 1)), (count, 3, 3))
    source = grid(oblique_affine(0.3, (0.7, 0.7, 0.7), (-300.1, 251.7, 88.3)), (count, 3, 3))
    coarser = corner_aligned(source, (1.4, 0.7, 0.7))
    assert coarser.shape[0] == count // 2 + 1
    found = interpolated(data, source, coarser, Sampling(interpolation=kind, fill=-99))
    assert (found != -99).all()
    # the rounding of a file header to float32 decides nothing either
    rounded = grid(coarser.affine.astype(np.float32), coarser.shape)
    again = interpolated(data, source, rounded, Sampling(interpolation=kind, fill=-99))
    np.testing.assert_allclose(again, found, atol=1e-2)


def test_a_corner_beyond_the_border_moves_nothing():
    source = grid(np.eye(4), (11, 3, 3))
    data = np.broadcast_to(np.arange(11.0)[:, np.newaxis, np.newaxis], source.shape)
    slanted = np.eye(4)
    slanted[0, :2] = (0.5, 0.4)
    slanted[0, 3] = 10.5 + 5e-4 - 0.5 * 5 - 0.4 * 2
    found = interpolated(data, source, grid(slanted, (6, 3, 1)), Sampling())
    assert found[0, 0, 0] == pytest.approx(slanted[0, 3], abs=1e-9)
    assert found[5, 2, 0] == 0


def test_halfway_between_two_voxels_the_nearest_is_the_upper():
    source = grid(oblique_affine(0.3, (0.7, 0.7, 0.7), (-300.1, 251.7, 88.3)), (51, 41, 3))
    data = np.arange(51 * 41 * 3).reshape(source.shape)
    found = interpolated(data, source, corner_aligned(source, (1.4, 1.4, 0.7)), Sampling(interpolation="nearest"))
    upper = [*range(1, 51, 2), 50], [*range(1, 41, 2), 40]
    np.testing.assert_array_equal(found, data[upper[0]][:, upper[1]])


@pytest.mark.parametrize(
    ("dtype", "largest", "kind", "expected"),
    [
        ("int16", 30000, "nearest", "int16"),
        ("uint32", 2**31, "nearest", "uint32"),
        ("float64", 1, "nearest", "float64"),
        ("int16", 30000, "linear", "float32"),
        ("uint8", 255, "bspline", "float32"),
        ("int32", 2**24, "linear", "float32"),
        ("int32", 2**24 + 1, "linear", "float64"),
        ("float32", 1, "bspline", "float32"),
        ("float64", 1, "bspline", "float64"),
    ],
)
def test_types(dtype, largest, kind, expected):
    data = np.full((3, 3, 3), largest, dtype)
    target = corner_aligned(grid(np.eye(4), (3, 3, 3)), (0.6, 0.6, 0.6))
    found = interpolated(data, grid(np.eye(4), (3, 3, 3)), target, Sampling(interpolation=kind))
    assert found.dtype == expected
    np.testing.assert_allclose(found, largest, rtol=1e-9)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_refused(value):
    data = np.zeros(SHAPE, np.float32)
    data[1, 2, 3] = value
    with pytest.raises(Refused, match="1 of 1320 voxels") as caught:
        interpolated(data, grid(np.eye(4)), corner_aligned(grid(np.eye(4)), (2.0, 2.0, 2.0)), Sampling())
    assert caught.value.reason == "not-finite"


@pytest.mark.parametrize("kind", KINDS)
def test_every_phase_is_taken_by_itself(kind):
    data = RNG.standard_normal((*SHAPE, 3)).astype(np.float32)
    source, target = grid(sheared_affine()), grid(oblique_affine(), (6, 7, 8))
    sampling = Sampling(interpolation=kind, fill=7, sigma=(0.5, 0, 0.7))
    found = interpolated(data, source, target, sampling)
    assert found.shape == (6, 7, 8, 3)
    for number in range(3):
        np.testing.assert_array_equal(found[..., number], interpolated(data[..., number], source, target, sampling))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sigma", [(0, 0, 0), (0.8, 0, 1.2)])
def test_blocks_and_the_order_in_memory_leave_no_trace(monkeypatch, kind, sigma):
    data = RNG.integers(-1000, 1000, (40, 33, 50)).astype(np.int16)
    source, target = (
        grid(np.diag([1.0, 1, 2, 1]), data.shape),
        grid(oblique_affine(0.2, (0.9, 2, 3), (2, 1, 4)), (35, 9, 23)),
    )
    sampling = Sampling(interpolation=kind, fill=-1024, sigma=sigma)
    whole = interpolated(data, source, target, sampling)
    assert whole.tobytes() == interpolated(data, source, target, sampling).tobytes()
    np.testing.assert_allclose(interpolated(np.asfortranarray(data), source, target, sampling), whole, atol=1e-3)
    monkeypatch.setattr(interpolation, "BLOCK", 4000)
    np.testing.assert_allclose(interpolated(data, source, target, sampling), whole, atol=1e-3)
    assert (whole == -1024).any()


def test_along_a_coarse_axis_the_nearest_slice_is_taken():
    data = RNG.standard_normal((9, 8, 4))
    source = grid(np.diag([1.0, 1, 5, 1]), data.shape)
    target = corner_aligned(source, (0.8, 1.5, 2.0))
    axis = coarse_axis(source, target)
    found = interpolated(data, source, target, Sampling(nearest_axis=axis))
    # as nnU-Net does it: every slice by itself, then the slice at scale * (k + 0.5) - 0.5, rounded
    x, y = places_of(source, target)[..., 0, :2].transpose(2, 0, 1)
    slices = [ndimage.map_coordinates(data[..., k], [x, y], order=1, mode="nearest") for k in range(4)]
    chosen = np.floor((np.arange(target.shape[2]) + 0.5) * 4 / 10 - 0.5 + 0.5).astype(int)
    assert target.shape == (11, 5, 10)
    np.testing.assert_allclose(found, np.stack(slices, axis=-1)[..., chosen], atol=1e-12)


def test_slices_beyond_the_coarse_axis_are_filled():
    data = RNG.integers(0, 9, (4, 4, 3)).astype(np.int16)
    source = grid(np.diag([1.0, 1, 5, 1]), data.shape)
    longer = grid(np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2.5, -7.5], [0, 0, 0, 1]]), (4, 4, 11))
    found = interpolated(data, source, longer, Sampling(fill=-5, nearest_axis=2))
    expected = [None, None, 0, 0, 1, 1, 2, 2, 2, None, None]
    for number, slice_ in enumerate(expected):
        np.testing.assert_array_equal(found[..., number], -5 if slice_ is None else data[..., slice_])
