"""Sound DICOM files for the fuzz test: images of every encoding, series, and segmentations with their images."""

from __future__ import annotations

import io
from collections.abc import Sequence

import imagecodecs
import numpy as np
from dicom_segmentations import Ball, Contours, closed, frames_of, seg, structure_set
from dicom_series import AXIAL, Geometry, enhanced_ct, pet_elements, series, slice_dataset
from flat_dicom import ULTRASOUND, flat_dataset, jpeg_dataset, jpeg_stream, palette_elements
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)
from sound_flat import Files

DRAWN_ON = Geometry(rows=12, columns=10, slices=3)
BALL = Ball(centre=(-3.0, -10.0, 32.0), radius=3.7)
SHELL = Ball(centre=(-3.0, -10.0, 32.0), radius=6.2, hole=3.7)
CORNERS = 24
"""Of contours: few, so that they are short."""
ENCODED = Geometry(rows=40, columns=36)
"""JPEG 2000 needs some pixels."""


def dicom_files() -> dict[str, Files]:
    """Files by what is in them."""
    alone = {**_encodings(), **_images(), **_flat_images()}
    return {name: {"a.dcm": _bytes(dataset)} for name, dataset in alone.items()} | _several_files()


def _encodings() -> dict[str, Dataset]:
    big, implicit, deflated, packed = (slice_dataset(Geometry(), 0) for _ in range(4))
    big.PixelData = np.frombuffer(big.PixelData, "<u2").astype(">u2").tobytes()
    for dataset, syntax in (
        (big, ExplicitVRBigEndian),
        (implicit, ImplicitVRLittleEndian),
        (deflated, DeflatedExplicitVRLittleEndian),
    ):
        dataset.file_meta.TransferSyntaxUID = syntax
    packed.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    wavelets = _unsigned_slice()
    wavelets.compress(JPEG2000Lossless, encoding_plugin="pylibjpeg", generate_instance_uid=False)
    return {
        "ct": slice_dataset(Geometry(), 0),
        "big endian": big,
        "implicit": implicit,
        "deflated": deflated,
        "rle": packed,
        "jpeg 2000": wavelets,
        "jpeg-ls": _encoded(imagecodecs.jpegls_encode, JPEGLSLossless),
        "jpeg lossless": _encoded(imagecodecs.ljpeg_encode, JPEGLosslessSV1),
    }


def _unsigned_slice() -> Dataset:
    return slice_dataset(ENCODED, 0, signed=False, bits=12, stored=lambda v: v + 1000, RescaleIntercept=-1000)


def _encoded(encode, syntax: str) -> Dataset:
    dataset = _unsigned_slice()
    pixels = np.frombuffer(dataset.PixelData, "<u2").reshape(ENCODED.rows, ENCODED.columns)
    dataset.PixelData = encapsulate([encode(pixels.astype(np.uint16))])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = syntax
    return dataset


def _images() -> dict[str, Dataset]:
    tilted = Geometry(orientation=(*AXIAL[:3], 0, 0.8, -0.6))
    padded = slice_dataset(
        Geometry(), 0, signed=True, bits=12, stored=lambda v: np.where(v < 600, -2000, v), PixelPaddingValue=-2000
    )
    return {
        "pet": slice_dataset(tilted, 0, **pet_elements()),
        "padded": padded,
        "enhanced": enhanced_ct(Geometry(), [0, 2, 1], slopes=[1, 0.5, 2]),
    }


def _flat_images() -> dict[str, Dataset]:
    grey = np.arange(12 * 10, dtype=np.uint8).reshape(12, 10)
    colour = np.stack([grey, grey[::-1], 255 - grey], axis=-1)
    return {
        "radiograph": flat_dataset(grey.astype(np.uint16) * 30, bits=12, PhotometricInterpretation="MONOCHROME1"),
        "palette": flat_dataset(grey % 16, **palette_elements(20 + np.arange(48, dtype=np.uint8).reshape(16, 3))),
        "rgb": flat_dataset(colour, sop_class=ULTRASOUND, modality="US"),
        "planes": flat_dataset(colour.transpose(2, 0, 1), PlanarConfiguration=1, **_as_colour(colour)),
        "ybr": flat_dataset(colour, sop_class=ULTRASOUND, modality="US", PhotometricInterpretation="YBR_FULL"),
        "jpeg grey": jpeg_dataset(jpeg_stream(grey), grey),
        "jpeg ybr": jpeg_dataset(jpeg_stream(colour), colour, PhotometricInterpretation="YBR_FULL_422"),
    }


def _as_colour(pixels: np.ndarray) -> dict[str, object]:
    rows, columns, samples = pixels.shape
    return {"Rows": rows, "Columns": columns, "SamplesPerPixel": samples, "PhotometricInterpretation": "RGB"}


def _several_files() -> dict[str, Files]:
    three = _named(series(DRAWN_ON))
    phases = [
        dataset
        for phase in (1, 2)
        for dataset in series(
            Geometry(slices=2), stored=lambda v, phase=phase: v + 5000 * phase, AcquisitionNumber=phase
        )
    ]
    for number, dataset in enumerate(phases):
        dataset.SOPInstanceUID += f".{number}"
    shapes = {1: BALL, 2: SHELL}
    binary = frames_of(DRAWN_ON, shapes)
    fractional = [(place, number, mask * 200) for place, number, mask in binary]
    labels = [
        (place, None, BALL(DRAWN_ON.points(place)) + 2 * SHELL(DRAWN_ON.points(place)))
        for place in range(DRAWN_ON.slices)
    ]
    overlapping = frames_of(DRAWN_ON, {1: BALL, 2: Ball(BALL.centre, SHELL.radius)})
    names = {1: "one", 2: "two"}
    regions = {number: ("region", _contours(ball)) for number, ball in shapes.items()}
    drawn = {
        "seg": seg(DRAWN_ON, binary, names=names),
        "seg overlapping": seg(DRAWN_ON, overlapping, names=names),
        "seg fractional": seg(DRAWN_ON, fractional, names=names, kind="FRACTIONAL", bits=8, MaximumFractionalValue=255),
        "seg labels": seg(DRAWN_ON, labels, names=names, kind="LABELMAP", bits=8),
        "rtstruct": structure_set(regions),
    }
    found = {name: {"a.dcm": _bytes(dataset), **three} for name, dataset in drawn.items()}
    alone = seg(DRAWN_ON, binary, names=names, measures={"SpacingBetweenSlices": 3})
    return found | {"three slices": three, "phases": _named(phases), "seg alone": {"a.dcm": _bytes(alone)}}


def _contours(ball: Ball) -> Contours:
    return closed(polygon for place in range(DRAWN_ON.slices) for polygon in ball.contours(DRAWN_ON, place, CORNERS))


def _named(datasets: Sequence[Dataset]) -> Files:
    return {f"{number}.dcm": _bytes(dataset) for number, dataset in enumerate(datasets)}


def _bytes(dataset: Dataset) -> bytes:
    buffer = io.BytesIO()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
