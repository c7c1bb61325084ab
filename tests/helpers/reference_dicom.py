"""What DICOM files hold, read in another way than the library does: pixels with their positions, label by label.

Compressed pixels are decoded by imagecodecs, Pillow and pydicom itself; values and positions follow from the formulas
of the standard (PS3.3, C.7.6.2.1.1, C.7.6.3.1 and C.11.1.1.2).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels import apply_color_lut, convert_color_space, get_decoder

LPS_TO_RAS = np.array([-1.0, -1.0, 1.0])
AIR = -1024
DECODERS = {
    uid.JPEG2000Lossless: imagecodecs.jpeg2k_decode,
    uid.JPEGLSLossless: imagecodecs.jpegls_decode,
    uid.JPEGLosslessSV1: imagecodecs.ljpeg_decode,
    uid.JPEGBaseline8Bit: lambda data: np.asarray(Image.open(io.BytesIO(data))),
}
CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")


@dataclass(frozen=True)
class ReferenceFrame:
    """A slice: stored values, values, positions of the pixels (rows, columns, 3; RAS, mm), and its elements."""

    stored: np.ndarray
    values: np.ndarray
    positions: np.ndarray
    elements: Dataset


def dataset_of(path: Path) -> Dataset:
    """A file, with or without a preamble."""
    return pydicom.dcmread(path, force=True)


def sha256_of(path: Path) -> str:
    """What files are called in sidecars."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def frames_of(dataset: Dataset) -> list[ReferenceFrame]:
    """Every frame of an image with its place."""
    own = dataset.get("PerFrameFunctionalGroupsSequence") or [Dataset()]
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    stored = stored_values(dataset)
    groups = [_merged(dataset, shared, group) for group in own]
    if len(stored) != len(groups):
        raise ValueError("as many frames as functional groups are expected")
    return [_frame(pixels, found) for pixels, found in zip(stored, groups, strict=True)]


def _merged(*groups: Dataset) -> Dataset:
    """The elements that hold for a frame: those of a later data set replace those of an earlier one."""
    found = Dataset()
    for group in groups:
        for element in group:
            if element.VR != "SQ" and element.tag.group != 0x7FE0:
                found.add(element)
            elif element.VR == "SQ" and group is not groups[0] and element.value:
                found.update(_merged(element.value[0]))
    return found


def _frame(stored: np.ndarray, elements: Dataset) -> ReferenceFrame:
    rows, columns = stored.shape
    row, column = np.mgrid[:rows, :columns]
    along, down = np.reshape(np.array(elements.ImageOrientationPatient, float), (2, 3))
    row_spacing, column_spacing = map(float, elements.PixelSpacing)
    positions = (
        np.array(elements.ImagePositionPatient, float)
        + column[..., None] * along * column_spacing
        + row[..., None] * down * row_spacing
    )
    return ReferenceFrame(stored, _values(stored, elements), positions * LPS_TO_RAS, elements)


def _values(stored: np.ndarray, elements: Dataset) -> np.ndarray:
    values = stored.astype(float)
    if elements.PhotometricInterpretation == "MONOCHROME1":
        signed, bits = elements.PixelRepresentation == 1, _bits_stored(elements)
        values = (-1 if signed else 2**bits - 1) - values
    slope, intercept = elements.get("RescaleSlope"), elements.get("RescaleIntercept")
    values = values * (1.0 if slope in (None, "") else float(slope))
    values += 0.0 if intercept in (None, "") else float(intercept)
    if elements.get("PixelPaddingValue") is not None and elements.Modality == "CT":
        first = int(elements.PixelPaddingValue)
        last = int(elements.get("PixelPaddingRangeLimit") or first)
        if elements.PixelRepresentation == 1:
            bits = _bits_stored(elements)
            # written with the bits of another type now and then
            first, last = ((end + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1) for end in (first, last))
        values[(stored >= min(first, last)) & (stored <= max(first, last))] = AIR
    return values


