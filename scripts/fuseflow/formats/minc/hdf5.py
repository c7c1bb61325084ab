"""HDF5 files of others: data sets that lie in the file itself, are there as a whole, and fit into it.

HDF5 can name other files in four ways (external links, external storage, virtual data sets, soft links to either), and
fills in what is missing. Neither is wanted here.

Source: "HDF5 File Format Specification" and the library's reference manual (The HDF Group).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import h5py
import numpy as np
import numpy.typing as npt

from fuseflow.errors import Refused
from fuseflow.formats.limits import DEFLATE_RATIO, check_declared

File: TypeAlias = h5py.File
Group: TypeAlias = h5py.Group
Dataset: TypeAlias = h5py.Dataset

LOSSLESS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
"""Filters that are part of every HDF5 library, and whose results have a known size."""


@contextmanager
def opened(path: Path) -> Iterator[File]:
    """An HDF5 file, open for reading.

    Raises
    ------
    Refused
        ``unreadable`` if the library finds it damaged, now or in the block.

    Examples
    --------
    >>> with opened(Path("nothing.mnc")) as file:
    ...     pass
    Traceback (most recent call last):
    fuseflow.errors.Refused: unreadable: the HDF5 file is damaged or cut short
    """
    try:
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except Refused:
        raise
    except Exception:
        # of many classes, with names and values of the file in the message
        raise Refused("unreadable", "the HDF5 file is damaged or cut short") from None


def member(group: Group, path: str) -> Group | Dataset | None:
    """What lies below a group under a path, reached without links to elsewhere; None if there is nothing.

    Raises
    ------
    Refused
        ``outside-path``.

    Examples
    --------
    >>> with h5py.File("x", "w", driver="core", backing_store=False) as file:
    ...     _ = file.create_dataset("a/b", data=np.arange(3))
    ...     member(file, "a/b").shape, member(file, "a/c")
    ((3,), None)
    """
    found: Any = group
    for name in path.split("/"):
        link = found.get(name, getlink=True) if isinstance(found, h5py.Group) else None
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise Refused("outside-path", "the HDF5 file links to something else where its own data are expected")
        found = found[name]
    return found


def dataset_at(file: File, path: str) -> Dataset | None:
    """The data set under a path, as `member` finds it; None if there is none.

    Examples
    --------
    >>> with h5py.File("x", "w", driver="core", backing_store=False) as file:
    ...     _ = file.create_dataset("a/b", data=np.arange(3))
    ...     dataset_at(file, "a/b").shape, dataset_at(file, "a")
    ((3,), None)
    """
    found = member(file, path)
    return found if isinstance(found, h5py.Dataset) else None


def attributes_of(found: Group | Dataset, names: Iterable[str]) -> dict[str, Any]:
    """Some attributes, as far as they are there: text as str, anything else as NumPy gives it.

    Examples
    --------
    >>> with h5py.File("x", "w", driver="core", backing_store=False) as file:
    ...     file.attrs["units"] = b"mm"
    ...     attributes_of(file, ["units", "step"])
    {'units': 'mm'}
    """
    values = {name: found.attrs[name] for name in names if name in found.attrs}
    return {name: value.decode("latin-1") if isinstance(value, bytes) else value for name, value in values.items()}


def array_of(dataset: Dataset, *, file_size: int) -> npt.NDArray[Any]:
    """The numbers of a data set.

    Parameters
    ----------
    dataset
        Of an open file.
    file_size
        Of that file, in bytes.

    Raises
    ------
    Refused
        ``outside-path`` if the numbers lie in other files; ``unsupported-pixels`` if they are none, or packed in a way
        that needs a plug-in; ``impossible-size`` if the file cannot hold them; ``unreadable`` if it does not.

    Examples
    --------
    >>> with h5py.File("x", "w", driver="core", backing_store=False) as file:
    ...     array_of(file.create_dataset("d", data=np.arange(3)), file_size=2048).tolist()
    [0, 1, 2]
    """
    if dataset.external or dataset.is_virtual:
        raise Refused("outside-path", "the voxels lie in other files than the one with the header")
    if dataset.shape is None or dataset.dtype.kind not in "iuf" or dataset.dtype.metadata:
        raise Refused("unsupported-pixels", "the HDF5 data set does not hold integers or real numbers")
    size = math.prod(dataset.shape) * dataset.dtype.itemsize
    if dataset.chunks is None:
        _check_contiguous(dataset, size=size, file_size=file_size)
    else:
        _check_chunks(dataset, size=size, file_size=file_size)
    return np.asarray(dataset[()])


def _check_contiguous(dataset: Dataset, *, size: int, file_size: int) -> None:
    check_declared(size, file_size)
    if dataset.id.get_storage_size() != size:
        raise Refused("unreadable", "the HDF5 file announces voxels that were never written")


def _check_chunks(dataset: Dataset, *, size: int, file_size: int) -> None:
    properties = dataset.id.get_create_plist()
    filters = {properties.get_filter(index)[0] for index in range(properties.get_nfilters())}
    if not filters <= LOSSLESS:
        raise Refused("unsupported-pixels", "the HDF5 data set is packed by a filter that is not part of every library")
    ratio = DEFLATE_RATIO if h5py.h5z.FILTER_DEFLATE in filters else 1
    stored = dataset.id.get_storage_size()
    check_declared(stored, file_size)
    check_declared(size, stored, ratio=ratio)
    check_declared(math.prod(dataset.chunks) * dataset.dtype.itemsize, file_size, ratio=ratio)
    needed = math.prod(math.ceil(length / chunk) for length, chunk in zip(dataset.shape, dataset.chunks, strict=True))
    if dataset.id.get_num_chunks() != needed:
        raise Refused("unreadable", "the HDF5 file announces voxels that were never written")
