"""SEG and RTSTRUCT made for tests: shapes in the patient, drawn on any grid as frames or as contours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from dicom_series import ROOT, Geometry, positions_of
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from fuseflow.dicom.label_grid import LabelGrid
from fuseflow.volume import to_ras

SEG_CLASS = "1.2.840.10008.5.1.4.1.1.66.4"
LABEL_MAP_CLASS = "1.2.840.10008.5.1.4.1.1.66.7"
STRUCTURE_SET_CLASS = "1.2.840.10008.5.1.4.1.1.481.3"
FRAME_OF_REFERENCE = f"{ROOT}.8"
OBLIQUE = (0.8, 0.6, 0.0, -0.36, 0.48, 0.8)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
CODE = ("49755003", "SCT")


@dataclass(frozen=True)
class Ball:
    """A ball, or a shell with a hole in it; centre and radii in mm, LPS."""

    centre: tuple[float, float, float]
    radius: float
    hole: float = 0.0

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Which positions (..., 3) are inside."""
        distance = np.linalg.norm(points - np.array(self.centre), axis=-1)
        return (distance < self.radius) & (distance >= self.hole)

    def contours(self, geometry: Geometry, place: float, corners: int = 400) -> list[np.ndarray]:
        """Its section with a slice: circles as polygons of the same area, LPS."""
        along, down = np.array(geometry.orientation[:3]), np.array(geometry.orientation[3:])
        normal = np.cross(along, down)
        away = float((geometry.position(place) - self.centre) @ normal)
        angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)[:, None]
        radii = [np.sqrt(radius**2 - away**2) for radius in (self.radius, self.hole) if radius > abs(away)]
        same_area = np.sqrt(2 * np.pi / corners / np.sin(2 * np.pi / corners))
        return [
            self.centre + away * normal + same_area * radius * (np.cos(angles) * along + np.sin(angles) * down)
            for radius in radii
        ]


def label_grid(geometry: Geometry, *, series: int = 1) -> LabelGrid:
    """The canonical grid of a series with this geometry."""
    affine = np.eye(4)
    affine[:3, 0] = np.array(geometry.orientation[:3]) * geometry.spacing[1]
    affine[:3, 1] = np.array(geometry.orientation[3:]) * geometry.spacing[0]
    affine[:3, 2] = geometry.position(1) - geometry.position(0)
    affine[:3, 3] = geometry.origin
    empty = np.zeros((geometry.columns, geometry.rows, geometry.slices), np.uint8)
    turned, canonical = to_ras(empty, np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine)
    return LabelGrid(affine=canonical, shape=turned.shape, series_uid=f"{ROOT}.{series}")


def truth(shape: Callable[[np.ndarray], np.ndarray], grid: LabelGrid) -> np.ndarray:
    """The voxels of a grid whose centres are in a shape."""
    return shape(positions_of(grid.affine, grid.shape))


def item(**elements: Any) -> Dataset:
    """A data set with some elements; those that are None are left out."""
    dataset = Dataset()
    for name, value in elements.items():
        if value is not None:
            setattr(dataset, name, value)
    return dataset


def code(value: str = CODE[0], scheme: str = CODE[1]) -> Dataset:
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning="free text")


def _decimal(values: Iterable[float]) -> list[str]:
    return [f"{value:.10g}" for value in values]


Frames = Sequence[tuple[float, int | None, np.ndarray]]
"""Place in the stack, number of the segment (None in label maps), and pixels."""


