"""Colours that stored values stand for, in tables that the file holds.

Source: DICOM PS3.3, C.7.6.3.1.5 (Palette Color Lookup Table Descriptor) and C.7.6.3.1.6 (Data).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from fuseflow.dicom.tags import numbers
from fuseflow.errors import Refused
from fuseflow.flat import Pixels

TABLES = ("Red", "Green", "Blue")


def palette_colours(dataset: Dataset, indices: npt.NDArray[np.integer]) -> Pixels:
    """The colours of a palette colour image.

    Parameters
    ----------
    dataset
        The image with its three tables.
    indices
        Stored values. Those before the first entry have the colour of the first, those behind the last that of the
        last.

    Returns
    -------
    numpy.ndarray
        (rows, columns, 3), uint8 or uint16 as the entries of the tables.

    Raises
    ------
    Refused
        ``unsupported-pixels`` for segmented tables; ``unreadable`` if tables are missing or contradict each other.
    """
    if any(f"Segmented{colour}PaletteColorLookupTableData" in dataset for colour in TABLES):
        raise Refused("unsupported-pixels", "the palette is a segmented one, which is not read")
    descriptors = [numbers(dataset, f"{colour}PaletteColorLookupTableDescriptor", count=3) for colour in TABLES]
    descriptor = descriptors[0]
    if descriptor is None or any(other != descriptor for other in descriptors):
        raise Refused("unreadable", "the descriptors of the palette are missing, or not the same for all colours")
    count, first, bits = (int(number) for number in descriptor)
    # 65536 does not fit into the 16 bits of the descriptor
    tables = [_table(dataset, colour, count=count or 65536, bits=bits) for colour in TABLES]
    positions = np.clip(indices.astype(np.int32) - first, 0, (count or 65536) - 1)
    return np.stack(tables, axis=-1)[positions]  # type: ignore[return-value]


def _table(dataset: Dataset, colour: str, *, count: int, bits: int) -> Pixels:
    element = Tag(f"{colour}PaletteColorLookupTableData")
    # as it stands in the file: the type of a damaged element may be none
    data = dataset.get_item(element, keep_deferred=True).value if element in dataset else b""
    if bits not in (8, 16) or not isinstance(data, bytes):
        raise Refused("unreadable", f"the {colour.lower()} entries of the palette are missing, or not of 8 or 16 bits")
    big_endian = not dataset.original_encoding[1]
    words = np.frombuffer(data[: len(data) // 2 * 2], ">u2" if big_endian else "<u2").astype("<u2")
    if len(words) == count and bits == 16:
        return words.astype(np.uint16)
    if len(words) == count and words.max() < 256:
        return words.astype(np.uint8)
    if len(words) == (count + 1) // 2 and bits == 8:
        return words.view(np.uint8)[:count]
    raise Refused("unreadable", f"the {colour.lower()} palette has {len(data)} bytes for {count} entries of {bits}")
