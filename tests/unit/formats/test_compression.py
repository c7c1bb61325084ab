"""Compressed data: to the last byte and no further, whatever the streams are cut into."""

import bz2
import gzip
import io
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.errors import Refused
from fuseflow.formats import compression
from fuseflow.formats.compression import (
    BZIP2_ALLOWED,
    Decompressed,
    check_packed,
    decompressed_head,
    decompressed_stretch,
    decompressed_tail,
)

PACK = {"gzip": gzip.compress, "zlib": zlib.compress, "bzip2": bz2.compress}
SEVERAL = ("gzip", "bzip2")

containers = pytest.mark.parametrize("container", PACK)


class Counted(io.BytesIO):
    """A file that knows how many bytes have been read from it, again and again."""

    total = 0

    def read(self, size=-1):
        found = super().read(size)
        self.total += len(found)
        return found


def refusal(function, *arguments, **named):
    with pytest.raises(Refused) as caught:
        function(*arguments, **named)
    return caught.value


@containers
@settings(deadline=None, max_examples=40)
@given(parts=st.lists(st.binary(max_size=300), min_size=1, max_size=4), tail=st.binary(max_size=9))
def test_streams_one_after_the_other_and_what_follows(container, parts, tail):
    parts = parts if container in SEVERAL else parts[:1]
    tail = b"|" + tail
    content = Decompressed(io.BytesIO(b"".join(map(PACK[container], parts)) + tail), container)
    assert b"".join(content) == b"".join(parts)
    assert content.following == len(tail)


@containers
@settings(deadline=None, max_examples=40)
@given(data=st.binary(min_size=1, max_size=300), cut=st.integers(1, 8))
def test_what_is_cut_short_is_refused(container, data, cut):
    refused = refusal(list, Decompressed(io.BytesIO(PACK[container](data)[:-cut]), container))
    assert (refused.reason, refused.detail) == ("unreadable", "the compressed data are cut short")


@pytest.mark.parametrize(("container", "place"), [("gzip", -5), ("zlib", -1), ("bzip2", -3)])
def test_a_wrong_checksum_is_refused(container, place):
    damaged = bytearray(PACK[container](b"voxels" * 50))
    damaged[place] ^= 0x10
    assert refusal(list, Decompressed(io.BytesIO(bytes(damaged)), container)).reason == "unreadable"


@containers
def test_no_data_at_all_are_refused(container):
    assert refusal(list, Decompressed(io.BytesIO(), container)).reason == "unreadable"


def test_many_small_members_are_read_about_once():
    members = gzip.compress(b"") * 3000
    file = Counted(members)
    assert list(Decompressed(file, "gzip")) == []
    # each member is fed with at most as much again of those that follow it as the first feed holds
    assert file.total < 3000 * (2 * compression.FED_FIRST)
    long = Counted(gzip.compress(bytes(2**22), 0))
    assert sum(map(len, Decompressed(long, "gzip"))) == 2**22
    assert long.total < 1.1 * 2**22


@containers
def test_the_head_of_data_is_not_read_to_the_end(container):
    packed = PACK[container](b"header" + bytes(10**6))
    assert decompressed_head(io.BytesIO(packed[:-4]), container, most=6) == (b"header", 0)
    assert decompressed_head(io.BytesIO(PACK[container](b"abc") + b"de"), container, most=4) == (b"abc", 2)


@containers
def test_a_stretch_and_a_tail(container):
    packed = PACK[container](b"header and voxels, and more") + b"||"
    found, following = decompressed_stretch(io.BytesIO(packed), container, offset=11, count=6)
    assert (found.tobytes(), following) == (b"voxels", 12)
    found, following = decompressed_tail(io.BytesIO(packed), container, count=4)
    assert (found.tobytes(), following) == (b"more", 2)


@containers
def test_fewer_bytes_than_announced_are_refused(container):
    packed = PACK[container](b"header and voxels")
    for refused in (
        refusal(decompressed_stretch, io.BytesIO(packed), container, offset=11, count=7),
        refusal(decompressed_stretch, io.BytesIO(packed), container, offset=30, count=1),
        refusal(decompressed_tail, io.BytesIO(packed), container, count=18),
    ):
        assert refused.reason == "impossible-size"


def test_more_than_can_be_packed_is_refused_before_memory_is_asked_for():
    for container, declared in (("gzip", 10**12), ("zlib", 10**12), ("bzip2", BZIP2_ALLOWED + 1)):
        assert refusal(check_packed, declared, io.BytesIO(bytes(100)), container).reason == "impossible-size"


@containers
def test_a_surplus_without_an_end_is_refused(container, monkeypatch):
    monkeypatch.setattr(compression, "LARGEST_SURPLUS", 10**5)
    packed = PACK[container](bytes(3 * 10**6))
    for take in (decompressed_stretch, decompressed_tail):
        named = {"offset": 0} if take is decompressed_stretch else {}
        refused = refusal(take, io.BytesIO(packed), container, count=10, **named)
        assert (refused.reason, "beyond" in refused.detail) == ("unreadable", True)
