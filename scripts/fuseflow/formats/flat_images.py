"""What all readers of flat images share: the file's bytes, how much memory an image may take, and its sidecar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from fuseflow.errors import Refused
from fuseflow.files import read_regular_file
from fuseflow.flat import FlatImage, Pixels, pixel_facts
from fuseflow.formats.stored import Remark

LARGEST = 160 * 2**20
"""Bytes of pixels of one file. Decoders hold up to five copies at a time, and together these must stay below 1 GiB."""
ALPHA_DROPPED = Remark(
    code="alpha-dropped", detail="the image had an alpha channel that was opaque everywhere; it was left out"
)


def bytes_of(path: Path) -> bytes:
    """The bytes of a file.

    Raises
    ------
    Refused
        ``unreadable`` if it cannot be opened.
    """
    try:
        return read_regular_file(path)
    except OSError as error:
        raise Refused("unreadable", f"the file cannot be opened ({error.strerror})") from None


def check_size(*, rows: int, columns: int, samples: int, bits: int) -> None:
    """Make sure that an image is small enough to be decoded.

    Parameters
    ----------
    rows, columns, samples
        Its size in pixels, and values per pixel.
    bits
        Per value; up to 8 take one byte.

    Raises
    ------
    Refused
        ``too-large``.

    Examples
    --------
    >>> check_size(rows=2000, columns=3000, samples=3, bits=16)
    >>> check_size(rows=20000, columns=30000, samples=3, bits=8)
    Traceback (most recent call last):
    fuseflow.errors.Refused: too-large: the pixels (30000 x 20000) take 1800000000 bytes; up to 167772160 are read
    """
    size = rows * columns * samples * (1 if bits <= 8 else 2)
    if size > LARGEST:
        raise Refused("too-large", f"the pixels ({columns} x {rows}) take {size} bytes; up to {LARGEST} are read")


def described(
    pixels: Pixels,
    *,
    source: str,
    photometric: str,
    bits: int,
    lossy: bool | None,
    orientation: int = 1,
    page: tuple[int, int] | None = None,
    facts: dict[str, Any] | None = None,
    remarks: Sequence[Remark] = (),
) -> FlatImage:
    """A flat image with its sidecar, which has the same keys whatever the format.

    Parameters
    ----------
    pixels
        As `FlatImage` takes them.
    source
        The format by its common name, such as ``PNG``.
    photometric
        What the values mean, as the file says.
    bits
        Significant bits per sample of the file.
    lossy
        Whether the file's compression has changed values; None if nobody knows.
    orientation
        The EXIF orientation that was applied; 1 if none.
    page
        Number of the page, from 1, and number of pages, of formats that have pages.
    facts
        What is known besides, such as ``spacing`` (between rows and between columns, in mm); replaces keys of the same
        name.
    remarks
        What a user should know.

    Examples
    --------
    >>> image = described(np.zeros((2, 2), np.uint8), source="PNG", photometric="grey", bits=8, lossy=False)
    >>> image.sidecar["axes"], image.sidecar["geometry"], image.sidecar["orientation"]
    (['y', 'x'], 'unknown', 1)
    """
    known = facts or {}
    sidecar = {
        "format": source,
        **pixel_facts(pixels),
        "geometry": "spacing" if known.get("spacing") else "unknown",
        # a flat image lies nowhere in the patient
        "affine": None,
        "photometric": photometric,
        "bits": bits,
        "lossy": lossy,
        # the resolutions of these formats are those of prints and screens, not of the patient
        "spacing": None,
        "spacing_element": None,
        "window": None,
        "orientation": orientation,
        "page": list(page) if page else None,
        **known,
        "warnings": [asdict(remark) for remark in remarks],
    }
    return FlatImage(pixels=pixels, sidecar=sidecar)


def name_remarks(path: Path, *, source: str, endings: str) -> list[Remark]:
    """What is to be said if the name of a file ends like that of another format.

    Examples
    --------
    >>> [remark.code for remark in name_remarks(Path("scan.jpg"), source="PNG", endings=".png")]
    ['misnamed']
    """
    if path.name.lower().endswith(tuple(endings.split())):
        return []
    return [Remark(code="misnamed", detail=f"the file holds a {source} image and its name does not end so")]


def inverted(pixels: Pixels, *, bits: int, why: str) -> tuple[Pixels, Remark]:
    """Grey values whose smallest is white, turned round within their bits; and the remark on it.

    Examples
    --------
    >>> inverted(np.array([[0, 4095]], np.uint16), bits=12, why="MONOCHROME1")[0].tolist()
    [[4095, 0]]
    """
    white = pixels.dtype.type((1 << bits) - 1)
    detail = f"every value v was replaced by {white} - v, so that large values are bright: {why}"
    return white - pixels, Remark(code="inverted", detail=detail)


def scaled_to_eight_bits(pixels: Pixels, *, bits: int) -> tuple[Pixels, Remark]:
    """Values of 1, 2 or 4 bits times 255, 85 or 17, so that white stays white; and the remark on it.

    Source: PNG Specification, Third Edition (W3C 2025), section 13.12 (Sample depth rescaling).

    Examples
    --------
    >>> scaled_to_eight_bits(np.array([[0, 1, 2, 3]], np.uint8), bits=2)[0].tolist()
    [[0, 85, 170, 255]]
    """
    factor = scale_of(bits)
    detail = f"the values of {bits} bits were multiplied by {factor}, so that they fill 8 bits"
    return pixels * np.uint8(factor), Remark(code="scaled", detail=detail)


def scale_of(bits: int) -> int:
    """The factor that takes the largest value of 1, 2 or 4 bits to 255.

    Examples
    --------
    >>> scale_of(1), scale_of(2), scale_of(4)
    (255, 85, 17)
    """
    return 255 // ((1 << bits) - 1)
