"""JPEG files: baseline, extended and progressive, 8 bits, grey or colour."""

from __future__ import annotations

from pathlib import Path

from fuseflow.flat import FlatImage
from fuseflow.formats.file_bytes import bytes_of
from fuseflow.formats.flat_images import described, name_remarks
from fuseflow.formats.jpeg import decode_jpeg, read_header
from fuseflow.formats.orientation import exif_orientation, turned
from fuseflow.formats.registry import Reader
from fuseflow.formats.stored import surplus

SOURCE = "JPEG"


def read_jpeg_image(path: Path) -> list[FlatImage]:
    """The image in a JPEG file, turned as its EXIF data say; nothing else of these is kept, nor the resolution.

    Raises
    ------
    Refused
        As `fuseflow.formats.jpeg.read_header` and `fuseflow.formats.jpeg.decode_jpeg`.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> path = Path(tempfile.mkdtemp()) / "US.jpg"
    >>> Image.new("L", (3, 2)).save(path)
    >>> read_jpeg_image(path)[0].pixels.shape
    (2, 3)
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
