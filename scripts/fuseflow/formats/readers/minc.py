"""MINC-1 (netCDF) and MINC-2 (HDF5) images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fuseflow.errors import Refused
from fuseflow.formats.file_bytes import first_bytes, is_gzipped, stretch
from fuseflow.formats.minc import hdf5, netcdf
from fuseflow.formats.minc.image import Limits, MincImage, check_dimensions, stored_volume
from fuseflow.formats.registry import Reader
from fuseflow.formats.stored import StoredVolume, surplus

HDF5 = b"\x89HDF"
HEADER_BYTES = 2**20
"""Of a netCDF header, at most; a long history makes some 10 kB."""
PADDING = 3
"""Bytes that may follow the last variable of a netCDF file."""
SIGNS = {"signed__": "i", "unsigned": "u"}
"""The attribute `signtype` -> kind of integers."""
OF_IMAGES = ("complete", "dimorder", "signtype", "valid_max", "valid_min", "valid_range")
OF_AXES = ("direction_cosines", "spacing", "start", "step", "units")


def read(path: Path) -> list[StoredVolume]:
    """The image in a MINC file; of the several resolutions that MINC-2 can hold, the highest.

    Raises
    ------
    Refused
        As `fuseflow.formats.minc.image.stored_volume`, ``impossible-size``, ``unsupported-pixels`` or ``outside-path``.

    Examples
    --------
    >>> read(Path("nothing.mnc"))
    Traceback (most recent call last):
    fuseflow.errors.Refused: unreadable: the file cannot be opened (No such file or directory)
    """
    if first_bytes(path, len(HDF5)) != HDF5:
        return [stored_volume(_version_1(path))]
    if is_gzipped(path):
        raise Refused("unreadable", "the file is a gzipped MINC-2 file, which packs its voxels itself; unpack it first")
    return [stored_volume(_version_2(path))]


def _version_1(path: Path) -> MincImage:
    variables = netcdf.read_header(first_bytes(path, HEADER_BYTES))
    image = variables.get("image")
    if image is None:
        raise Refused("unreadable", "the netCDF file holds no variable image, which those of MINC hold")
    check_dimensions(image.dimensions)
    attributes = _in_words(image.attributes)
    found, following = stretch(path, offset=0, count=max(variable.end for variable in variables.values()))
    data = found.data
    axes = {name: _in_words(variables[name].attributes) for name in image.dimensions if name in variables}
    limits = [variables[name] for name in ("image-max", "image-min") if name in variables]
    return MincImage(
        format="MINC-1",
        voxels=netcdf.array_of(image, data).view(_with_sign(image.data_type, attributes)),
        dimensions=image.dimensions,
        axes=axes,
        attributes=attributes,
        limits=_limits([(limit.dimensions, netcdf.array_of(limit, data)) for limit in limits]),
        remarks=surplus(following) if following > PADDING else [],
    )


def _in_words(attributes: Mapping[str, netcdf.Attribute]) -> dict[str, Any]:
    """Attributes with text as str."""
    return {name: value.decode("latin-1") if isinstance(value, bytes) else value for name, value in attributes.items()}


def _with_sign(data_type: np.dtype[Any], attributes: Mapping[str, Any]) -> np.dtype[Any]:
    """The type of voxels: netCDF's integers have a sign, those of MINC may have none."""
    if data_type.kind == "f":
        return data_type
    if data_type.kind != "i":
        raise Refused("unsupported-pixels", "the voxels are characters, not integers or real numbers")
    by_default = "unsigned" if data_type.itemsize == 1 else "signed__"
    sign = str(attributes.get("signtype", by_default))
    if sign not in SIGNS:
        raise Refused("unreadable", "the file does not say in known words whether its voxels have a sign")
    return np.dtype(f">{SIGNS[sign]}{data_type.itemsize}")


def _version_2(path: Path) -> MincImage:
    size = path.stat().st_size
    with hdf5.opened(path) as file:
        image = hdf5.dataset_at(file, "minc-2.0/image/0/image")
        if image is None:
            raise Refused("unreadable", "the HDF5 file holds no group minc-2.0 with an image, which those of MINC hold")
        dimensions = _dimensions(image)
        check_dimensions(dimensions)
        limits = [hdf5.dataset_at(file, f"minc-2.0/image/0/{name}") for name in ("image-max", "image-min")]
        axes = {name: hdf5.member(file, f"minc-2.0/dimensions/{name}") for name in dimensions}
        return MincImage(
            format="MINC-2",
            voxels=hdf5.array_of(image, file_size=size),
            dimensions=dimensions,
            axes={name: hdf5.attributes_of(axis, OF_AXES) for name, axis in axes.items() if axis is not None},
            attributes=hdf5.attributes_of(image, OF_IMAGES),
            limits=_limits(
                [(_dimensions(limit), hdf5.array_of(limit, file_size=size)) for limit in limits if limit is not None]
            ),
        )


def _dimensions(dataset: hdf5.Dataset) -> tuple[str, ...]:
    """Names of the axes; MINC leaves more of them behind where there are fewer axes."""
    names = hdf5.attributes_of(dataset, ["dimorder"]).get("dimorder", "")
    return tuple(str(names).split(","))[: dataset.ndim]


def _limits(found: list[tuple[tuple[str, ...], npt.NDArray[Any]]]) -> Limits | None:
    if not found:
        return None
    if len(found) == 1 or found[0][0] != found[1][0]:
        raise Refused("unreadable", "of image-max and image-min one is missing, or they differ in their dimensions")
    return Limits(dimensions=found[0][0], highest=found[0][1], lowest=found[1][1])


READER = Reader(name="minc", endings=".mnc .mnc.gz", signature="", read=read)
