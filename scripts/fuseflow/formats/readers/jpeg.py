"""JPEG files: baseline, extended and progressive, 8 bits, grey or colour."""

from __future__ import annotations

from pathlib import Path

from fuseflow.flat import FlatImage
from fuseflow.formats.flat_images import bytes_of, described, name_remarks, surplus
from fuseflow.formats.jpeg import decode_jpeg, read_header
from fuseflow.formats.orientation import exif_orientation, turned
from fuseflow.formats.registry import Reader

SOURCE = "JPEG"


def read_jpeg_image(path: Path) -> list[FlatImage]:
    """The image in a JPEG file, turned as its EXIF data say; nothing else of these is kept, nor the resolution.

    Raises
    ------
    Refused
        As `fuseflow.formats.jpeg.read_header` and `fuseflow.formats.jpeg.decode_jpeg`.
    """
    data = bytes_of(path)
    header = read_header(data)
    orientation = exif_orientation(header.exif)
    return [
        described(
            turned(decode_jpeg(data, header), orientation),
            source=SOURCE,
            photometric=header.photometric,
            bits=8,
            lossy=True,
            orientation=orientation,
            remarks=name_remarks(path, source=SOURCE, endings=READER.endings) + surplus(len(data) - header.size),
        )
    ]


READER = Reader(name="jpeg", endings=".jpg .jpeg .jpe .jfif", signature="ffd8ff", read=read_jpeg_image)
