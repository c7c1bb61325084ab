"""Siemens mosaics: one picture that holds all slices of a volume as tiles, row by row from the upper left.

The position in the file is where one slice as large as the whole picture would begin; that of the first tile follows
from the sizes. Distance and direction from slice to slice are the file's own, since tiles have no positions.

Source: the layout as described with nibabel's ``nicom`` package (https://nipy.org/nibabel/dicom/dicom_mosaic.html).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from fuseflow.dicom.frames import Frame, Tile
from fuseflow.dicom.tags import number
from fuseflow.errors import Refused

CSA_CREATOR, CSA_GROUP, CSA_IMAGE_HEADER = "SIEMENS CSA HEADER", 0x0029, 0x10
MR_CREATOR, MR_GROUP, TILES = "SIEMENS MR HEADER", 0x0019, 0x0A


def tiles_of(dataset: Dataset, frame: Frame) -> list[Frame]:
    """The slices of a mosaic, each as a frame with its own position.

    Raises
    ------
    Refused
        ``no-position`` if the file does not say how many tiles there are, or how they lie.
    """
    header = _image_header(dataset)
    count = _count(dataset, header)
    normal = _finite(header.get("SliceNormalVector", []))
    distance = number(dataset, "SpacingBetweenSlices")
    fits = 0 < count <= min(frame.rows, frame.columns) ** 2
    if not (fits and len(normal) == 3 and distance and frame.position and frame.orientation and frame.spacing):
        raise Refused("no-position", "the image is a mosaic and does not say how its slices lie")
    across = math.ceil(math.sqrt(count))
    rows, columns = frame.rows // across, frame.columns // across
    along_row, down_column = (np.array(direction) for direction in frame.orientation)
    first = (
        np.array(frame.position)
        + along_row * frame.spacing[1] * (frame.columns - columns) / 2
        + down_column * frame.spacing[0] * (frame.rows - rows) / 2
    )
    return [
        replace(
            frame,
            rows=rows,
            columns=columns,
            position=tuple((first + np.array(normal) * distance * number_).tolist()),
            tile=Tile(row=number_ // across * rows, column=number_ % across * columns),
        )
        for number_ in range(count)
    ]


def _image_header(dataset: Dataset) -> dict[str, list[Any]]:
    """Name -> values of Siemens's image header; empty if there is none that can be read."""
    # Few series need it, and nibabel warns that its DICOM readers are experimental, of which this is the header's only
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nibabel.nicom import csareader
    try:
        raw = dataset.private_block(CSA_GROUP, CSA_CREATOR)[CSA_IMAGE_HEADER].value
        tags = csareader.read(raw)["tags"]
    except Exception:
        # a private header may hold anything: whatever goes wrong, it is of no use
        return {}
    return {name: tag["items"] for name, tag in tags.items()}


def _count(dataset: Dataset, header: dict[str, list[Any]]) -> int:
    """How many tiles there are; 0 if the file does not say, or not in a number."""
    try:
        return int(dataset.private_block(MR_GROUP, MR_CREATOR)[TILES].value)
    except Exception:
        # as for the header: it may hold anything, and what is raised may quote it
        counts = _finite(header.get("NumberOfImagesInMosaic", []))
        return int(counts[0]) if counts else 0


def _finite(values: Iterable[Any]) -> list[float]:
    """Values as numbers; none if one of them is no finite number."""
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError):
        return []
    return numbers if all(map(math.isfinite, numbers)) else []
