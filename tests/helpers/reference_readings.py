"""What others read in a file, for comparison: values, and the affine (RAS+) where they know it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import SimpleITK
import tifffile
from PIL import Image
from world_positions import LPS_TO_RAS

Reading = tuple[np.ndarray, np.ndarray | None]
"""Values, of volumes with the axes as near to RAS+ as they can be, and the affine."""


def _nifti(path: Path) -> Reading:
    image = nibabel.as_closest_canonical(nibabel.load(path))
    return np.asarray(image.dataobj), image.affine


def _simpleitk(path: Path) -> Reading:
    image = SimpleITK.ReadImage(str(path))
    voxels = SimpleITK.GetArrayFromImage(image).T
    affine = np.eye(4)
    if image.GetDimension() == 3:
        affine[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * image.GetSpacing()
        affine[:3, 3] = image.GetOrigin()
    turned = nibabel.as_closest_canonical(nibabel.Nifti1Image(voxels.astype(float), LPS_TO_RAS @ affine))
    return np.asarray(turned.dataobj), turned.affine


def _pillow(path: Path) -> Reading:
    with Image.open(path) as image:
        if image.mode == "P":
            return np.asarray(image.convert("RGB")), None
        return np.asarray(image), None


def _tifffile(path: Path) -> Reading:
    with tifffile.TiffFile(path) as file:
        return file.pages[0].asarray(), None


def _npy(path: Path) -> Reading:
    loaded = np.load(path, allow_pickle=False)
    return (loaded if path.suffix == ".npy" else loaded[loaded.files[0]]), None


def _dicom(path: Path) -> Reading:
    dataset = pydicom.dcmread(path, force=True)
    values = dataset.pixel_array.astype(float)
    if dataset.get("PhotometricInterpretation") == "MONOCHROME1" and "ImagePositionPatient" not in dataset:
        values = 2.0 ** int(dataset.BitsStored) - 1 - values
    if dataset.get("SOPClassUID", "").startswith("1.2.840.10008.5.1.4.1.1.1"):
        return values, None
    return values * float(dataset.get("RescaleSlope", 1)) + float(dataset.get("RescaleIntercept", 0)), None


READINGS: dict[str, Callable[[Path], Reading]] = {
    ".nii": _nifti,
    ".gz": _nifti,
    ".mha": _simpleitk,
    ".mhd": _simpleitk,
    ".nrrd": _simpleitk,
    ".nhdr": _simpleitk,
    ".png": _pillow,
    ".jpg": _pillow,
    ".tif": _tifffile,
    ".npy": _npy,
    ".npz": _npy,
    ".dcm": _dicom,
}


def reference_reading(path: Path) -> Reading | None:
    """What the format's own library reads; None if it raises anything."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return READINGS[path.suffix](path)
    except Exception:
        return None
