"""Flat DICOM images: exact pixels, what the sidecar says, and what is refused."""

import json
import struct

import numpy as np
import pytest
from flat_dicom import (
    DX,
    PHOTOGRAPHY,
    SECONDARY_CAPTURE,
    ULTRASOUND,
    flat_dataset,
    jpeg_dataset,
    jpeg_stream,
    palette_elements,
    region,
)
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

from fuseflow.dicom.flat import flat_image
from fuseflow.dicom.flat_classes import is_flat_class
from fuseflow.errors import Refused

RANDOM = np.random.default_rng(3)
TWELVE_BITS = RANDOM.integers(0, 4095, (32, 34), np.uint16, endpoint=True)
EIGHT_BITS = RANDOM.integers(0, 255, (32, 34), np.uint8)
COLOURS = RANDOM.integers(0, 255, (10, 14, 3), np.uint8)
SMOOTH = np.add.outer(np.arange(40), np.arange(60)).astype(np.uint8)


@pytest.fixture
def read(tmp_path):
    def read(dataset):
        path = tmp_path / "image.dcm"
        dataset.save_as(path, enforce_file_format=True)
        return flat_image(path)

    return read


def codes(image):
    return [warning["code"] for warning in image.sidecar["warnings"]]


def refusal(read, dataset):
    with pytest.raises(Refused) as caught:
        read(dataset)
    return caught.value


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, RLELossless, JPEG2000Lossless]
)
@pytest.mark.parametrize(("pixels", "bits"), [(TWELVE_BITS, 12), (EIGHT_BITS, 8), (TWELVE_BITS * 16, 16)])
def test_grey_pixels_are_the_stored_values(read, syntax, pixels, bits):
    dataset = flat_dataset(pixels, bits=bits)
    if syntax in (RLELossless, JPEG2000Lossless):
        dataset.compress(syntax, encoding_plugin="pydicom" if syntax == RLELossless else "pylibjpeg")
    dataset.file_meta.TransferSyntaxUID = syntax
    image = read(dataset)
    assert image.pixels.dtype == pixels.dtype
    np.testing.assert_array_equal(image.pixels, pixels)
    assert (image.sidecar["bits"], image.sidecar["photometric"]) == (bits, "MONOCHROME2")
    assert image.sidecar["warnings"] == []


def test_twelve_bits_of_monochrome1_are_inverted_within_their_bits(read):
    image = read(flat_dataset(TWELVE_BITS, bits=12, PhotometricInterpretation="MONOCHROME1"))
    assert image.pixels.dtype == np.uint16
    np.testing.assert_array_equal(image.pixels, 4095 - TWELVE_BITS)
    assert codes(image) == ["inverted"]
    assert (image.sidecar["photometric"], image.sidecar["bits"]) == ("MONOCHROME1", 12)


def test_overlays_in_unused_bits_are_masked(read):
    image = read(flat_dataset(TWELVE_BITS | 0xA000, bits=12))
    np.testing.assert_array_equal(image.pixels, TWELVE_BITS)


def test_eight_of_sixteen_bits_become_eight(read):
    image = read(flat_dataset(EIGHT_BITS.astype(np.uint16), bits=8))
    assert image.pixels.dtype == np.uint8
    np.testing.assert_array_equal(image.pixels, EIGHT_BITS)


def test_big_endian_values_are_read(read, tmp_path):
    dataset = flat_dataset(
        TWELVE_BITS, syntax=ExplicitVRBigEndian, bits=12, PixelData=TWELVE_BITS.astype(">u2").tobytes()
    )
    np.testing.assert_array_equal(read(dataset).pixels, TWELVE_BITS)


def test_rgb_ultrasound_with_the_spacing_of_its_region(read):
    regions = [region(), region(RegionSpatialFormat=2, PhysicalUnitsXDirection=4)]
    image = read(
        flat_dataset(
            COLOURS, sop_class=ULTRASOUND, modality="US", SequenceOfUltrasoundRegions=regions[:1], NumberOfFrames=1
        )
    )
    np.testing.assert_array_equal(image.pixels, COLOURS)
    assert image.sidecar["spacing"] == pytest.approx([0.3, 0.2])
    assert image.sidecar["spacing_element"] == "SequenceOfUltrasoundRegions"
    assert codes(image) == ["burned-in-unstated"]
    assert image.sidecar["photometric"] == "RGB"
    several = flat_dataset(COLOURS, sop_class=ULTRASOUND, modality="US", SequenceOfUltrasoundRegions=regions)
    assert read(several).sidecar["spacing"] is None


