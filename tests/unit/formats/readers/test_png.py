"""PNG files as they come: exact pixels of every kind, and a reason for what is refused."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from fuseflow.errors import Refused
from fuseflow.formats.png import SIGNATURE, write_chunk, write_png
from fuseflow.formats.readers.png import READER

INDICES = np.arange(12, dtype=np.uint8).reshape(3, 4) % 4
PALETTE = [(1, 2, 3), (40, 50, 60), (200, 100, 0), (255, 255, 255)]


def raw_png(*, bits, colour_type, rows, width, extra=b"", interlaced=0):
    header = struct.pack(">IIBBBBB", width, len(rows), bits, colour_type, 0, 0, interlaced)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return SIGNATURE + b"".join(
        (write_chunk(b"IHDR", header), extra, write_chunk(b"IDAT", body), write_chunk(b"IEND", b""))
    )


def with_chunk(data, kind, body):
    """A PNG with one more chunk before its pixels."""
    place = data.index(b"IDAT") - 4
    return data[:place] + write_chunk(kind, body) + data[place:]


def saved(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


def palette_image():
    image = Image.fromarray(INDICES, "P")
    image.putpalette([value for colour in PALETTE for value in colour])
    return image


@pytest.fixture
def read(tmp_path):
    def read(data, name="image.png"):
        (tmp_path / name).write_bytes(data)
        (image,) = READER.read(tmp_path / name)
        return image

    return read


def codes(image):
    return [warning["code"] for warning in image.sidecar["warnings"]]


def refusal(read, data):
    with pytest.raises(Refused) as caught:
        read(data)
    return caught.value


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3)])
def test_ordinary_images_are_read_as_they_are(read, dtype, shape):
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    image = read(write_png(pixels))
    assert image.pixels.dtype == dtype
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.sidecar == {
        "format": "PNG",
        "shape": list(shape),
        "axes": ["y", "x", "channel"][: len(shape)],
        "geometry": "unknown",
        "affine": None,
        "data_type": np.dtype(dtype).name,
        "photometric": "grey" if len(shape) == 2 else "RGB",
        "bits": 8 * np.dtype(dtype).itemsize,
        "lossy": False,
        "spacing": None,
        "spacing_element": None,
        "window": None,
        "orientation": 1,
        "page": None,
        "warnings": [],
    }


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_a_palette_becomes_its_colours(read, bits):
    weights = 1 << np.arange(bits - 1, -1, -1)
    rows = [np.packbits((row[:, None] & weights) > 0).tobytes() for row in INDICES]
    colours = write_chunk(b"PLTE", bytes(value for colour in PALETTE for value in colour))
    image = read(raw_png(bits=bits, colour_type=3, width=4, rows=rows, extra=colours))
    assert image.pixels.tolist() == [[list(PALETTE[index]) for index in row] for row in INDICES]
    assert (image.sidecar["photometric"], image.sidecar["bits"]) == ("palette", bits)


def test_one_bit_of_palette(read):
    data = raw_png(
        bits=1, colour_type=3, width=3, rows=[b"\xa0"], extra=write_chunk(b"PLTE", bytes([9, 8, 7, 1, 2, 3]))
    )
    assert read(data).pixels.tolist() == [[[1, 2, 3], [9, 8, 7], [1, 2, 3]]]


@pytest.mark.parametrize(
    ("bits", "row", "values"),
    [(1, b"\xa0", [255, 0, 255]), (2, b"\x1b", [0, 85, 170, 255]), (4, b"\x0f\x70", [0, 255, 119])],
)
def test_few_bits_of_grey_fill_eight(read, bits, row, values):
    image = read(raw_png(bits=bits, colour_type=0, width=len(values), rows=[row]))
    assert image.pixels.tolist() == [values]
    assert image.sidecar["bits"] == bits
    assert codes(image) == ["scaled"]


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from(["1", "L", "P", "RGB", "RGBA", "LA"]), st.booleans())
def test_the_size_of_interlaced_rows_is_right(tmp_path_factory, width, height, mode, interlaced):
    channels = {"RGB": 3, "RGBA": 4, "LA": 2}.get(mode, 1)
    values = np.arange(width * height * channels, dtype=np.uint8).reshape(height, width, channels)
    if mode in ("LA", "RGBA"):
        values[..., -1] = 255
    bits = 1 if mode == "1" else 8
    rows = [np.packbits(row[:, 0] & 1).tobytes() if bits == 1 else row.tobytes() for row in values]
    kind = {"1": 0, "L": 0, "P": 3, "RGB": 2, "RGBA": 6, "LA": 4}[mode]
    data = raw_png(bits=bits, colour_type=kind, rows=rows, width=width, extra=write_chunk(b"PLTE", bytes(768)))
    if interlaced:
        # Adam7: the same values, pass by pass
        data = raw_interlaced(values, bits=bits, colour_type=kind)
    path = tmp_path_factory.mktemp("png") / "image.png"
    path.write_bytes(data)
    (image,) = READER.read(path)
    expected = {"1": (values[..., 0] & 1) * 255, "L": values[..., 0], "LA": values[..., 0]}.get(mode, values[..., :3])
    if mode == "P":
        expected = np.zeros((height, width, 3))
    np.testing.assert_array_equal(image.pixels, expected)


def raw_interlaced(values, *, bits, colour_type):
    height, width = values.shape[:2]
    body = b""
    for column, row, across, down in [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ]:
        part = values[row::down, column::across]
        for line in part if part.size else []:
            body += b"\0" + (np.packbits(line[:, 0] & 1).tobytes() if bits == 1 else line.tobytes())
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 1)
    chunks = (b"IHDR", header), (b"PLTE", bytes(768)), (b"IDAT", zlib.compress(body)), (b"IEND", b"")
    return SIGNATURE + b"".join(write_chunk(*chunk) for chunk in chunks)


def test_the_picture_is_turned_as_its_exif_data_say_and_nothing_else_of_them_is_kept(read):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "Jane Doe"
    text = PngImagePlugin.PngInfo()
    text.add_text("Title", "Jane Doe")
    pixels = np.arange(6, dtype=np.uint8).reshape(2, 3)
    image = read(saved(Image.fromarray(pixels), exif=exif, pnginfo=text, dpi=(72, 72)))
    assert image.pixels.tolist() == np.rot90(pixels, -1).tolist()
    assert image.sidecar["orientation"] == 6
    assert "Doe" not in str(image.sidecar)
    assert image.sidecar["spacing"] is None


def test_opaque_alpha_is_dropped_and_reported(read):
    image = read(saved(Image.new("RGBA", (2, 1), (1, 2, 3, 255))))
    assert image.pixels.tolist() == [[[1, 2, 3], [1, 2, 3]]]
    assert codes(image) == ["alpha-dropped"]


def test_a_transparent_colour_that_no_pixel_has_hides_nothing(read):
    data = raw_png(bits=8, colour_type=0, width=2, rows=[b"\1\2"], extra=write_chunk(b"tRNS", b"\0\3"))
    assert read(data).pixels.tolist() == [[1, 2]]
    opaque = read(saved(palette_image(), transparency=bytes([255] * 4)))
    assert opaque.pixels[0, 1].tolist() == list(PALETTE[1])


@pytest.mark.parametrize(
    "data",
    [
        raw_png(bits=8, colour_type=0, width=2, rows=[b"\1\2"], extra=write_chunk(b"tRNS", b"\0\2")),
        raw_png(bits=2, colour_type=0, width=2, rows=[b"\x10"], extra=write_chunk(b"tRNS", b"\0\1")),
        raw_png(bits=8, colour_type=2, width=1, rows=[b"\1\2\3"], extra=write_chunk(b"tRNS", b"\0\1\0\2\0\3")),
        saved(palette_image(), transparency=bytes([255, 255, 254, 255])),
        saved(Image.new("RGBA", (2, 1), (1, 2, 3, 254))),
        saved(Image.new("LA", (2, 1), (1, 0))),
    ],
)
def test_transparent_pixels_are_refused(read, data):
    assert refusal(read, data).reason == "unsupported-pixels"


@pytest.mark.parametrize(
    "palette", [b"", write_chunk(b"PLTE", bytes(4)), write_chunk(b"PLTE", bytes(6))], ids=["none", "odd", "short"]
)
def test_palettes_that_lack_colours_are_damaged(read, palette):
    data = raw_png(bits=8, colour_type=3, width=3, rows=[b"\0\1\2"], extra=palette)
    assert refusal(read, data).reason == "unreadable"


def test_depths_that_do_not_go_with_the_colour_type_are_damaged(read):
    assert refusal(read, raw_png(bits=4, colour_type=2, width=1, rows=[b"\0\0"])).reason == "unreadable"


def test_animations_are_several_images(read):
    frames = [Image.new("L", (4, 4), value) for value in (1, 2)]
    data = saved(frames[0], save_all=True, append_images=frames[1:])
    assert refusal(read, data).reason == "several-images"


def test_rows_that_are_missing_are_noticed(read):
    short = raw_png(bits=8, colour_type=0, width=4, rows=[bytes(4)] * 4).replace(
        struct.pack(">II", 4, 4), struct.pack(">II", 4, 5)
    )
    body = short[16:29]
    data = short[:12] + b"IHDR" + body + struct.pack(">I", zlib.crc32(b"IHDR" + body)) + short[33:]
    found = refusal(read, data)
    assert found.reason == "unreadable"
    assert "20 of 25 bytes" in found.detail


def small_window(rows):
    """A zlib stream that states a smaller window than its matches need."""
    packed = bytearray(zlib.compress(rows, 9))
    packed[:2] = 0x18, 0x19
    return bytes(packed)


ROWS = b"".join(b"\0" + np.random.default_rng(0).bytes(2000) * 2 for _ in range(2))


@pytest.mark.parametrize(
    ("size", "body", "methods", "reason"),
    [
        ((4, 4), zlib.compress(bytes(range(20))), (0, 0, 0), "unreadable"),
        ((4, 4), zlib.compress(bytes(19) + b"\5" * 5), (0, 0, 0), None),
        ((4, 4), zlib.compress(bytes(20)) + b"more", (0, 0, 0), None),
        ((4000, 2), small_window(ROWS), (0, 0, 0), None),
        ((10**6 + 1, 1), zlib.compress(bytes(10**6 + 2)), (0, 0, 0), "too-large"),
        ((1, 10**6 + 1), zlib.compress(bytes(2 * 10**6 + 2)), (0, 0, 0), "too-large"),
        ((4, 4), zlib.compress(bytes(20)), (1, 0, 0), "unreadable"),
        ((4, 4), zlib.compress(bytes(20)), (0, 64, 0), "unreadable"),
        ((4, 4), zlib.compress(bytes(100)), (0, 0, 2), "unreadable"),
        ((4, 4), zlib.compress(bytes(9) + b"\7" * 30), (0, 0, 1), "unreadable"),
    ],
)
def test_the_decoder_prints_nothing(read, capfd, size, body, methods, reason):
    header = struct.pack(">IIBBBBB", *size, 8, 0, *methods)
    data = SIGNATURE + b"".join(write_chunk(*chunk) for chunk in ((b"IHDR", header), (b"IDAT", body), (b"IEND", b"")))
    if reason:
        assert refusal(read, data).reason == reason
    else:
        assert read(data).pixels.shape == size[::-1]
    assert capfd.readouterr() == ("", "")


def test_a_wrong_checksum_of_the_rows_is_noticed(read):
    body = bytearray(zlib.compress(bytes(20)))
    body[-1] ^= 1
    header = struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", bytes(body)), (b"IEND", b"")
    assert refusal(read, SIGNATURE + b"".join(write_chunk(*chunk) for chunk in chunks)).reason == "unreadable"


def test_surplus_rows_and_bytes_behind_the_end_are_reported(read):
    data = write_png(np.zeros((4, 4), np.uint8))
    assert codes(read(data + b"more")) == ["surplus-data"]
    header = struct.pack(">IIBBBBB", 4, 3, 8, 0, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(20))), (b"IEND", b"")
    image = read(SIGNATURE + b"".join(write_chunk(*chunk) for chunk in chunks))
    assert (image.pixels.shape, codes(image)) == ((3, 4), ["surplus-data"])


@pytest.mark.parametrize(
    ("side", "reason"), [(2**31 - 1, "too-large"), (65535, "too-large"), (9000, "impossible-size")]
)
def test_sizes_that_cannot_be_are_refused_before_anything_is_decoded(read, side, reason):
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(5))), (b"IEND", b"")
    assert refusal(read, SIGNATURE + b"".join(write_chunk(*chunk) for chunk in chunks)).reason == reason


def test_a_name_that_ends_like_another_format_is_reported(read):
    assert codes(read(write_png(np.zeros((2, 2), np.uint8)), "image.jpg")) == ["misnamed"]


def test_a_missing_file_is_unreadable(tmp_path):
    with pytest.raises(Refused, match="cannot be opened"):
        READER.read(tmp_path / "none.png")


def test_profiles_and_gamma_change_no_value(read):
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    data = with_chunk(write_png(pixels), b"gAMA", struct.pack(">I", 100000))
    np.testing.assert_array_equal(read(data).pixels, pixels)
