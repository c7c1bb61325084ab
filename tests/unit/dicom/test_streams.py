"""Headers of compressed streams: those that encoders write, and what is none."""

import imagecodecs
import numpy as np
import pytest

from fuseflow.dicom.streams import StreamHeader, header_of_stream

PIXELS = np.zeros((40, 36), np.uint16)
COLOURS = np.zeros((8, 9, 3), np.uint8)


@pytest.mark.parametrize("encode", [imagecodecs.ljpeg_encode, imagecodecs.jpegls_encode, imagecodecs.jpeg2k_encode])
def test_grey_of_sixteen_bits(encode):
    assert header_of_stream(encode(PIXELS + 1000)) == StreamHeader(rows=40, columns=36, samples=1, bits=16)


@pytest.mark.parametrize("encode", [imagecodecs.jpeg8_encode, imagecodecs.jpegls_encode, imagecodecs.jpeg2k_encode])
def test_colours(encode):
    assert header_of_stream(encode(COLOURS)) == StreamHeader(rows=8, columns=9, samples=3, bits=8)


def test_filled_markers_and_markers_without_a_length_are_passed_over():
    stream = imagecodecs.jpeg8_encode(COLOURS)
    assert header_of_stream(stream[:2] + b"\xff\xff\xff\x01" + stream[2:]) == header_of_stream(stream)


@pytest.mark.parametrize("stream", [b"", b"\xff\xd8", b"\xff\xd8\xff", bytes(100), b"\xff\xd8\xff\xe0\0\x04ab\0\0"])
def test_what_is_no_header(stream):
    assert header_of_stream(stream) is None


def test_a_cut_header_of_jpeg_2000_is_none():
    stream = imagecodecs.jpeg2k_encode(PIXELS)
    start = stream.index(b"\xff\x4f\xff\x51")
    assert header_of_stream(stream[: start + 20]) is None
