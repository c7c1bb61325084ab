"""Pieces of work by hand, each of which turns files into images: a DICOM series, a segmentation, any other file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fuseflow.convert import collapse_grey, read_file
from fuseflow.dicom.drawing import Drawable, read_drawing
from fuseflow.dicom.frames import Instance
from fuseflow.dicom.grouping import Group
from fuseflow.dicom.series import SeriesRules, convert_series
from fuseflow.errors import FuseflowError, Refused
from fuseflow.flat import FlatImage
from fuseflow.formats.canonical import CANONICAL, FLAT, write_flat, write_volume
from fuseflow.formats.reading import Image, unforeseen
from fuseflow.formats.registry import WRITERS, Writer
from fuseflow.volume import Affine, Volume

SEG, SUV, IMAGE = "SEG", "SUV", "image"
"""Roles of what becomes of segmentations, PET and files of formats that do not say what they show."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """An image that was written under a provisional name.

    `role` is what it shows, `ending` how its final name ends, `affine` and `shape` those of a volume.
    """

    path: Path
    role: str
    ending: str
    affine: Affine | None = None
    shape: tuple[int, ...] = ()


Write = Callable[[Image, str], Written]
"""Writes an image under a provisional name; the text is its role."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """What became of a piece of work: images, and why there is no SUV if there is none."""

    written: tuple[Written, ...]
    suv: Refused | None = None


@dataclass(frozen=True, kw_only=True)
class SeriesTask:
    """A DICOM series becomes a volume, of PET also one in SUV."""

    group: Group
    rules: SeriesRules
    threads: int

    def __call__(self, write: Write) -> Done:
        """Convert and write."""
        converted = convert_series(self.group, self.rules, threads=self.threads)
        written = [write(converted.volume, self.group.first.instance.modality)]
        if isinstance(converted.suv, Volume):
            written.append(write(converted.suv, SUV))
        return Done(written=tuple(written), suv=converted.suv if isinstance(converted.suv, Refused) else None)


@dataclass(frozen=True, kw_only=True)
class DrawnTask:
    """A SEG or RTSTRUCT becomes label volumes on the grid of the images that it was drawn on."""

    instance: Instance
    drawable: Sequence[Drawable]
    salt: str

    def __call__(self, write: Write) -> Done:
        """Convert and write."""
        drawing = read_drawing(self.instance, self.drawable, salt=self.salt)
        return Done(written=tuple(write(volume, SEG) for volume in drawing.volumes))


@dataclass(frozen=True, kw_only=True)
class FileTask:
    """A file of any format becomes the images in it."""

    path: Path
    role: str = IMAGE

    def __call__(self, write: Write) -> Done:
        """Convert and write."""
        images = [collapse_grey(image) if isinstance(image, FlatImage) else image for image in read_file(self.path)]
        return Done(written=tuple(write(image, self.role) for image in images))


Task = SeriesTask | DrawnTask | FileTask


@dataclass(frozen=True, kw_only=True)
class WriteImages:
    """Do a piece of work and write its images under provisional names.

    Parameters
    ----------
    folder
        Where to.
    to
        The format of volumes; flat images become PNG.
    threads
        How many threads compress a volume.
    """

    folder: Path
    to: str = CANONICAL
    threads: int = 1

    def __call__(self, numbered: tuple[int, Task]) -> Done | Refused:
        """The work's result, or why it has none; then nothing is left of it."""
        number, task = numbered
        try:
            return task(_Provisional(self, prefix=f".{number}-"))
        except Refused as refusal:
            self.discard(number)
            return refusal
        except (FuseflowError, MemoryError):
            raise
        except Exception as error:
            self.discard(number)
            return unforeseen(error)

    def discard(self, number: int) -> None:
        """Remove what a piece of work has written."""
        for path in self.folder.glob(f".{number}-*"):
            path.unlink()


class _Provisional:
    """Writes the images of one piece of work, numbered."""

    def __init__(self, images: WriteImages, *, prefix: str) -> None:
        self._images = images
        self._prefix = prefix
        self._count = 0

    def __call__(self, image: Image, role: str) -> Written:
        self._count += 1
        path = self._images.folder / f"{self._prefix}{self._count}"
        if isinstance(image, FlatImage):
            path = path.with_name(path.name + FLAT)
            write_flat(path, image)
            return Written(path=path, role=role, ending=FLAT)
        ending = ending_of(self._images.to)
        path = path.with_name(path.name + ending)
        write_volume(path, image, to=self._images.to, threads=self._images.threads)
        return Written(path=path, role=role, ending=ending, affine=image.affine, shape=image.data.shape)


def ending_of(to: str) -> str:
    """How files of volumes end in a format.

    Examples
    --------
    >>> ending_of("nifti")
    '.nii.gz'
    """
    writer: Writer = WRITERS.load(to)
    return writer.ending
