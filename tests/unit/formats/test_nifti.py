import gzip
import hashlib
import tracemalloc

import nibabel
import numpy as np
import pytest

from fuseflow.errors import Refused
from fuseflow.formats.analyze_nifti.nifti_grid import grid_of_spacings
from fuseflow.formats.nifti import read_nifti, write_nifti
from fuseflow.formats.reading import read_images
from fuseflow.formats.stored import StoredVolume, canonical_volume
from fuseflow.volume import FourthAxis, Volume

OBLIQUE = np.array([[0.8, -0.9, 0.0, -7.0], [0.6, 1.2, 0.0, 3.0], [0.0, 0.0, 2.5, 11.0], [0, 0, 0, 1]])
UNPACKED = {
    "float32": "17aa14aa670d816325958baebc1dd7134ecbd303a52d00e2620abf651a350542",
    "int16": "3eb2dcf04e839cd27327c0d592cf5ceda3f74be1d41b5daee40adc25d9ba1630",
}
"""sha256 of what is in the files; what it is packed by may come in other versions."""


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
    volume = volume_of(shape=(255, 127, 33))
    written = []
    for order in ("F", "C", "A"):
        data = np.array(volume.data, order=order) if order != "A" else np.array(volume.data[::-1, ::-1])[::-1, ::-1]
        write_nifti(tmp_path / "x.nii.gz", Volume(data=data, affine=OBLIQUE))
        written.append((tmp_path / "x.nii.gz").read_bytes())
    assert written[0] == written[1] == written[2]


def test_a_volume_that_was_turned_is_written_without_a_copy_of_it(tmp_path):
    turned = volume_of(np.float32, (256, 256, 100)).data[::-1, :, ::-1].transpose(2, 0, 1)
    tracemalloc.start()
    write_nifti(tmp_path / "x.nii.gz", Volume(data=turned, affine=OBLIQUE))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < turned.nbytes / 2
    assert (read_nifti(tmp_path / "x.nii.gz").data == turned).all()


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


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
@pytest.mark.parametrize("byte_order", "<>")
def test_every_type_is_kept_exactly(tmp_path, dtype, byte_order):
    limits = np.iinfo(dtype) if dtype[0] in "iu" else np.finfo(dtype)
    data = np.array([[[0, 1], [limits.min, limits.max]]], byte_order + dtype)
    write_nifti(tmp_path / "x.nii.gz", Volume(data=data, affine=np.eye(4)))
    again = read_nifti(tmp_path / "x.nii.gz")
    assert again.data.dtype == dtype
    assert (again.data == data).all()
    assert (np.asarray(nibabel.load(tmp_path / "x.nii.gz").dataobj) == data).all()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (np.zeros((2, 2, 2), np.float16), "unsupported-pixels"),
        (np.zeros((2, 2, 2), np.complex64), "unsupported-pixels"),
        (np.zeros((2, 2, 2), bool), "unsupported-pixels"),
        (np.zeros((2, 2, 2), np.longdouble), "unsupported-pixels"),
        (np.zeros((32768, 1, 1), np.int8), "unsupported-dimensions"),
    ],
)
def test_what_the_format_cannot_hold(tmp_path, data, reason):
    with pytest.raises(Refused) as caught:
        write_nifti(tmp_path / "x.nii.gz", Volume(data=data, affine=np.eye(4)))
    assert caught.value.reason == reason
    assert not (tmp_path / "x.nii.gz").exists()


def test_longest_axis(tmp_path):
    write_nifti(tmp_path / "x.nii.gz", volume_of(np.int8, (32767, 1, 1)))
    assert nibabel.load(tmp_path / "x.nii.gz").shape == (32767, 1, 1)


@pytest.mark.parametrize(("geometry", "unit"), [("spacing", "mm"), ("unknown", "unknown")])
def test_a_grid_that_lies_nowhere(tmp_path, geometry, unit):
    data = volume_of().data
    grid = grid_of_spacings(np.array([1.5, 2, 3])) if geometry == "spacing" else None
    stored = StoredVolume(format="NIfTI-1", data=data, affine=grid and grid.affine, geometry=geometry)
    volume = canonical_volume(stored)
    write_nifti(tmp_path / "x.nii.gz", volume)
    header = nibabel.load(tmp_path / "x.nii.gz").header
    assert (int(header["qform_code"]), int(header["sform_code"])) == (0, 0)
    assert header.get_xyzt_units()[0] == unit
    assert header.get_zooms() == ((1.5, 2, 3) if geometry == "spacing" else (1, 1, 1))
    for again in (read_nifti(tmp_path / "x.nii.gz"), *read_images(tmp_path / "x.nii.gz")):
        assert again.geometry == geometry
        assert (again.affine == volume.affine).all()
        assert (again.data == volume.data).all()


@pytest.mark.parametrize(
    ("axis", "unit", "step", "again"),
    [
        (FourthAxis(name="time", step=2.5, unit="s"), "sec", 2.5, FourthAxis(name="time", step=2.5, unit="s")),
        (FourthAxis(name="time", step=500.0, unit="ms"), "msec", 500, FourthAxis(name="time", step=0.5, unit="s")),
        (FourthAxis(name="time"), "sec", 0, FourthAxis(name="time")),
        (FourthAxis(name="time", step=2.0, unit="beats"), "sec", 0, FourthAxis(name="time")),
        (FourthAxis(name="echo", step=3.0, unit="ms"), "unknown", 1, FourthAxis(name="unknown")),
    ],
)
def test_fourth_axis(tmp_path, axis, unit, step, again):
    volume = Volume(data=np.zeros((2, 3, 4, 5), np.int16), affine=np.eye(4), fourth_axis=axis)
    write_nifti(tmp_path / "x.nii.gz", volume)
    header = nibabel.load(tmp_path / "x.nii.gz").header
    assert header.get_xyzt_units() == ("mm", unit)
    assert header["pixdim"][4] == step
    assert read_nifti(tmp_path / "x.nii.gz").fourth_axis == again


@pytest.mark.parametrize(("dtype", "sha256"), sorted(UNPACKED.items()))
def test_same_bytes_as_ever(tmp_path, dtype, sha256):
    write_nifti(tmp_path / "x.nii.gz", volume_of(dtype, affine=np.diag([1.0, 2, 3, 1])))
    assert hashlib.sha256(gzip.decompress((tmp_path / "x.nii.gz").read_bytes())).hexdigest() == sha256
