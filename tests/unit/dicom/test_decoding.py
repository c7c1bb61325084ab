"""Compressed frames are what their stream says, or refused."""

import imagecodecs
import numpy as np
import pytest
from dicom_series import Geometry, slice_dataset, write_series
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless, RLELossless

from fuseflow.dicom.pixels import stored_values
from fuseflow.dicom.reading import read_files
from fuseflow.errors import Refused

GEOMETRY = Geometry(rows=40, columns=36)
ENCODERS = {JPEGLSLossless: imagecodecs.jpegls_encode, JPEGLosslessSV1: imagecodecs.ljpeg_encode}
JPEG_LIKE = (JPEG2000Lossless, *ENCODERS)

encodings = pytest.mark.parametrize("syntax", JPEG_LIKE, ids=lambda syntax: syntax.name[:22])


def compressed(syntax, **elements):
    """A slice of 12 bits without a sign; `elements` replace those of the sound file."""
    dataset = slice_dataset(GEOMETRY, 0, signed=False, bits=12, stored=lambda values: values + 1000)
    if syntax in ENCODERS:
        pixels = np.frombuffer(dataset.PixelData, np.uint16).reshape(GEOMETRY.rows, GEOMETRY.columns)
        put_stream(dataset, ENCODERS[syntax](pixels))
        dataset.file_meta.TransferSyntaxUID = syntax
    else:
        dataset.compress(syntax, encoding_plugin="pydicom" if syntax == RLELossless else "pylibjpeg")
    for name, value in elements.items():
        setattr(dataset, name, value)
    return dataset


def put_stream(dataset, stream):
    dataset.PixelData = encapsulate([stream])
    dataset["PixelData"].is_undefined_length = True


def stream_of(dataset):
    return next(generate_frames(dataset.PixelData, number_of_frames=1))


def decoded(folder, dataset):
    ((frame,), _) = read_files(write_series(folder, [dataset]))
    return stored_values(frame)


def refusal(folder, dataset):
    with pytest.raises(Refused) as caught:
        decoded(folder, dataset)
    return caught.value


@encodings
def test_sound_streams_are_exact(tmp_path, syntax):
    dataset = slice_dataset(GEOMETRY, 0, signed=False, bits=12, stored=lambda values: values + 1000)
    expected = np.frombuffer(dataset.PixelData, np.uint16).reshape(GEOMETRY.rows, GEOMETRY.columns)
    assert (decoded(tmp_path, compressed(syntax)) == expected).all()


@encodings
@pytest.mark.parametrize(
    "elements",
    [
        {"Columns": 6},
        {"Rows": 39},
        {"Rows": 41},
        {"Rows": 36, "Columns": 40},
        {"BitsStored": 8, "HighBit": 7},
        {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7},
    ],
    ids=str,
)
def test_a_file_that_says_something_else_than_its_stream_is_refused(tmp_path, syntax, elements):
    assert refusal(tmp_path, compressed(syntax, **elements)).reason == "unreadable"


def test_a_stream_without_a_header_is_refused(tmp_path):
    dataset = compressed(JPEGLSLossless)
    put_stream(dataset, bytes(400))
    assert "does not say what it holds" in refusal(tmp_path, dataset).detail


@pytest.mark.parametrize("lost", [20, 200])
def test_lossless_jpeg_that_ends_early_is_not_filled_in(tmp_path, lost):
    dataset = compressed(JPEGLosslessSV1)
    stream = stream_of(dataset).rstrip(b"\0")
    put_stream(dataset, stream[: -2 - lost] + b"\xff\xd9")
    assert "two decoders" in refusal(tmp_path, dataset).detail


def test_signed_lossless_jpeg_of_twelve_bits_is_exact(tmp_path):
    dataset = slice_dataset(GEOMETRY, 0, bits=12, stored=lambda values: values - 1500)
    values = np.frombuffer(dataset.PixelData, np.int16).reshape(GEOMETRY.rows, GEOMETRY.columns)
    assert values.min() < 0
    put_stream(dataset, imagecodecs.ljpeg_encode((values & 0xFFF).astype(np.uint16), bitspersample=12))
    dataset.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    assert (decoded(tmp_path, dataset) == values).all()


def test_run_lengths_that_the_decoder_panics_on_are_refused(tmp_path):
    dataset = compressed(RLELossless)
    stream = bytearray(stream_of(dataset))
    # the first run copies one byte many times, more of them than there are pixels; what is raised is no Exception
    stream[64:66] = b"\x81\0"
    put_stream(dataset, bytes(stream))
    assert refusal(tmp_path, dataset).reason == "unreadable"
