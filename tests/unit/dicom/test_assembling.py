"""Rules of intensities: which values voxels get, and in which type."""

import numpy as np
import pytest
from dicom_series import Geometry, pet_elements, series, slice_dataset
from dicom_volumes import assert_right, convert_one, refusal_of
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless

SMALL = Geometry(rows=2, columns=3, slices=2)


def with_pixels(pixels, geometry=SMALL, **options):
    """A series whose slices all have the given stored pixels."""
    return series(geometry, stored=lambda _: np.array(pixels), **options)


def voxels(volume):
    """The first slice as (rows, columns), undoing the flips of an axial series."""
    return volume.data[::-1, ::-1, 0].T


def test_whole_numbers_with_slope_1_become_int16(tmp_path):
    volume = convert_one(tmp_path, series(Geometry(), signed=False, stored=lambda v: v + 1024, RescaleIntercept=-1024))
    assert_right(volume)
    assert volume.data.dtype == np.int16


def test_unsigned_16_bits_become_int16_if_the_values_fit(tmp_path):
    volume = convert_one(tmp_path, with_pixels([[0, 1, 2], [3, 4, 32767]], signed=False))
    assert volume.data.dtype == np.int16
    assert voxels(volume).tolist() == [[0, 1, 2], [3, 4, 32767]]


def test_unsigned_16_bits_become_float32_if_the_values_do_not_fit(tmp_path):
    volume = convert_one(tmp_path, with_pixels([[0, 1, 2], [3, 4, 65535]], signed=False))
    assert volume.data.dtype == np.float32
    assert voxels(volume).tolist() == [[0, 1, 2], [3, 4, 65535]]


def test_a_fractional_intercept_makes_float32(tmp_path):
    volume = convert_one(tmp_path, with_pixels([[0, 1, 2], [3, 4, 5]], RescaleIntercept="0.5"))
    assert volume.data.dtype == np.float32
    assert voxels(volume)[0].tolist() == [0.5, 1.5, 2.5]


def test_every_slice_has_its_own_slope_and_intercept(tmp_path):
    datasets = [
        slice_dataset(
            SMALL, place, stored=lambda _: np.arange(6).reshape(2, 3), RescaleSlope=slope, RescaleIntercept=start
        )
        for place, (slope, start) in enumerate([(1, 0), (0.1, 7)])
    ]
    volume = convert_one(tmp_path, datasets)
    assert volume.data[::-1, ::-1, 1].T.tolist() == np.float32(np.arange(6).reshape(2, 3) * 0.1 + 7).tolist()
    assert volume.sidecar["rescale"] == {"slope": [0.1, 1.0], "intercept": [0.0, 7.0]}


def test_missing_rescale_means_the_stored_values(tmp_path):
    volume = convert_one(tmp_path, with_pixels([[1, 2, 3], [4, 5, 6]], RescaleSlope=None, RescaleIntercept=None))
    assert voxels(volume).tolist() == [[1, 2, 3], [4, 5, 6]]


def test_padding_of_ct_becomes_air_and_is_counted(tmp_path):
    volume = convert_one(
        tmp_path, with_pixels([[-2000, 5, -2000], [6, 7, 8]], PixelPaddingValue=-2000, RescaleIntercept=-100)
    )
    assert voxels(volume).tolist() == [[-1024, -95, -1024], [-94, -93, -92]]
    assert volume.sidecar["padding"] == {"stored": [[-2000, -2000]], "voxels": 4}


def test_padding_range(tmp_path):
    volume = convert_one(
        tmp_path, with_pixels([[-2000, -1999, -1990], [6, 7, 8]], PixelPaddingValue=-2000, PixelPaddingRangeLimit=-1995)
    )
    assert voxels(volume)[0].tolist() == [-1024, -1024, -1990]


def test_padding_with_the_wrong_sign_still_means_the_same_bits(tmp_path):
    datasets = with_pixels([[-2000, 5, 6], [6, 7, 8]])
    for dataset in datasets:
        dataset.add_new("PixelPaddingValue", "US", 65536 - 2000)
    assert voxels(convert_one(tmp_path, datasets))[0].tolist() == [-1024, 5, 6]


def test_padding_of_mr_keeps_its_value_and_is_counted(tmp_path):
    volume = convert_one(tmp_path, with_pixels([[0, 5, 0], [6, 7, 8]], modality="MR", PixelPaddingValue=0))
    assert voxels(volume)[0].tolist() == [0, 5, 0]
    assert volume.sidecar["padding"]["voxels"] == 4


@pytest.mark.parametrize("signed", [True, False])
def test_monochrome1_is_inverted(tmp_path, signed):
    top = 2047 if signed else 4095
    bottom = -2048 if signed else 0
    volume = convert_one(
        tmp_path,
        with_pixels([[bottom, top, 5], [6, 7, 8]], bits=12, signed=signed, PhotometricInterpretation="MONOCHROME1"),
    )
    assert voxels(volume)[0].tolist() == [top, bottom, bottom + top - 5]
    assert "monochrome1" in [warning["code"] for warning in volume.sidecar["warnings"]]


