"""Which images are no slices of a volume, and why; one rule after the other, the first that fits decides."""

from __future__ import annotations

import re

import numpy as np
from pydicom.uid import UID

from fuseflow.dicom.decoders import KEEP_ALL_BITS
from fuseflow.dicom.frames import Frame, PixelFormat
from fuseflow.dicom.lengths import FARTHEST_MM, is_length, is_position
from fuseflow.dicom.modalities import (
    DICOMDIR,
    KEY_OBJECT,
    PRESENTATION_STATE,
    SECONDARY_CAPTURE,
    STRUCTURED_REPORT,
    VOLUME_CLASSES,
)
from fuseflow.errors import Refused

GREY = ("MONOCHROME1", "MONOCHROME2")
CONTAINER_BITS = (8, 16, 32)
PROJECTIONS = ("MIP", "MINIP", "PROJECTION IMAGE", "REPROJECTION", "MAX_IP", "MIN_IP")
SCREENS = ("SCREEN SAVE", "SCREENSAVE", "SCREENSHOT", "SCREEN")
SMALLEST_SLOPE = float(np.finfo(np.float32).tiny)
"""What results are stored in holds nothing smaller in full."""
UNIT_TOLERANCE = 1e-3
"""How far a direction may be from a unit vector, and two of them from perpendicular; files have few digits."""


def check_slice(frame: Frame) -> None:
    """Accept a frame as a slice, or say why not.

    Raises
    ------
    Refused
        With the reason code of the first rule that it breaks.
    """
    _check_class(frame)
    _check_pixels(frame)
    _check_content(frame)
    _check_place(frame)


def _check_class(frame: Frame) -> None:
    found = frame.instance.sop_class
    if found == DICOMDIR:
        raise Refused("dicomdir", "a DICOMDIR lists other files and holds no image")
    if found == KEY_OBJECT:
        raise Refused("key-object", "a key object selection points to images and is none")
    if found.startswith(f"{STRUCTURED_REPORT}."):
        raise Refused("structured-report", "a structured report, such as a dose report, is no image")
    if found.startswith(f"{PRESENTATION_STATE}."):
        raise Refused("presentation-state", "a presentation state says how to show images and is none")
    if frame.instance.pixels is None:
        raise Refused("not-an-image", f"there are no pixels in it{_class_name(found)}")
    if found == SECONDARY_CAPTURE or found.startswith(f"{SECONDARY_CAPTURE}."):
        raise Refused("secondary-capture", "a secondary capture has been drawn or copied, not acquired")


def _check_pixels(frame: Frame) -> None:
    pixels = frame.instance.pixels
    assert pixels is not None
    if frame.instance.burned_in:
        raise Refused("burned-in", "BurnedInAnnotation is YES: text in the pixels may identify the patient")
    if frame.instance.unsupported:
        raise Refused("unsupported-pixels", frame.instance.unsupported)
    check_surplus(pixels)
    if pixels.samples != 1 or pixels.photometric not in GREY:
        raise Refused("colour", "the image is in colour (RGB, YBR or a palette), a volume has one value per voxel")
    moved = pixels.high_bit != pixels.bits_stored - 1
    lost = moved and (pixels.transfer_syntax not in KEEP_ALL_BITS or pixels.high_bit < pixels.bits_stored - 1)
    if pixels.bits_allocated not in CONTAINER_BITS or pixels.high_bit >= pixels.bits_allocated or lost:
        raise Refused(
            "unsupported-pixels",
            f"{pixels.bits_stored} bits in {pixels.bits_allocated} with high bit {pixels.high_bit} are not supported",
        )


def check_surplus(pixels: PixelFormat) -> None:
    """Make sure that the pixels are not more than the file says by a row or more: its size may not be theirs.

    Raises
    ------
    Refused
        ``unreadable``.
    """
    if pixels.surplus * 8 >= pixels.columns * pixels.samples * pixels.bits_allocated:
        raise Refused("unreadable", f"there are {pixels.surplus} bytes of pixels more than the file says")


def _check_content(frame: Frame) -> None:
    words = {word for value in frame.image_type for word in (value.upper(), *re.split("[ _]", value.upper()))}
    if "LOCALIZER" in words:
        raise Refused("localizer", "ImageType says that it is a localizer")
    if not words.isdisjoint(SCREENS):
        raise Refused("screen-save", "ImageType says that it is a picture of a screen")
    if not words.isdisjoint(PROJECTIONS):
        raise Refused("reprojection", "ImageType says that it is a projection of a volume")
    instance = frame.instance
    # where the storage class is missing, the modality must do
    kind = VOLUME_CLASSES.get(instance.sop_class) if instance.sop_class else instance.modality
    if kind not in VOLUME_CLASSES.values():
        if frame.position is None:
            raise Refused("no-position", f"ImagePositionPatient is missing{_class_name(instance.sop_class)}")
        raise Refused("unsupported-class", f"only CT, MR and PET become volumes{_class_name(instance.sop_class)}")


def _check_place(frame: Frame) -> None:
    if frame.position is None or frame.orientation is None:
        missing = "ImagePositionPatient" if frame.position is None else "ImageOrientationPatient"
        raise Refused("no-position", f"{missing} is missing")
    if not is_position(frame.position):
        raise Refused("no-position", f"the image lies farther away than {FARTHEST_MM:.0f} mm")
    row, column = frame.orientation
    lengths = [sum(value * value for value in direction) for direction in (row, column)]
    product = sum(a * b for a, b in zip(row, column, strict=True))
    if max(abs(lengths[0] - 1), abs(lengths[1] - 1), abs(product)) > UNIT_TOLERANCE:
        raise Refused("no-position", "ImageOrientationPatient does not hold two perpendicular unit vectors")
    if frame.spacing is None or not all(map(is_length, frame.spacing)):
        raise Refused("no-spacing", "PixelSpacing is missing or no distance between pixels")
    if abs(frame.slope) < SMALLEST_SLOPE:
        raise Refused("unreadable", "RescaleSlope is 0, or so small that all values are lost")


def _class_name(sop_class: str) -> str:
    """The storage class by its standard name, if it has one; a UID of somebody's own is not repeated."""
    name = UID(sop_class).name if sop_class else ""
    return f"; this is: {name}" if name and name != sop_class else ""
