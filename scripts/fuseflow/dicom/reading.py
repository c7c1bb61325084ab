"""Reading DICOM files up to their pixels. A file is known by its sha256 only; its name never leaves this module."""

from __future__ import annotations

import hashlib
import io
import logging
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from fuseflow.dicom import functional_groups, mosaic
from fuseflow.dicom.decoders import UNCOMPRESSED
from fuseflow.dicom.frames import Frame, Instance, PixelFormat, RefusedFile
from fuseflow.dicom.modalities import MODALITIES, VOLUME_CLASSES
from fuseflow.dicom.pet import pet_slice_of
from fuseflow.dicom.tags import integer, number, number_if_any, numbers, text, texts
from fuseflow.errors import Refused
from fuseflow.workers import map_in_order

# pydicom quotes values when it warns, and a value may identify a person
logging.getLogger("pydicom").setLevel(logging.CRITICAL)
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE

PREAMBLE = 128
WORTH_WORKERS = 64
"""From this number of files on workers save more time than they cost."""
FIRST_GROUPS = {b"\x02\x00", b"\x08\x00", b"\x00\x02", b"\x00\x08"}
"""What a file without preamble begins with: group 0002 or 0008 in either byte order."""
SOP_CLASS_UID, SERIES_UID = (
    re.compile(rb"(?:%s\0%s\0|\0%s\0%s)(?:UI..|....)([0-9.]{1,64})" % (tag * 2), re.DOTALL)
    for tag in ((rb"\x08", rb"\x16"), (rb"\x20", rb"\x0e"))
)
"""The elements (0008,0016) and (0020,000E) in either byte order, with or without their type."""
UNDEFINED_LENGTH = 0xFFFFFFFF
NATIVE = {ImplicitVRLittleEndian, ExplicitVRLittleEndian}
PIXEL_DATA = 0x7FE00010
OTHER_PIXEL_DATA = ("FloatPixelData", "DoubleFloatPixelData")

PHASE_ELEMENTS = (
    "AcquisitionNumber",
    "TemporalPositionIdentifier",
    "EchoTime",
    "TriggerTime",
    "DiffusionBValue",
    "FrameReferenceTime",
)
"""What may tell phases at the same position apart, in the order in which it is tried."""


def read_files(paths: Sequence[Path], *, workers: int = 1) -> tuple[list[Frame], list[RefusedFile]]:
    """Every frame of every image, and every file that is none; neither depends on the order of the paths.

    Parameters
    ----------
    paths
        Files of any kind.
    workers
        How many processes read; parsing is Python, so that threads would wait for each other.
    """
    frames: list[Frame] = []
    refused: list[RefusedFile] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for content in map_in_order(_read_or_refuse, paths, workers=workers if len(paths) >= WORTH_WORKERS else 1):
            if isinstance(content, RefusedFile):
                refused.append(content)
            else:
                frames += content
    frames.sort(key=lambda frame: (frame.instance.series_uid, frame.instance.sha256, frame.index))
    return frames, sorted(refused, key=lambda file: (file.sha256, file.reason))


def _read_or_refuse(path: Path) -> list[Frame] | RefusedFile:
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = f"the file cannot be opened ({error.strerror})"
        return RefusedFile(path=path, sha256="", modality="", series_uid="", reason="unreadable", detail=reason)
    sha256 = hashlib.sha256(data).hexdigest()
    modality = series_uid = ""
    try:
        dataset = parse(data)
        modality, series_uid = modality_of(dataset), text(dataset, "SeriesInstanceUID") or ""
        return frames_of(dataset, path=path, sha256=sha256)
    except Refused as refusal:
        return RefusedFile(
            path=path,
            sha256=sha256,
            modality=modality,
            # also of a file that cannot be read it counts which series lacks a slice now
            series_uid=series_uid or _series_uid_in(data),
            reason=refusal.reason,
            detail=refusal.detail,
        )


def _series_uid_in(data: bytes) -> str:
    """The one series that a slice of a volume names, wherever that stands; empty if it is none, or names several.

    Deflated files say nothing.
    """
    kind = SOP_CLASS_UID.search(data) if _is_marked(data) or data[:2] in FIRST_GROUPS else None
    named = {match[1] for match in SERIES_UID.finditer(data)} if kind and kind[1].decode() in VOLUME_CLASSES else set()
    return named.pop().decode() if len(named) == 1 else ""


def looks_like_dicom(path: Path) -> bool:
    """Whether a file begins like a DICOM file; False if it cannot be opened."""
    try:
        with path.open("rb") as file:
            return _is_marked(head := file.read(PREAMBLE + 4)) or head[:2] in FIRST_GROUPS
    except OSError:
        return False


