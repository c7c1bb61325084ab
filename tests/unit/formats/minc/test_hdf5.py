"""Data sets that lie elsewhere, or not anywhere, are refused."""

import h5py
import numpy as np
import pytest

from fuseflow.errors import Refused
from fuseflow.formats.minc.hdf5 import array_of, attributes_of, dataset_at, opened

VOXELS = np.arange(1000, dtype=np.int16).reshape(10, 10, 10)


def make(path, fill):
    with h5py.File(path, "w") as file:
        fill(file)
    return path


def read(path):
    with opened(path) as file:
        return array_of(dataset_at(file, "a/b"), file_size=path.stat().st_size)


def refusal(path):
    with pytest.raises(Refused) as caught:
        read(path)
    return caught.value.reason


@pytest.mark.parametrize(
    "options",
    [{}, {"chunks": (3, 4, 10)}, {"chunks": (5, 5, 5), "compression": "gzip", "shuffle": True, "fletcher32": True}],
    ids=["contiguous", "in chunks", "packed"],
)
def test_layouts(tmp_path, options):
    path = make(tmp_path / "x", lambda file: file.create_dataset("a/b", data=VOXELS, **options))
    assert (read(path) == VOXELS).all()


def test_links_and_data_elsewhere(tmp_path):
    other = make(tmp_path / "other", lambda file: file.create_dataset("a/b", data=VOXELS))
    (tmp_path / "raw").write_bytes(VOXELS.tobytes())

    def external_group(file):
        file["a"] = h5py.ExternalLink(str(other), "a")

    def external_dataset(file):
        file.create_group("a")["b"] = h5py.ExternalLink(str(other), "a/b")

    def soft_link(file):
        file["c"] = VOXELS
        file.create_group("a")["b"] = h5py.SoftLink("/c")

    def external_storage(file):
        file.create_dataset("a/b", VOXELS.shape, VOXELS.dtype, external=[(str(tmp_path / "raw"), 0, VOXELS.nbytes)])

    def virtual(file):
        layout = h5py.VirtualLayout(VOXELS.shape, VOXELS.dtype)
        layout[:] = h5py.VirtualSource(str(other), "a/b", VOXELS.shape)
        file.create_virtual_dataset("a/b", layout)

    for fill in (external_group, external_dataset, soft_link, external_storage, virtual):
        assert refusal(make(tmp_path / "x", fill)) == "outside-path", fill.__name__


def test_voxels_that_were_never_written(tmp_path):
    def nothing(file):
        file.create_dataset("a/b", (10, 10), np.int16)

    def one_chunk_of_four(file):
        file.create_dataset("a/b", (10, 10), np.int16, chunks=(5, 5))[:5, :5] = 1

    assert refusal(make(tmp_path / "x", nothing)) == "unreadable"
    assert refusal(make(tmp_path / "x", one_chunk_of_four)) in ("unreadable", "impossible-size")


@pytest.mark.parametrize("options", [{}, {"chunks": (1024, 1024)}, {"chunks": (1024, 1024), "compression": "gzip"}])
def test_more_than_the_file_can_hold(tmp_path, options):
    path = make(tmp_path / "x", lambda file: file.create_dataset("a/b", (2**20, 2**20), np.int16, **options))
    assert refusal(path) == "impossible-size"


@pytest.mark.parametrize(
    "content",
    [np.array([1j]), np.array([b"text"]), np.array([(1, 2)], [("a", "i2"), ("b", "i2")]), h5py.Empty("f")],
    ids=["complex", "text", "compound", "empty"],
)
def test_what_is_no_number(tmp_path, content):
    assert refusal(make(tmp_path / "x", lambda file: file.create_dataset("a/b", data=content))) == "unsupported-pixels"


def test_filters_with_other_losses_and_sizes(tmp_path):
    path = make(tmp_path / "x", lambda file: file.create_dataset("a/b", data=VOXELS, scaleoffset=3))
    assert refusal(path) == "unsupported-pixels"


def test_damage(tmp_path):
    path = make(tmp_path / "x", lambda file: file.create_dataset("a/b", data=VOXELS, chunks=True, compression="gzip"))
    content = bytearray(path.read_bytes())
    content[-20] ^= 255
    path.write_bytes(content)
    assert refusal(path) == "unreadable"
    path.write_bytes(content[:-100])
    assert refusal(path) == "unreadable"
    path.write_bytes(b"no HDF5")
    assert refusal(path) == "unreadable"


def test_nothing_there_and_attributes(tmp_path):
    def fill(file):
        file["a"] = VOXELS
        file["a"].attrs.update({"text": np.bytes_(b"mm"), "number": 2.5})

    with opened(make(tmp_path / "x", fill)) as file:
        assert dataset_at(file, "b") is dataset_at(file, "a/b") is None
        assert attributes_of(dataset_at(file, "a"), ["text", "number", "none"]) == {"text": "mm", "number": 2.5}
