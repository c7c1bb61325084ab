"""Colour images of DICOM: decoded, and brought from YBR to RGB by one formula, whoever decodes them.

Source: DICOM PS3.3, C.7.6.3.1.2 (Photometric Interpretation).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from fuseflow.dicom.decoders import RLE_LOSSLESS, UNCOMPRESSED
from fuseflow.dicom.decoding import decoded_frame
from fuseflow.dicom.frames import PixelFormat
from fuseflow.dicom.jpeg_frames import check_jpeg_frame
from fuseflow.dicom.tags import integer
from fuseflow.errors import Refused
from fuseflow.flat import Pixels

YBR = ("YBR_FULL", "YBR_FULL_422")
COLOURS = ("RGB", *YBR, "YBR_RCT", "YBR_ICT")
"""What colour images may be; the last two are what JPEG 2000 does inside, and its decoder undoes it."""
ANY_PLANES = UNCOMPRESSED | {RLE_LOSSLESS}
"""Encodings in which the planes of the colours may follow each other."""
ROWS_AT_ONCE = 256
"""Of YBR images, so that the integers in between take little memory."""


def colour_pixels(dataset: Dataset, pixels: PixelFormat) -> Pixels:
    """The pixels of a colour image as RGB.

    Parameters
    ----------
    dataset
        An image with one frame.
    pixels
        How it is stored; 8 bits, or 16 of RGB.

    Returns
    -------
    numpy.ndarray
        uint8 or uint16, (rows, columns, 3).

    Raises
    ------
    Refused
        ``unsupported-pixels`` for other colours, depths and layouts; ``unreadable`` if the pixels are damaged.
    """
    _check_layout(dataset, pixels)
    stated = _stated(dataset, pixels)
    planes = integer(dataset, "PlanarConfiguration") or 0
    values, properties = decoded_frame(dataset, pixels, planar_configuration=planes)
    if values.shape != (pixels.rows, pixels.columns, 3):
        raise Refused("unreadable", f"the decoded image has the shape {values.shape}, not the one the file says")
    values = values.astype(values.dtype.newbyteorder("="), copy=False)
    photometric = stated or str(properties["photometric_interpretation"])
    return rgb_of_ybr(values) if photometric in YBR else values


def _check_layout(dataset: Dataset, pixels: PixelFormat) -> None:
    allocated, stored = pixels.bits_allocated, pixels.bits_stored
    planes = integer(dataset, "PlanarConfiguration") or 0
    if pixels.photometric not in COLOURS or pixels.samples != 3:
        raise Refused("unsupported-pixels", f"colours of {pixels.samples} samples per pixel are not read as they are")
    if allocated != stored or allocated not in ((8,) if pixels.photometric in YBR else (8, 16)):
        raise Refused("unsupported-pixels", f"colours of {stored} bits in {allocated} are not read")
    if pixels.signed:
        raise Refused("unsupported-pixels", "the values of the colours have a sign, which those of a PNG have not")
    if planes not in (0, 1) or (planes and pixels.transfer_syntax not in ANY_PLANES):
        raise Refused("unsupported-pixels", "PlanarConfiguration does not fit the encoding of the pixels")
    halved = pixels.photometric == "YBR_FULL_422" and pixels.transfer_syntax in UNCOMPRESSED
    if halved and (planes or pixels.columns % 2):
        raise Refused("unsupported-pixels", "YBR_FULL_422 pixels are in planes, or a row has an odd number of them")


def _stated(dataset: Dataset, pixels: PixelFormat) -> str:
    """What a JPEG stream says of its colours itself, which holds where the file says something else; else nothing."""
    header = check_jpeg_frame(dataset, pixels)
    if header is None or not header.stated:
        return ""
    return "RGB" if header.photometric == "RGB" else "YBR_FULL"


def rgb_of_ybr(values: npt.NDArray[np.uint8]) -> Pixels:
    """RGB of YBR_FULL: R = Y + 1.402 Cr, B = Y + 1.772 Cb, G = (Y - 0.299 R - 0.114 B) / 0.587; rounded half up.

    Parameters
    ----------
    values
        uint8, (rows, columns, 3): Y, and Cb and Cr plus 128.

    Returns
    -------
    numpy.ndarray
        uint8, (rows, columns, 3); what lies outside 0 to 255 becomes the nearer of these.

    Examples
    --------
    >>> rgb_of_ybr(np.array([[[76, 85, 255], [128, 128, 128]]], np.uint8)).tolist()
    [[[254, 0, 0], [128, 128, 128]]]
    """
    colours = np.empty_like(values)
    for start in range(0, len(values), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        y, cb, cr = np.moveaxis(values[rows].astype(np.int32), -1, 0)
        cb, cr = cb - 128, cr - 128
        # whole numbers, so that halves are halves: in thousandths, and for green in 587000ths
        red = (1000 * y + 1402 * cr + 500) // 1000
        green = (587000 * y - 299 * 1402 * cr - 114 * 1772 * cb + 293500) // 587000
        blue = (1000 * y + 1772 * cb + 500) // 1000
        colours[rows] = np.clip(np.stack([red, green, blue], axis=-1), 0, 255)
    return colours