def seg(
    geometry: Geometry,
    frames: Frames,
    *,
    names: Mapping[int, str],
    kind: str = "BINARY",
    bits: int = 1,
    measures: Mapping[str, Any] | None = None,
    **elements: Any,
) -> Dataset:
    """A SEG whose frames lie at places of a stack, in the given order; `elements` replace or add, None takes out."""
    pixels = [np.asarray(mask) for _, _, mask in frames]
    dataset = _file(LABEL_MAP_CLASS if kind == "LABELMAP" else SEG_CLASS, "SEG")
    dataset.FrameOfReferenceUID = FRAME_OF_REFERENCE
    dataset.ReferencedSeriesSequence = [
        item(
            SeriesInstanceUID=f"{ROOT}.1",
            ReferencedInstanceSequence=[item(ReferencedSOPInstanceUID=f"{ROOT}.1.100000")],
        )
    ]
    dataset.SegmentationType = kind
    dataset.SegmentSequence = [
        item(
            SegmentNumber=number,
            SegmentLabel=name,
            SegmentAlgorithmType="MANUAL",
            SegmentedPropertyCategoryCodeSequence=[code()],
            SegmentedPropertyTypeCodeSequence=[code("1", "99LOCAL")],
        )
        for number, name in names.items()
    ]
    spacing = {"PixelSpacing": list(geometry.spacing), **(measures or {})}
    dataset.SharedFunctionalGroupsSequence = [
        item(
            PixelMeasuresSequence=[item(**spacing)],
            PlaneOrientationSequence=[item(ImageOrientationPatient=_decimal(geometry.orientation))],
        )
    ]
    dataset.PerFrameFunctionalGroupsSequence = [
        item(
            PlanePositionSequence=[item(ImagePositionPatient=_decimal(geometry.position(place)))],
            SegmentIdentificationSequence=None if number is None else [item(ReferencedSegmentNumber=number)],
        )
        for place, number, _ in frames
    ]
    dataset.NumberOfFrames = len(frames)
    dataset.Rows, dataset.Columns = geometry.rows, geometry.columns
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    values = np.concatenate([np.ravel(mask) for mask in pixels]) if pixels else np.zeros(0)
    packed = np.packbits(values.astype(bool), bitorder="little") if bits == 1 else values.astype(f"<u{bits // 8}")
    data = packed.tobytes()
    dataset.PixelData = data + bytes(len(data) % 2)
    return _changed(dataset, elements)


def frames_of(geometry: Geometry, shapes: Mapping[int, Callable[[np.ndarray], np.ndarray]]) -> Frames:
    """A frame for each slice and segment that is not empty, segment by segment."""
    drawn = [
        (place, number, shape(geometry.points(place)))
        for number, shape in shapes.items()
        for place in range(geometry.slices)
    ]
    return [frame for frame in drawn if frame[2].any()]


Contours = Sequence[tuple[str, np.ndarray]]
"""Geometric type and points (n, 3), LPS."""


def structure_set(regions: Mapping[int, tuple[str, Contours]], **elements: Any) -> Dataset:
    """An RTSTRUCT of regions: number -> name and contours."""
    dataset = _file(STRUCTURE_SET_CLASS, "RTSTRUCT", syntax=ImplicitVRLittleEndian)
    series = item(
        SeriesInstanceUID=f"{ROOT}.1", ContourImageSequence=[item(ReferencedSOPInstanceUID=f"{ROOT}.1.100000")]
    )
    dataset.ReferencedFrameOfReferenceSequence = [
        item(
            FrameOfReferenceUID=FRAME_OF_REFERENCE,
            RTReferencedStudySequence=[item(RTReferencedSeriesSequence=[series])],
        )
    ]
    dataset.StructureSetROISequence = [
        item(ROINumber=number, ROIName=name, ROIGenerationAlgorithm="SEMIAUTOMATIC")
        for number, (name, _) in regions.items()
    ]
    dataset.ROIContourSequence = [
        item(
            ReferencedROINumber=number,
            ContourSequence=[
                item(
                    ContourGeometricType=kind,
                    NumberOfContourPoints=len(points),
                    ContourData=_decimal(np.ravel(points)),
                )
                for kind, points in contours
            ]
            or None,
        )
        for number, (_, contours) in regions.items()
    ]
    dataset.RTROIObservationsSequence = [
        item(ReferencedROINumber=number, RTROIIdentificationCodeSequence=[code()]) for number in regions
    ]
    return _changed(dataset, elements)


def closed(polygons: Iterable[np.ndarray]) -> Contours:
    return [("CLOSED_PLANAR", polygon) for polygon in polygons]


def contours_of(geometry: Geometry, ball: Ball) -> Contours:
    """A ball or shell as contours in all slices."""
    return closed(polygon for place in range(geometry.slices) for polygon in ball.contours(geometry, place))


def _file(sop_class: str, modality: str, *, syntax: str = ExplicitVRLittleEndian) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = sop_class
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = f"{ROOT}.77.1"
    dataset.SeriesInstanceUID = f"{ROOT}.77"
    dataset.StudyInstanceUID = f"{ROOT}.9"
    dataset.Modality = modality
    return dataset


def _changed(dataset: Dataset, elements: Mapping[str, Any]) -> Dataset:
    for name, value in elements.items():
        if value is None:
            delattr(dataset, name)
        else:
            setattr(dataset, name, value)
    return dataset


def saved(dataset: Dataset, folder: Path, name: str = "object.dcm") -> Path:
    path = folder / name
    dataset.save_as(path, enforce_file_format=True)
    return path
