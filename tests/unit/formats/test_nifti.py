import gzip

import nibabel
import numpy as np
import pytest

from fuseflow.formats.nifti import read_nifti, write_nifti
from fuseflow.volume import Volume

OBLIQUE = np.array([[0.8, -0.9, 0.0, -7.0], [0.6, 1.2, 0.0, 3.0], [0.0, 0.0, 2.5, 11.0], [0, 0, 0, 1]])


def volume_of(dtype=np.int16, shape=(5, 4, 3), affine=OBLIQUE):
    data = np.asfortranarray(np.arange(np.prod(shape)).reshape(shape).astype(dtype))
    return Volume(data=data, affine=affine)


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("shape", [(5, 4, 3), (5, 4, 1), (5, 4, 3, 2)])
def test_others_read_what_is_written(tmp_path, dtype, shape):
    volume = volume_of(dtype, shape)
    write_nifti(tmp_path / "x.nii.gz", volume)
    image = nibabel.load(tmp_path / "x.nii.gz")
    assert image.shape == shape
    assert image.get_data_dtype() == dtype
    assert (np.asarray(image.dataobj) == volume.data).all()
    np.testing.assert_allclose(image.affine, OBLIQUE, atol=1e-6)
    np.testing.assert_allclose(image.get_qform(), OBLIQUE, atol=1e-6)
    assert (int(image.header["qform_code"]), int(image.header["sform_code"])) == (1, 1)
    assert image.header.get_xyzt_units()[0] == "mm"


def test_array_in_any_memory_order(tmp_path):
    volume = volume_of()
    other = Volume(data=np.ascontiguousarray(volume.data)[::1], affine=OBLIQUE)
    write_nifti(tmp_path / "f.nii.gz", volume)
    write_nifti(tmp_path / "c.nii.gz", other)
    assert (tmp_path / "f.nii.gz").read_bytes() == (tmp_path / "c.nii.gz").read_bytes()


def test_sheared_grid_has_no_qform(tmp_path):
    affine = np.eye(4)
    affine[1, 2] = 0.3
    write_nifti(tmp_path / "x.nii.gz", volume_of(affine=affine))
    image = nibabel.load(tmp_path / "x.nii.gz")
    assert (int(image.header["qform_code"]), int(image.header["sform_code"])) == (0, 1)
    np.testing.assert_allclose(image.affine, affine)


@pytest.mark.parametrize("threads", [2, 5])
def test_same_bytes_for_any_number_of_threads_and_under_any_name(tmp_path, threads):
    volume = volume_of(np.float32, (128, 128, 100))
    write_nifti(tmp_path / "one.nii.gz", volume)
    write_nifti(tmp_path / "more.nii.gz", volume, threads=threads)
    assert (tmp_path / "one.nii.gz").read_bytes() == (tmp_path / "more.nii.gz").read_bytes()


def test_gzip_holds_no_name_and_no_time(tmp_path):
    write_nifti(tmp_path / "secret.nii.gz", volume_of())
    data = (tmp_path / "secret.nii.gz").read_bytes()
    assert data[3] == 0
    assert data[4:8] == bytes(4)
    assert b"secret" not in data
    header = gzip.decompress(data)[:348]
    assert header[148:228].strip(b"\0") == b""


def test_round_trip(tmp_path):
    volume = volume_of(np.float32)
    write_nifti(tmp_path / "x.nii.gz", volume)
    again = read_nifti(tmp_path / "x.nii.gz")
    assert again.data.dtype == np.float32
    assert (again.data == volume.data).all()
    np.testing.assert_allclose(again.affine, OBLIQUE, atol=1e-6)
