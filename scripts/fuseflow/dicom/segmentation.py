"""Reading SEG: the segments, and where each frame lies; a frame's pixels are decoded when they are asked for.

Source: DICOM PS3.3, A.51 (Segmentation IOD), C.8.20.2 (Segmentation Image) and C.8.20.3 (its functional groups).
"""

from __future__ import annotations

import warnings
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydicom.dataset import Dataset

from fuseflow.dicom.frames import Frame
from fuseflow.dicom.label_grid import Mask
from fuseflow.dicom.lengths import FARTHEST_MM, is_length, is_position
from fuseflow.dicom.reading import frames_of
from fuseflow.dicom.references import References, is_segmentation, nested, uids
from fuseflow.dicom.segmentation_pixels import check_pixels, surplus, values_of
from fuseflow.dicom.segments import Segment, algorithm_type_of, code_of, in_order, open_object
from fuseflow.dicom.tags import first_item, integer, items, number_if_any, text
from fuseflow.errors import Refused
from fuseflow.files import sha256_of_bytes
from fuseflow.formats.stored import Remark

UNIT_TOLERANCE = 1e-3
"""How far a direction may be from a unit vector, and two of them from perpendicular; files have few digits."""

Kind = Literal["BINARY", "FRACTIONAL", "LABELMAP"]
KINDS: dict[str, Kind] = {"BINARY": "BINARY", "FRACTIONAL": "FRACTIONAL", "LABELMAP": "LABELMAP"}


@dataclass(frozen=True, kw_only=True)
class SegmentFrame:
    """A frame, and the number of the segment that it shows; None if its values are numbers of segments."""

    frame: Frame
    number: int | None


@dataclass(frozen=True, kw_only=True)
class Segmentation:
    """A SEG file.

    Parameters
    ----------
    sha256
        Of the file.
    references
        What it was drawn on.
    segments
        By number.
    kind
        SegmentationType.
    threshold
        The smallest stored value that belongs to a segment, of kinds other than LABELMAP.
    frames
        In the order of the file, which says nothing about where they lie; at least one.
    slice_distance
        What the file says of the distance between slices, mm; None if it says nothing.
    remarks
        What is odd in the file.
    """

    sha256: str
    references: References
    segments: tuple[Segment, ...]
    kind: Kind
    threshold: int
    frames: tuple[SegmentFrame, ...]
    slice_distance: float | None
    remarks: tuple[Remark, ...] = ()

    def masks(self, frame: SegmentFrame, numbers: frozenset[int]) -> dict[int, Mask]:
        """Number of a segment -> its pixels in a frame, bool, shape (rows, columns).

        Parameters
        ----------
        frame
            One of the frames.
        numbers
            The segments that are asked for. If the frame shows none of them, it is not decoded.

        Raises
        ------
        Refused
            ``unreadable`` if the pixels are damaged, or values are numbers of segments that are not described.
        """
        if frame.number is not None and frame.number not in numbers:
            return {}
        with warnings.catch_warnings():
            # what pydicom warns of quotes the file
            warnings.simplefilter("ignore")
            values = values_of(frame.frame)
        if frame.number is not None:
            return {frame.number: values >= self.threshold}
        found = set(np.unique(values).tolist()) - _background(frame.frame)
        if not found <= {segment.number for segment in self.segments}:
            raise Refused("unreadable", "pixels belong to a segment that is not described")
        return {number: values == number for number in sorted(found & numbers)}


def read_segmentation(path: Path) -> Segmentation:
    """Read a SEG file up to its pixels.

    Raises
    ------
    Refused
        ``not-dicom`` or ``unreadable`` if it is damaged, ``unsupported-class`` if it is no SEG, ``no-segments`` if it
        has no segments or frames, ``impossible-size``, ``unsupported-pixels`` or ``unsupported-syntax`` if its pixels
        are of no use, ``no-position`` or ``no-spacing`` if a frame does not say where it lies, ``missing-slices`` if it
        is one of several files that make up a segmentation.
    """
    with warnings.catch_warnings():
        # what pydicom warns of quotes the file
        warnings.simplefilter("ignore")
        data, dataset = open_object(path)
        if not is_segmentation(text(dataset, "SOPClassUID") or ""):
            raise Refused("unsupported-class", "the DICOM object is no segmentation")
        segments = in_order(_segments(dataset))
        if not items(dataset, "PerFrameFunctionalGroupsSequence"):
            raise Refused("no-segments", "there are no frames in the segmentation")
        frames = frames_of(dataset, path=path, sha256=sha256_of_bytes(data))
        check_pixels(frames[0], size=len(data))
        for frame in frames:
            _check_place(frame)
        if frames[0].instance.concatenation and frames[0].instance.concatenation[2] > 1:
            raise Refused("missing-slices", "the segmentation was divided into several files")
        kind = _kind(dataset)
        return Segmentation(
            sha256=frames[0].instance.sha256,
            references=_references(dataset),
            segments=segments,
            kind=kind,
            threshold=_threshold(dataset) if kind == "FRACTIONAL" else 1,
            frames=_numbered(dataset, frames, segments, kind=kind),
            slice_distance=_slice_distance(dataset),
            remarks=surplus(dataset, frames[0]),
        )


