"""PNG: exact pixels for every kind that is kept, a reason for everything else."""

from __future__ import annotations

import os
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from fuseflow.errors import Refused
from fuseflow.formats.png import SIGNATURE, check_png, read_png, read_png_file, write_png


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def raw_png(*, bits: int, colour_type: int, rows: list[bytes], width: int, extra: bytes = b"") -> bytes:
    """A PNG put together by hand, with filter type 0 in every row."""
    header = struct.pack(">IIBBBBB", width, len(rows), bits, colour_type, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return SIGNATURE + chunk(b"IHDR", header) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from([np.uint8, np.uint16]).flatmap(
        lambda dtype: arrays(dtype, array_shapes(min_dims=2, max_dims=2, max_side=9))
    ),
    st.booleans(),
)
def test_pixels_survive_a_round_trip(pixels, colour):
    pixels = np.stack([pixels, pixels[::-1], ~pixels], axis=-1) if colour else pixels

    read = read_png(write_png(pixels))

    assert read.dtype == pixels.dtype
    np.testing.assert_array_equal(read, pixels)


def test_sixteen_bit_grey_is_read_high_byte_first():
    data = raw_png(bits=16, colour_type=0, width=2, rows=[struct.pack(">HH", 1, 0xABCD)])

    np.testing.assert_array_equal(read_png(data), np.array([[1, 0xABCD]], np.uint16))


def test_colour_is_in_the_order_red_green_blue():
    data = raw_png(bits=8, colour_type=2, width=1, rows=[bytes([10, 20, 30])])

    assert read_png(data).tolist() == [[[10, 20, 30]]]


def test_grey_with_opaque_alpha_is_grey():
    data = raw_png(bits=8, colour_type=4, width=2, rows=[bytes([10, 255, 20, 255])])

    assert read_png(data).tolist() == [[10, 20]]


def test_colour_with_opaque_alpha_is_colour():
    data = raw_png(bits=8, colour_type=6, width=1, rows=[bytes([10, 20, 30, 255])])

    assert read_png(data).tolist() == [[[10, 20, 30]]]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (raw_png(bits=8, colour_type=6, width=1, rows=[bytes([10, 20, 30, 254])]), "transparent"),
        (raw_png(bits=8, colour_type=0, width=1, rows=[b"\1"], extra=chunk(b"tRNS", b"\0\1")), "transparent"),
        (raw_png(bits=4, colour_type=0, width=2, rows=[b"\x12"]), "4 bits"),
        (raw_png(bits=8, colour_type=3, width=1, rows=[b"\0"], extra=chunk(b"PLTE", bytes(3))), "palette"),
    ],
)
def test_pixels_that_would_lose_something_are_refused(data, words):
    with pytest.raises(Refused, match=words) as caught:
        read_png(data)
    assert caught.value.reason == "unsupported-pixels"


def test_every_cut_is_noticed():
    data = write_png(np.arange(35, dtype=np.uint8).reshape(5, 7))

    for length in range(len(data)):
        with pytest.raises(Refused) as caught:
            read_png(data[:length])
        assert caught.value.reason == "unreadable"


def test_every_flipped_byte_is_noticed():
    data = write_png(np.arange(35, dtype=np.uint8).reshape(5, 7))

    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 0x10
        with pytest.raises(Refused) as caught:
            read_png(bytes(damaged))
        assert caught.value.reason == "unreadable"


def test_pixels_that_do_not_decompress_are_unreadable():
    data = SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0)) + chunk(b"IDAT", b"no deflate")

    with pytest.raises(Refused, match="cannot be decoded"):
        read_png(data + chunk(b"IEND", b""))


def test_too_few_rows_are_unreadable():
    header = struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0)
    data = SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(5))) + chunk(b"IEND", b"")

    with pytest.raises(Refused):
        read_png(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"case\tpatient\n", "not a PNG"),
        (SIGNATURE, "without its last chunk"),
        (SIGNATURE + chunk(b"IDAT", b""), "header"),
        (SIGNATURE + chunk(b"IHDR", bytes(13)), "not valid"),
        (SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunk(b"IEND", b""), "no pixels"),
    ],
)
def test_what_is_no_png_is_said_in_words(data, words):
    with pytest.raises(Refused, match=words):
        check_png(data)


@pytest.mark.parametrize("side", [65535, 2**31 - 1])
def test_absurd_size_is_refused_without_filling_memory(side):
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    data = SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(5))) + chunk(b"IEND", b"")

    with pytest.raises(Refused) as caught:
        read_png(data)
    assert caught.value.reason == "unreadable"


def test_equal_pixels_give_equal_bytes_without_text_or_time():
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)

    data = write_png(pixels)

    assert data == write_png(pixels.copy())
    assert not any(kind in data for kind in (b"tIME", b"tEXt", b"gAMA", b"pHYs"))


@pytest.mark.parametrize("pixels", [np.zeros((2, 2), np.float64), np.zeros((2, 2, 4), np.uint8), np.zeros(3, np.uint8)])
def test_other_arrays_are_not_written(pixels):
    with pytest.raises(ValueError, match="2-D grey or RGB"):
        write_png(pixels)


def test_a_missing_file_is_unreadable(tmp_path):
    with pytest.raises(Refused, match="cannot be opened"):
        read_png_file(tmp_path / "none.png")


def test_a_pipe_is_unreadable(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")

    with pytest.raises(Refused, match="it is not a regular file"):
        read_png_file(tmp_path / "pipe.png")


def test_opencv_reads_what_is_written():
    pixels = np.random.default_rng(0).integers(0, 65535, (6, 5, 3), np.uint16)

    decoded = cv2.imdecode(np.frombuffer(write_png(pixels), np.uint8), cv2.IMREAD_UNCHANGED)

    np.testing.assert_array_equal(decoded[..., ::-1], pixels)
