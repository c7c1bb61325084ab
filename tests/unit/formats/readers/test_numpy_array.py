"""Arrays with a sidecar: axes in any order, and nothing assumed that nobody states."""

import itertools
import json

import numpy as np
import pytest
from readings import only, refusal, remarks
from world_positions import is_in_place, oblique_affine, right_angled_affines, sheared_affine, values_at

from fuseflow.flat import FlatImage
from fuseflow.formats.reading import companions_of


def write(path, array, **sidecar):
    np.save(path, array, allow_pickle=False)
    if sidecar:
        path.with_suffix(".json").write_text(json.dumps(sidecar))
    return path


@pytest.fixture
def npy(tmp_path):
    return tmp_path / "a.npy"


def test_every_orientation_is_in_place(npy):
    for affine in [*right_angled_affines(), oblique_affine(), sheared_affine()]:
        data = values_at(affine, dtype=np.float64)
        volume = only(write(npy, data, axes=["x", "y", "z"], affine=affine.tolist()))
        assert is_in_place(volume.data, volume.affine)
        assert (volume.geometry, remarks(volume)) == ("world", [])


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_axes_in_any_order(npy, order):
    affine = oblique_affine()
    series = np.stack([values_at(affine, dtype=np.float64)] * 2, axis=-1)
    names = [("x", "y", "z", "time")[axis] for axis in order]
    volume = only(write(npy, np.asfortranarray(series.transpose(order)), axes=names, affine=affine.tolist()))
    assert is_in_place(volume.data[..., 1], volume.affine)
    assert volume.fourth_axis.name == "time"


@pytest.mark.parametrize("dtype", ["i1", "u1", ">i2", "<u2", "i4", "u4", ">i8", "u8", "f2", "f4", ">f8", "?"])
def test_every_type_of_numbers(npy, dtype):
    data = (np.arange(24).reshape(2, 3, 4) % 2).astype(dtype)
    volume = only(write(npy, data, axes=["x", "y", "z"], spacing=[1, 2, 3]))
    np.testing.assert_array_equal(volume.data, data)
    assert (volume.data.dtype.kind in "iu") == (np.dtype(dtype).kind in "iub")


def test_the_affine_is_for_x_y_z_whatever_the_order_of_the_axes(npy):
    volume = only(write(npy, np.zeros((4, 3, 2)), axes=["z", "y", "x"], spacing=[1, 2, 3]))
    assert (volume.data.shape, volume.geometry) == ((2, 3, 4), "spacing")
    assert np.diag(volume.affine).tolist() == [1, 2, 3, 1]


def test_without_affine_and_spacing_nothing_is_known(npy):
    volume = only(write(npy, np.zeros((2, 3, 4)), axes=["x", "y", "z"]))
    assert (volume.geometry, volume.sidecar["affine"]) == ("unknown", None)


def test_the_sidecar_of_a_volume_is_one(npy):
    fourth = {"name": "time", "step": 2.5, "unit": "s"}
    stated = {"axes": ["x", "y", "z", "time"], "fourth_axis": fourth, "geometry": "spacing"}
    volume = only(write(npy, np.zeros((2, 3, 4, 5)), **stated, affine=np.diag([1, 2, 3, 1]).tolist(), format="CT"))
    assert vars(volume.fourth_axis) == fourth
    assert volume.geometry == "spacing"


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4), (2, 3, 4, 5)])
def test_arrays_without_a_sidecar_are_refused_with_advice(npy, shape):
    refused = refusal(write(npy, np.zeros(shape)))
    assert refused.reason == "no-axes"
    assert '.json, that must name the axes in their order, such as {"axes"' in refused.detail


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_two_axes_of_unsigned_numbers_are_a_flat_image(npy, dtype):
    pixels = np.arange(18).reshape(2, 3, 3).astype(dtype)
    image = only(write(npy, pixels, axes=["y", "x", "channel"], spacing=[0.5, 2, 9]))
    assert isinstance(image, FlatImage)
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.sidecar["spacing"] == [2.0, 0.5]
    grey = only(write(npy, pixels[..., 0], axes=["x", "y"]))
    np.testing.assert_array_equal(grey.pixels, pixels[..., 0].T)
    assert grey.sidecar["spacing"] is None


def test_two_axes_of_other_numbers_are_a_slice_or_slices(npy):
    volume = only(write(npy, np.zeros((2, 3)), axes=["y", "x"], spacing=[0.5, 2, 9]))
    assert (volume.data.shape, volume.geometry, remarks(volume)) == ((3, 2, 1), "spacing", ["no-slice-spacing"])
    series = only(write(npy, np.zeros((5, 2, 3), np.uint8), axes=["frame", "y", "x"]))
    assert (series.data.shape, series.geometry, series.fourth_axis.name) == ((3, 2, 1, 5), "unknown", "frame")


@pytest.mark.parametrize(
    ("reason", "array", "sidecar"),
    [
        ("no-axes", np.zeros((2, 3, 4)), {"axes": ["x", "y"]}),
        ("colour", np.zeros((2, 3, 4, 3), np.uint8), {"axes": ["x", "y", "z", "channel"]}),
        ("unsupported-pixels", np.zeros((2, 3, 4, 3)), {"axes": ["x", "y", "z", "channel"]}),
        ("unsupported-pixels", np.zeros((2, 3, 2), np.uint8), {"axes": ["x", "y", "channel"]}),
        ("unsupported-pixels", np.zeros((2, 3, 4), complex), {"axes": ["x", "y", "z"]}),
        ("unsupported-pixels", np.full((2, 3, 4), "Doe"), {"axes": ["x", "y", "z"]}),
        ("unsupported-pixels", np.zeros((2, 3, 4), np.longdouble), {"axes": ["x", "y", "z"]}),
        ("unsupported-pixels", np.zeros((2, 3, 4), [("a", "i2")]), {"axes": ["x", "y", "z"]}),
        ("unsupported-dimensions", np.zeros((2, 3, 0)), {"axes": ["x", "y", "z"]}),
        ("unsupported-dimensions", np.zeros((2, 0), np.uint8), {"axes": ["x", "y"]}),
    ],
)
def test_what_is_refused(npy, reason, array, sidecar):
    assert refusal(write(npy, array, **sidecar)).reason == reason


def test_the_sidecar_is_a_companion(npy):
    assert companions_of(write(npy, np.zeros((2, 3)))) == ()
    assert companions_of(write(npy, np.zeros((2, 3)), axes=["x", "y"])) == (npy.with_suffix(".json"),)


def test_more_bytes_than_the_array_are_said(npy):
    write(npy, np.zeros((2, 3, 4)), axes=["x", "y", "z"])
    npy.write_bytes(npy.read_bytes() + b".")
    assert remarks(only(npy)) == ["surplus-data"]
