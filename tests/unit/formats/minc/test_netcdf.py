"""The netCDF header: as nibabel reads it, and no further than the bytes that are there."""

import io
import struct

import numpy as np
import pytest
from nibabel.externals.netcdf import netcdf_file

from fuseflow.errors import Refused
from fuseflow.formats.minc.netcdf import array_of, read_header


def file_of(version=1, *, length=3):
    with netcdf_file(buffer := io.BytesIO(), "w", version=version) as file:
        file.history = b"Doe"
        file.createDimension("x", length)
        file.createDimension("y", 2)
        for name, code in (("bytes", "b"), ("shorts", "h"), ("longs", "i"), ("floats", "f"), ("doubles", "d")):
            variable = file.createVariable(name, code, ("x", "y"))
            variable[:] = np.arange(6).reshape(3, 2)
            variable.numbers = np.array([1.5, 2.5])
            variable.text = b"abcde"
        file.createVariable("scalar", "d", ()).data[...] = 7.5
        file.flush()
        return buffer.getvalue()


@pytest.mark.parametrize("version", [1, 2])
def test_every_type(version):
    data = file_of(version)
    variables = read_header(data)
    for name in ("bytes", "shorts", "longs", "floats", "doubles"):
        assert array_of(variables[name], data).tolist() == [[0, 1], [2, 3], [4, 5]]
        assert variables[name].dimensions == ("x", "y")
        assert variables[name].attributes["numbers"].tolist() == [1.5, 2.5]
        assert variables[name].attributes["text"] == b"abcde"
    assert array_of(variables["scalar"], data) == 7.5


def test_arrays_are_views():
    data = file_of()
    assert np.shares_memory(array_of(read_header(data)["longs"], data), np.frombuffer(data, np.uint8))


def test_records_are_refused():
    data = file_of(length=None)
    with pytest.raises(Refused) as caught:
        array_of(read_header(data)["shorts"], data)
    assert caught.value.reason == "unsupported-dimensions"


def test_every_cut_is_noticed():
    data = file_of()
    variables = read_header(data)
    header = min(variable.begin for variable in variables.values())
    for length in range(header):
        with pytest.raises(Refused) as caught:
            read_header(data[:length])
        assert caught.value.reason == "unreadable"
    for variable in variables.values():
        with pytest.raises(Refused) as caught:
            array_of(variable, data[: variable.end - 1])
        assert caught.value.reason == "impossible-size"


@pytest.mark.parametrize(
    "lists",
    [
        struct.pack(">2I", 10, 2**32 - 1),
        struct.pack(">2I", 11, 1),
        struct.pack(">2I", 0, 1),
        struct.pack(">4I", 0, 0, 12, 1) + struct.pack(">I4sII", 1, b"a", 9, 1),
        struct.pack(">6I", 0, 0, 0, 0, 11, 1) + struct.pack(">I4sII", 1, b"a", 1, 0),
    ],
    ids=["far too many", "wrong tag", "count without tag", "unknown type", "undeclared dimension"],
)
def test_damaged_lists(lists):
    with pytest.raises(Refused) as caught:
        read_header(b"CDF\x01" + bytes(4) + lists + bytes(40))
    assert caught.value.reason == "unreadable"
