"""NIfTI files of other libraries: every voxel comes out where they put it."""

import nibabel
import numpy as np
import pytest
import SimpleITK
from nifti_files import VOXELS, header_of, stored, write_single
from simpleitk_volumes import image_of
from world_positions import is_in_place, oblique_affine, right_angled_affines, sheared_affine, values_at

from fuseflow.errors import Refused
from fuseflow.formats.reading import read_images

LAYOUTS = {1: (nibabel.Nifti1Image, nibabel.Nifti1Header), 2: (nibabel.Nifti2Image, nibabel.Nifti2Header)}
TYPES = [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, np.float32, np.float64]


def check(path, affine, dtype):
    [volume] = read_images(path)
    assert volume.data.dtype == dtype
    assert volume.geometry == "world"
    assert volume.sidecar["warnings"] == []
    assert is_in_place(volume.data, volume.affine, tolerance=0.005)
    # along every axis, the patient's is the one that it is nearest to, and the directions agree
    assert (np.abs(volume.affine[:3, :3]).argmax(axis=0) == [0, 1, 2]).all()
    assert (volume.affine[:3, :3].diagonal() > 0).all()
    corners = {tuple(np.round(corner[:3], 2) + 0.0) for corner in _corners(affine, (4, 3, 5))}
    assert {tuple(np.round(corner[:3], 2) + 0.0) for corner in _corners(volume.affine, volume.data.shape)} == corners


def save(path, data, affine, image_class=nibabel.Nifti1Image):
    """By nibabel, which does not state units unless it is told to."""
    image = image_class(data, affine)
    image.header.set_xyzt_units("mm")
    nibabel.save(image, path)


def _corners(affine, shape):
    return [affine @ (*np.multiply(np.array(shape) - 1, index), 1) for index in np.ndindex(2, 2, 2)]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".hdr"])
def test_of_nibabel_in_every_orientation(tmp_path, version, ending):
    image_class = LAYOUTS[version][0]
    if ending == ".hdr":
        image_class = {1: nibabel.Nifti1Pair, 2: nibabel.Nifti2Pair}[version]
    for affine in right_angled_affines():
        save(tmp_path / f"a{ending}", values_at(affine), affine, image_class)
        check(tmp_path / f"a{ending}", affine, np.int16)


@pytest.mark.parametrize("ending", [".nii.gz", ".hdr"])
def test_of_simpleitk_in_every_orientation(tmp_path, ending):
    for affine in right_angled_affines():
        SimpleITK.WriteImage(image_of(values_at(affine), affine), str(tmp_path / f"a{ending}"))
        check(tmp_path / f"a{ending}", affine, np.int16)


@pytest.mark.parametrize("angle", [0.01, 0.3, 3.1, 3.14])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_oblique(tmp_path, angle, dtype):
    affine = oblique_affine(angle)
    data = values_at(affine, dtype=dtype)
    save(tmp_path / "a.nii", data, affine)
    SimpleITK.WriteImage(image_of(data, affine), str(tmp_path / "b.nii"))
    for name in ("a.nii", "b.nii"):
        check(tmp_path / name, affine, dtype)


def test_sheared(tmp_path):
    affine = sheared_affine()
    save(tmp_path / "a.nii", values_at(affine), affine)
    check(tmp_path / "a.nii", affine, np.int16)


@pytest.mark.parametrize("byte_order", ["<", ">"])
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("dtype", TYPES)
def test_types_and_byte_orders(tmp_path, version, byte_order, dtype):
    data = np.array([[[0, 1], [2, 100]]], dtype)
    if np.issubdtype(dtype, np.integer):
        data[0, 0] = np.iinfo(dtype).min, np.iinfo(dtype).max
    path = write_single(tmp_path / "labels.nii", LAYOUTS[version][1], byte_order=byte_order, data=data)
    [volume] = read_images(path)
    # floats are kept in the smallest type that holds them, integers as they are
    assert volume.data.dtype == (np.float32 if dtype == np.float64 else dtype)
    assert (volume.data == data).all()
    assert volume.sidecar["stored_data_type"] == np.dtype(dtype).name
    assert volume.sidecar["byte_order"] == {"<": "little", ">": "big"}[byte_order]


@pytest.mark.parametrize("shape", [(2,), (2, 3), (2, 3, 1)])
def test_fewer_axes_than_three(tmp_path, shape):
    data = np.arange(np.prod(shape), dtype=np.int16).reshape(shape)
    [volume] = read_images(write_single(tmp_path / "a.nii", data=data))
    assert volume.data.shape == (*shape, 1, 1)[:3]
    assert (volume.data.reshape(shape) == data).all()


def test_flat_image_of_simpleitk(tmp_path):
    SimpleITK.WriteImage(
        SimpleITK.GetImageFromArray(np.arange(6, dtype=np.int16).reshape(2, 3)), str(tmp_path / "a.nii")
    )
    [volume] = read_images(tmp_path / "a.nii")
    assert volume.data.shape == (3, 2, 1)
    assert volume.data[:, :, 0].tolist() == [[5, 2], [4, 1], [3, 0]]


@pytest.mark.parametrize("gzipped", [False, True])
def test_the_content_and_not_the_name_says_whether_it_is_gzipped(tmp_path, gzipped):
    path = write_single(tmp_path / ("a.nii.gz" if gzipped else "a.nii"))
    [volume] = read_images(path.rename(tmp_path / ("b.nii" if gzipped else "b.nii.gz")))
    assert (volume.data == VOXELS).all()


def test_no_text_of_the_header_is_kept(tmp_path):
    text = dict.fromkeys(("descrip", "aux_file", "intent_name", "db_name", "data_type"), b"Doe^Jane")
    [volume] = read_images(write_single(tmp_path / "a.nii", **text))
    assert "Doe" not in str(volume.sidecar)


@pytest.mark.parametrize(
    "content",
    [b"", b"x", bytes(348), header_of().binaryblock[:347], header_of(single=False).binaryblock + stored(VOXELS)],
    ids=["empty", "one byte", "zeros", "cut header", "header of a pair"],
)
def test_what_is_no_such_file(tmp_path, content):
    (tmp_path / "a.nii").write_bytes(content)
    with pytest.raises(Refused) as caught:
        read_images(tmp_path / "a.nii")
    assert caught.value.reason == "unreadable"
