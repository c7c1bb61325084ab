"""Which role a DICOM file plays, by what its elements hold; cheap, since every file of a data set is looked at."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO

import pydicom
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from fuseflow.dicom.modalities import DICOMDIR
from fuseflow.dicom.reading import FIRST_GROUPS, PREAMBLE
from fuseflow.dicom.tags import texts
from fuseflow.errors import InputError


def check_keywords(keywords: Iterable[str]) -> None:
    """Make sure that the standard knows some elements.

    Raises
    ------
    InputError
        Naming those that it does not know.

    Examples
    --------
    >>> check_keywords(["Modality", "ImageType"])
    """
    unknown = sorted(keyword for keyword in keywords if tag_for_keyword(keyword) is None)
    if unknown:
        raise InputError(f"{', '.join(unknown)} is no keyword of a DICOM element; write it like Modality or ImageType")


def element_texts(path: Path, keywords: Iterable[str]) -> dict[str, str] | None:
    """Elements of a file as text, several values joined with backslashes; an empty text if one is missing.

    Returns
    -------
    dict or None
        Empty if the file is not DICOM; None if it is and cannot be read, or the file cannot be opened, so that nobody
        knows what it holds.
    """
    try:
        with path.open("rb") as file:
            return _texts(file, tuple(keywords))
    except OSError:
        # what the system says names the file, and its name may identify a patient
        return None


def _texts(file: BinaryIO, keywords: tuple[str, ...]) -> dict[str, str] | None:
    head = file.read(PREAMBLE + 4)
    marked = head[PREAMBLE:] == b"DICM"
    if not marked and head[:2] not in FIRST_GROUPS:
        return {}
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(
                file, stop_before_pixels=True, force=not marked, specific_tags=[*keywords, "SOPClassUID"]
            )
        found = {keyword: "\\".join(texts(dataset, keyword)) for keyword in keywords}
    except Exception:
        # whatever a damaged file raises: it may be a slice, and a missing slice must not go unnoticed
        return None
    if not marked and not len(dataset):
        return {}
    return None if _is_cut(file, dataset, found) else found


def _is_cut(file: BinaryIO, dataset: Dataset, found: Mapping[str, str]) -> bool:
    """Whether a file ends before its pixels without an element that decides; a DICOMDIR has none of them."""
    before_pixels = bool(file.read(1))
    is_directory = dataset.file_meta.get("MediaStorageSOPClassUID") == DICOMDIR
    return not before_pixels and not is_directory and not all(found.values())


def plays_role(found: Mapping[str, str] | None, elements: Mapping[str, str]) -> bool:
    r"""Whether elements hold what a role asks for, as wildcards; what cannot be read may play any role.

    Examples
    --------
    >>> plays_role({"Modality": "PT", "ImageType": "ORIGINAL\\PRIMARY"}, {"Modality": "PT", "ImageType": "ORIGINAL*"})
    True
    >>> plays_role({"Modality": "PT"}, {"Modality": "CT"}), plays_role({}, {"Modality": "*"}), plays_role(None, {})
    (False, False, True)
    """
    if found is None:
        return True
    return bool(found) and all(fnmatchcase(found[keyword], value) for keyword, value in elements.items())
