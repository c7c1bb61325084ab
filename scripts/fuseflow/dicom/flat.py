"""Flat DICOM images: radiographs, mammograms, ultrasound, angiograms, pictures, of one frame each.

Stored values are kept: no window, no rescaling, no table of values is applied; the sidecar states them. Only where
small values are bright (MONOCHROME1) they are inverted, so that all grey images are read in one way.

Source: DICOM PS3.3, C.7.6.3 (Image Pixel), C.11.2 (VOI LUT), 10.7.1.3 (Pixel Spacing Value Order and Calibration).
"""

from __future__ import annotations

import hashlib
import re
import warnings
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import JPEGLossless, JPEGLosslessSV1

from fuseflow.dicom.colour import colour_pixels
from fuseflow.dicom.decoders import RLE_LOSSLESS, check_installed, is_known
from fuseflow.dicom.flat_classes import is_flat_class, is_secondary_capture
from fuseflow.dicom.flat_sidecar import facts_of, remarks_on
from fuseflow.dicom.frames import Frame, PixelFormat
from fuseflow.dicom.jpeg_frames import check_jpeg_frame
from fuseflow.dicom.palette import palette_colours
from fuseflow.dicom.pixels import padding_of, stored_and_padding
from fuseflow.dicom.reading import PIXEL_DATA, frames_of, parse
from fuseflow.dicom.screening import SCREENS, check_surplus
from fuseflow.errors import Refused
from fuseflow.flat import FlatImage, Pixels
from fuseflow.formats.flat_images import bytes_of, check_size, described, inverted
from fuseflow.formats.limits import check_declared

GREY, INVERTED_GREY, PALETTE = "MONOCHROME2", "MONOCHROME1", "PALETTE COLOR"
RATIOS = {
    # two bytes become up to 128
    RLE_LOSSLESS: 64,
    # one bit at least for each value of up to 16
    JPEGLossless: 16,
    JPEGLosslessSV1: 16,
}
"""Encoding -> bytes that one byte becomes at most, where there is such a number."""


def flat_image(path: Path) -> FlatImage:
    """The image in a DICOM file that is no part of a volume.

    Parameters
    ----------
    path
        A file of a class of `fuseflow.dicom.flat_classes.is_flat_class`, with one frame.

    Returns
    -------
    FlatImage
        Grey or RGB; uint8 of up to 8 stored bits, else uint16. The sidecar has ``spacing`` in mm with the element it
        is from, ``window`` as stated for stored values after rescaling, ``rescale``, ``padding`` (stored values and
        number of pixels), ``modality`` and ``transfer_syntax`` besides what every flat image has.

    Raises
    ------
    Refused
        ``not-dicom``, ``unreadable``, ``unsupported-class``, ``not-an-image``, ``burned-in``, ``screen-save``,
        ``several-images``, ``unsupported-syntax``, ``unsupported-pixels``, ``too-large``, ``impossible-size``.
    InputError
        If the decoder of the encoding is not installed.
    """
    data = bytes_of(path)
    with warnings.catch_warnings():
        # pydicom quotes values when it warns, and a value may identify a person
        warnings.simplefilter("ignore")
        dataset = parse(data)
        frame = _frame(dataset, path, data)
        pixels = _check_content(frame)
        _check_layout(dataset, pixels)
        return _image(dataset, frame, pixels)


def _frame(dataset: Dataset, path: Path, data: bytes) -> Frame:
    try:
        return frames_of(dataset, path=path, sha256=hashlib.sha256(data).hexdigest())[0]
    except Refused:
        raise
    except Exception:
        # what pydicom raises for a damaged element depends on the element, and may quote it
        raise Refused("unreadable", "the DICOM file is damaged: an element cannot be decoded") from None


