"""Sound files of flat images for the fuzz test: PNG, JPEG and TIFF of several depths, colours and encodings."""

from __future__ import annotations

import io

import numpy as np
import tifffile
from PIL import Image

Files = dict[str, bytes]
"""Name -> bytes; of several files the first is the one that is broken most often."""

GREY = np.arange(12 * 9, dtype=np.uint8).reshape(12, 9)
DEEP = GREY.astype(np.uint16) * 500
COLOUR = np.stack([GREY, GREY[::-1], 255 - GREY], axis=-1)
ORIENTATION = 0x0112
TURNED = 6


def flat_files() -> dict[str, Files]:
    """Files by their format and what is in them."""
    return _png_files() | _jpeg_files() | _tiff_files()


def _saved(pixels: np.ndarray | Image.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _png_files() -> dict[str, Files]:
    opaque = np.concatenate([COLOUR, np.full_like(GREY, 255)[..., None]], axis=-1)
    found = {
        "grey": _saved(GREY, "PNG"),
        "deep": _saved(DEEP, "PNG"),
        "colour": _saved(COLOUR, "PNG"),
        "opaque": _saved(opaque, "PNG"),
        "palette": _saved(Image.fromarray(COLOUR).quantize(16), "PNG"),
        "bits": _saved(Image.fromarray(GREY % 2 * 255).convert("1"), "PNG"),
    }
    return {f"png {name}": {"a.png": data} for name, data in found.items()}


def _jpeg_files() -> dict[str, Files]:
    exif = Image.Exif()
    exif[ORIENTATION] = TURNED
    found = {
        "colour": _saved(COLOUR, "JPEG", quality=90),
        "grey": _saved(GREY, "JPEG", quality=90),
        "progressive": _saved(COLOUR, "JPEG", quality=90, progressive=True),
        "turned": _saved(COLOUR, "JPEG", quality=90, exif=exif),
    }
    return {f"jpeg {name}": {"a.jpg": data} for name, data in found.items()}


def _tiff(pixels: np.ndarray, *, byteorder: str = "<", bigtiff: bool = False, **options) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, byteorder=byteorder, bigtiff=bigtiff, metadata=None, **options)
    return buffer.getvalue()


def _tiff_files() -> dict[str, Files]:
    large = np.tile(GREY, (4, 4))
    two = np.stack([GREY, GREY[::-1]])
    found = {
        "plain": _tiff(DEEP),
        "big endian": _tiff(DEEP, byteorder=">"),
        "bigtiff": _tiff(DEEP, bigtiff=True),
        "white": _tiff(GREY, photometric="miniswhite"),
        "lzw": _tiff(COLOUR, compression="lzw"),
        "deflate": _tiff(DEEP, compression="zlib", predictor=True),
        "packbits": _tiff(GREY, compression="packbits", rowsperstrip=5),
        "jpeg": _tiff(np.tile(COLOUR, (4, 4, 1)), compression="jpeg", photometric="rgb"),
        "jpeg grey": _tiff(large, compression="jpeg"),
        "tiled": _tiff(large, tile=(16, 16)),
        "pages": _tiff(two, photometric="minisblack"),
    }
    return {f"tiff {name}": {"a.tif": data} for name, data in found.items()}