def test_signed_values_are_extended_from_the_stored_bits(tmp_path):
    volume = convert_one(tmp_path, with_pixels([[0x0FFF, 0x0800, 0x07FF], [1, 2, 3]], bits=12))
    assert voxels(volume)[0].tolist() == [-1, -2048, 2047]


def test_overlays_in_high_bits_are_masked(tmp_path):
    volume = convert_one(tmp_path, with_pixels([[0xF005, 0x1005, 5], [1, 2, 3]], bits=12, signed=False))
    assert voxels(volume)[0].tolist() == [5, 5, 5]


def test_stored_bits_that_end_below_the_high_bit_are_shifted(tmp_path):
    volume = convert_one(
        tmp_path, with_pixels([[0x0050, 0xFFF0, 0x0010], [16, 32, 48]], bits=12, signed=False, HighBit=15)
    )
    assert voxels(volume).tolist() == [[5, 4095, 1], [1, 2, 3]]


def test_eight_bits(tmp_path):
    datasets = with_pixels([[0, 1, 2], [3, 4, 255]], signed=False)
    for dataset in datasets:
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
        dataset.PixelData = np.array([[0, 1, 2], [3, 4, 255]], np.uint8).tobytes()
    volume = convert_one(tmp_path, datasets)
    assert volume.data.dtype == np.int16
    assert voxels(volume).tolist() == [[0, 1, 2], [3, 4, 255]]


def test_ct_without_rescale_is_warned_of(tmp_path):
    volume = convert_one(tmp_path, with_pixels([[1, 2, 3], [4, 5, 6]], RescaleSlope=None, RescaleIntercept=None))
    assert "no-rescale" in [warning["code"] for warning in volume.sidecar["warnings"]]


def test_rescale_in_some_slices_only_is_refused(tmp_path):
    datasets = with_pixels([[1, 2, 3], [4, 5, 6]])
    del datasets[1].RescaleIntercept
    assert refusal_of(tmp_path, datasets).reason == "inconsistent-series"


def test_pet_without_rescale_is_refused(tmp_path):
    assert refusal_of(tmp_path, series(SMALL, **pet_elements(RescaleSlope=None))).reason == "inconsistent-series"


def test_a_table_instead_of_a_slope_is_refused(tmp_path):
    assert refusal_of(tmp_path, series(SMALL, ModalityLUTSequence=[Dataset()])).reason == "unsupported-pixels"


def test_several_frames_without_functional_groups_are_refused(tmp_path):
    datasets = series(SMALL, [0], NumberOfFrames=2)
    datasets[0].PixelData *= 2
    assert refusal_of(tmp_path, datasets).reason == "unsupported-pixels"


@pytest.mark.parametrize("elements", [{"RescaleSlope": "1e36"}, {"RescaleIntercept": "1e39"}])
def test_values_beyond_float32_are_refused(tmp_path, elements):
    assert refusal_of(tmp_path, with_pixels([[10000, 2, 3], [4, 5, 6]], **elements)).reason == "unreadable"


@pytest.mark.parametrize(("kind", "value"), [("US", 63536), ("SS", -2000)])
def test_padding_beyond_the_stored_bits_is_no_tissue(tmp_path, kind, value):
    datasets = with_pixels([[2096, 0xF830, 5], [6, 7, 8]], bits=12, signed=False, RescaleIntercept=-1524)
    for dataset in datasets:
        dataset.add_new("PixelPaddingValue", kind, value)
    volume = convert_one(tmp_path, datasets)
    assert voxels(volume)[0].tolist() == [572, -1024, -1519]


def test_padding_written_as_the_stored_bits_alone(tmp_path):
    datasets = with_pixels([[-2000, 5, 6], [6, 7, 8]], bits=12)
    for dataset in datasets:
        dataset.add_new("PixelPaddingValue", "US", 4096 - 2000)
    assert voxels(convert_one(tmp_path, datasets))[0].tolist() == [-1024, 5, 6]


def test_padding_of_eight_signed_bits(tmp_path):
    datasets = with_pixels([[0, 1, 2], [3, 4, 5]], PixelPaddingValue=-128)
    for dataset in datasets:
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
        dataset.PixelData = np.array([[-128, 1, 2], [3, 4, 5]], np.int8).tobytes()
    assert voxels(convert_one(tmp_path, datasets))[0].tolist() == [-1024, 1, 2]


@pytest.mark.parametrize("syntax", [ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, RLELossless])
def test_a_high_bit_above_the_stored_bits_in_any_encoding_that_keeps_it(tmp_path, syntax):
    datasets = with_pixels([[0x0050, 0xFFF0, 0x0010], [16, 32, 48]], bits=12, signed=False, HighBit=15)
    for dataset in datasets:
        if syntax == RLELossless:
            dataset.compress(syntax, encoding_plugin="pydicom")
        elif syntax == ExplicitVRBigEndian:
            dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
        dataset.file_meta.TransferSyntaxUID = syntax
    assert voxels(convert_one(tmp_path, datasets)).tolist() == [[5, 4095, 1], [1, 2, 3]]
