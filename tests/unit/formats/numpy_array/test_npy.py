"""Files of arrays: no pickles, no bombs, and exactly one array."""

import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.errors import Refused
from fuseflow.formats.numpy_array.npy import read_array_file

ARRAY = np.arange(24, dtype=np.int16).reshape(2, 3, 4)


def refusal(path):
    with pytest.raises(Refused) as caught:
        read_array_file(path)
    return caught.value.reason


def with_header(path, text, version=1, body=b""):
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    path.write_bytes(b"\x93NUMPY" + bytes([version, 0]) + length + text.encode("latin-1") + body)
    return path


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_the_only_array_of_an_archive(tmp_path, save):
    save(tmp_path / "a.npz", volume=ARRAY)
    array, surplus = read_array_file(tmp_path / "a.npz")
    np.testing.assert_array_equal(array, ARRAY)
    assert not surplus


def test_archives_of_several_arrays_or_none(tmp_path):
    np.savez(tmp_path / "a.npz", image=ARRAY, mask=ARRAY)
    assert refusal(tmp_path / "a.npz") == "several-images"
    zipfile.ZipFile(tmp_path / "b.npz", "w").close()
    assert refusal(tmp_path / "b.npz") == "unreadable"
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as archive:
        archive.writestr("a.txt", "Doe")
    assert refusal(tmp_path / "c.npz") == "unreadable"


def test_objects_are_never_unpickled(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert refusal(tmp_path / "a.npy") == "unsupported-pixels"


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("impossible-size", "{'descr': '<i2', 'fortran_order': False, 'shape': (100000, 100000, 100000)}"),
        ("impossible-size", "{'descr': '<i2', 'fortran_order': False, 'shape': (1,)}"),
        ("unreadable", "{'descr': '<i2', 'fortran_order': False, 'shape': (-1, -1)}"),
        ("unreadable", "{'descr': '<i2', 'fortran_order': False}"),
        ("unreadable", "{'descr': '<i2', 'fortran_order': 3, 'shape': (1,)}"),
        ("unreadable", "{'descr': 'Doe', 'fortran_order': False, 'shape': (1,)}"),
        ("unreadable", "{'descr': '<i2', 'fortran_order': False, 'shape': (1,)}" + " " * 20000),
        ("unreadable", "(" * 5000),
        ("unreadable", "__import__('os').abort()"),
        ("unsupported-pixels", "{'descr': '|V100000000', 'fortran_order': False, 'shape': (1,)}"),
        ("unsupported-pixels", "{'descr': '|S9', 'fortran_order': False, 'shape': (1,)}"),
        ("unsupported-pixels", "{'descr': '<M8[s]', 'fortran_order': False, 'shape': (1,)}"),
    ],
)
@pytest.mark.parametrize("version", [1, 2])
def test_headers_that_are_refused(tmp_path, reason, text, version):
    assert refusal(with_header(tmp_path / "a.npy", text, version)) == reason


def test_other_versions_and_headers_that_are_cut_short(tmp_path):
    assert refusal(with_header(tmp_path / "a.npy", "{}", version=3)) == "unsupported-pixels"
    (tmp_path / "b.npy").write_bytes(b"\x93NUMPY\1\0\xff")
    assert refusal(tmp_path / "b.npy") == "unreadable"
    (tmp_path / "c.npy").write_bytes(b"Doe^Jane")
    assert refusal(tmp_path / "c.npy") == "unreadable"


def test_a_bomb_is_not_unpacked(tmp_path):
    """An archive whose directory announces a thousand million bytes for a few."""
    path = tmp_path / "a.npz"
    np.savez_compressed(path, ARRAY)
    data = bytearray(path.read_bytes())
    data[data.rfind(b"PK\1\2") + 24 :][:4] = b""
    place = data.rfind(b"PK\1\2") + 24
    data[place : place + 4] = struct.pack("<I", 10**9)
    path.write_bytes(data)
    assert refusal(path) == "impossible-size"


@given(position=st.integers(0, 10**4), byte=st.integers(0, 255))
@settings(deadline=None, max_examples=60)
def test_damage_is_refused_or_changes_nothing(tmp_path_factory, position, byte):
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    np.savez_compressed(path, ARRAY)
    data = bytearray(path.read_bytes())
    data[position % len(data)] = byte
    path.write_bytes(data)
    try:
        array, _ = read_array_file(path)
    except Refused:
        return
    np.testing.assert_array_equal(array, ARRAY)
