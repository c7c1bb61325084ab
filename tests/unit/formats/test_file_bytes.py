import gzip
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.errors import Refused
from fuseflow.formats.compression import PIECE
from fuseflow.formats.file_bytes import first_bytes, stretch

CONTENT = np.random.default_rng(0).bytes(5000)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
@settings(deadline=None, max_examples=30)
@given(offset=st.integers(0, 5000), count=st.integers(0, 5000))
def test_a_stretch(tmp_path_factory, pack, offset, count):
    path = tmp_path_factory.getbasetemp() / "a"
    path.write_bytes(pack(CONTENT))
    if offset + count <= 5000:
        found, following = stretch(path, offset=offset, count=count)
        assert found.tobytes() == CONTENT[offset : offset + count]
        assert following == 5000 - offset - count
    else:
        with pytest.raises(Refused) as caught:
            stretch(path, offset=offset, count=count)
        assert caught.value.reason == "impossible-size"


def test_several_members_and_what_follows_them(tmp_path):
    members = b"".join(gzip.compress(CONTENT[at : at + 100]) for at in range(0, 5000, 100))
    (tmp_path / "a").write_bytes(members + b"tail")
    found, following = stretch(tmp_path / "a", offset=50, count=4900)
    assert found.tobytes() == CONTENT[50:4950]
    assert following == 50 + 4


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: data[:-1], lambda data: data[:-5] + b"12345"])
def test_damage_after_the_stretch_is_found(tmp_path, damage):
    (tmp_path / "a").write_bytes(damage(gzip.compress(CONTENT)))
    with pytest.raises(Refused) as caught:
        stretch(tmp_path / "a", offset=0, count=10)
    assert caught.value.reason == "unreadable"


def test_a_bomb_is_counted_and_not_kept(tmp_path):
    size = 16 * PIECE
    (tmp_path / "a").write_bytes(gzip.compress(bytes(size), 1))
    tracemalloc.start()
    _, following = stretch(tmp_path / "a", offset=0, count=10)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert following == size - 10
    assert peak < size / 3


def test_first_bytes(tmp_path):
    (tmp_path / "a").write_bytes(CONTENT)
    (tmp_path / "b").write_bytes(gzip.compress(CONTENT))
    assert first_bytes(tmp_path / "a", 7) == first_bytes(tmp_path / "b", 7) == CONTENT[:7]
    assert first_bytes(tmp_path / "b", 9999) == CONTENT


def test_no_file(tmp_path):
    with pytest.raises(Refused) as caught:
        first_bytes(tmp_path / "a", 7)
    assert caught.value.reason == "unreadable"
