"""What others read in a file that is no DICOM, for comparison: values and, as far as they know it, where they lie."""

from __future__ import annotations

import bz2
import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import nibabel
import numpy as np
import SimpleITK
import tifffile
from nibabel.externals.netcdf import netcdf_file
from nibabel.minc1 import Minc1File
from nibabel.minc2 import Minc2File
from PIL import Image, ImageOps
from world_positions import LPS_TO_RAS

MILLIMETRES = {1: 1000.0, 3: 0.001}
"""Codes of metre and micron in NIfTI."""
UNITS = {b"um": 0.001, b"cm": 10.0, b"m": 1000.0}
"""Of MetaImage and NRRD; ITK does not look at them."""
TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels.swapaxes(0, 1)[:, ::-1],
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: pixels.swapaxes(0, 1)[::-1],
}
"""TIFF orientation -> what makes the picture upright."""


@dataclass(frozen=True)
class Reading:
    """Voxels (i, j, k ...) and their affine (RAS+, mm; None if there is none), or the pixels of a flat image."""

    values: np.ndarray
    affine: np.ndarray | None = None
    is_flat: bool = False


def _nifti(path: Path) -> list[Reading]:
    image = nibabel.load(path)
    # as it stands in the file: nibabel repairs what it does not know
    header = type(image.header)(_head(str(path)), check=False)
    affine = _form(header, image.affine)
    affine[:3] *= MILLIMETRES.get(int(header["xyzt_units"]) & 7, 1.0)
    return [Reading(np.asarray(image.dataobj), affine)]


def _head(name: str) -> bytes:
    with gzip.open(name) if name.endswith(".gz") else Path(name).open("rb") as file:
        size = 540 if file.read(4) in (b"\x1c\2\0\0", b"\0\0\2\x1c") else 348
        file.seek(0)
        return file.read(size)


def _form(header: nibabel.Nifti1Header, spacings: np.ndarray) -> np.ndarray:
    """The sform, else the qform; of a sform that spans nothing the qform is left, too."""
    if header["sform_code"] > 0:
        affine = header.get_sform()
        sides = np.linalg.norm(affine[:3, :3].astype(float), axis=0)
        if np.isfinite(affine).all() and np.linalg.matrix_rank(affine[:3, :3] / np.maximum(sides, 1e-300)) == 3:
            return affine
    if header["qform_code"] > 0:
        return header.get_qform()
    return np.diag(np.abs(np.diag(spacings))) if header["sform_code"] <= 0 else np.full((4, 4), np.nan)


def _pair(path: Path) -> list[Reading]:
    if path.read_bytes()[344:347] == b"ni1":
        return _nifti(path)
    image = nibabel.AnalyzeImage.from_filename(path)
    values = np.asarray(image.dataobj)
    slope, intercept = float(image.header["funused1"]), float(image.header["funused2"])
    if slope and np.isfinite(slope):
        values = values * slope + (intercept if np.isfinite(intercept) else 0.0)
    return [Reading(values, image.affine)]


def _simpleitk(path: Path) -> list[Reading]:
    head = path.read_bytes()[:2000]
    if b"CompressedData = True" in head and b"CompressedDataSize" not in head:
        raise ValueError("ITK inflates such data to what they are not")
    image = SimpleITK.ReadImage(str(_without_bzip2(path)))
    axes = image.GetDimension()
    numbers = SimpleITK.GetArrayFromImage(image)
    components = image.GetNumberOfComponentsPerPixel()
    if axes == 2 and numbers.dtype in (np.uint8, np.uint16):
        return [Reading(numbers, is_flat=True)]
    affine = np.eye(4)
    known = min(axes, 3)
    factor = _unit(path)
    directions = factor * np.reshape(image.GetDirection(), (axes, axes)) * image.GetSpacing()
    affine[:known, :known] = directions[:known, :known]
    affine[:known, 3] = factor * np.array(image.GetOrigin()[:known])
    values = numbers.T if components == 1 else np.moveaxis(numbers.T, 0, -1)
    return [Reading(values, LPS_TO_RAS @ affine)]


def _unit(path: Path) -> float:
    """The unit of length of a header, in mm."""
    stated = re.search(rb'^(?:DistanceUnits *= *|space units: *")(\w+)', path.read_bytes()[:2000], re.MULTILINE)
    return UNITS.get(stated[1], 1.0) if stated else 1.0


