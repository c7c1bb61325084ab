"""Lossy JPEG streams in DICOM files: whether they are whole, and what they say themselves."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.uid import JPEGBaseline8Bit, JPEGExtended12Bit

from fuseflow.dicom.frames import PixelFormat
from fuseflow.errors import Refused
from fuseflow.formats.jpeg import JpegHeader, decode_jpeg, read_header


def check_jpeg_frame(dataset: Dataset, pixels: PixelFormat) -> JpegHeader | None:
    """Make sure that a lossy JPEG stream is whole, since decoders fill in what is missing; None of other encodings.

    Raises
    ------
    Refused
        As `fuseflow.formats.jpeg.read_header` and `decode_jpeg`; ``unreadable`` if there is no such stream, or if it
        has another size than the file says.
    """
    if pixels.transfer_syntax not in (JPEGBaseline8Bit, JPEGExtended12Bit):
        return None
    try:
        stream = get_frame(dataset["PixelData"].value, 0, number_of_frames=1)
    except Exception:
        # pydicom raises whatever the damage leads to
        raise Refused("unreadable", "the compressed pixels are damaged: there is no frame") from None
    header = read_header(stream)
    if (header.rows, header.columns, header.samples) != (pixels.rows, pixels.columns, pixels.samples):
        found = f"{header.columns} x {header.rows} with {header.samples} samples per pixel"
        raise Refused("unreadable", f"the JPEG stream holds {found}, not what the file says")
    decode_jpeg(stream, header)
    return header