def test_palette_colour(read):
    colours = RANDOM.integers(0, 255, (256, 3), np.uint8)
    image = read(flat_dataset(EIGHT_BITS, sop_class=ULTRASOUND, modality="US", **palette_elements(colours)))
    np.testing.assert_array_equal(image.pixels, colours[EIGHT_BITS])
    assert (image.sidecar["photometric"], image.pixels.dtype) == ("PALETTE COLOR", np.uint8)


def test_lossy_grey_is_what_the_stream_holds(read):
    stream = jpeg_stream(SMOOTH)
    image = read(jpeg_dataset(stream, SMOOTH, PhotometricInterpretation="MONOCHROME1"))
    assert abs(255 - image.pixels.astype(int) - SMOOTH).max() <= 2
    assert image.sidecar["lossy"] is True


@pytest.mark.parametrize(
    ("elements", "spacing", "element"),
    [
        ({"PixelSpacing": [0.2, 0.3], "ImagerPixelSpacing": [0.4, 0.4]}, [0.2, 0.3], "PixelSpacing"),
        ({"ImagerPixelSpacing": [0.4, 0.5]}, [0.4, 0.5], "ImagerPixelSpacing"),
        ({"NominalScannedPixelSpacing": [0.1, 0.1]}, [0.1, 0.1], "NominalScannedPixelSpacing"),
        ({"PixelSpacing": [0, 0]}, None, None),
        ({}, None, None),
    ],
)
def test_spacing_is_stated_with_its_element(read, elements, spacing, element):
    image = read(flat_dataset(EIGHT_BITS, **elements))
    assert (image.sidecar["spacing"], image.sidecar["spacing_element"]) == (spacing, element)
    assert codes(image) == (["spacing-not-in-patient"] if element not in (None, "PixelSpacing") else [])


def test_windows_rescaling_and_padding_are_stated_and_change_nothing(read):
    pixels = TWELVE_BITS.copy()
    pixels[0, :3] = 4000
    pixels[1:][pixels[1:] == 4000] = 1
    pixels[0, 3:][pixels[0, 3:] == 4000] = 1
    image = read(
        flat_dataset(
            pixels,
            bits=12,
            WindowCenter=[40, 400],
            WindowWidth=[80, 2000],
            VOILUTFunction="SIGMOID",
            RescaleSlope=2,
            RescaleIntercept=-10,
            PixelPaddingValue=4000,
            LossyImageCompression="00",
        )
    )
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.sidecar["window"] == {"center_width": [[40, 80], [400, 2000]], "function": "SIGMOID"}
    assert image.sidecar["rescale"] == {"slope": 2, "intercept": -10}
    assert image.sidecar["padding"] == {"stored": [4000, 4000], "pixels": 3}
    assert image.sidecar["lossy"] is False
    assert codes(image) == ["not-rescaled"]


@pytest.mark.parametrize(
    "elements",
    [{"WindowCenter": 40}, {"WindowCenter": [1, 2], "WindowWidth": 3}, {"WindowCenter": 40, "WindowWidth": 0}],
)
def test_half_a_window_is_none(read, elements):
    assert read(flat_dataset(EIGHT_BITS, **elements)).sidecar["window"] is None


def test_tables_and_overlays_are_reported_and_not_applied(read):
    dataset = flat_dataset(EIGHT_BITS, VOILUTSequence=[Dataset()])
    dataset.add_new(0x60003000, "OW", bytes(20))
    image = read(dataset)
    np.testing.assert_array_equal(image.pixels, EIGHT_BITS)
    assert codes(image) == ["table-not-applied", "overlay-left-out"]


def test_nothing_in_the_sidecar_identifies_a_person(read):
    image = read(flat_dataset(EIGHT_BITS, VOILUTFunction="DOE", WindowCenter=1, WindowWidth=2))
    text = json.dumps(image.sidecar)
    assert not any(part in text for part in ("Doe", "DOE", "secret", "2020", '1.2.3"'))
    assert image.sidecar["window"]["function"] == "LINEAR"


def test_secondary_captures_of_flat_modalities_are_read_and_reported(read):
    image = read(flat_dataset(EIGHT_BITS, sop_class=SECONDARY_CAPTURE, modality="CR", BurnedInAnnotation="NO"))
    assert codes(image) == ["secondary-capture"]
    refused = refusal(read, flat_dataset(EIGHT_BITS, sop_class=SECONDARY_CAPTURE, modality="CT"))
    assert refused.reason == "secondary-capture"


def test_without_a_class_the_modality_decides():
    assert is_flat_class("", "MG")
    assert not is_flat_class("", "CT")
    assert not is_flat_class("1.2.840.10008.5.1.4.1.1.4", "MR")
    assert not is_flat_class("1.2.840.10008.5.1.4.1.1.77.1.6", "SM")


