"""All eight orientations, and EXIF data that state none."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from fuseflow.formats.orientation import exif_orientation, turned

# 1 2 3
# 4 5 6
STORED = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
UPRIGHT = {
    1: [[1, 2, 3], [4, 5, 6]],
    2: [[3, 2, 1], [6, 5, 4]],
    3: [[6, 5, 4], [3, 2, 1]],
    4: [[4, 5, 6], [1, 2, 3]],
    5: [[1, 4], [2, 5], [3, 6]],
    6: [[4, 1], [5, 2], [6, 3]],
    7: [[6, 3], [5, 2], [4, 1]],
    8: [[3, 6], [2, 5], [1, 4]],
}


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x010F] = "a maker"
    tags[0x0112] = orientation
    return tags.tobytes().removeprefix(b"Exif\0\0")


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_picture_is_turned_as_viewers_do(orientation):
    assert turned(STORED, orientation).tolist() == UPRIGHT[orientation]
    image = Image.fromarray(STORED)
    image.getexif()[0x0112] = orientation
    assert np.array_equal(turned(STORED, orientation), np.asarray(ImageOps.exif_transpose(image)))


def test_colours_stay_together():
    colours = np.stack([STORED, STORED + 10, STORED + 20], axis=-1)
    assert turned(colours, 6)[0, 0].tolist() == [4, 14, 24]


@pytest.mark.parametrize("orientation", [0, 9])
def test_a_value_that_means_nothing_changes_nothing(orientation):
    assert turned(STORED, orientation).tolist() == STORED.tolist()
    assert exif_orientation(exif(orientation)) == 1


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_the_orientation_is_found_among_other_tags(orientation):
    assert exif_orientation(exif(orientation)) == orientation


def test_big_endian_data_are_read():
    data = bytes.fromhex("4d4d002a00000008000101120003000000010003000000000000")
    assert exif_orientation(data) == 3


@pytest.mark.parametrize("length", range(20))
def test_data_that_are_cut_short_state_nothing(length):
    assert exif_orientation(exif(6)[:length]) == 1


def test_an_orientation_of_another_type_is_none():
    data = bytes.fromhex("49492a0008000000010012010400010000000600000000000000")
    assert exif_orientation(data) == 1
