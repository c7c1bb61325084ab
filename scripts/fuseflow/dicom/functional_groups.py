"""Frames of enhanced multi-frame images: what each frame says itself, else what all of them share.

Source: DICOM PS3.3, C.7.6.16 (Multi-frame Functional Groups).
"""

from __future__ import annotations

from dataclasses import replace

from pydicom.dataset import Dataset

from fuseflow.dicom.frames import Frame, Instance, Vector
from fuseflow.dicom.tags import Element, first_item, integer, items, number, number_if_any, numbers, text, texts
from fuseflow.errors import Refused

FRAME_TYPES = ("CTImageFrameTypeSequence", "MRImageFrameTypeSequence", "PETFrameTypeSequence")
PHASE_ELEMENTS = {
    "TemporalPositionIndex": "FrameContentSequence",
    "FrameAcquisitionNumber": "FrameContentSequence",
    "EffectiveEchoTime": "MREchoSequence",
    "NominalCardiacTriggerDelayTime": "CardiacSynchronizationSequence",
    "NominalPercentageOfCardiacPhase": "CardiacSynchronizationSequence",
    "DiffusionBValue": "MRDiffusionSequence",
    "TemporalPositionTimeOffset": "TemporalPositionSequence",
}
"""What may tell phases at the same position apart, and the functional group it stands in."""


def frames_of(dataset: Dataset, instance: Instance) -> list[Frame]:
    """Every frame of an enhanced or legacy converted image.

    Raises
    ------
    Refused
        ``unreadable`` if an element is damaged or the number of frames is not that of the functional groups.
    """
    groups = items(dataset, "PerFrameFunctionalGroupsSequence")
    shared = first_item(dataset, "SharedFunctionalGroupsSequence")
    if instance.pixels is not None and instance.pixels.frames != len(groups):
        raise Refused("unreadable", f"{instance.pixels.frames} frames are described by {len(groups)} functional groups")
    image_type = texts(dataset, "ImageType")
    return [_frame(index, _Groups(group, shared, dataset), instance, image_type) for index, group in enumerate(groups)]


class _Groups:
    """The functional groups that hold for one frame, and the data set as the last resort."""

    def __init__(self, own: Dataset, shared: Dataset, dataset: Dataset) -> None:
        self.own, self.shared, self.dataset = own, shared, dataset

    def item(self, sequence: Element) -> Dataset:
        """The item of a functional group; that of the data set itself if no group of the name is there."""
        for groups in (self.own, self.shared):
            if found := items(groups, sequence):
                return found[0]
        return self.dataset


def _frame(index: int, groups: _Groups, instance: Instance, image_type: tuple[str, ...]) -> Frame:
    pixels = instance.pixels
    measures = groups.item("PixelMeasuresSequence")
    transformation = groups.item("PixelValueTransformationSequence")
    content = groups.item("FrameContentSequence")
    spacing = numbers(measures, "PixelSpacing", count=2)
    slope, intercept = (number(transformation, element) for element in ("RescaleSlope", "RescaleIntercept"))
    thickness = number_if_any(measures, "SliceThickness")
    frame_types = [texts(groups.item(sequence), "FrameType") for sequence in FRAME_TYPES]
    return Frame(
        instance=instance if thickness is None else replace(instance, thickness=thickness),
        index=index,
        rows=pixels.rows if pixels else 0,
        columns=pixels.columns if pixels else 0,
        position=vector(numbers(groups.item("PlanePositionSequence"), "ImagePositionPatient", count=3)),
        orientation=orientation(numbers(groups.item("PlaneOrientationSequence"), "ImageOrientationPatient", count=6)),
        spacing=(spacing[0], spacing[1]) if spacing else None,
        slope=1.0 if slope is None else slope,
        intercept=0.0 if intercept is None else intercept,
        image_type=next(filter(None, frame_types), image_type),
        rescaled=slope is not None and intercept is not None,
        stack=text(content, "StackID") or "",
        number=integer(content, "InStackPositionNumber") or index + 1,
        phase=_phase(groups),
    )


def _phase(groups: _Groups) -> dict[str, float]:
    found = {element: number_if_any(groups.item(sequence), element) for element, sequence in PHASE_ELEMENTS.items()}
    # several files of one series, each an acquisition of its own
    found["AcquisitionNumber"] = number_if_any(groups.dataset, "AcquisitionNumber")
    return {element: value for element, value in found.items() if value is not None}


def vector(values: tuple[float, ...] | None) -> Vector | None:
    """Three numbers as a vector."""
    return (values[0], values[1], values[2]) if values else None


def orientation(values: tuple[float, ...] | None) -> tuple[Vector, Vector] | None:
    """Six numbers of ImageOrientationPatient as the directions along a row and down a column."""
    return ((values[0], values[1], values[2]), (values[3], values[4], values[5])) if values else None