@pytest.mark.parametrize(
    ("dataset", "reason"),
    [
        (flat_dataset(EIGHT_BITS, BurnedInAnnotation="YES"), "burned-in"),
        (flat_dataset(EIGHT_BITS, ImageType=["DERIVED", "SECONDARY", "SCREEN SAVE"]), "screen-save"),
        (flat_dataset(EIGHT_BITS, NumberOfFrames=2, Rows=16), "several-images"),
        (flat_dataset(EIGHT_BITS, sop_class="1.2.840.10008.5.1.4.1.1.2", modality="CT"), "unsupported-class"),
        (flat_dataset(EIGHT_BITS, PixelData=None), "not-an-image"),
        (flat_dataset(EIGHT_BITS, PixelData=bytes(100)), "unreadable"),
        (flat_dataset(TWELVE_BITS, bits=12, HighBit=15), "unsupported-pixels"),
        (flat_dataset(TWELVE_BITS, bits=12, HighBit=10), "unsupported-pixels"),
        (flat_dataset(TWELVE_BITS.astype(np.uint32)), "unsupported-pixels"),
        (flat_dataset(EIGHT_BITS, BitsAllocated=1, BitsStored=1, HighBit=0), "unsupported-pixels"),
        (flat_dataset(EIGHT_BITS, ModalityLUTSequence=[Dataset()]), "unsupported-pixels"),
        (flat_dataset(TWELVE_BITS.astype(np.uint16) | 0x800, bits=12, PixelRepresentation=1), "unsupported-pixels"),
        (
            flat_dataset(EIGHT_BITS // 2, PixelRepresentation=1, PhotometricInterpretation="MONOCHROME1"),
            "unsupported-pixels",
        ),
        (flat_dataset(EIGHT_BITS, PhotometricInterpretation="HSV"), "unsupported-pixels"),
    ],
)
def test_what_cannot_be_kept_is_refused(read, dataset, reason):
    assert refusal(read, dataset).reason == reason


def test_signed_values_without_a_negative_one_are_kept(read):
    image = read(flat_dataset(EIGHT_BITS // 2, PixelRepresentation=1))
    np.testing.assert_array_equal(image.pixels, EIGHT_BITS // 2)


def test_encodings_without_a_decoder_are_refused(read):
    dataset = jpeg_dataset(jpeg_stream(SMOOTH), SMOOTH)
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.100"
    assert refusal(read, dataset).reason == "unsupported-syntax"


@pytest.mark.parametrize(("side", "reason"), [(65535, "too-large"), (4000, "impossible-size")])
def test_sizes_are_checked_before_anything_is_decoded(read, side, reason):
    dataset = flat_dataset(EIGHT_BITS)
    dataset.compress(RLELossless, encoding_plugin="pydicom")
    dataset.Rows = dataset.Columns = side
    assert refusal(read, dataset).reason == reason


def test_a_stream_that_is_cut_short_is_refused_and_not_filled(read):
    stream = jpeg_stream(SMOOTH)
    assert refusal(read, jpeg_dataset(stream[:-60] + b"\xff\xd9", SMOOTH)).reason == "unreadable"
    assert refusal(read, jpeg_dataset(stream, SMOOTH[:-1])).reason == "unreadable"


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "notes.txt"
    with pytest.raises(Refused, match="cannot be opened"):
        flat_image(path)
    path.write_text("case\tpatient\n")
    with pytest.raises(Refused, match="not-dicom"):
        flat_image(path)
    path.write_bytes(bytes(128) + b"DICM" + struct.pack("<HH", 8, 0x60))
    with pytest.raises(Refused) as caught:
        flat_image(path)
    assert caught.value.reason == "unreadable"


def test_damaged_file_meta_information_is_unreadable(tmp_path):
    path = tmp_path / "image.dcm"
    flat_dataset(EIGHT_BITS).save_as(path, enforce_file_format=True)
    path.write_bytes(path.read_bytes().replace(b"\2\0\2\0UI", b"\2\0\2\0U\1").replace(b"\x08\0\x16\0", b"\x08\0\x17\0"))
    with pytest.raises(Refused) as caught:
        flat_image(path)
    assert caught.value.reason == "unreadable"


def test_photographs_are_flat(read):
    image = read(flat_dataset(COLOURS, sop_class=PHOTOGRAPHY, modality="XC", NumberOfFrames="1"))
    np.testing.assert_array_equal(image.pixels, COLOURS)
    assert is_flat_class(DX, "")
