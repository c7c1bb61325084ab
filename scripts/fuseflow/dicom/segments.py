"""What SEG and RTSTRUCT have in common: how their files are opened, and what they say of a segment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset

from fuseflow.dicom.reading import is_cut, parse
from fuseflow.dicom.tags import Element, first_item, text
from fuseflow.errors import Refused
from fuseflow.files import read_regular_file

ALGORITHM_TYPES = ("AUTOMATIC", "SEMIAUTOMATIC", "MANUAL")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,15}")
"""What a code value and the name of its scheme look like; anything else might be free text."""


@dataclass(frozen=True)
class Code:
    """A coded concept: its value, and the scheme that gives it a meaning, such as SCT."""

    value: str
    scheme: str


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A segment of a SEG, or a region of interest of an RTSTRUCT.

    Parameters
    ----------
    number
        SegmentNumber or ROINumber.
    name
        SegmentLabel or ROIName, as it stands in the file.
    algorithm_type
        AUTOMATIC, SEMIAUTOMATIC or MANUAL; None if the file says nothing or anything else.
    category, type
        What it is; None if the file gives no code.
    """

    number: int
    name: str
    algorithm_type: str | None
    category: Code | None
    type: Code | None


def open_object(path: Path) -> tuple[bytes, Dataset]:
    """The bytes of a DICOM file, and its data set.

    Raises
    ------
    Refused
        ``unreadable``, also if it ends within an element, or ``not-dicom``.
    """
    try:
        data = read_regular_file(path)
    except OSError as error:
        raise Refused("unreadable", f"the file cannot be opened ({error.strerror})") from None
    dataset = parse(data)
    if any(map(is_cut, dataset.values())):
        raise Refused("unreadable", "the file is cut short: it ends within an element, or one has no known type")
    return data, dataset


def algorithm_type_of(dataset: Dataset, element: Element) -> str | None:
    """The type of algorithm, if it is one of the standard's terms.

    Source: DICOM PS3.3, C.8.20.2 (SegmentAlgorithmType) and C.8.8.5 (ROIGenerationAlgorithm).
    """
    found = text(dataset, element)
    return found if found in ALGORITHM_TYPES else None


def code_of(dataset: Dataset, sequence: Element) -> Code | None:
    """The first code of a code sequence; None if there is none, or if it does not look like a code.

    Source: DICOM PS3.3, 8.8 (Code Sequence Macro).
    """
    item = first_item(dataset, sequence)
    value, scheme = text(item, "CodeValue") or "", text(item, "CodingSchemeDesignator") or ""
    return Code(value, scheme) if CODE.fullmatch(value) and CODE.fullmatch(scheme) else None


def in_order(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Segments by their number.

    Raises
    ------
    Refused
        ``no-segments`` if there is none, ``unreadable`` if two have the same number.
    """
    ordered = tuple(sorted(segments, key=lambda segment: segment.number))
    if not ordered:
        raise Refused("no-segments", "no segment is described in the file")
    number, times = Counter(segment.number for segment in ordered).most_common(1)[0]
    if times > 1:
        raise Refused("unreadable", f"{times} segments have the number {number}")
    return ordered
