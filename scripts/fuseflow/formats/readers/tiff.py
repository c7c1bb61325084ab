"""TIFF files: 1 to 16 bits, grey, RGB and palettes, strips and tiles, one image per page."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np

from fuseflow.errors import Refused
from fuseflow.flat import FlatImage, Pixels
from fuseflow.formats.file_bytes import opened
from fuseflow.formats.flat_images import ALPHA_DROPPED, LARGEST, described, inverted, name_remarks, scaled_to_eight_bits
from fuseflow.formats.orientation import UPRIGHT, turned
from fuseflow.formats.registry import Reader
from fuseflow.formats.stored import Remark
from fuseflow.formats.tiff.directories import Directory, directories_of
from fuseflow.formats.tiff.pages import JPEG, LAYOUT_TAGS, PageLayout, layout_of, stored_pixels

SOURCE = "TIFF"
NEW_SUBFILE, SUBFILE, ORIENTATION, COLOUR_MAP, EXTRA_SAMPLES = 254, 255, 274, 320, 338
TAGS = LAYOUT_TAGS | {NEW_SUBFILE, SUBFILE, ORIENTATION, COLOUR_MAP, EXTRA_SAMPLES}
REDUCED, MASK = 1, 4
"""Bits of NewSubfileType: a smaller copy, a transparency mask."""
WHITE_IS_ZERO, PALETTE = 0, 3
NAMES = {0: "WhiteIsZero", 1: "BlackIsZero", 2: "RGB", 3: "palette", 6: "YCbCr"}
"""Photometric interpretation, with its name in the standard."""
UNSPECIFIED, ALPHA = 0, (1, 2)
"""Kinds of extra samples; alpha may be multiplied into the colours or not."""
EXTRA_DROPPED = Remark(
    code="extra-sample-dropped",
    detail="the image had one more sample per pixel, of an unstated kind, that had the largest value everywhere; it was"
    " left out",
)
COLOURS = {0: 1, 1: 1, 2: 3, 3: 1, 6: 3}
"""Photometric interpretation -> samples per pixel; one more may be there."""


def read_tiff_images(path: Path) -> list[FlatImage]:
    """The pages of a TIFF file that are neither smaller copies of others nor masks.

    Raises
    ------
    Refused
        ``unreadable``, ``impossible-size``, ``too-large``, ``several-images`` as
        `fuseflow.formats.tiff.pages.layout_of` and `fuseflow.formats.tiff.directories.directories_of`;
        ``unsupported-pixels`` also if pixels are transparent.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> path = Path(tempfile.mkdtemp()) / "US.tif"
    >>> Image.new("L", (3, 2)).save(path)
    >>> [image.pixels.shape for image in read_tiff_images(path)]
    [(2, 3)]
    """
    with opened(path) as file:
        return _images(file, name_remarks(path, source=SOURCE, endings=READER.endings))


def _images(file: BinaryIO, remarks: list[Remark]) -> list[FlatImage]:
    directories = list(directories_of(file, TAGS))
    pages = [directory for directory in directories if not _is_copy_or_mask(directory)]
    if not pages:
        raise Refused("unreadable", f"the TIFF holds no page, only {len(directories)} smaller copies or masks")
    layouts = [layout_of(page) for page in pages]
    total = sum(layout.rows * layout.columns * layout.samples * -(-layout.bits // 8) for layout in layouts)
    if total > LARGEST:
        raise Refused("too-large", f"the pixels of all pages take {total} bytes; up to {LARGEST} are read")
    if left_out := len(directories) - len(pages):
        detail = f"{left_out} pages that are smaller copies or transparency masks were left out"
        remarks = [*remarks, Remark(code="pages-left-out", detail=detail)]
    return [
        _image(file, page, layout, page_number=(number, len(pages)), remarks=remarks)
        for number, (page, layout) in enumerate(zip(pages, layouts, strict=True), start=1)
    ]


def _is_copy_or_mask(directory: Directory) -> bool:
    return bool(directory.number(NEW_SUBFILE, 0) & (REDUCED | MASK)) or directory.number(SUBFILE, 1) == 2


def _image(
    file: BinaryIO, page: Directory, layout: PageLayout, *, page_number: tuple[int, int], remarks: list[Remark]
) -> FlatImage:
    extra = layout.samples - COLOURS.get(layout.photometric, layout.samples + 1)
    if extra not in (0, 1):
        detail = f"photometric interpretation {layout.photometric} with {layout.samples} samples per pixel"
        raise Refused("unsupported-pixels", f"the TIFF has the {detail}, which is not read (CMYK is 5)")
    pixels = stored_pixels(file, layout)
    changes: list[Remark] = []
    if extra:
        pixels, remark = _without_extra(pixels, bits=layout.bits, kind=page.number(EXTRA_SAMPLES, UNSPECIFIED))
        changes.append(remark)
    if layout.photometric == PALETTE:
        pixels = _colours(pixels, page, bits=layout.bits)
    elif layout.photometric == WHITE_IS_ZERO:
        pixels, remark = inverted(pixels, bits=layout.bits, why="the photometric interpretation is WhiteIsZero")
        changes.append(remark)
    if layout.bits < 8 and layout.photometric != PALETTE:
        pixels, remark = scaled_to_eight_bits(pixels, bits=layout.bits)
        changes.append(remark)
    stated = page.number(ORIENTATION, UPRIGHT)
    orientation = stated if 1 <= stated <= 8 else UPRIGHT
    return described(
        turned(pixels, orientation),
        source=SOURCE,
        photometric=NAMES[layout.photometric],
        bits=layout.bits,
        lossy=layout.compression == JPEG,
        orientation=orientation,
        page=page_number,
        remarks=[*remarks, *changes],
    )


def _without_extra(pixels: Pixels, *, bits: int, kind: int) -> tuple[Pixels, Remark]:
    """The pixels without the sample that is neither grey nor a colour, if it says nothing; and the remark on it."""
    if pixels[..., -1].min() < (1 << bits) - 1:
        if kind in ALPHA:
            raise Refused("unsupported-pixels", "the TIFF has transparent pixels; save it without an alpha channel")
        raise Refused(
            "unsupported-pixels",
            f"the TIFF has one more sample per pixel than its colours need, and does not say what it is (kind {kind})",
        )
    remark = ALPHA_DROPPED if kind in ALPHA else EXTRA_DROPPED
    return pixels[..., 0] if pixels.shape[-1] == 2 else pixels[..., :-1], remark


def _colours(indices: Pixels, page: Directory, *, bits: int) -> Pixels:
    """The colours of a palette, whose entries have 16 bits in every TIFF.

    Those made of 8 bits are 257 or 256 times these, or these themselves, and become 8 bits again.
    """
    entries = page.fields.get(COLOUR_MAP)
    if bits > 8 or entries is None or entries.size != 3 << bits:
        found = 0 if entries is None else entries.size
        raise Refused("unreadable", f"the palette of the TIFF has {found} entries, for {bits} bits per sample")
    palette = entries.reshape(3, -1).T
    if palette.max() < 256:
        return palette.astype(np.uint8)[indices]
    if not (palette % 257).any() or not (palette % 256).any():
        return (palette >> 8).astype(np.uint8)[indices]
    return palette.astype(np.uint16)[indices]


READER = Reader(name="tiff", endings=".tif .tiff", signature="", read=read_tiff_images)