def _check_content(frame: Frame) -> PixelFormat:
    instance = frame.instance
    if instance.pixels is None:
        raise Refused("not-an-image", "there are no pixels in the file")
    if not is_flat_class(instance.sop_class, instance.modality):
        capture = is_secondary_capture(instance.sop_class)
        reason = "secondary-capture" if capture else "unsupported-class"
        raise Refused(reason, "the storage class and the modality are not those of a flat image")
    if instance.burned_in:
        raise Refused("burned-in", "BurnedInAnnotation is YES: text in the pixels may identify the patient")
    words = {word for value in frame.image_type for word in (value.upper(), *re.split("[ _]", value.upper()))}
    if not words.isdisjoint(SCREENS):
        raise Refused("screen-save", "ImageType says that it is a picture of a screen")
    if instance.pixels.frames > 1:
        raise Refused("several-images", f"the file holds {instance.pixels.frames} frames, a flat image is one")
    if instance.unsupported:
        raise Refused("unsupported-pixels", instance.unsupported)
    return instance.pixels


def _check_layout(dataset: Dataset, pixels: PixelFormat) -> None:
    if not is_known(pixels.transfer_syntax, bits_stored=pixels.bits_stored):
        raise Refused("unsupported-syntax", "there is no decoder for the encoding of the pixels")
    check_installed([pixels.transfer_syntax])
    if pixels.bits_allocated not in (8, 16) or pixels.high_bit != pixels.bits_stored - 1:
        raise Refused(
            "unsupported-pixels",
            f"{pixels.bits_stored} bits in {pixels.bits_allocated} with high bit {pixels.high_bit} are not supported",
        )
    if PIXEL_DATA not in dataset:
        raise Refused("unsupported-pixels", "the pixels are real numbers, which a flat image does not hold")
    samples = 3 if pixels.photometric == PALETTE else pixels.samples
    check_size(rows=pixels.rows, columns=pixels.columns, samples=samples, bits=pixels.bits_allocated)
    if pixels.transfer_syntax in RATIOS:
        size = pixels.rows * pixels.columns * pixels.samples * pixels.bits_allocated // 8
        check_declared(
            size,
            len(dataset.get_item(PIXEL_DATA, keep_deferred=True).value or b""),
            ratio=RATIOS[pixels.transfer_syntax],
        )


def _image(dataset: Dataset, frame: Frame, pixels: PixelFormat) -> FlatImage:
    remarks = remarks_on(dataset, frame)
    facts = facts_of(dataset, frame)
    if pixels.photometric in (GREY, INVERTED_GREY, PALETTE) and pixels.samples == 1:
        values, padded = _stored(dataset, frame, pixels)
        if padded is not None:
            facts["padding"] = {"stored": list(padding_of(pixels)), "pixels": padded}
        if pixels.photometric == PALETTE:
            values = palette_colours(dataset, values)
        elif pixels.photometric == INVERTED_GREY:
            why = "the photometric interpretation is MONOCHROME1 (window, rescale and padding are those of v)"
            values, remark = inverted(values, bits=pixels.bits_stored, why=why)
            remarks.append(remark)
    else:
        values = colour_pixels(dataset, pixels)
    check_surplus(pixels)
    return described(
        values,
        source="DICOM",
        photometric=pixels.photometric,
        bits=pixels.bits_stored,
        lossy=facts.pop("lossy"),
        facts=facts,
        remarks=remarks,
    )


def _stored(dataset: Dataset, frame: Frame, pixels: PixelFormat) -> tuple[Pixels, int | None]:
    """The stored values without a sign, and how many of them are padding; None if the file names no padding."""
    check_jpeg_frame(dataset, pixels)
    values, padding = stored_and_padding(frame)
    if pixels.signed and (values.min() < 0 or pixels.photometric == INVERTED_GREY):
        raise Refused("unsupported-pixels", "the stored values have a sign, and those below 0 cannot be kept in a PNG")
    padded = None if padding is None else int(padding.sum())
    return values.astype(np.uint8) if pixels.bits_stored <= 8 else values.astype(np.uint16), padded
