"""Colours of DICOM images: the standard's formula, every layout, and streams that say themselves what they hold."""

import numpy as np
import pytest
from flat_dicom import PHOTOGRAPHY, flat_dataset, jpeg_dataset, jpeg_stream
from pydicom.pixels.processing import convert_color_space
from pydicom.uid import ExplicitVRBigEndian, JPEG2000Lossless, RLELossless

from fuseflow.dicom.colour import rgb_of_ybr
from fuseflow.dicom.flat import flat_image
from fuseflow.errors import Refused

RANDOM = np.random.default_rng(4)
COLOURS = RANDOM.integers(0, 255, (10, 14, 3), np.uint8)
SMOOTH = np.stack(np.broadcast_arrays(*np.ogrid[:40, :60], np.uint8(90)), axis=-1).astype(np.uint8)
VL = {"sop_class": PHOTOGRAPHY, "modality": "XC"}


@pytest.fixture
def read(tmp_path):
    def read(dataset):
        path = tmp_path / "image.dcm"
        dataset.save_as(path, enforce_file_format=True)
        return flat_image(path).pixels

    return read


def reason_of(read, dataset):
    with pytest.raises(Refused) as caught:
        read(dataset)
    return caught.value.reason


def test_every_half_is_rounded_up():
    y, cb, cr = 1.0, 253 - 128, 128 - 128
    assert y + 1.772 * cb + cr == 222.5
    assert rgb_of_ybr(np.array([[[1, 253, 128]]], np.uint8))[0, 0, 2] == 223


def test_the_formula_is_that_of_the_standard():
    grid = (
        np.stack(np.meshgrid(*[np.arange(0, 256, 5)] * 3, indexing="ij"), axis=-1).reshape(52, -1, 3).astype(np.uint8)
    )
    found = rgb_of_ybr(grid)
    np.testing.assert_array_equal(found, convert_color_space(grid, "YBR_FULL", "RGB"))
    # the standard's own matrix, the other way; where nothing was cut off
    inside = ((found > 0) & (found < 255)).all(axis=-1)
    forward = np.array([[0.2990, 0.5870, 0.1140], [-0.1687, -0.3313, 0.5000], [0.5000, -0.4187, -0.0813]])
    again = found[inside] @ forward.T + [0, 128, 128]
    assert abs(again - grid[inside]).max() < 1.1


@pytest.mark.parametrize("syntax", ["native", RLELossless, ExplicitVRBigEndian])
def test_ybr_full_becomes_rgb(read, syntax):
    dataset = flat_dataset(COLOURS, PhotometricInterpretation="YBR_FULL", **VL)
    if syntax == RLELossless:
        dataset.compress(syntax, encoding_plugin="pydicom")
    np.testing.assert_array_equal(read(dataset), rgb_of_ybr(COLOURS))


def test_ybr_full_422_shares_colours_between_neighbours(read):
    y, cb, cr = COLOURS[..., 0], COLOURS[:, ::2, 1], COLOURS[:, ::2, 2]
    stored = np.stack([y[:, ::2], y[:, 1::2], cb, cr], axis=-1)
    dataset = flat_dataset(COLOURS, PhotometricInterpretation="YBR_FULL_422", PixelData=stored.tobytes(), **VL)
    expected = rgb_of_ybr(np.stack([y, cb.repeat(2, axis=1), cr.repeat(2, axis=1)], axis=-1))
    np.testing.assert_array_equal(read(dataset), expected)


@pytest.mark.parametrize("pixels", [COLOURS, COLOURS.astype(np.uint16) * 257])
def test_planes_one_after_the_other_are_read(read, pixels):
    planes = np.ascontiguousarray(np.moveaxis(pixels, -1, 0))
    found = read(flat_dataset(pixels, PlanarConfiguration=1, PixelData=planes.tobytes(), **VL))
    assert found.dtype == pixels.dtype
    np.testing.assert_array_equal(found, pixels)


def test_a_missing_planar_configuration_means_pixels_one_after_the_other(read):
    np.testing.assert_array_equal(read(flat_dataset(COLOURS, PlanarConfiguration=None, **VL)), COLOURS)


@pytest.mark.parametrize("photometric", ["RGB", "YBR_RCT"])
def test_jpeg_2000_is_rgb(read, photometric):
    dataset = flat_dataset(SMOOTH, **VL)
    dataset.PhotometricInterpretation = photometric
    dataset.compress(JPEG2000Lossless, encoding_plugin="pylibjpeg")
    np.testing.assert_array_equal(read(dataset), SMOOTH)


@pytest.mark.parametrize("photometric", ["YBR_FULL_422", "YBR_FULL", "RGB"])
def test_lossy_jpeg_is_what_its_stream_says_whatever_the_file_says(read, photometric):
    ybr = jpeg_stream(SMOOTH)
    assert (
        abs(read(jpeg_dataset(ybr, SMOOTH, PhotometricInterpretation=photometric, **VL)).astype(int) - SMOOTH).max() < 6
    )
    rgb = jpeg_stream(SMOOTH, keep_rgb=True)
    assert (
        abs(read(jpeg_dataset(rgb, SMOOTH, PhotometricInterpretation=photometric, **VL)).astype(int) - SMOOTH).max() < 6
    )
    adobe = ybr.replace(ybr[2:20], b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x01")
    found = read(jpeg_dataset(adobe, SMOOTH, PhotometricInterpretation=photometric, **VL))
    assert abs(found.astype(int) - SMOOTH).max() < 6


def test_where_the_stream_says_nothing_the_file_does(read):
    ybr = jpeg_stream(SMOOTH, subsampling=0)
    silent = ybr.replace(ybr[2:20], b"")
    as_ybr = read(jpeg_dataset(silent, SMOOTH, PhotometricInterpretation="YBR_FULL_422", **VL))
    assert abs(as_ybr.astype(int) - SMOOTH).max() < 6
    as_rgb = read(jpeg_dataset(silent, SMOOTH, PhotometricInterpretation="RGB", **VL))
    np.testing.assert_array_equal(rgb_of_ybr(as_rgb), as_ybr)


@pytest.mark.parametrize(
    "dataset",
    [
        flat_dataset(COLOURS, PhotometricInterpretation="YBR_PARTIAL_422", **VL),
        flat_dataset(COLOURS, PhotometricInterpretation="MONOCHROME2", **VL),
        flat_dataset(COLOURS, PlanarConfiguration=2, **VL),
        flat_dataset(COLOURS, PixelRepresentation=1, **VL),
        flat_dataset(COLOURS.astype(np.uint16), PhotometricInterpretation="YBR_FULL", **VL),
        flat_dataset(COLOURS.astype(np.uint16), bits=12, **VL),
        flat_dataset(COLOURS[:, 1:], PhotometricInterpretation="YBR_FULL_422", **VL),
        jpeg_dataset(jpeg_stream(SMOOTH), SMOOTH, PlanarConfiguration=1, **VL),
    ],
)
def test_other_colours_and_layouts_are_refused(read, dataset):
    assert reason_of(read, dataset) == "unsupported-pixels"


def test_colours_that_are_cut_short_are_unreadable(read):
    assert reason_of(read, flat_dataset(COLOURS, PixelData=bytes(400), **VL)) == "unreadable"
    stream = jpeg_stream(SMOOTH)
    assert reason_of(read, jpeg_dataset(stream[:-80] + b"\xff\xd9", SMOOTH, **VL)) == "unreadable"
