"""JPEG streams: whole ones are read, and every cut is noticed."""

import io

import numpy as np
import pytest
from PIL import Image

from fuseflow.errors import Refused
from fuseflow.formats.jpeg import decode_jpeg, read_header

KINDS = {
    "baseline": {"quality": 90},
    "progressive": {"quality": 90, "progressive": True},
    "restarts": {"quality": 90, "restart_marker_rows": 1},
    "subsampled": {"quality": 90, "subsampling": 2},
}


def picture(rows=24, columns=40):
    return np.random.default_rng(0).integers(0, 255, (rows, columns, 3), np.uint8)


def jpeg(pixels, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def decoded(data):
    return decode_jpeg(data, read_header(data))


def pixels_or_reason(data):
    try:
        return decoded(data).tobytes()
    except Refused as refusal:
        return refusal.reason


def reason_of(data):
    with pytest.raises(Refused) as caught:
        decoded(data)
    return caught.value.reason


def replaced(data, marker, change):
    """A stream in which the body of one segment is another."""
    start = data.index(bytes([0xFF, marker])) + 4
    end = start - 2 + int.from_bytes(data[start - 2 : start], "big")
    body = change(bytearray(data[start:end]))
    return data[: start - 2] + (len(body) + 2).to_bytes(2, "big") + bytes(body) + data[end:]


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("colour", [True, False], ids=["colour", "grey"])
def test_whole_streams_are_as_pillow_reads_them(options, colour):
    data = jpeg(picture() if colour else picture()[..., 0], **options)
    np.testing.assert_array_equal(decoded(data), np.asarray(Image.open(io.BytesIO(data))))
    header = read_header(data)
    assert (header.rows, header.columns, header.samples) == (24, 40, 3 if colour else 1)
    assert (header.photometric, header.stated) == ("YCbCr" if colour else "grey", True)


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_no_cut_gives_other_pixels_even_if_an_end_is_put_behind_it(options):
    data = jpeg(picture(), **options)
    whole = decoded(data)
    lengths = range(2, len(data) - 2, 7)
    outcomes = [pixels_or_reason(data[:length] + b"\xff\xd9") for length in lengths]
    assert all(outcome in ("unreadable", whole.tobytes()) for outcome in outcomes)
    assert outcomes.count("unreadable") > len(lengths) - 3


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
def test_a_file_without_its_end_is_cut_short(options):
    assert reason_of(jpeg(picture(), **options)[:-2]) == "unreadable"


def test_a_scan_or_a_run_between_restarts_that_is_missing_is_noticed():
    progressive = jpeg(picture(), progressive=True)
    last_scan = progressive.rindex(b"\xff\xda")
    tables = progressive.rindex(b"\xff\xc4", 0, last_scan)
    with pytest.raises(Refused, match="scans are missing"):
        read_header(progressive[:tables] + b"\xff\xd9")
    restarts = jpeg(picture(), restart_marker_rows=1)
    with pytest.raises(Refused, match="restart markers are missing"):
        read_header(restarts[: restarts.rindex(b"\xff\xd0")] + b"\xff\xd9")


def test_twelve_bits_other_processes_and_cmyk_are_refused():
    data = jpeg(picture())

    def with_twelve_bits(body):
        body[0] = 12
        return body

    assert reason_of(replaced(data, 0xC0, with_twelve_bits)) == "unsupported-pixels"
    assert reason_of(data.replace(b"\xff\xc0", b"\xff\xc3", 1)) == "unsupported-pixels"
    assert reason_of(data.replace(b"\xff\xc0", b"\xff\xc9", 1)) == "unsupported-pixels"
    buffer = io.BytesIO()
    Image.new("CMYK", (8, 8)).save(buffer, "JPEG")
    assert reason_of(buffer.getvalue()) == "unsupported-pixels"


@pytest.mark.parametrize(("side", "reason"), [(65535, "too-large"), (7000, "impossible-size"), (0, "unreadable")])
def test_sizes_are_checked_before_anything_is_decoded(side, reason):
    size = side.to_bytes(2, "big") * 2
    assert reason_of(replaced(jpeg(picture()), 0xC0, lambda body: body[:1] + size + body[5:])) == reason


def test_components_are_what_the_markers_say():
    data = jpeg(picture(), keep_rgb=True)
    header = read_header(data)
    assert (header.photometric, header.stated) == ("RGB", True)
    assert abs(decoded(data).astype(int) - picture()).mean() < 20
    jfif = jpeg(picture())
    segment = jfif[2:20]
    unmarked = jfif.replace(segment, b"")
    assert (read_header(unmarked).photometric, read_header(unmarked).stated) == ("YCbCr", False)
    adobe = jfif.replace(segment, b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00")
    assert (read_header(adobe).photometric, read_header(adobe).stated) == ("RGB", True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\x00\x01\xff\xd9",
        b"\xff\xd8\xff\xe0\xff\xff\xff\xd9",
        b"\xff\xd8garbage\xff\xd9",
        b"GIF89a",
    ],
)
def test_what_is_no_stream_is_unreadable(data):
    assert reason_of(data) == "unreadable"


def test_damaged_headers_of_frames_and_scans_are_unreadable():
    data = jpeg(picture())
    assert reason_of(replaced(data, 0xC0, lambda body: body[:-1])) == "unreadable"
    assert reason_of(replaced(data, 0xDA, lambda body: body[:-1])) == "unreadable"
    assert reason_of(replaced(data, 0xDA, lambda body: body[:1] + b"\x77" + body[2:])) == "unreadable"
    assert reason_of(replaced(data, 0xC4, lambda body: body[:5])) == "unreadable"


def test_bytes_behind_the_end_are_no_part_of_the_stream():
    data = jpeg(picture())
    header = read_header(data + jpeg(picture(8, 8)))
    assert header.size == len(data)
    np.testing.assert_array_equal(decode_jpeg(data + b"more", header), decoded(data))