def _is_marked(head: bytes) -> bool:
    return head[PREAMBLE : PREAMBLE + 4] == b"DICM"


def parse(data: bytes) -> Dataset:
    """The data set of a DICOM file, with or without preamble.

    Raises
    ------
    Refused
        ``not-dicom`` if it does not begin like one, ``unreadable`` if it is damaged.
    """
    marked = _is_marked(data)
    if not marked and data[:2] not in FIRST_GROUPS:
        raise Refused("not-dicom", "the file does not begin like a DICOM file")
    try:
        dataset = pydicom.dcmread(io.BytesIO(data), force=not marked)
    except Exception:
        # pydicom raises whatever the damage leads to, and its sentences quote values
        raise Refused("unreadable", "the DICOM file is damaged: its elements cannot be read") from None
    if any(is_cut(element) for tag, element in dataset.items() if tag != PIXEL_DATA):
        raise Refused("unreadable", "the DICOM file is cut short: it ends within an element")
    if len(dataset) == 0 or not (marked or "SOPClassUID" in dataset or "Rows" in dataset):
        reason = "unreadable" if marked else "not-dicom"
        raise Refused(reason, "the file begins like a DICOM file and holds no elements of an image")
    return dataset


def is_cut(element: object) -> bool:
    """Whether fewer bytes are there than an element says; pydicom takes a sequence cut between two items as whole."""
    if not isinstance(element, RawDataElement) or element.length == UNDEFINED_LENGTH:
        return False
    return len(element.value or b"") < element.length


def modality_of(dataset: Dataset) -> str:
    """The modality if it is one of the standard's terms, else an empty text."""
    found = text(dataset, "Modality") or ""
    return found if found in MODALITIES else ""


def frames_of(dataset: Dataset, *, path: Path, sha256: str) -> list[Frame]:
    """Every slice that a data set holds, at least one.

    Raises
    ------
    Refused
        ``unreadable`` if an element or the pixels are damaged.
    """
    instance = _instance(dataset, path=path, sha256=sha256)
    if instance.pixels is None and (instance.sop_class in VOLUME_CLASSES or not instance.sop_class):
        raise Refused("unreadable", "there are no pixels in the image: the file was cut short, or they were taken out")
    if "PerFrameFunctionalGroupsSequence" in dataset:
        return functional_groups.frames_of(dataset, instance)
    frame = _frame(dataset, instance)
    return mosaic.tiles_of(dataset, frame) if "MOSAIC" in frame.image_type else [frame]


def _instance(dataset: Dataset, *, path: Path, sha256: str) -> Instance:
    sop_class = _sop_class(dataset)
    return Instance(
        path=path,
        sha256=sha256,
        sop_class=sop_class,
        # what the class says, even if Modality is missing or none of the standard's terms
        modality=VOLUME_CLASSES.get(sop_class) or modality_of(dataset),
        # a file that names no series is a series of its own
        series_uid=text(dataset, "SeriesInstanceUID") or f"file {sha256}",
        frame_of_reference_uid=text(dataset, "FrameOfReferenceUID") or "",
        series_number=_integer_if_any(dataset, "SeriesNumber"),
        burned_in=text(dataset, "BurnedInAnnotation") == "YES",
        pixels=_pixel_format(dataset) if _has_pixels(dataset) else None,
        thickness=number_if_any(dataset, "SliceThickness"),
        unsupported=_unsupported(dataset),
        uncorrected=_is_uncorrected(dataset),
        concatenation=_concatenation(dataset),
    )


def _integer_if_any(dataset: Dataset, element: str) -> int | None:
    value = number_if_any(dataset, element)
    return None if value is None else int(value)


def _unsupported(dataset: Dataset) -> str:
    """What keeps the pixels from being used; empty if nothing does."""
    if "ModalityLUTSequence" in dataset:
        return "a table (ModalityLUTSequence) and no slope turns stored values into values"
    several = (integer(dataset, "NumberOfFrames") or 1) > 1 and "PerFrameFunctionalGroupsSequence" not in dataset
    return "there are several frames in the file and no word where each of them lies" if several else ""


def _is_uncorrected(dataset: Dataset) -> bool:
    """Whether a multi-frame PET says that it is not corrected for attenuation; classic ones are looked at as series."""
    listed = texts(dataset, "CorrectedImage")
    return text(dataset, "AttenuationCorrected") == "NO" or bool(listed and "ATTN" not in listed)


def _concatenation(dataset: Dataset) -> tuple[str, int, int] | None:
    total = integer(dataset, "InConcatenationTotalNumber")
    part = integer(dataset, "InConcatenationNumber")
    return (text(dataset, "ConcatenationUID") or "", part, total) if part and total else None


