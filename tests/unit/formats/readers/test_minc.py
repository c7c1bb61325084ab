"""MINC of both versions: real values and positions as nibabel has them, and refusals where it guesses."""

import gzip

import h5py
import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from minc_files import SPACE, axes_on, write_minc
from readings import only, refusal, remarks
from world_positions import is_in_place, oblique_affine, right_angled_affines, values_at

from fuseflow.errors import Refused

VOXELS = np.arange(24, dtype=np.int16).reshape(4, 3, 2)
RANGE = np.array([0.0, 23.0])

versions = pytest.mark.parametrize("version", [1, 2])


@versions
def test_every_orientation(tmp_path, version):
    for affine in [*right_angled_affines(), oblique_affine()]:
        data = values_at(affine, dtype=np.float64)
        path = write_minc(tmp_path / "a.mnc", version, data.transpose(2, 1, 0), axes=axes_on(affine))
        volume = only(path)
        assert is_in_place(volume.data, volume.affine)
        assert (volume.geometry, remarks(volume)) == ("world", [])
        assert volume.sidecar["format"] == f"MINC-{version}"


@versions
def test_negative_steps_turn_axes_around(tmp_path, version):
    axes = axes_on(np.eye(4))
    axes["xspace"] |= {"step": -2.0, "start": 10.0}
    volume = only(write_minc(tmp_path / "a.mnc", version, VOXELS.astype(np.float32), axes=axes))
    assert (volume.data == VOXELS.transpose(2, 1, 0)[::-1]).all()
    assert volume.affine.tolist() == [[2, 0, 0, 8], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]


@versions
@pytest.mark.parametrize(
    ("along", "limits"),
    [
        ((), (-1.0, 5.0)),
        (("zspace",), (np.arange(4.0), np.arange(4.0) * 3 + 9)),
        (SPACE[:2], (np.zeros((4, 3)), np.ones((4, 3)) * 7)),
    ],
    ids=["of all", "per slice", "per row"],
)
def test_real_values(tmp_path, version, along, limits):
    path = write_minc(tmp_path / "a.mnc", version, VOXELS, limits=limits, along=along, valid_range=RANGE)
    volume = only(path)
    lowest, highest = (np.reshape(limit, (*np.shape(limit), *[1] * (3 - np.ndim(limit)))) for limit in limits)
    expected = (VOXELS / 23 * (highest - lowest) + lowest).transpose(2, 1, 0)
    np.testing.assert_allclose(volume.data, expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(volume.data, nibabel.as_closest_canonical(nibabel.load(path)).dataobj, rtol=1e-6)
    assert volume.data.dtype == np.float32
    assert volume.sidecar["stored_data_type"] == "int16"


@versions
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16, np.int32])
def test_labels_stay_integers(tmp_path, version, dtype):
    kind = np.iinfo(dtype)
    labels = np.array([[[0, 1], [kind.min, kind.max]]], dtype)
    volume = only(write_minc(tmp_path / "a.mnc", version, labels, limits=(float(kind.min), float(kind.max))))
    assert volume.data.dtype == dtype
    assert (volume.data == labels.transpose(2, 1, 0)).all()


@versions
def test_without_real_values_voxels_are_as_stored(tmp_path, version):
    volume = only(write_minc(tmp_path / "a.mnc", version, VOXELS, limits=None))
    assert volume.data.dtype == np.int16
    assert remarks(volume) == ["no-real-range"]


@versions
def test_voxels_outside_of_the_valid_range(tmp_path, version):
    path = write_minc(tmp_path / "a.mnc", version, VOXELS, limits=(0.0, 20.0), valid_range=np.array([0.0, 20.0]))
    volume = only(path)
    assert volume.data.max() == 20
    assert remarks(volume) == ["outside-valid-range"]
    assert volume.sidecar["warnings"][0]["detail"].startswith("3 voxels")


@versions
def test_time_becomes_the_last_axis(tmp_path, version):
    voxels = np.stack([VOXELS, VOXELS + 100])
    axes = {"time": {"spacing": b"regular__", "step": 2.5, "units": b"s"}} | axes_on(np.eye(4))
    volume = only(write_minc(tmp_path / "a.mnc", version, voxels, axes=axes, limits=None))
    assert (volume.data == voxels.transpose(3, 2, 1, 0)).all()
    assert vars(volume.fourth_axis) == {"name": "time", "step": 2.5, "unit": "s"}


@versions
def test_irregular_times_have_no_step(tmp_path, version):
    axes = {"time": {"spacing": b"irregular", "step": 2.5, "units": b"s"}} | axes_on(np.eye(4))
    volume = only(write_minc(tmp_path / "a.mnc", version, np.stack([VOXELS, VOXELS]), axes=axes, limits=None))
    assert vars(volume.fourth_axis) == {"name": "time", "step": None, "unit": ""}


@versions
def test_a_single_time_is_left_out_and_that_is_said(tmp_path, version):
    axes = {"time": {}} | axes_on(np.eye(4))
    volume = only(write_minc(tmp_path / "a.mnc", version, VOXELS[None], axes=axes, limits=None))
    assert (volume.data == VOXELS.transpose(2, 1, 0)).all()
    assert volume.fourth_axis is None
    assert remarks(volume) == ["no-real-range", "singleton-axes"]


