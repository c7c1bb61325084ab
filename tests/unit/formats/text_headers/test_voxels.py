"""Where voxels lie: shares of several files, and what is refused before memory is asked for."""

import bz2
import gzip
import zlib

import numpy as np
import pytest

from fuseflow.errors import Refused
from fuseflow.formats.compression import BZIP2_ALLOWED
from fuseflow.formats.text_headers.voxels import FROM_END, Piece, voxel_bytes, voxels_of_text


def piece(tmp_path, data, name="a", **where):
    path = tmp_path / name
    path.write_bytes(data)
    return Piece(path=path, **where)


def found(pieces, declared):
    data, remarks = voxel_bytes(pieces, declared=declared)
    return data.tobytes(), [remark.code for remark in remarks]


def refusal(pieces, declared):
    with pytest.raises(Refused) as caught:
        voxel_bytes(pieces, declared=declared)
    return caught.value.reason


@pytest.mark.parametrize(
    "pack", [zlib.compress, gzip.compress, lambda data: gzip.compress(data[:3]) + gzip.compress(data[3:])]
)
@pytest.mark.parametrize(("skip", "expected"), [(0, b"abcdef"), (2, b"cdef"), (FROM_END, b"def")])
def test_deflated_data(tmp_path, pack, skip, expected):
    packed = [piece(tmp_path, b"head" + pack(b"abcdef"), start=4, packing="deflate", skip=skip)]
    assert found(packed, len(expected)) == (expected, [])


def test_several_streams_of_bzip2(tmp_path):
    packed = [piece(tmp_path, bz2.compress(b"abc") + bz2.compress(b"def"), packing="bzip2")]
    assert found(packed, 6) == (b"abcdef", [])


def test_files_hold_equal_shares(tmp_path):
    pieces = [piece(tmp_path, b"abc", "a"), piece(tmp_path, b"def", "b")]
    assert found(pieces, 6) == (b"abcdef", [])
    assert refusal(pieces, 5) == "unreadable"
    assert refusal(pieces, 8) == "impossible-size"


def test_a_file_counts_once_by_whatever_name(tmp_path):
    first = piece(tmp_path, b"abc")
    (tmp_path / "link").symlink_to(first.path)
    assert refusal([first, Piece(path=tmp_path / "link")], 6) == "unreadable"


def test_bzip2_beyond_what_is_allowed(tmp_path):
    small = [piece(tmp_path, bz2.compress(b"a"), packing="bzip2")]
    with pytest.raises(Refused, match="1 are there"):
        voxel_bytes(small, declared=10**6)
    assert refusal(small, BZIP2_ALLOWED + 1) == "impossible-size"


def test_a_file_that_is_gone(tmp_path):
    assert refusal([Piece(path=tmp_path / "none")], 1) == "unreadable"
    with pytest.raises(Refused, match="cannot be opened"):
        voxels_of_text([Piece(path=tmp_path / "none")], dtype=np.dtype("i2"), count=1)


@pytest.mark.parametrize("dtype", ["i8", "u8"])
def test_the_largest_numbers_of_text_are_exact(tmp_path, dtype):
    limits = np.iinfo(dtype)
    text = piece(tmp_path, f"{limits.min} {limits.max} 1e3".encode())
    found, _ = voxels_of_text([text], dtype=np.dtype(dtype), count=3)
    assert found.tolist() == [limits.min, limits.max, 1000]
    too_large = piece(tmp_path, f"{limits.min} {limits.max + 1} 1".encode())
    with pytest.raises(Refused, match="does not consist"):
        voxels_of_text([too_large], dtype=np.dtype(dtype), count=3)


def test_text_of_real_numbers(tmp_path):
    found, remarks = voxels_of_text([piece(tmp_path, b"1.5,-2e3 nan\n7")], dtype=np.dtype(">f4"), count=3)
    np.testing.assert_array_equal(found, np.array([1.5, -2000, np.nan], np.float32))
    assert [remark.code for remark in remarks] == ["surplus-data"]
