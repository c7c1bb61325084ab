"""Which series a SEG or RTSTRUCT was drawn on, among those that are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from fuseflow.dicom.grouping import Group
from fuseflow.dicom.tags import Element, items, text
from fuseflow.formats.stored import Remark

SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
LABEL_MAP_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.7"
STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"


def is_segmentation(sop_class: str) -> bool:
    """Whether a storage class is that of DICOM SEG, with one bit or one value per pixel or as a label map.

    Examples
    --------
    >>> is_segmentation("1.2.840.10008.5.1.4.1.1.66.4"), is_segmentation("1.2.840.10008.5.1.4.1.1.2")
    (True, False)
    """
    return sop_class in (SEGMENTATION, LABEL_MAP_SEGMENTATION)


def is_structure_set(sop_class: str) -> bool:
    """Whether a storage class is that of RTSTRUCT.

    Examples
    --------
    >>> is_structure_set("1.2.840.10008.5.1.4.1.1.481.3")
    True
    """
    return sop_class == STRUCTURE_SET


@dataclass(frozen=True, kw_only=True)
class References:
    """What a SEG or RTSTRUCT says of the images that it was drawn on; empty sets where it says nothing.

    Parameters
    ----------
    series_uids, instance_uids
        Series and images it names.
    frame_of_reference_uids
        Coordinate systems it is drawn in.
    """

    series_uids: frozenset[str]
    instance_uids: frozenset[str]
    frame_of_reference_uids: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The series that a SEG or RTSTRUCT was drawn on, and what a user should know about the choice."""

    group: Group
    remarks: tuple[Remark, ...] = ()


def uids(datasets: Iterable[Dataset], element: Element) -> frozenset[str]:
    """The values that an element has in some data sets.

    Raises
    ------
    Refused
        ``unreadable`` if one cannot be decoded.
    """
    return frozenset(value for dataset in datasets if (value := text(dataset, element)))


def nested(datasets: Iterable[Dataset], *sequences: Element) -> list[Dataset]:
    """The items of a sequence in items of a sequence ..., in the order of the file.

    Examples
    --------
    >>> nested([Dataset()], "ReferencedSeriesSequence", "ReferencedInstanceSequence")
    []
    """
    found = list(datasets)
    for sequence in sequences:
        found = [item for dataset in found for item in items(dataset, sequence)]
    return found


def reference_of(references: References, candidates: Sequence[Group]) -> Reference | None:
    """The series that a SEG or RTSTRUCT was drawn on.

    Parameters
    ----------
    references
        What it says.
    candidates
        Series that became volumes.

    Returns
    -------
    Reference or None
        The one whose series it names, with a remark if the coordinate system is another; else the only one in its
        coordinate system, with a remark; None if there is none, or several and nobody says which.
    """
    named = [group for group in candidates if group.first.instance.series_uid in references.series_uids]
    if not named:
        alike = _in_same_frame(references, candidates)
        detail = "the series that it names is not there; the only one in the same frame of reference is used"
        return (
            Reference(group=alike[0], remarks=(Remark(code="other-series", detail=detail),))
            if len(alike) == 1
            else None
        )
    alike = _in_same_frame(references, named)
    if len(alike) == 1:
        return Reference(group=alike[0])
    if len(named) > 1:
        return None
    if not references.frame_of_reference_uids:
        return Reference(group=named[0])
    detail = "the frame of reference is not that of the series it names; positions are taken as if it were"
    return Reference(group=named[0], remarks=(Remark(code="other-frame-of-reference", detail=detail),))


def _in_same_frame(references: References, candidates: Sequence[Group]) -> list[Group]:
    return [
        group
        for group in candidates
        if group.first.instance.frame_of_reference_uid in references.frame_of_reference_uids
    ]
