"""Seeded ways to damage DICOM files: elements left out, of other types, or with values that contradict others."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pydicom
from byte_mutations import Random
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from text_mutations import WORDS

DEPTH = 3000
"""Of sequences inside each other."""
WHOLE_NUMBERS = {"US": "H", "SS": "h", "UL": "I", "IS": "", "DS": ""}

STORAGE = "1.2.840.10008.5.1.4.1.1"

Value = str | int
PLAUSIBLE: dict[str, Sequence[Value]] = {
    "PixelSpacing": ("1.5", r"1.5\2.0", r"1\1\1", r"0\1", r"-1\1", r"1e300\1", r"nan\1", "", r"1,5\1"),
    "ImageOrientationPatient": (
        r"1\0\0\0\1", r"0\1\0\1\0\0", r"1\0\0\0.6\0.8\0", r"0.5\0\0\0\1\0", r"1\0\0\0\-1\0", r"0\0\0\0\0\0",
        r"1\0\0\0\0.9995\0", r"nan\0\0\0\1\0", r"1\0\0\0\0\-1",
    ),
    "ImagePositionPatient": (r"0\0\0", r"-10\-20\30.5", r"-10\-20\33", r"1e300\0\0", r"0\0", r"-10\-20\36\0", ""),
    "RescaleSlope": ("0", "-1", "2", "0.001", "1e300", "1e-320", "one", "nan", "", r"1\2"),
    "RescaleIntercept": ("-1024", "0.5", "1e300", "nan", ""),
    "BitsAllocated": (0, 1, 8, 12, 16, 24, 32, 64),
    "BitsStored": (0, 1, 8, 10, 12, 15, 16, 17, 32),
    "HighBit": (0, 7, 9, 11, 12, 15, 16, 31),
    "PixelRepresentation": (0, 1, 2),
    "Rows": (0, 1, 5, 6, 10, 12, 13, 65535),
    "Columns": (0, 1, 5, 6, 10, 12, 9, 65535),
    "SamplesPerPixel": (0, 1, 2, 3, 4),
    "PlanarConfiguration": (0, 1, 2),
    "PhotometricInterpretation": (
        "MONOCHROME1", "MONOCHROME2", "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "PALETTE COLOR", "ARGB", "", "rgb",
    ),
    "NumberOfFrames": ("0", "1", "2", "3", "4", "-1", "1.5", "99999999", ""),
    "PixelPaddingValue": (0, 100, 65535, 63536),
    "PixelPaddingRangeLimit": (0, 500),
    "SOPClassUID": (f"{STORAGE}.2", f"{STORAGE}.7", f"{STORAGE}.128", "1.2.3", ""),
    "Modality": ("CT", "MR", "PT", "US", "SEG", "??", ""),
    "ImageType": (r"DERIVED\PRIMARY\MPR", r"ORIGINAL\PRIMARY\LOCALIZER", r"ORIGINAL\PRIMARY\M\MOSAIC", ""),
    "BurnedInAnnotation": ("YES", "NO"),
    "FrameOfReferenceUID": ("1.2.3.4", ""),
    "SeriesInstanceUID": ("1.2.3.4", ""),
    "AcquisitionNumber": ("1", "2", "3", ""),
    "EchoTime": ("5", "7"),
    "InstanceNumber": ("1", "99", "x"),
    "SliceThickness": ("0", "3", "-1", "1e300"),
    "SpacingBetweenSlices": ("0", "3", "1.5", "2", "7", "-3"),
    "Units": ("CNTS", "GML", "BQML", "PROPCNTS"),
    "DecayCorrection": ("NONE", "ADMIN", "START", ""),
    "PatientWeight": ("0", "-82", "82 kg", "0.082", ""),
    "SeriesTime": ("090000", "110000.5", "99", "250000", ""),
    "AcquisitionTime": ("090000", "111500", "11:00:00", ""),
    "AcquisitionDate": ("20200103", "20191231", "2020-01-02", ""),
    "RadiopharmaceuticalStartTime": ("120000", "095959.999", "", "xx"),
    "RadionuclideTotalDose": ("0", "350", "-1", "1e300", ""),
    "RadionuclideHalfLife": ("0", "109.77", "-1", ""),
    "CorrectedImage": ("DECY", r"ATTN\SCAT", ""),
    "FrameReferenceTime": ("60000", "-1", ""),
    "ActualFrameDuration": ("0", ""),
    "SegmentationType": ("BINARY", "FRACTIONAL", "LABELMAP", "", "binary"),
    "MaximumFractionalValue": (0, 1, 100, 255),
    "SegmentNumber": (0, 1, 2, 3, 65535),
    "ReferencedSegmentNumber": (0, 1, 2, 3, 65535),
    "ROINumber": ("1", "2", "3", "-1", ""),
    "ReferencedROINumber": ("1", "2", "3", ""),
    "ContourGeometricType": ("POINT", "OPEN_PLANAR", "CLOSED_PLANAR", "CLOSEDPLANAR_XOR", "CLOSED"),
    "NumberOfContourPoints": ("1", "23", "24", "0", ""),
    "RedPaletteColorLookupTableDescriptor": (r"16\0\16", r"15\0\8", r"0\0\8", r"16\3\8"),
    "TransferSyntaxUID": (*(f"1.2.840.10008.1.2{ending}" for ending in ("", ".1", ".2", ".5")), "1.2.3"),
}  # fmt: skip
"""Keyword -> values that could stand there, or that other programs have been seen to write."""
ADDED = ("PixelPaddingValue", "NumberOfFrames", "BurnedInAnnotation", "EchoTime", "RescaleSlope", "RescaleIntercept")
"""Elements that are put where there are none."""
LISTS = ("PerFrameFunctionalGroupsSequence", "SegmentSequence", "ContourSequence", "ROIContourSequence")


def without_elements(data: bytes, random: Random) -> bytes:
    """One to three elements left out, at any depth."""
    dataset = _parsed(data)
    for _ in range(random.integers(1, 4)):
        holder = _any_of(list(_datasets(dataset)), random)
        tags = sorted(holder.keys())
        if tags:
            holder.pop(_any_of(tags, random), None)
    return _resaved(dataset)


def other_types(data: bytes, random: Random) -> bytes:
    """One to three elements with another type or absurd values."""
    dataset = _parsed(data)
    for _ in range(random.integers(1, 4)):
        holder = _any_of(list(_datasets(dataset)), random)
        tags = [tag for tag in sorted(holder.keys()) if tag.group > 2]
        if not tags:
            continue
        tag = _any_of(tags, random)
        kind, value = [
            ("US", int(random.choice([0, 1, 2**16 - 1]))),
            ("LO", str(random.choice(WORDS))[:60]),
            ("OB", bytes(random.integers(256, size=7, dtype=np.uint8))),
            ("FD", float(random.choice([np.nan, np.inf, -1e300]))),
            ("SQ", []),
        ][random.integers(5)]
        holder[tag] = pydicom.DataElement(tag, kind, value)
    return _resaved(dataset)


def plausible_values(data: bytes, random: Random) -> bytes:
    """One or two elements with another value that could stand there."""
    dataset = _parsed(data)
    meta = getattr(dataset, "file_meta", Dataset())
    for _ in range(random.integers(1, 3)):
        places = [
            (holder, keyword)
            for holder in (meta, *_datasets(dataset))
            for keyword in PLAUSIBLE
            if keyword in holder or (holder is dataset and keyword in ADDED)
        ]
        # many frames have the same elements, and each element is to have its turn
        keyword = _any_of(sorted({keyword for _, keyword in places}), random)
        holder = _any_of([holder for holder, name in places if name == keyword], random)
        _put(holder, keyword, _any_of(PLAUSIBLE[keyword], random), little=dataset.original_encoding[1] is not False)
    return _resaved(dataset)


def other_items(data: bytes, random: Random) -> bytes:
    """A sequence with an item more, less, or in another place."""
    dataset = _parsed(data)
    found = [holder[name] for holder in _datasets(dataset) for name in LISTS if name in holder]
    found = [element for element in found if isinstance(element.value, pydicom.Sequence) and element.value]
    if not found:
        return plausible_values(data, random)
    items = _any_of(found, random).value
    which = int(random.integers(len(items)))
    change = random.integers(3)
    if change == 0:
        del items[which]
    elif change == 1:
        items.append(items[which])
    else:
        items.insert(0, items.pop(which))
    return _resaved(dataset)


def other_numbers(data: bytes, random: Random) -> bytes:
    """Points of a contour left out or moved, pixels left out or added."""
    dataset = _parsed(data)
    contours = [holder for holder in _datasets(dataset) if "ContourData" in holder]
    if contours and random.random() < 0.8:
        contour = _any_of(contours, random)
        values = list(map(str, contour.ContourData))
        place = int(random.integers(len(values)))
        change = random.integers(4)
        values = [values[:place], values[3:], values[:-1], values][change]
        if change == 3:
            values[place] = str(_any_of(["0", "1e300", "nan", "-5.5", "31.4", "x"], random))
        if change < 3 and random.random() < 0.5:
            _put(contour, "NumberOfContourPoints", str(len(values) // 3), little=True)
        _put(contour, "ContourData", "\\".join(values), little=True)
    elif isinstance(dataset.get("PixelData"), bytes) and len(dataset.PixelData) > 2:
        pixels = dataset.PixelData
        cut = 2 * int(random.integers(1, 1 + len(pixels) // 2))
        dataset["PixelData"].value = _any_of([pixels[:-cut], pixels + pixels[:cut], pixels[cut:]], random)
    return _resaved(dataset)


def nested(data: bytes, random: Random) -> bytes:
    """Sequences inside each other, far deeper than any real file, written by hand: pydicom cannot."""
    del random
    sequence = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    head = sequence + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    place = data.find(b"\x08\x00\x16\x00UI")
    return data[:place] + head * DEPTH + data[place:] if place > 0 else data[:200]


def _parsed(data: bytes) -> Dataset:
    return pydicom.dcmread(io.BytesIO(data), force=True)


def _datasets(dataset: Dataset) -> Iterator[Dataset]:
    """A data set and those of all items in it."""
    yield dataset
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from _datasets(item)


def _any_of(choices: Sequence, random: Random):
    return choices[int(random.integers(len(choices)))]


def _put(dataset: Dataset, keyword: str, value: Value, *, little: bool) -> None:
    """Put a value into a data set as it stands in a file, whatever pydicom thinks of it."""
    tag = Tag(tag_for_keyword(keyword))
    kind = dictionary_VR(tag).split(" ")[0]
    width = WHOLE_NUMBERS.get(kind, "")
    if width:
        numbers = [int(number) % 65536 for number in str(value).split("\\")]
        content = struct.pack(f"{'<' if little else '>'}{len(numbers)}{'H' if width in 'Hh' else width}", *numbers)
    else:
        content = str(value).encode()
        content += b" " * (len(content) % 2)
    dataset[tag] = RawDataElement(tag, kind, len(content), content, 0, False, little)


def _resaved(dataset: Dataset) -> bytes:
    buffer = io.BytesIO()
    implicit, little = dataset.original_encoding
    try:
        # in the encoding that it had, also where the element that says so has another value now
        dataset.save_as(buffer, implicit_vr=implicit, little_endian=little, force_encoding=True)
    except Exception:
        # what pydicom will not write is no mutant
        return buffer.getvalue() or b"\x08\x00"
    return buffer.getvalue()


WAYS: tuple[Callable[[bytes, Random], bytes], ...] = (
    without_elements,
    other_types,
    plausible_values,
    plausible_values,
    plausible_values,
    plausible_values,
    other_items,
    other_numbers,
    nested,
)
