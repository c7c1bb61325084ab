"""Palettes: entries of 8 and 16 bits, in bytes and in words, from any first value; and those that are refused."""

import numpy as np
import pytest
from flat_dicom import flat_dataset, palette_elements
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from fuseflow.dicom.flat import flat_image
from fuseflow.errors import Refused

RANDOM = np.random.default_rng(5)
INDICES = RANDOM.integers(0, 9, (6, 8), np.uint8)
COLOURS = RANDOM.integers(0, 255, (9, 3), np.uint8)


@pytest.fixture
def read(tmp_path):
    def read(dataset):
        path = tmp_path / "image.dcm"
        dataset.save_as(path, enforce_file_format=True)
        return flat_image(path).pixels

    return read


def test_an_odd_number_of_bytes(read):
    np.testing.assert_array_equal(read(flat_dataset(INDICES, **palette_elements(COLOURS))), COLOURS[INDICES])


def test_eight_bits_in_words(read):
    elements = palette_elements(COLOURS.astype(np.uint16), bits=8)
    found = read(flat_dataset(INDICES, **elements))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, COLOURS[INDICES])


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_sixteen_bits_stay_sixteen(read, syntax):
    colours = COLOURS.astype(np.uint16) * 256 + 7
    order = ">u2" if syntax == ExplicitVRBigEndian else "<u2"
    elements = palette_elements(colours.astype(order), bits=16)
    found = read(
        flat_dataset(
            INDICES.astype(np.uint16), syntax=syntax, bits=8, **elements, PixelData=INDICES.astype(order).tobytes()
        )
    )
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, colours[INDICES])


def test_values_outside_have_the_colours_of_the_ends(read):
    found = read(flat_dataset(INDICES, **palette_elements(COLOURS[:4], first=3)))
    np.testing.assert_array_equal(found, COLOURS[np.clip(INDICES.astype(int) - 3, 0, 3)])


def test_no_number_of_entries_means_65536(read):
    colours = RANDOM.integers(0, 65535, (65536, 3), np.uint16)
    indices = RANDOM.integers(0, 65535, (6, 8), np.uint16)
    found = read(flat_dataset(indices, **palette_elements(colours, bits=16)))
    np.testing.assert_array_equal(found, colours[indices])


def test_segmented_palettes_are_refused(read):
    elements = palette_elements(COLOURS) | {"SegmentedRedPaletteColorLookupTableData": bytes(4)}
    with pytest.raises(Refused, match="unsupported-pixels: the palette is a segmented one"):
        read(flat_dataset(INDICES, **elements))


@pytest.mark.parametrize(
    "change",
    [
        {"GreenPaletteColorLookupTableDescriptor": [9, 1, 8]},
        {"GreenPaletteColorLookupTableData": bytes(4)},
        {"GreenPaletteColorLookupTableData": np.full(9, 256, "<u2").tobytes()},
    ],
    ids=["other descriptor", "too short", "more than 8 bits"],
)
def test_tables_that_contradict_each_other_are_unreadable(read, change):
    with pytest.raises(Refused) as caught:
        read(flat_dataset(INDICES, **palette_elements(COLOURS) | change))
    assert caught.value.reason == "unreadable"


@pytest.mark.parametrize(
    "elements",
    [
        {"PhotometricInterpretation": "PALETTE COLOR"},
        palette_elements(COLOURS, descriptor=[9, 0, 12]),
        palette_elements(COLOURS, bits=16),
        {name: value for name, value in palette_elements(COLOURS).items() if not name.endswith("Data")},
    ],
    ids=["no tables", "12 bits", "8 bits called 16", "no entries"],
)
def test_missing_and_odd_tables_are_unreadable(read, elements):
    with pytest.raises(Refused) as caught:
        read(flat_dataset(INDICES, **elements))
    assert caught.value.reason == "unreadable"
