"""Directories of TIFF files: what they say, and chains of them that do not end."""

import io
import struct

import pytest

from fuseflow.errors import Refused
from fuseflow.formats.tiff.directories import MOST_PAGES, directories_of

TAGS = frozenset({256, 258, 273})


def directory(entries, *, following=0, order="<"):
    body = struct.pack(f"{order}H", len(entries))
    for tag, kind, count, value in entries:
        body += struct.pack(f"{order}HHI", tag, kind, count) + value
    return body + struct.pack(f"{order}I", following)


def read(data):
    return list(directories_of(io.BytesIO(data), TAGS))


def reason_of(data):
    with pytest.raises(Refused) as caught:
        read(data)
    return caught.value.reason


@pytest.mark.parametrize(("order", "mark"), [("<", b"II*\0"), (">", b"MM\0*")])
def test_fields_of_either_byte_order_are_read(order, mark):
    entries = [
        (256, 4, 1, struct.pack(f"{order}I", 70000)),
        (258, 3, 2, struct.pack(f"{order}2H", 8, 16)),
        (270, 2, 4, b"Jane"),
    ]
    (found,) = read(mark + struct.pack(f"{order}I", 8) + directory(entries, order=order))
    assert found.byte_order == order
    assert found.number(256, 0) == 70000
    assert found.numbers(258) == (8, 16)
    assert found.number(273, 5) == 5
    assert set(found.fields) == {256, 258}


def test_values_that_do_not_fit_are_looked_up():
    entries = [(273, 4, 3, struct.pack("<I", 26))]
    (found,) = read(b"II*\0" + struct.pack("<I", 8) + directory(entries) + struct.pack("<3I", 1, 2, 3))
    assert found.numbers(273) == (1, 2, 3)


def test_big_tiff_is_read():
    entry = struct.pack("<HHQQ", 256, 16, 1, 2**33)
    data = b"II+\0\x08\0\0\0" + struct.pack("<Q", 16) + struct.pack("<Q", 1) + entry + struct.pack("<Q", 0)
    assert read(data)[0].number(256, 0) == 2**33


@pytest.mark.parametrize("following", [8, 14])
def test_a_circle_is_refused(following):
    second = directory([], following=8)
    assert reason_of(b"II*\0" + struct.pack("<I", 8) + directory([], following=following) + second) == "unreadable"


def test_more_pages_than_anybody_needs_are_refused():
    chain = b"".join(directory([], following=8 + 6 * number) for number in range(1, MOST_PAGES + 2))
    assert reason_of(b"II*\0" + struct.pack("<I", 8) + chain + directory([])) == "several-images"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "unreadable"),
        (b"II*\0", "unreadable"),
        (b"XX*\0\x08\0\0\0", "unreadable"),
        (b"II\x2d\0\x08\0\0\0", "unreadable"),
        (b"II*\0\xff\0\0\0", "unreadable"),
        (b"II*\0\x08\0\0\0" + directory([(273, 4, 3, struct.pack("<I", 26))]), "unreadable"),
        (b"II*\0\x08\0\0\0" + directory([(273, 4, 2**31, struct.pack("<I", 26))]), "impossible-size"),
        (b"II*\0\x08\0\0\0" + directory([])[:-1], "unreadable"),
    ],
)
def test_what_leads_nowhere_is_refused(data, reason):
    assert reason_of(data) == reason