@versions
def test_missing_attributes(tmp_path, version):
    volume = only(write_minc(tmp_path / "a.mnc", version, VOXELS, axes={name: {} for name in SPACE}))
    assert volume.geometry == "unknown"
    assert remarks(volume) == ["no-spacing"]
    assert volume.data.shape == (2, 3, 4)


@versions
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"spacing": b"xspace"}, "odd-spacing"),
        ({"units": b""}, "no-units"),
        ({"direction_cosines": np.array([2.0, 0, 0])}, "direction-length"),
    ],
)
def test_oddities_that_move_no_voxel(tmp_path, version, change, code):
    axes = axes_on(np.eye(4))
    axes["xspace"] |= change
    volume = only(write_minc(tmp_path / "a.mnc", version, VOXELS, axes=axes, limits=None))
    assert remarks(volume)[-1] == code
    assert (volume.affine == np.eye(4)).all()


@versions
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"spacing": b"irregular"}, "uneven-spacing"),
        ({"step": 0.0}, "no-geometry"),
        ({"step": np.nan}, "no-geometry"),
        ({"step": b"one"}, "no-geometry"),
        ({"start": np.inf}, "no-geometry"),
        ({"units": b"m"}, "no-geometry"),
        ({"direction_cosines": np.zeros(3)}, "no-geometry"),
        ({"direction_cosines": np.ones(2)}, "no-geometry"),
        ({"direction_cosines": np.array([0.0, 1, 0])}, "no-geometry"),
    ],
)
def test_unusable_axes(tmp_path, version, change, reason):
    axes = axes_on(np.eye(4))
    axes["xspace"] |= change
    assert refusal(write_minc(tmp_path / "a.mnc", version, VOXELS, axes=axes)).reason == reason


@versions
@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"valid_range": np.array([0.0, 40000.0])}, "unreadable"),
        ({"valid_range": np.array([5.0, 5.0])}, "unreadable"),
        ({"valid_range": np.array([np.nan, 5.0])}, "unreadable"),
        ({"limits": (0.0, np.inf)}, "unreadable"),
        ({"limits": (0.0,)}, "unreadable"),
        ({"limits": (np.zeros(3), np.ones(3)), "along": ("yspace",)}, "unreadable"),
        ({"complete": b"false"}, "unreadable"),
    ],
)
def test_unusable_values(tmp_path, version, given, reason):
    assert refusal(write_minc(tmp_path / "a.mnc", version, VOXELS, **given)).reason == reason


@versions
@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (("yspace", "xspace"), "unsupported-dimensions"),
        (("time", "phase", "yspace", "xspace"), "unsupported-dimensions"),
        (("zspace", "yspace", "xspace", "vector_dimension"), "colour"),
    ],
)
def test_other_axes(tmp_path, version, names, reason):
    voxels = np.zeros((2,) * len(names), np.uint8)
    assert refusal(write_minc(tmp_path / "a.mnc", version, voxels, axes={name: {} for name in names})).reason == reason


def test_packed_version_1(tmp_path):
    path = write_minc(tmp_path / "a.mnc", 1, VOXELS, limits=None)
    (tmp_path / "b.mnc.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert (only(tmp_path / "b.mnc.gz").data == only(path).data).all()


def test_packed_version_2(tmp_path):
    path = write_minc(tmp_path / "a.mnc", 2, VOXELS)
    (tmp_path / "b.mnc.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert refusal(tmp_path / "b.mnc.gz").reason == "unreadable"


@versions
def test_cut_short(tmp_path, version):
    path = write_minc(tmp_path / "a.mnc", version, VOXELS)
    content = path.read_bytes()
    for length in (0, 3, 4, 20, len(content) // 2, len(content) - 5):
        path.write_bytes(content[:length])
        assert refusal(path).reason in ("unreadable", "impossible-size")


def test_surplus_data(tmp_path):
    path = write_minc(tmp_path / "a.mnc", 1, VOXELS, limits=None)
    path.write_bytes(path.read_bytes() + b"12345")
    assert remarks(only(path)) == ["surplus-data", "no-real-range"]


def test_limits_whose_dimensions_are_not_named(tmp_path):
    """nibabel takes them for limits per column, since NumPy aligns the last axes."""
    path = write_minc(tmp_path / "a.mnc", 2, np.zeros((2, 2, 2), np.int16), limits=(np.zeros(2), np.ones(2)))
    assert refusal(path).reason == "unreadable"


def test_files_of_the_container_that_are_no_minc(tmp_path):
    with h5py.File(tmp_path / "a.mnc", "w") as file:
        file["image"] = VOXELS
    assert refusal(tmp_path / "a.mnc").reason == "unreadable"


@settings(deadline=None, max_examples=150)
@given(places=st.lists(st.tuples(st.integers(4, 900), st.integers(0, 255)), min_size=1, max_size=4))
def test_any_header_of_version_1_is_read_or_refused(tmp_path_factory, places):
    path = write_minc(tmp_path_factory.getbasetemp() / "any.mnc", 1, VOXELS, valid_range=RANGE)
    content = bytearray(path.read_bytes())
    for position, value in places:
        content[position] = value
    path.write_bytes(content)
    try:
        volume = only(path)
    except Refused:
        return
    assert volume.data.size <= len(content)
