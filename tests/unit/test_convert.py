"""Conversion: exact pixels, or a refusal with its reason."""

from __future__ import annotations

import numpy as np
import pytest

from fuseflow.convert import Convert
from fuseflow.errors import Refused
from fuseflow.formats.png import write_png

GREY = np.arange(20, dtype=np.uint8).reshape(4, 5)
DEEP = (GREY.astype(np.uint16) + 1) * 3000
COLOUR = np.stack([GREY, GREY, GREY + 1], axis=-1)


def test_grey_stays_as_it_is():
    np.testing.assert_array_equal(Convert()({"CT": write_png(GREY)})["CT"], GREY)


def test_sixteen_bits_are_kept_exactly():
    image = Convert(bits=16, size=(5, 4))({"CT": write_png(DEEP)})["CT"]

    assert image.dtype == np.uint16
    np.testing.assert_array_equal(image, DEEP)


def test_colour_that_is_grey_in_fact_becomes_grey():
    image = Convert()({"CT": write_png(np.stack([DEEP] * 3, axis=-1))})["CT"]

    np.testing.assert_array_equal(image, DEEP)


def test_colour_stays_colour():
    np.testing.assert_array_equal(Convert()({"PET": write_png(COLOUR)})["PET"], COLOUR)


@pytest.mark.parametrize(
    ("raw", "expected", "reason", "words"),
    [
        ({"CT": write_png(GREY)[:-20]}, {}, "unreadable", "CT: the PNG is cut short"),
        ({"CT": b"text"}, {}, "unreadable", "CT: not a PNG"),
        ({"CT": write_png(GREY)}, {"size": (4, 5)}, "wrong-size", "CT has 5 x 4 pixels, the card expects 4 x 5"),
        ({"CT": write_png(DEEP)}, {"bits": 8}, "wrong-depth", "CT has 16 bits per sample, the card expects 8"),
        ({"CT": write_png(GREY)}, {"bits": 16}, "wrong-depth", "CT has 8 bits"),
        ({"CT": write_png(GREY * 0 + 9)}, {}, "constant", "every pixel of CT has the value 9"),
        ({"CT": write_png(COLOUR * 0)}, {}, "constant", "every pixel of CT has the value 0"),
        ({"CT": write_png(GREY), "MR": write_png(GREY[:3])}, {}, "size-mismatch", "CT has 5 x 4, MR has 5 x 3"),
    ],
)
def test_refusals(raw, expected, reason, words):
    with pytest.raises(Refused, match=words) as caught:
        Convert(**expected)(raw)
    assert caught.value.reason == reason
