"""Reading RTSTRUCT: the contours of regions of interest, where they lie in the patient.

Source: DICOM PS3.3, C.8.8.5 (Structure Set), C.8.8.6 (ROI Contour) and C.8.8.8 (RT ROI Observations).
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from fuseflow.dicom.label_grid import Points
from fuseflow.dicom.lengths import FARTHEST_MM, is_position
from fuseflow.dicom.references import References, is_structure_set, nested, uids
from fuseflow.dicom.segments import Segment, algorithm_type_of, code_of, in_order, open_object
from fuseflow.dicom.tags import integer, items, numbers, text
from fuseflow.errors import Refused
from fuseflow.files import sha256_of_bytes

CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
GEOMETRIC_TYPES = (*CLOSED, "POINT", "OPEN_PLANAR", "OPEN_NONPLANAR")
OTHER = "OTHER"
CORNERS = 3
"""A closed contour with fewer encloses nothing."""
LPS_TO_RAS = np.array([-1.0, -1.0, 1.0])


@dataclass(frozen=True, kw_only=True)
class Contour:
    """A contour: its geometric type (OTHER if none of the standard's terms) and its points, RAS in mm, shape (n, 3)."""

    geometric_type: str
    points: Points

    @property
    def encloses(self) -> bool:
        """Whether it can be filled."""
        return self.geometric_type in CLOSED and len(self.points) >= CORNERS


@dataclass(frozen=True, kw_only=True)
class StructureSet:
    """An RTSTRUCT file.

    Parameters
    ----------
    sha256
        Of the file.
    references
        What it was drawn on.
    segments
        Its regions of interest, by number.
    contours
        Number of a region -> its contours, in the order of the file; no entry for a region without any.
    """

    sha256: str
    references: References
    segments: tuple[Segment, ...]
    contours: Mapping[int, tuple[Contour, ...]]


def read_structure_set(path: Path) -> StructureSet:
    """Read an RTSTRUCT file.

    Raises
    ------
    Refused
        ``not-dicom`` or ``unreadable`` if it is damaged, ``unsupported-class`` if it is no RTSTRUCT, ``no-segments`` if
        it has no contour that can be filled.
    """
    with warnings.catch_warnings():
        # what pydicom warns of quotes the file
        warnings.simplefilter("ignore")
        data, dataset = open_object(path)
        if not is_structure_set(text(dataset, "SOPClassUID") or ""):
            raise Refused("unsupported-class", "the DICOM object is no RT Structure Set")
        return _structure_set(dataset, sha256_of_bytes(data))


def _structure_set(dataset: Dataset, sha256: str) -> StructureSet:
    segments = in_order(_segments(dataset))
    contours = _contours(dataset)
    if not contours.keys() <= {segment.number for segment in segments}:
        raise Refused("unreadable", "there are contours of a region of interest that is not described")
    if not any(contour.encloses for found in contours.values() for contour in found):
        raise Refused("no-segments", "no region of interest has a closed contour")
    return StructureSet(sha256=sha256, references=_references(dataset), segments=segments, contours=contours)


def _segments(dataset: Dataset) -> list[Segment]:
    observed = {
        integer(observation, "ReferencedROINumber"): observation
        for observation in items(dataset, "RTROIObservationsSequence")
    }
    return [
        Segment(
            number=(number := _number(roi, "ROINumber")),
            name=text(roi, "ROIName") or "",
            algorithm_type=algorithm_type_of(roi, "ROIGenerationAlgorithm"),
            category=None,
            type=code_of(observed.get(number, Dataset()), "RTROIIdentificationCodeSequence"),
        )
        for roi in items(dataset, "StructureSetROISequence")
    ]


def _number(dataset: Dataset, element: str) -> int:
    found = integer(dataset, element)
    if found is None:
        raise Refused("unreadable", f"{element} is missing")
    return found


def _contours(dataset: Dataset) -> dict[int, tuple[Contour, ...]]:
    found: dict[int, list[Contour]] = defaultdict(list)
    for roi in items(dataset, "ROIContourSequence"):
        contours = [_contour(item) for item in items(roi, "ContourSequence")]
        if contours:
            found[_number(roi, "ReferencedROINumber")] += contours
    return {number: tuple(contours) for number, contours in found.items()}


def _contour(item: Dataset) -> Contour:
    values = np.array(numbers(item, "ContourData") or (), np.float64)
    stated = integer(item, "NumberOfContourPoints")
    if len(values) % 3 or (stated is not None and 3 * stated != len(values)):
        expected = "a multiple of 3" if stated is None else f"3 for each of {stated} points"
        raise Refused("unreadable", f"a contour has {len(values)} coordinates, not {expected}")
    if not is_position(values):
        raise Refused("unreadable", f"a contour lies farther away than {FARTHEST_MM:.0f} mm")
    kind = text(item, "ContourGeometricType")
    return Contour(geometric_type=kind if kind in GEOMETRIC_TYPES else OTHER, points=values.reshape(-1, 3) * LPS_TO_RAS)


def _references(dataset: Dataset) -> References:
    frames = items(dataset, "ReferencedFrameOfReferenceSequence")
    series = nested(frames, "RTReferencedStudySequence", "RTReferencedSeriesSequence")
    contours = nested([dataset], "ROIContourSequence", "ContourSequence")
    images = [*nested(series, "ContourImageSequence"), *nested(contours, "ContourImageSequence")]
    return References(
        series_uids=uids(series, "SeriesInstanceUID"),
        instance_uids=uids(images, "ReferencedSOPInstanceUID"),
        frame_of_reference_uids=uids(frames, "FrameOfReferenceUID")
        | uids(items(dataset, "StructureSetROISequence"), "ReferencedFrameOfReferenceUID")
        | uids([dataset], "FrameOfReferenceUID"),
    )
