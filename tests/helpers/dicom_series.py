"""DICOM series made for tests, in which every voxel is a known function of its position in the patient."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
)

CLASSES = {"CT": CTImageStorage, "MR": MRImageStorage, "PT": PositronEmissionTomographyImageStorage}
ROOT = "1.2.826.0.1.3680043.10.543"
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
GRADIENT_LPS = np.array([10.0, 20.0, 40.0])


def value_at(points):
    """The value at positions (..., 3), LPS in mm: a whole number."""
    return np.rint(np.asarray(points) @ GRADIENT_LPS)


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """Where the slices of a series lie; `step` is the way from slice to slice, the normal times 3 mm if not given."""

    rows: int = 5
    columns: int = 6
    slices: int = 4
    spacing: tuple[float, float] = (2.0, 1.5)
    orientation: tuple[float, ...] = AXIAL
    origin: tuple[float, float, float] = (-10.0, -20.0, 30.0)
    step: tuple[float, float, float] | None = None

    def position(self, place: float) -> np.ndarray:
        """Position of the first pixel of the slice at a place along the stack; places need not be whole numbers."""
        along = np.cross(self.orientation[:3], self.orientation[3:]) * 3.0 if self.step is None else np.array(self.step)
        return np.array(self.origin) + place * along

    def points(self, place: float) -> np.ndarray:
        """Positions of all pixels of a slice, shape (rows, columns, 3)."""
        row, column = np.mgrid[: self.rows, : self.columns]
        along_row, down_column = np.array(self.orientation[:3]), np.array(self.orientation[3:])
        return (
            self.position(place)
            + column[..., None] * along_row * self.spacing[1]
            + row[..., None] * down_column * self.spacing[0]
        )


def slice_dataset(
    geometry: Geometry,
    place: float,
    *,
    modality: str = "CT",
    series: int = 1,
    stored: Callable[[np.ndarray], np.ndarray] = lambda values: values,
    signed: bool = True,
    bits: int = 16,
    **elements: Any,
) -> Dataset:
    """One classic slice: the values of its positions, through `stored`, as 16-bit pixels; `elements` replace or add."""
    pixels = np.asarray(stored(value_at(geometry.points(place))))
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = CLASSES[modality]
    dataset.SOPInstanceUID = f"{ROOT}.{series}.{round(1000 * place) + 100000}"
    dataset.StudyInstanceUID = f"{ROOT}.9"
    dataset.SeriesInstanceUID = f"{ROOT}.{series}"
    dataset.FrameOfReferenceUID = f"{ROOT}.8"
    dataset.Modality = modality
    dataset.SeriesNumber = series
    dataset.InstanceNumber = 1
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.ImagePositionPatient = [f"{value:.10g}" for value in geometry.position(place)]
    dataset.ImageOrientationPatient = [f"{value:.14g}" for value in geometry.orientation]
    dataset.PixelSpacing = list(geometry.spacing)
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, bits, bits - 1
    dataset.PixelRepresentation = int(signed)
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, 0
    dataset.PixelData = pixels.astype("<i8").astype("<u2").tobytes()
    for name, value in elements.items():
        if value is None:
            delattr(dataset, name)
        else:
            setattr(dataset, name, value)
    return dataset


def series(geometry: Geometry, places: Iterable[float] | None = None, **options: Any) -> list[Dataset]:
    """Slices at some places, or at 0, 1, 2 ..."""
    return [
        slice_dataset(geometry, place, **options) for place in (range(geometry.slices) if places is None else places)
    ]


def pet_elements(**changes: Any) -> dict[str, Any]:
    """Elements of a BQML, decay-corrected, attenuation-corrected whole-body PET; keyword arguments replace."""
    dose = Dataset()
    dose.RadionuclideTotalDose = "350000000"
    dose.RadionuclideHalfLife = "6586.2"
    dose.RadiopharmaceuticalStartTime = "100000"
    elements = {
        "modality": "PT",
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "Units": "BQML",
        "DecayCorrection": "START",
        "CorrectedImage": ["DECY", "ATTN", "SCAT"],
        "SeriesType": ["WHOLE BODY", "IMAGE"],
        "PatientWeight": "82",
        "PatientSize": "1.74",
        "PatientSex": "M",
        "SeriesDate": "20200102",
        "SeriesTime": "110000",
        "AcquisitionDate": "20200102",
        "AcquisitionTime": "110000",
        "FrameReferenceTime": "0",
        "ActualFrameDuration": "120000",
        "RadiopharmaceuticalInformationSequence": Sequence([dose]),
    }
    return elements | changes


def enhanced_ct(geometry: Geometry, places: Iterable[float], *, slopes: Iterable[float] | None = None) -> Dataset:
    """One multi-frame CT whose frames lie at `places`, in that order, each with a slope of its own if any are given."""
    places = list(places)
    slopes = [1.0] * len(places) if slopes is None else list(slopes)
    dataset = slice_dataset(geometry, places[0])
    dataset.SOPClassUID = EnhancedCTImageStorage
    del dataset.ImagePositionPatient, dataset.ImageOrientationPatient, dataset.PixelSpacing
    del dataset.RescaleSlope, dataset.RescaleIntercept
    shared = Dataset()
    shared.PlaneOrientationSequence = Sequence(
        [_item(ImageOrientationPatient=[f"{v:.14g}" for v in geometry.orientation])]
    )
    shared.PixelMeasuresSequence = Sequence([_item(PixelSpacing=list(geometry.spacing))])
    dataset.SharedFunctionalGroupsSequence = Sequence([shared])
    frames = []
    for place, slope in zip(places, slopes, strict=True):
        frame = Dataset()
        frame.PlanePositionSequence = Sequence(
            [_item(ImagePositionPatient=[f"{value:.10g}" for value in geometry.position(place)])]
        )
        frame.PixelValueTransformationSequence = Sequence(
            [_item(RescaleSlope=slope, RescaleIntercept=0, RescaleType="HU")]
        )
        frames.append(frame)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(frames)
    dataset.NumberOfFrames = len(places)
    planes = [np.rint(value_at(geometry.points(place)) / slope) for place, slope in zip(places, slopes, strict=True)]
    dataset.PixelData = np.stack(planes).astype("<i8").astype("<u2").tobytes()
    return dataset


def _item(**elements: Any) -> Dataset:
    item = Dataset()
    for name, value in elements.items():
        setattr(item, name, value)
    return item


def write_series(folder: Path, datasets: Iterable[Dataset], *, name: str = "{:04d}.dcm") -> list[Path]:
    """Write data sets as files, named by their number."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, dataset in enumerate(datasets):
        path = folder / name.format(number)
        dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
        dataset.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def positions_of(affine: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """LPS positions of all voxels of a volume, shape (x, y, z, 3), from its RAS affine."""
    indices = np.stack(np.meshgrid(*map(np.arange, shape[:3]), indexing="ij"), axis=-1)
    return (indices @ affine[:3, :3].T + affine[:3, 3]) * [-1, -1, 1]
