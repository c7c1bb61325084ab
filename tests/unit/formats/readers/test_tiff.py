"""TIFF files: exact pixels of every kind that is read, every page, and a reason for what is refused."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from fuseflow.errors import Refused
from fuseflow.formats.readers.tiff import READER

RANDOM = np.random.default_rng(2)
GREY = RANDOM.integers(0, 255, (37, 45), np.uint8)
SMOOTH = np.add.outer(np.arange(37) * 300, np.arange(45) * 700).astype(np.uint16)
RGB = RANDOM.integers(0, 255, (37, 45, 3), np.uint8)


def tiff(pixels, **options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, metadata=None, **options)
    return buffer.getvalue()


def by_pillow(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "TIFF", **options)
    return buffer.getvalue()


@pytest.fixture
def read(tmp_path):
    def read(data, name="image.tif"):
        (tmp_path / name).write_bytes(data)
        return READER.read(tmp_path / name)

    return read


def codes(image):
    return [warning["code"] for warning in image.sidecar["warnings"]]


def reason_of(read, data):
    with pytest.raises(Refused) as caught:
        read(data)
    return caught.value.reason


@pytest.mark.parametrize("pixels", [GREY, SMOOTH, RGB, RGB.astype(np.uint16) * 257], ids=["8", "16", "RGB8", "RGB16"])
@pytest.mark.parametrize("compression", [None, "lzw", "packbits", "adobe_deflate", "deflate"])
@pytest.mark.parametrize(
    "layout",
    [{}, {"rowsperstrip": 5}, {"tile": (16, 32)}, {"byteorder": ">"}, {"bigtiff": True}],
    ids=["whole", "strips", "tiles", "big-endian", "BigTIFF"],
)
def test_pixels_are_exact(read, pixels, compression, layout):
    photometric = "rgb" if pixels.ndim == 3 else "minisblack"
    (image,) = read(tiff(pixels, compression=compression, photometric=photometric, **layout))
    assert image.pixels.dtype == pixels.dtype
    assert image.pixels.dtype.isnative
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.sidecar["photometric"] == ("RGB" if pixels.ndim == 3 else "BlackIsZero")
    assert (image.sidecar["bits"], image.sidecar["lossy"]) == (8 * pixels.itemsize, False)
    assert image.sidecar["warnings"] == []


@pytest.mark.parametrize("pixels", [GREY, SMOOTH, RGB], ids=["8", "16", "RGB8"])
@pytest.mark.parametrize("layout", [{}, {"byteorder": ">", "tile": (16, 32)}], ids=["whole", "big-endian tiles"])
def test_differences_are_added_up(read, pixels, layout):
    (image,) = read(tiff(pixels, compression="lzw", predictor=True, **layout))
    np.testing.assert_array_equal(image.pixels, pixels)


def test_every_page_is_an_image_of_its_own_size(read):
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        for pixels in (GREY, SMOOTH[:9], RGB):
            writer.write(pixels, metadata=None, resolution=(300, 300), description="Jane Doe")
    images = read(buffer.getvalue())
    for image, pixels in zip(images, (GREY, SMOOTH[:9], RGB), strict=True):
        np.testing.assert_array_equal(image.pixels, pixels)
    assert [image.sidecar["page"] for image in images] == [[1, 3], [2, 3], [3, 3]]
    assert images[0].sidecar["spacing"] is None
    assert "Doe" not in str([image.sidecar for image in images])


def test_smaller_copies_are_left_out_and_reported(read):
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(GREY, metadata=None, subifds=1)
        writer.write(GREY[::2, ::2], metadata=None, subfiletype=1)
        writer.write(GREY[::4, ::4], metadata=None, subfiletype=1)
    (image,) = read(buffer.getvalue())
    np.testing.assert_array_equal(image.pixels, GREY)
    assert codes(image) == ["pages-left-out"]
    assert reason_of(read, tiff(GREY, subfiletype=1)) == "unreadable"


@pytest.mark.parametrize("compression", [None, "packbits"])
@pytest.mark.parametrize("white_is_zero", [False, True])
def test_one_bit_fills_eight(read, compression, white_is_zero):
    pixels = GREY > 128
    photometric = "miniswhite" if white_is_zero else "minisblack"
    (image,) = read(tiff(pixels, photometric=photometric, compression=compression))
    np.testing.assert_array_equal(image.pixels, (pixels ^ white_is_zero) * np.uint8(255))
    assert codes(image) == ["inverted", "scaled"] if white_is_zero else ["scaled"]
    assert image.sidecar["bits"] == 1


@pytest.mark.parametrize(("bits", "factor"), [(2, 85), (4, 17)])
def test_few_bits_fill_eight(read, bits, factor):
    pixels = np.arange(37 * 45, dtype=np.uint8).reshape(37, 45) % (1 << bits)
    row_bits = (pixels[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    packed = np.packbits(row_bits.reshape(37, -1).astype(np.uint8), axis=1)
    # tifffile writes whole bytes: the fields are put right afterwards
    data = bytearray(tiff(packed, rowsperstrip=37))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tags = file.pages[0].tags
        data[tags[256].valueoffset : tags[256].valueoffset + 2] = (45).to_bytes(2, "little")
        data[tags[258].valueoffset : tags[258].valueoffset + 2] = bits.to_bytes(2, "little")
    (image,) = read(bytes(data))
    np.testing.assert_array_equal(image.pixels, pixels * factor)
    assert image.sidecar["bits"] == bits


@pytest.mark.parametrize(("pixels", "white"), [(GREY, 255), (SMOOTH, 65535)])
def test_white_is_zero_is_inverted(read, pixels, white):
    (image,) = read(tiff(pixels, photometric="miniswhite"))
    np.testing.assert_array_equal(image.pixels, white - pixels)
    assert codes(image) == ["inverted"]
    assert image.sidecar["photometric"] == "WhiteIsZero"


@pytest.mark.parametrize(("factor", "dtype"), [(257, np.uint8), (256, np.uint8), (1, np.uint8), (251, np.uint16)])
def test_palettes_become_colours_of_the_depth_that_they_were_made_of(read, factor, dtype):
    colours = RANDOM.integers(0, 255, (3, 256), np.uint16, endpoint=True)
    colours[:, 0] = 255
    (image,) = read(tiff(GREY, photometric="palette", colormap=colours * np.uint16(factor)))
    assert image.pixels.dtype == dtype
    expected = colours * np.uint16(factor) if dtype == np.uint16 else colours
    np.testing.assert_array_equal(image.pixels, expected.T[GREY])
    assert image.sidecar["photometric"] == "palette"


@pytest.mark.parametrize(
    ("kind", "code", "sentence"),
    [
        ("unassalpha", "alpha-dropped", "transparent pixels"),
        ("assocalpha", "alpha-dropped", "transparent pixels"),
        ("unspecified", "extra-sample-dropped", "does not say what it is"),
    ],
)
def test_extra_samples_that_say_nothing_are_dropped_and_others_refused(read, kind, code, sentence):
    alpha = np.full((37, 45, 1), 255, np.uint8)
    (image,) = read(tiff(np.concatenate([RGB, alpha], axis=-1), photometric="rgb", extrasamples=[kind]))
    np.testing.assert_array_equal(image.pixels, RGB)
    assert codes(image) == [code]
    alpha[3, 4] = 254
    data = tiff(np.concatenate([RGB, alpha], axis=-1), photometric="rgb", extrasamples=[kind])
    with pytest.raises(Refused, match=sentence) as caught:
        read(data)
    assert caught.value.reason == "unsupported-pixels"


def test_grey_with_opaque_alpha_is_grey(read):
    pixels = np.stack([GREY, np.full_like(GREY, 255)], axis=-1)
    (image,) = read(tiff(pixels, photometric="minisblack", extrasamples=["unassalpha"], planarconfig="contig"))
    np.testing.assert_array_equal(image.pixels, GREY)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(read, orientation):
    (image,) = read(tiff(GREY, extratags=[(274, 3, 1, orientation, True)]))
    expected = GREY if orientation < 5 else GREY.T
    assert image.pixels.shape == expected.shape
    flips = {2: np.s_[:, ::-1], 3: np.s_[::-1, ::-1], 4: np.s_[::-1]} | {
        6: np.s_[:, ::-1],
        7: np.s_[::-1, ::-1],
        8: np.s_[::-1],
    }
    np.testing.assert_array_equal(image.pixels, expected[flips.get(orientation, ...)])
    assert image.sidecar["orientation"] == orientation


@pytest.mark.parametrize(
    ("options", "photometric"),
    [
        ({"subsampling": (1, 1)}, "YCbCr"),
        ({"subsampling": (2, 2)}, "YCbCr"),
        ({"compressionargs": {"outcolorspace": "rgb"}}, "RGB"),
    ],
)
@pytest.mark.parametrize("layout", [{}, {"tile": (16, 32)}, {"rowsperstrip": 16}], ids=["whole", "tiles", "strips"])
def test_jpeg_tiles_are_as_tifffile_reads_them(read, options, photometric, layout):
    data = tiff(RGB, compression="jpeg", photometric="rgb", **options, **layout)
    (image,) = read(data)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        reference = file.pages[0].asarray()
    np.testing.assert_array_equal(image.pixels, reference)
    assert image.sidecar["lossy"] is True
    assert image.sidecar["photometric"] == photometric


@pytest.mark.parametrize("pixels", [GREY, RGB], ids=["grey", "colour"])
def test_jpeg_strips_that_share_tables_are_as_libtiff_reads_them(read, pixels):
    data = by_pillow(Image.fromarray(pixels), compression="jpeg", quality=90)
    (image,) = read(data)
    reference = np.asarray(Image.open(io.BytesIO(data)))
    assert abs(image.pixels.astype(int) - reference).max() <= 1
    assert (abs(image.pixels.astype(int) - pixels) < 60).mean() > 0.99


@pytest.mark.parametrize("image", [Image.fromarray(GREY), Image.fromarray(RGB), Image.fromarray(GREY > 99)])
@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_what_libtiff_writes_is_read(read, image, compression):
    (found,) = read(by_pillow(image, compression=compression))
    np.testing.assert_array_equal(found.pixels, np.asarray(image).astype(np.uint8) * (255 if image.mode == "1" else 1))


@pytest.mark.parametrize(
    "data",
    [
        tiff(GREY.astype(np.float32)),
        tiff(SMOOTH.astype(np.int16)),
        tiff(SMOOTH.astype(np.uint32)),
        tiff(np.moveaxis(RGB, -1, 0), photometric="rgb", planarconfig="separate"),
        tiff(np.dstack([RGB, GREY]), photometric="separated"),
        tiff(np.dstack([RGB, RGB]), photometric="rgb"),
        tiff(GREY, compression="zstd"),
        tiff(np.zeros((16, 16, 16), np.uint8), tile=(16, 16, 16), volumetric=True),
        by_pillow(Image.fromarray(GREY > 99), compression="group4"),
        by_pillow(Image.fromarray(RGB).convert("LAB")),
    ],
    ids=["float", "signed", "32 bits", "planes", "CMYK", "alphas", "zstd", "third dimension", "fax", "Lab"],
)
def test_kinds_that_are_not_read_are_refused(read, data):
    assert reason_of(read, data) == "unsupported-pixels"


@pytest.mark.parametrize("compression", [None, "lzw", "packbits", "adobe_deflate"])
def test_strips_that_are_too_short_are_refused_and_not_filled_with_zeros(read, compression):
    data = bytearray(tiff(GREY, compression=compression, rowsperstrip=10))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        sizes = file.pages[0].tags[279]
        place = sizes.valueoffset
        width = sizes.dtype_bytes if hasattr(sizes, "dtype_bytes") else {3: 2, 4: 4}[int(sizes.dtype)]
        size = sizes.value[0]
    data[place : place + width] = (size - 20).to_bytes(width, "little")
    assert reason_of(read, bytes(data)) == ("impossible-size" if compression is None else "unreadable")
    data[place : place + width] = bytes(width)
    assert reason_of(read, bytes(data)) == "unreadable"


def test_files_that_are_cut_short_are_refused(read):
    data = tiff(GREY, rowsperstrip=10)
    assert reason_of(read, data[:-1]) == "unreadable"
    assert reason_of(read, data[:100]) == "unreadable"
    assert reason_of(read, b"") == "unreadable"


@pytest.mark.parametrize(("side", "reason"), [(2**15, "too-large"), (2**12, "impossible-size")])
def test_sizes_are_checked_before_anything_is_decoded(read, side, reason):
    data = bytearray(tiff(GREY))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        for code in (256, 257, 278):
            place = file.pages[0].tags[code].valueoffset
            data[place : place + 2] = side.to_bytes(2, "little")
    assert reason_of(read, bytes(data)) == reason


def test_a_missing_file_is_unreadable(tmp_path):
    with pytest.raises(Refused, match="cannot be opened"):
        READER.read(tmp_path / "none.tif")