def stored_values(dataset: Dataset) -> np.ndarray:
    """The stored values of all frames of grey pixels, (frames, rows, columns)."""
    rows, columns, allocated = int(dataset.Rows), int(dataset.Columns), int(dataset.BitsAllocated)
    frames = int(dataset.get("NumberOfFrames") or 1)
    syntax = syntax_of(dataset)
    if syntax in DECODERS:
        found = [DECODERS[syntax](data) for data in generate_frames(dataset.PixelData, number_of_frames=frames)]
        return _with_sign(np.stack(found), dataset, high_bit=_bits_stored(dataset) - 1)
    if syntax == uid.RLELossless:
        decoded = get_decoder(syntax).as_array(dataset, raw=True, decoding_plugin="pydicom", correct_unused_bits=False)
        numbers = decoded[0].view(f"u{allocated // 8}")
    elif allocated == 1:
        numbers = np.unpackbits(np.frombuffer(dataset.PixelData, np.uint8), bitorder="little")
    else:
        order = ">" if syntax == uid.ExplicitVRBigEndian else "<"
        numbers = np.frombuffer(dataset.PixelData, f"{order}u{allocated // 8}")
    numbers = numbers.ravel()[: frames * rows * columns].reshape(frames, rows, columns)
    return _with_sign(numbers, dataset, high_bit=int(dataset.get("HighBit", _bits_stored(dataset) - 1)))


def syntax_of(dataset: Dataset) -> str:
    """The transfer syntax; if the file does not say, the one in which pydicom could read it."""
    implicit, little = dataset.original_encoding
    guessed = uid.ImplicitVRLittleEndian if implicit else uid.ExplicitVRLittleEndian
    return dataset.file_meta.get("TransferSyntaxUID", guessed if little else uid.ExplicitVRBigEndian)


def _bits_stored(dataset: Dataset) -> int:
    return int(dataset.get("BitsStored") or dataset.BitsAllocated)


def _with_sign(numbers: np.ndarray, dataset: Dataset, *, high_bit: int) -> np.ndarray:
    bits = _bits_stored(dataset)
    numbers = (numbers.astype(np.int64) >> (high_bit + 1 - bits)) & (2**bits - 1)
    return numbers - (numbers >> (bits - 1) << bits) if dataset.get("PixelRepresentation") == 1 else numbers


def flat_pixels(dataset: Dataset) -> np.ndarray:
    """The pixels of a flat image: large values are bright, colours are RGB."""
    photometric = dataset.PhotometricInterpretation
    if photometric in ("MONOCHROME1", "MONOCHROME2"):
        stored = stored_values(dataset)[0]
        return stored if photometric == "MONOCHROME2" else 2 ** _bits_stored(dataset) - 1 - stored
    if photometric == "PALETTE COLOR":
        return apply_color_lut(stored_values(dataset)[0].astype(np.uint16), dataset)
    if syntax_of(dataset) == uid.JPEGBaseline8Bit:
        return DECODERS[uid.JPEGBaseline8Bit](next(generate_frames(dataset.PixelData, number_of_frames=1)))
    pixels = get_decoder(syntax_of(dataset)).as_array(dataset, raw=True)[0]
    return convert_color_space(pixels, photometric, "RGB") if photometric.startswith("YBR_FULL") else pixels


def segments_of(dataset: Dataset) -> Iterator[tuple[int, np.ndarray]]:
    """Number of a segment and the positions (n, 3) of pixels that belong to it, frame by frame."""
    largest = dataset.get("MaximumFractionalValue") if dataset.SegmentationType == "FRACTIONAL" else None
    for frame in frames_of(dataset):
        if dataset.SegmentationType == "LABELMAP":
            for number in set(np.unique(frame.stored).tolist()) - {0}:
                yield number, frame.positions[frame.stored == number]
        else:
            threshold = 1 if largest is None else largest / 2
            yield int(frame.elements.ReferencedSegmentNumber), frame.positions[frame.stored >= threshold]


def contours_of(dataset: Dataset) -> Mapping[int, list[np.ndarray]]:
    """Number of a region -> its closed contours, RAS, each once."""
    found: dict[int, list[np.ndarray]] = {}
    for region in dataset.ROIContourSequence:
        drawn = found.setdefault(int(region.ReferencedROINumber), [])
        for contour in region.get("ContourSequence") or ():
            points = np.reshape(np.array(contour.ContourData, float), (-1, 3)) * LPS_TO_RAS
            is_copy = any(np.array_equal(points, other) for other in drawn)
            if contour.get("ContourGeometricType") in CLOSED and len(points) > 2 and not is_copy:
                drawn.append(points)
    return found
