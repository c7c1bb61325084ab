"""JPEG files: pixels as Pillow decodes them, turned as EXIF says, and nothing of a person."""

import io

import numpy as np
import pytest
from PIL import Image

from fuseflow.errors import Refused
from fuseflow.formats.readers.jpeg import READER

PIXELS = np.random.default_rng(1).integers(0, 255, (12, 20, 3), np.uint8)


def jpeg(pixels, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", **options)
    return buffer.getvalue()


@pytest.fixture
def read(tmp_path):
    def read(data, name="image.jpg"):
        (tmp_path / name).write_bytes(data)
        (image,) = READER.read(tmp_path / name)
        return image

    return read


@pytest.mark.parametrize(("pixels", "photometric"), [(PIXELS, "YCbCr"), (PIXELS[..., 0], "grey")])
def test_pixels_are_those_that_pillow_decodes(read, pixels, photometric):
    data = jpeg(pixels, dpi=(300, 300))
    image = read(data)
    np.testing.assert_array_equal(image.pixels, np.asarray(Image.open(io.BytesIO(data))))
    expected = {"format": "JPEG", "photometric": photometric, "bits": 8, "lossy": True, "spacing": None}
    assert image.sidecar | expected == image.sidecar
    assert image.sidecar["warnings"] == []


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_gives_exact_pixels(read, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "Jane Doe"
    exif.get_ifd(0x8825)[1] = "N"
    data = jpeg(PIXELS, exif=exif)
    image = read(data)
    stored = np.asarray(Image.open(io.BytesIO(data)))
    # where the upper left corner of the stored picture goes: 6 turns it to the right
    corner = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (0, -1), 7: (-1, -1), 8: (-1, 0)}
    assert image.pixels.shape == ((20, 12, 3) if orientation >= 5 else (12, 20, 3))
    np.testing.assert_array_equal(image.pixels[corner[orientation]], stored[0, 0])
    assert sorted(image.pixels.reshape(-1, 3).tolist()) == sorted(stored.reshape(-1, 3).tolist())
    assert image.sidecar["orientation"] == orientation
    assert "Doe" not in str(image.sidecar)


def test_what_is_behind_the_image_is_reported(read):
    image = read(jpeg(PIXELS) + b"more")
    assert [warning["code"] for warning in image.sidecar["warnings"]] == ["surplus-data"]


def test_a_name_of_another_format_is_reported(read):
    image = read(jpeg(PIXELS), "image.png")
    assert [warning["code"] for warning in image.sidecar["warnings"]] == ["misnamed"]


def test_a_file_that_is_cut_short_is_refused(read):
    with pytest.raises(Refused) as caught:
        read(jpeg(PIXELS)[:-20])
    assert caught.value.reason == "unreadable"
