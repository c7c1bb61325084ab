"""Stored volumes become canonical ones: types, axes and what is said of values."""

import numpy as np
import pytest

from fuseflow.errors import Refused
from fuseflow.formats.stored import StoredVolume, canonical_volume
from fuseflow.volume import FourthAxis

TURNED = np.diag([-1.0, 1.0, 2.0, 1.0])


def volume_of(data, affine=TURNED, **more):
    return canonical_volume(StoredVolume(format="test", data=np.asarray(data), affine=affine, **more))


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (np.ones((2, 2, 2), bool), "uint8"),
        (np.ones((2, 2, 2), ">i8"), "int64"),
        (np.ones((2, 2, 2), ">f8"), "float32"),
        (np.full((2, 2, 2), np.nan, ">f8"), "float32"),
        (np.full((2, 2, 2), 0.1), "float64"),
        (np.full((2, 2, 2), 1e300), "float64"),
        (np.ones((2, 2, 2), "f2"), "float32"),
        (np.full((2, 2, 2), 0.1, ">f4"), "float32"),
    ],
)
def test_the_smallest_type_that_holds_every_value(stored, expected):
    volume = volume_of(stored)
    assert volume.data.dtype == expected
    assert volume.data.dtype.isnative
    assert volume.sidecar["data_type"] == expected
    np.testing.assert_array_equal(volume.data, stored.astype(expected))


def test_one_value_among_many_decides():
    data = np.zeros((64, 64, 64), ">f8")
    data[-1, -1, -1] = 0.1
    assert volume_of(data).data.dtype == np.float64


def test_integers_are_not_copied():
    data = np.zeros((2, 3, 4), np.int16)
    assert np.shares_memory(volume_of(data).data, data)


@pytest.mark.parametrize(("geometry", "turned"), [("world", True), ("spacing", False), ("unknown", False)])
def test_only_volumes_that_lie_somewhere_are_turned(geometry, turned):
    data = np.arange(8).reshape(2, 2, 2)
    volume = volume_of(data, geometry=geometry)
    np.testing.assert_array_equal(volume.data, data[::-1] if turned else data)
    assert (volume.sidecar["affine"] is None) == (geometry == "unknown")


def test_values_that_are_no_numbers_are_counted():
    data = np.zeros((2, 2, 2), np.float32)
    data[0, 0] = np.nan, -np.inf
    [warning] = volume_of(data).sidecar["warnings"]
    assert warning == {"code": "not-finite", "detail": "1 voxels are NaN and 1 infinite, of 8"}


@pytest.mark.parametrize(
    ("data", "more", "reason"),
    [
        (np.zeros((2, 2, 2, 2)), {}, "unsupported-dimensions"),
        (np.zeros((2, 2, 2)), {"fourth_axis": FourthAxis(name="time")}, "unsupported-dimensions"),
        (np.zeros((2, 0, 2)), {}, "unsupported-dimensions"),
        (np.zeros((2, 2, 2), complex), {}, "unsupported-pixels"),
        (np.zeros((2, 2, 2), "S3"), {}, "unsupported-pixels"),
        (np.zeros((2, 2, 2)), {"affine": np.diag([1.0, 0, 1, 1])}, "no-geometry"),
    ],
)
def test_refusals(data, more, reason):
    with pytest.raises(Refused) as caught:
        volume_of(data, **more)
    assert caught.value.reason == reason


def test_a_grid_beyond_any_patient_is_refused():
    affine = np.diag([1.0, 1, 1, 1])
    affine[0, 3] = 1e9
    with pytest.raises(Refused, match="more than 1e\\+06 mm") as caught:
        canonical_volume(StoredVolume(format="NRRD", data=np.zeros((2, 2, 2), np.int16), affine=affine))
    assert caught.value.reason == "no-geometry"
