"""Radiographs and endoscopies as they are shared: every image file, with the values that other readers find."""

import zipfile

import numpy as np
import pydicom
import pytest
from PIL import Image, ImageSequence

from fuseflow.dicom.flat import flat_image
from fuseflow.formats.reading import read_images

FILES = {"chest-xray": 67, "mura": 7, "ead2019": 7}
"""Image files that are not DICOM, per data set."""


@pytest.fixture(scope="module")
def unpacked(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("flat")
    for data_set in FILES:
        for archive in sorted((shared / "data" / data_set).glob("*.zip")):
            with zipfile.ZipFile(archive) as file:
                file.extractall(folder / data_set)
    return folder


@pytest.mark.parametrize("data_set", FILES)
def test_every_image_has_the_values_that_pillow_reads(unpacked, data_set):
    paths = sorted(
        path for path in (unpacked / data_set).rglob("*") if path.suffix in (".png", ".jpg", ".tif") and path.is_file()
    )
    assert len(paths) == FILES[data_set]
    for path in paths:
        images = read_images(path)
        with Image.open(path) as file:
            pages = [np.asarray(page) for page in ImageSequence.Iterator(file)]
        for image, page in zip(images, pages, strict=True):
            np.testing.assert_array_equal(image.pixels, page[..., :3] if page.ndim == 3 else page)


def test_what_is_known_of_these_sets_is_found(unpacked):
    alpha = [
        path
        for path in (unpacked / "chest-xray").rglob("NIH1000/**/*.png")
        for image in read_images(path)
        if "alpha-dropped" in {warning["code"] for warning in image.sidecar["warnings"]}
    ]
    assert len(alpha) == 8
    kinds = [read_images(path)[0].sidecar["photometric"] for path in (unpacked / "mura").rglob("*.png")]
    assert sorted(kinds) == ["RGB"] + ["grey"] * 6
    (misnamed,) = (unpacked / "ead2019").rglob("imgs/0000600.jpg")
    sidecar = read_images(misnamed)[0].sidecar
    assert (sidecar["format"], [warning["code"] for warning in sidecar["warnings"]]) == ("PNG", ["misnamed"])


def test_the_mask_has_one_page_per_class(unpacked):
    (path,) = (unpacked / "ead2019").rglob("*_mask.tif")
    images = read_images(path)
    assert [image.sidecar["page"] for image in images] == [[number, 5] for number in range(1, 6)]
    assert {image.pixels.shape for image in images} == {(512, 512)}


def test_dicom_radiographs_are_as_pydicom_reads_them(unpacked):
    paths = sorted((unpacked / "chest-xray").rglob("*.dcm"))
    assert len(paths) == 2
    for path in paths:
        image, dataset = flat_image(path), pydicom.dcmread(path)
        inverted = dataset.PhotometricInterpretation == "MONOCHROME1"
        expected = 255 - dataset.pixel_array if inverted else dataset.pixel_array
        np.testing.assert_array_equal(image.pixels, expected)
        assert image.sidecar["spacing"] == [0.168, 0.168]
        codes = [warning["code"] for warning in image.sidecar["warnings"]]
        assert codes == ["secondary-capture", "burned-in-unstated"] + ["inverted"] * inverted
