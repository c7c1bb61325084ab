"""Image files of every format with planted values wherever these formats have room for text."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import nibabel
import numpy as np
import tifffile
from dicom_segmentations import closed, frames_of, seg, structure_set
from dicom_series import Geometry, series
from flat_dicom import flat_dataset
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from planted_studies import KEYWORDS
from planting import Plants, plant, planted_dataset
from pydicom.dataset import Dataset

VOXELS = np.arange(4 * 3 * 2, dtype=np.int16).reshape(4, 3, 2)
GREY = np.arange(12 * 10, dtype=np.uint8).reshape(12, 10)


def write_volumes(folder: Path, plants: Plants) -> list[str]:
    """NIfTI, Analyze, MetaImage and NRRD files; their names."""
    header = nibabel.Nifti1Header()
    for field in ("descrip", "aux_file", "intent_name", "db_name", "data_type"):
        header[field] = plants.text()
    image = nibabel.Nifti1Image(VOXELS, np.eye(4), header)
    for code in ("comment", "afni"):
        image.header.extensions.append(nibabel.nifti1.Nifti1Extension(code, plants.text().encode()))
    nibabel.save(image, folder / "nifti.nii.gz")
    analyze = nibabel.Spm99AnalyzeImage(VOXELS, np.eye(4))
    for field in ("descrip", "aux_file", "db_name", "data_type", "generated", "patient_id", "exp_date"):
        analyze.header[field] = plants.text()
    nibabel.save(analyze, folder / "analyze.img")
    fields = f"NDims = 3\nDimSize = 4 3 2\nElementSpacing = 1 1 1\nOffset = 0 0 0\nPatientName = {plants.text()}\n"
    fields += (
        f"StudyDate = {plants.day()}\nComment = {plants.text()}\nName = {plants.text()}\nElementType = MET_SHORT\n"
    )
    voxels = VOXELS.T.astype("<i2").tobytes()
    (folder / "metaimage.mha").write_bytes(f"{fields}ElementDataFile = LOCAL\n".encode() + voxels)
    (folder / "detached.mhd").write_text(f"{fields}ElementDataFile = voxels.raw\n")
    (folder / "voxels.raw").write_bytes(voxels)
    nrrd = f"NRRD0005\n# {plants.text()}\ncontent: {plants.text()}\ntype: short\ndimension: 3\nsizes: 4 3 2\n"
    nrrd += f'encoding: raw\nendian: little\nspacings: 1 1 1\nlabels: "{plants.text()}" "" ""\n'
    nrrd += f"old min: 0\nPatientName:={plants.text()}\n\n"
    (folder / "nrrd.nrrd").write_bytes(nrrd.encode() + voxels)
    return ["nifti", "analyze", "metaimage", "detached", "nrrd"]


def write_flat(folder: Path, plants: Plants) -> list[str]:
    """PNG, JPEG and TIFF files; their names."""
    image = Image.fromarray(GREY)
    text = PngInfo()
    text.add_text("Author", plants.text())
    text.add_itxt("Comment", plants.text(), zip=True)
    image.save(folder / "png.png", pnginfo=text)
    exif = Image.Exif()
    for tag in (0x010E, 0x013B, 0x8298, 0x0132):
        exif[tag] = plants.text()
    image.save(folder / "jpeg.jpg", exif=exif, comment=plants.text().encode())
    tifffile.imwrite(
        folder / "tiff.tif", GREY, description=plants.text(), software=plants.text(), datetime="1701:02:03 04:05:06"
    )
    return ["png", "jpeg", "tiff"]


def write_dicom(folder: Path, plants: Plants) -> None:
    """A CT series with a SEG and an RTSTRUCT drawn on it, and a radiograph."""
    geometry = Geometry()
    ball = frames_of(geometry, {1: lambda points: points[..., 2] < 35})
    contours = closed([np.array([[-9.0, -19, 30], [-5, -19, 30], [-5, -15, 30], [-9, -15, 30]])])
    datasets = [
        *series(geometry),
        seg(geometry, ball, names={1: "mass"}),
        structure_set({1: ("GTV", contours)}),
        flat_dataset(GREY),
    ]
    _write(folder, datasets, plants)


def _write(folder: Path, datasets: Iterable[Dataset], plants: Plants) -> None:
    for number, dataset in enumerate(datasets):
        plant(dataset, planted_dataset(plants, KEYWORDS), plants)
        dataset.save_as(folder / f"{plants.text()}-{number}.dcm", enforce_file_format=True)
