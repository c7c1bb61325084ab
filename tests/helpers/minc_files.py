"""MINC files of both versions, with any attributes, also wrong or missing ones."""

import h5py
import numpy as np
from nibabel.externals.netcdf import netcdf_file

AXES = ("xspace", "yspace", "zspace")
SPACE = ("zspace", "yspace", "xspace")
SIGNS = {"i": b"signed__", "u": b"unsigned"}


def axes_on(affine, names=SPACE):
    """Attributes of the axes of a grid whose first axis is xspace, and so on."""
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    starts = np.linalg.solve(affine[:3, :3] / steps, affine[:3, 3])
    return {
        name: {
            "spacing": b"regular__",
            "units": b"mm",
            "step": steps[AXES.index(name)],
            "start": starts[AXES.index(name)],
            "direction_cosines": affine[:3, AXES.index(name)] / steps[AXES.index(name)],
        }
        for name in names
    }


def write_minc(path, version, voxels, *, axes=None, limits=(0.0, 1.0), along=(), **attributes):
    """Write voxels, whose axes are the keys of `axes`, with `image-min` and `image-max` in `limits`.

    Attributes of the image, such as `valid_range`, may be given; `along` names the dimensions of the limits.
    """
    axes = axes_on(np.eye(4)) if axes is None else axes
    (_write_version_1 if version == 1 else _write_version_2)(path, voxels, axes, limits, along, attributes)
    return path


def _write_version_1(path, voxels, axes, limits, along, attributes):
    with netcdf_file(str(path), "w") as file:
        for name, length in zip(axes, voxels.shape, strict=True):
            file.createDimension(name, length)
            _set(file.createVariable(name, "i", ()), axes[name])
        signed = voxels.dtype.str.replace("u", "i")
        image = file.createVariable("image", np.dtype(signed), tuple(axes))
        image[:] = voxels.view(signed)
        sign = {"signtype": SIGNS[voxels.dtype.kind]} if voxels.dtype.kind in SIGNS else {}
        _set(image, sign | attributes)
        for name, limit in zip(("image-min", "image-max"), limits or (), strict=False):
            variable = file.createVariable(name, "d", along)
            variable.data[...] = limit


def _set(variable, attributes):
    for name, value in attributes.items():
        setattr(variable, name, value)


def _write_version_2(path, voxels, axes, limits, along, attributes):
    with h5py.File(path, "w") as file:
        dimensions = file.create_group("minc-2.0/dimensions")
        for name in axes:
            dimensions.create_dataset(name, data=0).attrs.update({key: _fixed(axes[name][key]) for key in axes[name]})
        group = file.create_group("minc-2.0/image/0")
        image = group.create_dataset("image", data=voxels, chunks=voxels.shape, compression="gzip")
        image.attrs["dimorder"] = np.bytes_(",".join(axes))
        image.attrs.update({key: _fixed(value) for key, value in attributes.items()})
        for name, limit in zip(("image-min", "image-max"), limits or (), strict=False):
            dataset = group.create_dataset(name, data=np.asarray(limit, np.float64))
            if along:
                dataset.attrs["dimorder"] = np.bytes_(",".join(along))


def _fixed(value):
    return np.bytes_(value) if isinstance(value, bytes) else value