def _without_bzip2(path: Path) -> Path:
    """A copy of an NRRD file that ITK can read: it knows no bzip2."""
    header, blank, body = path.read_bytes().partition(b"\n\n")
    if b"encoding: bzip2" not in header:
        return path
    copy = path.with_name("unpacked.nrrd")
    copy.write_bytes(header.replace(b"encoding: bzip2", b"encoding: raw") + blank + bz2.decompress(body))
    return copy


def _minc(path: Path) -> list[Reading]:
    with path.open("rb") as file:
        is_hdf5 = file.read(4) == b"\x89HDF"
    if is_hdf5:
        with h5py.File(path) as file:
            return [_of_minc(Minc2File(file))]
    with netcdf_file(str(path), mmap=False) as file:
        return [_of_minc(Minc1File(file))]


def _of_minc(file: Minc1File) -> Reading:
    values = np.asarray(file.get_scaled_data())
    if file._dim_names[0] == "time":
        values = np.moveaxis(values, 0, -1)
    return Reading(values, file.get_affine())


def _array(path: Path) -> list[Reading]:
    loaded = np.load(path, allow_pickle=False)
    array = loaded if isinstance(loaded, np.ndarray) else loaded[loaded.files[0]]
    content = json.loads(path.with_suffix(".json").read_bytes())
    names = content["axes"]
    order = [names.index(axis) for axis in "xyz" if axis in names]
    order += [axis for axis in range(len(names)) if axis not in order]
    array = array.transpose(order)
    if "z" not in names and array.dtype in (np.uint8, np.uint16):
        return [Reading(array.swapaxes(0, 1), is_flat=True)]
    spacing = content.get("spacing")
    affine = None if spacing is None else np.diag([*spacing, 1.0])
    if content.get("affine") is not None:
        affine = np.array(content["affine"])
    return [Reading(array if "z" in names else array[:, :, None], affine)]


def _picture(path: Path) -> list[Reading]:
    if path.suffix == ".png" and path.read_bytes().count(b"PLTE") > 1:
        raise ValueError("two palettes, of which some libraries take the first, others the last and others none")
    with Image.open(path) as image:
        image.load()
        upright = ImageOps.exif_transpose(image)
    if upright.mode in ("P", "RGBA"):
        # what hides something is refused; what hides nothing is left out
        return [Reading(np.asarray(upright.convert("RGB")), is_flat=True)]
    if upright.mode in ("1", "LA"):
        return [Reading(np.asarray(upright.convert("L")), is_flat=True)]
    return [Reading(np.asarray(upright), is_flat=True)]


def _tiff(path: Path) -> list[Reading]:
    with tifffile.TiffFile(path) as file:
        return [_page(page) for page in file.pages if not page.is_reduced and not page.is_mask]


def _page(page: tifffile.TiffPage) -> Reading:
    if len({tag.code for tag in page.tags}) < len(page.tags):
        raise ValueError("a tag is there twice, and libraries do not agree on which of them counts")
    if page.tags["PhotometricInterpretation"].count != 1:
        raise ValueError("several photometric interpretations, of which tifffile takes none")
    pixels = page.asarray()
    if page.photometric == tifffile.PHOTOMETRIC.PALETTE:
        pixels = (page.colormap >> 8)[:, pixels].transpose(1, 2, 0).astype(np.uint8)
    elif page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
        pixels = (1 << page.bitspersample) - 1 - pixels.astype(np.int64)
    if page.bitspersample < 8 and page.photometric != tifffile.PHOTOMETRIC.PALETTE:
        pixels = pixels * (255 // ((1 << page.bitspersample) - 1))
    if page.extrasamples and pixels.ndim == 3:
        pixels = pixels[..., : -len(page.extrasamples)]
        pixels = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    orientation = page.tags.valueof(274, default=1)
    return Reading(TURNS.get(orientation, TURNS[1])(pixels), is_flat=True)


READINGS: dict[str, Callable[[Path], list[Reading]]] = {
    ".nii": _nifti,
    ".gz": _nifti,
    ".hdr": _pair,
    ".mha": _simpleitk,
    ".mhd": _simpleitk,
    ".nrrd": _simpleitk,
    ".nhdr": _simpleitk,
    ".mnc": _minc,
    ".npy": _array,
    ".npz": _array,
    ".png": _picture,
    ".jpg": _picture,
    ".tif": _tiff,
}
"""Ending -> what reads such files; it raises whatever it does not like."""


def reference_readings(path: Path) -> list[Reading]:
    """The images in a file, as the format's own library reads them."""
    return READINGS[path.suffix](path)
