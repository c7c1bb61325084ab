"""What is known of a DICOM image before its pixels are decoded: of the file, and of each of its frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fuseflow.dicom.pet import PetSlice

Vector = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class PixelFormat:
    """How the pixels of a file are stored.

    Parameters
    ----------
    transfer_syntax
        UID of the encoding.
    rows, columns, samples, frames
        Size of a frame, values per pixel, number of frames.
    photometric
        Photometric interpretation, such as MONOCHROME2.
    bits_allocated, bits_stored, high_bit, signed
        Layout of a stored value.
    padding
        Smallest and largest stored value that means "no pixel"; None if there is none.
    offset
        Where in the file the pixels of native, little endian encodings begin; None if a decoder is needed.
    surplus
        How many bytes there are beyond those that the pixels take, of encodings that are not compressed.
    """

    transfer_syntax: str
    rows: int
    columns: int
    samples: int
    frames: int
    photometric: str
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    padding: tuple[int, int] | None = None
    offset: int | None = None
    surplus: int = 0

    @property
    def stored_range(self) -> tuple[int, int]:
        """The smallest and the largest value that can be stored."""
        if self.signed:
            return -(1 << (self.bits_stored - 1)), (1 << (self.bits_stored - 1)) - 1
        return 0, (1 << self.bits_stored) - 1


@dataclass(frozen=True, kw_only=True)
class Instance:
    """A DICOM file that holds an image.

    `sha256` is that of its bytes and the only name it has in results. `pixels` is None if the file has no pixels,
    `thickness` the nominal thickness of a slice in mm, `unsupported` says what keeps the pixels from being used,
    `uncorrected` whether a multi-frame PET says that it is not corrected for attenuation, and `concatenation` of which
    image it is which part of how many.
    """

    path: Path
    sha256: str
    sop_class: str
    modality: str
    series_uid: str
    frame_of_reference_uid: str
    series_number: int | None
    burned_in: bool
    pixels: PixelFormat | None
    thickness: float | None = None
    unsupported: str = ""
    uncorrected: bool = False
    concatenation: tuple[str, int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Tile:
    """The part of a frame that is one slice of a mosaic; rows and columns count from 0."""

    row: int
    column: int


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One slice: a frame of a file, or a tile of a mosaic.

    Parameters
    ----------
    instance
        The file.
    index
        Which frame of the file, from 0.
    rows, columns
        Size in pixels.
    position
        Centre of the first pixel, LPS, mm (ImagePositionPatient).
    orientation
        Unit vectors along a row and down a column, LPS (ImageOrientationPatient).
    spacing
        Between rows and between columns, mm (PixelSpacing).
    slope, intercept
        Stored value -> value.
    rescaled
        Whether the file says both.
    image_type
        ImageType, or the frame's FrameType.
    stack
        StackID of enhanced images.
    number
        InstanceNumber, which only breaks ties.
    phase
        Element -> value of what may tell phases apart (echo time, temporal position ...).
    tile
        Which part of the frame, if it is a mosaic.
    pet
        What SUV depends on, of PET images.
    """

    instance: Instance
    index: int = 0
    rows: int
    columns: int
    position: Vector | None
    orientation: tuple[Vector, Vector] | None
    spacing: tuple[float, float] | None
    slope: float = 1.0
    intercept: float = 0.0
    rescaled: bool = True
    image_type: tuple[str, ...] = ()
    stack: str = ""
    number: int = 0
    phase: Mapping[str, float] = field(default_factory=dict)
    tile: Tile | None = None
    pet: PetSlice | None = None


@dataclass(frozen=True, kw_only=True)
class RefusedFile:
    """A file that is no image: where it lies, its sha256, its modality and series if they are known, and why."""

    path: Path
    sha256: str
    modality: str
    series_uid: str
    reason: str
    detail: str
