"""MetaImage, NRRD and npy files that are written here: read back by SimpleITK and by this project."""

import json

import numpy as np
import pytest
from simpleitk_volumes import read_by_simpleitk
from world_positions import is_in_place, oblique_affine, right_angled_affines, sheared_affine, values_at

from fuseflow.errors import Refused
from fuseflow.formats.reading import read_images
from fuseflow.formats.registry import WRITERS
from fuseflow.volume import FourthAxis, Volume

NAMES = ("metaimage", "nrrd", "npy")
DTYPES = ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8")


def write(folder, name, volume):
    """Write a volume, and its sidecar as the caller of a writer does."""
    writer = WRITERS.load(name)
    path = folder / f"a{writer.ending}"
    writer.write(path, volume)
    if name == "npy":
        sidecar = {
            "axes": ["x", "y", "z", *([volume.fourth_axis.name] if volume.fourth_axis else [])],
            "affine": volume.affine.tolist(),
            "geometry": volume.geometry,
            "fourth_axis": vars(volume.fourth_axis) if volume.fourth_axis else None,
        }
        (folder / "a.json").write_text(json.dumps(sidecar))
    return path


def written_and_read(folder, name, volume):
    [found] = read_images(write(folder, name, volume))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_orientation_is_in_place(tmp_path, name):
    for affine in [
        *right_angled_affines(),
        oblique_affine(),
        oblique_affine(-1.2),
        *([sheared_affine()] * (name != "metaimage")),
    ]:
        volume = Volume(data=values_at(affine, dtype=np.float64), affine=affine)
        path = write(tmp_path, name, volume)
        [found] = read_images(path)
        assert is_in_place(found.data, found.affine)
        assert (found.geometry, found.sidecar["warnings"]) == ("world", [])
        if name != "npy":
            assert is_in_place(*read_by_simpleitk(path))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_type_is_kept_and_byte_orders_do_not_matter(tmp_path, name, dtype):
    info = np.iinfo(dtype) if dtype[0] != "f" else np.finfo(dtype)
    data = np.full((2, 3, 4), info.max, dtype)
    data[0] = info.min
    data[1, 1, 1] = 7
    path = write(tmp_path, name, Volume(data=data, affine=np.eye(4)))
    written = path.read_bytes()
    [found] = read_images(path)
    np.testing.assert_array_equal(found.data, data)
    assert found.data.dtype == dtype
    big = Volume(data=data.astype(data.dtype.newbyteorder(">")), affine=np.eye(4))
    assert write(tmp_path, name, big).read_bytes() == written
    if name != "npy":
        read, affine = read_by_simpleitk(path)
        assert read.dtype == dtype
        # back from LPS
        np.testing.assert_array_equal(read, data)
        np.testing.assert_array_equal(affine, np.eye(4))


@pytest.mark.parametrize("name", NAMES)
def test_equal_volumes_give_equal_bytes(tmp_path, name):
    data = values_at(oblique_affine(), dtype=np.float32)
    first = write(tmp_path, name, Volume(data=data, affine=oblique_affine())).read_bytes()
    again = Volume(data=np.asfortranarray(data)[::1], affine=oblique_affine().copy(), sidecar={"a": "b"})
    assert write(tmp_path, name, again).read_bytes() == first


@pytest.mark.parametrize("name", NAMES)
def test_sheared_grids(tmp_path, name):
    volume = Volume(data=values_at(sheared_affine()), affine=sheared_affine())
    if name == "metaimage":
        with pytest.raises(Refused, match="use nifti or nrrd") as caught:
            write(tmp_path, name, volume)
        assert caught.value.reason == "sheared"
    else:
        np.testing.assert_allclose(written_and_read(tmp_path, name, volume).affine, sheared_affine(), atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fourth", [None, FourthAxis(name="time", step=2.5, unit="s")])
@pytest.mark.parametrize("geometry", ["world", "spacing", "unknown"])
def test_what_is_known_of_the_grid_comes_back(tmp_path, name, geometry, fourth):
    data = np.arange(48, dtype=np.int16).reshape(2, 3, 4, 2)
    affine = np.diag([1.0, 2.0, 3.0, 1.0]) if geometry != "unknown" else np.eye(4)
    volume = Volume(data=data if fourth else data[..., 0], affine=affine, geometry=geometry, fourth_axis=fourth)
    found = written_and_read(tmp_path, name, volume)
    np.testing.assert_array_equal(found.data, volume.data)
    np.testing.assert_array_equal(found.affine, affine)
    assert found.geometry == geometry
    if name != "metaimage" or fourth is None:
        assert found.fourth_axis == fourth
    else:
        step = None if geometry == "unknown" else 2.5
        assert found.fourth_axis == FourthAxis(name="unknown", step=step)


@pytest.mark.parametrize("axis", ["echo", "phase", "dose level", "unknown"])
def test_the_name_of_a_fourth_axis_in_nrrd(tmp_path, axis):
    volume = Volume(data=np.zeros((2, 3, 4, 2), np.int16), affine=np.eye(4), fourth_axis=FourthAxis(name=axis))
    expected = axis if axis in ("echo", "phase") else "unknown"
    assert written_and_read(tmp_path, "nrrd", volume).fourth_axis == FourthAxis(name=expected)


@pytest.mark.parametrize("name", ["metaimage", "nrrd"])
@pytest.mark.parametrize("axis", ["time", "echo"])
def test_simpleitk_reads_four_axes(tmp_path, name, axis):
    data = np.arange(48, dtype=np.int16).reshape(2, 3, 4, 2)
    volume = Volume(data=data, affine=np.diag([1.0, 2.0, 3.0, 1.0]), fourth_axis=FourthAxis(name=axis, step=2.0))
    read, _ = read_by_simpleitk(write(tmp_path, name, volume))
    # SimpleITK takes a list in an NRRD for the components of its voxels
    np.testing.assert_array_equal(read if read.shape == data.shape else np.moveaxis(read, 0, -1), data)
