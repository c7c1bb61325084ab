"""Fingerprints of images: equal for equal contents, near for contents that are nearly the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fuseflow.flat import Pixels
from fuseflow.grey import is_grey, to_grey
from fuseflow.opencv import cv2
from fuseflow.volume import Data


@dataclass(frozen=True)
class ImageHashes:
    """What is compared of an image.

    Parameters
    ----------
    pixels
        SHA-256 of size and values; the same for grey stored as one or three channels and in a wider type.
    mirrored
        The same for all mirror images.
    difference
        64-bit difference hash of its grey values, of volumes of those of the middle slice.
    """

    pixels: str
    mirrored: str
    difference: int


def hash_image(pixels: Pixels) -> ImageHashes:
    """Hashes of a picture.

    Parameters
    ----------
    pixels
        uint8 or uint16, shape (rows, columns) or (rows, columns, 3).

    Examples
    --------
    >>> picture = np.arange(80, dtype=np.uint8).reshape(8, 10)
    >>> one, other = hash_image(picture), hash_image(picture[:, ::-1])
    >>> one.pixels == other.pixels, one.mirrored == other.mirrored
    (False, True)
    """
    values = pixels[..., 0] if pixels.ndim == 3 and is_grey(pixels) else pixels
    values = values.astype(np.uint8) if values.max(initial=0) < 256 else values.astype("<u2")
    mirrors = [np.ascontiguousarray(values[::rows, ::columns]).tobytes() for rows in (1, -1) for columns in (1, -1)]
    head = f"{values.shape}{values.dtype.str}".encode()
    return ImageHashes(
        pixels=hashlib.sha256(head + mirrors[0]).hexdigest(),
        mirrored=hashlib.sha256(head + min(mirrors)).hexdigest(),
        difference=difference_hash(pixels),
    )


def hash_volume(data: Data) -> ImageHashes:
    """Hashes of a volume.

    Parameters
    ----------
    data
        Voxels, shape (x, y, z) or (x, y, z, fourth), canonical.

    Returns
    -------
    ImageHashes
        Of volumes, the mirror image along each axis is the one whose first half has the larger sum.

    Examples
    --------
    >>> voxels = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    >>> one, other = hash_volume(voxels), hash_volume(voxels[::-1].astype(np.int32))
    >>> one.pixels == other.pixels, one.mirrored == other.mirrored
    (False, True)
    """
    values = data.astype(_type_for(data), copy=False)
    middle = values[:, :, values.shape[2] // 2].reshape(*values.shape[:2], -1)[..., 0].astype(np.float64)
    return ImageHashes(
        pixels=_digest(values),
        mirrored=_digest(_one_of_the_mirrored(values)),
        difference=_rises(np.nan_to_num(middle)),
    )


def _type_for(data: Data) -> str:
    """The type that values are compared in: the same for all types that they may have been stored in."""
    if data.dtype.kind == "f":
        return "<f4"
    smallest, largest = int(data.min()), int(data.max())
    for kind in ("<i2", "<i4"):
        if np.iinfo(kind).min <= smallest and largest <= np.iinfo(kind).max:
            return kind
    return "<i8"


def _digest(values: Data) -> str:
    digest = hashlib.sha256(f"{values.shape}{values.dtype.str}".encode())
    # most volumes are in Fortran order, and then nothing is copied
    digest.update(np.ascontiguousarray(values.T).data)
    return digest.hexdigest()


def _one_of_the_mirrored(values: Data) -> Data:
    for axis in range(3):
        length = values.shape[axis]
        # sums of slices, so that both directions add up the same numbers in the same order
        others = tuple(other for other in range(values.ndim) if other != axis)
        sums = np.atleast_1d(np.nansum(values, axis=others, dtype=np.float64))
        first, last = sums[: length // 2].sum(), sums[length - length // 2 :][::-1].sum()
        if last > first:
            values = np.flip(values, axis)
    return values


def difference_hash(pixels: Pixels) -> int:
    """64-bit difference hash (dHash): where grey values rise from one cell to the next.

    The picture is averaged over a grid of 8 rows and 9 columns; bit by bit, row by row, 1 stands for a rise from a cell
    to its right neighbour. Grey values are BT.601 luma for 8-bit colour and the mean of the channels for 16-bit colour.

    Notes
    -----
    N. Krawetz, "Kind of Like That", The Hacker Factor Blog, 21 January 2013.

    Examples
    --------
    >>> hex(difference_hash(np.tile(np.arange(9, dtype=np.uint8), (8, 1))))
    '0xffffffffffffffff'
    """
    grey = to_grey(pixels, "luma") if pixels.dtype == np.uint8 else pixels.reshape(*pixels.shape[:2], -1).mean(axis=2)
    return _rises(grey)


def _rises(grey: npt.NDArray[np.float64]) -> int:
    cells = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA)
    # Averages of equal grey values may differ in the last bits, and flat background would then hash as noise.
    rises = np.diff(cells, axis=1) > 1e-6
    return int.from_bytes(np.packbits(rises).tobytes())