def _sop_class(dataset: Dataset) -> str:
    """The storage class; a DICOMDIR has it in its file meta information only."""
    return text(dataset, "SOPClassUID") or _meta(dataset, "MediaStorageSOPClassUID")


def _meta(dataset: Dataset, element: str) -> str:
    """An element of the file meta information; empty if it is missing.

    Raises
    ------
    Refused
        ``unreadable`` if it cannot be decoded.
    """
    meta = getattr(dataset, "file_meta", None)
    return (text(meta, element) or "") if meta is not None else ""


def _has_pixels(dataset: Dataset) -> bool:
    return PIXEL_DATA in dataset or any(element in dataset for element in OTHER_PIXEL_DATA)


def _pixel_format(dataset: Dataset) -> PixelFormat:
    rows, columns, allocated = (integer(dataset, element) or 0 for element in ("Rows", "Columns", "BitsAllocated"))
    stored = integer(dataset, "BitsStored") or allocated
    high_bit = integer(dataset, "HighBit")
    frames = integer(dataset, "NumberOfFrames") or 1
    syntax = _transfer_syntax(dataset)
    if syntax in UNCOMPRESSED and getattr(_raw_pixels(dataset), "length", 0) == UNDEFINED_LENGTH:
        raise Refused("unreadable", "the pixels are in fragments, and the file says that they are not compressed")
    if min(rows, columns, allocated, frames) <= 0 or not 0 < stored <= allocated:
        raise Refused("unreadable", "the DICOM file does not say how many pixels and bits it holds")
    samples = integer(dataset, "SamplesPerPixel") or 1
    photometric = text(dataset, "PhotometricInterpretation") or "MONOCHROME2"
    # of two neighbours in 4:2:2, four values are stored
    stored_samples = 2 if (samples, photometric) == (3, "YBR_FULL_422") else samples
    needed = -(-rows * columns * frames * stored_samples * allocated // 8)
    there = _length(dataset) if syntax in UNCOMPRESSED and PIXEL_DATA in dataset else needed
    if there < needed and samples == 1:
        raise Refused("unreadable", f"the pixels are cut short: {there} of {needed} bytes are there")
    return PixelFormat(
        transfer_syntax=syntax,
        rows=rows,
        columns=columns,
        samples=samples,
        frames=frames,
        photometric=photometric,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=stored - 1 if high_bit is None else high_bit,
        signed=integer(dataset, "PixelRepresentation") == 1,
        padding=_padding(dataset),
        offset=getattr(_raw_pixels(dataset), "value_tell", None) if syntax in NATIVE else None,
        surplus=max(0, there - needed - needed % 2),
    )


def _transfer_syntax(dataset: Dataset) -> str:
    declared = _meta(dataset, "TransferSyntaxUID")
    if declared:
        return declared
    implicit, little = dataset.original_encoding
    if not little:
        return str(ExplicitVRBigEndian)
    return str(ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian)


def _raw_pixels(dataset: Dataset) -> Any:
    # deferred elements stay as they are, which spares decoding them
    return dataset.get_item(PIXEL_DATA, keep_deferred=True) if PIXEL_DATA in dataset else None


def _length(dataset: Dataset) -> int:
    value = _raw_pixels(dataset).value
    return len(value) if value else 0


def _padding(dataset: Dataset) -> tuple[int, int] | None:
    first = integer(dataset, "PixelPaddingValue")
    if first is None:
        return None
    last = integer(dataset, "PixelPaddingRangeLimit")
    return (first, first) if last is None else (min(first, last), max(first, last))


def _frame(dataset: Dataset, instance: Instance) -> Frame:
    pixels = instance.pixels
    position = numbers(dataset, "ImagePositionPatient", count=3)
    spacing = numbers(dataset, "PixelSpacing", count=2)
    slope, intercept = (number(dataset, element) for element in ("RescaleSlope", "RescaleIntercept"))
    return Frame(
        instance=instance,
        rows=pixels.rows if pixels else 0,
        columns=pixels.columns if pixels else 0,
        position=functional_groups.vector(position),
        orientation=functional_groups.orientation(numbers(dataset, "ImageOrientationPatient", count=6)),
        spacing=(spacing[0], spacing[1]) if spacing else None,
        slope=1.0 if slope is None else slope,
        intercept=0.0 if intercept is None else intercept,
        image_type=texts(dataset, "ImageType"),
        rescaled=slope is not None and intercept is not None,
        number=_integer_if_any(dataset, "InstanceNumber") or 0,
        phase=_phase(dataset),
        pet=pet_slice_of(dataset) if instance.modality == "PT" else None,
    )


def _phase(dataset: Dataset) -> dict[str, float]:
    found = {element: number_if_any(dataset, element) for element in PHASE_ELEMENTS}
    return {element: value for element, value in found.items() if value is not None}
