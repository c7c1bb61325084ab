"""NIfTI and Analyze files with any fields, also wrong ones, which no library would write."""

import gzip

import nibabel
import numpy as np

VOXELS = np.arange(24, dtype=np.int16).reshape(2, 3, 4, order="F")


def header_of(layout=nibabel.Nifti1Header, *, byte_order="<", data=VOXELS, single=True, **fields):
    """The fields of a valid header with 1 mm spacings and a sform that is an identity, with some of them replaced."""
    header = layout(endianness=byte_order)
    header.set_data_dtype(data.dtype)
    header.set_data_shape(data.shape)
    if layout is not nibabel.AnalyzeHeader:
        header.set_sform(np.eye(4), code=1)
        header.set_xyzt_units("mm")
        header["scl_slope"], header["scl_inter"] = 1, 0
        header["magic"] = header.single_magic if single else header.pair_magic
        header["vox_offset"] = header.single_vox_offset if single else 0
    for name, value in fields.items():
        header[name] = value
    return header


def stored(data, byte_order="<"):
    """Voxels as a file holds them."""
    return data.astype(data.dtype.newbyteorder(byte_order)).tobytes(order="F")


def write_single(path, layout=nibabel.Nifti1Header, *, byte_order="<", data=VOXELS, voxels=None, **fields):
    """Write a ``.nii`` or ``.nii.gz`` file; `voxels` are other bytes than those of the data."""
    header = header_of(layout, byte_order=byte_order, data=data, **fields)
    content = header.binaryblock + bytes(4) + (stored(data, byte_order) if voxels is None else voxels)
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    return path


def write_pair(path, layout=nibabel.AnalyzeHeader, *, byte_order="<", data=VOXELS, **fields):
    """Write ``.hdr`` and ``.img`` files, or ``.hdr.gz`` and ``.img.gz``; return the path of the header."""
    header = header_of(layout, byte_order=byte_order, data=data, single=False, **fields)
    for ending, content in ((".hdr", header.binaryblock), (".img", stored(data, byte_order))):
        other = path.with_name(path.name.replace(".hdr", ending))
        other.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    return path