def _kind(dataset: Dataset) -> Kind:
    found = KINDS.get(text(dataset, "SegmentationType") or "")
    if found is None:
        raise Refused("unsupported-pixels", f"SegmentationType is none of {', '.join(KINDS)}")
    return found


def _segments(dataset: Dataset) -> list[Segment]:
    """The segments that are described; number 0 is the background of label maps."""
    described = [(_number(item), item) for item in items(dataset, "SegmentSequence")]
    return [
        Segment(
            number=number,
            name=text(item, "SegmentLabel") or "",
            algorithm_type=algorithm_type_of(item, "SegmentAlgorithmType"),
            category=code_of(item, "SegmentedPropertyCategoryCodeSequence"),
            type=code_of(item, "SegmentedPropertyTypeCodeSequence"),
        )
        for number, item in described
        if number > 0
    ]


def _number(item: Dataset) -> int:
    found = integer(item, "SegmentNumber")
    if found is None or found < 0:
        raise Refused("unreadable", "SegmentNumber is missing or negative")
    return found


def _check_place(frame: Frame) -> None:
    if frame.position is None or frame.orientation is None:
        missing = "ImagePositionPatient" if frame.position is None else "ImageOrientationPatient"
        raise Refused("no-position", f"{missing} of a frame is missing")
    if not is_position(frame.position):
        raise Refused("no-position", f"a frame lies farther away than {FARTHEST_MM:.0f} mm")
    along_row, down_column = np.array(frame.orientation)
    products = np.array([along_row @ along_row - 1, down_column @ down_column - 1, along_row @ down_column])
    if np.abs(products).max() > UNIT_TOLERANCE:
        raise Refused("no-position", "ImageOrientationPatient does not hold two perpendicular unit vectors")
    if frame.spacing is None or not all(map(is_length, frame.spacing)):
        raise Refused("no-spacing", "PixelSpacing of a frame is missing or no distance between pixels")


def _threshold(dataset: Dataset) -> int:
    """Half of the largest value, rounded up: value / largest >= 0.5 of whole numbers."""
    largest = integer(dataset, "MaximumFractionalValue")
    if largest is None or largest <= 0:
        raise Refused("unreadable", "MaximumFractionalValue is missing or not positive")
    return (largest + 1) // 2


def _numbered(
    dataset: Dataset, frames: Sequence[Frame], segments: Iterable[Segment], *, kind: Kind
) -> tuple[SegmentFrame, ...]:
    if kind == "LABELMAP":
        return tuple(SegmentFrame(frame=frame, number=None) for frame in frames)
    shared = _referenced(first_item(dataset, "SharedFunctionalGroupsSequence"))
    groups = items(dataset, "PerFrameFunctionalGroupsSequence")
    numbers = [shared if (own := _referenced(group)) is None else own for group in groups]
    described = {segment.number for segment in segments}
    return tuple(
        SegmentFrame(frame=frame, number=_described(number, described))
        for frame, number in zip(frames, numbers, strict=True)
    )


def _referenced(groups: Dataset) -> int | None:
    return integer(first_item(groups, "SegmentIdentificationSequence"), "ReferencedSegmentNumber")


def _described(number: int | None, described: Container[int]) -> int:
    if number is None or number not in described:
        raise Refused("unreadable", "a frame does not say which of the segments it shows")
    return number


def _slice_distance(dataset: Dataset) -> float | None:
    """SpacingBetweenSlices of all frames, or of the first."""
    shared = items(dataset, "SharedFunctionalGroupsSequence")
    own = items(dataset, "PerFrameFunctionalGroupsSequence")[:1]
    for measures in nested([*shared, *own], "PixelMeasuresSequence"):
        found = number_if_any(measures, "SpacingBetweenSlices")
        if found is not None and is_length(found):
            return found
    return None


def _references(dataset: Dataset) -> References:
    series = items(dataset, "ReferencedSeriesSequence")
    groups = [
        *items(dataset, "SharedFunctionalGroupsSequence"),
        *items(dataset, "PerFrameFunctionalGroupsSequence"),
    ]
    images = [
        *nested(series, "ReferencedInstanceSequence"),
        *nested(groups, "DerivationImageSequence", "SourceImageSequence"),
    ]
    return References(
        series_uids=uids(series, "SeriesInstanceUID"),
        instance_uids=uids(images, "ReferencedSOPInstanceUID"),
        frame_of_reference_uids=uids([dataset], "FrameOfReferenceUID"),
    )


def _background(frame: Frame) -> set[int]:
    """The values of label maps that are no segments: 0, and the padding if there is any."""
    pixels = frame.instance.pixels
    return {0, *(pixels.padding if pixels and pixels.padding else ())}
