"""How a picture is to be turned before it is looked at, as cameras and scanners note it in EXIF and TIFF.

Source: Exif 2.32 (CIPA DC-008-2019), sections 4.5 (structure) and 4.6.4 (Orientation); TIFF 6.0, page 36.
"""

from __future__ import annotations

import struct

import numpy as np

from fuseflow.flat import Pixels

UPRIGHT = 1
ORIENTATION, SHORT = 0x0112, 3
BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}


def turned(pixels: Pixels, orientation: int) -> Pixels:
    """The picture upright.

    Parameters
    ----------
    pixels
        Rows first.
    orientation
        1 to 8: where the first row and the first column of the stored picture lie, as the tag says. Any other value
        means nothing and changes nothing.

    Examples
    --------
    >>> turned(np.array([[1, 2, 3]], np.uint8), 6).tolist(), turned(np.array([[1, 2, 3]], np.uint8), 2).tolist()
    ([[1], [2], [3]], [[3, 2, 1]])
    """
    if orientation in (5, 6, 7, 8):
        # the first stored row is a column
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)  # type: ignore[return-value]


def exif_orientation(exif: bytes) -> int:
    """The orientation that EXIF data state, 1 if they state none or cannot be read. Nothing else of them is looked at.

    Parameters
    ----------
    exif
        The TIFF structure, from its byte order on.

    Examples
    --------
    >>> exif_orientation(bytes.fromhex("49492a0008000000" "0100" "120103000100000006000000" "00000000"))
    6
    """
    order = BYTE_ORDERS.get(exif[:4])
    if order is None:
        return UPRIGHT
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start)
        entries = [struct.unpack_from(f"{order}HHIH", exif, start + 2 + 12 * number) for number in range(count)]
    except struct.error:
        return UPRIGHT
    found = next((value for tag, kind, _, value in entries if (tag, kind) == (ORIENTATION, SHORT)), UPRIGHT)
    return found if 1 <= found <= 8 else UPRIGHT
