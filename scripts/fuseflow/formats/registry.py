"""Which formats there are: the modules of `fuseflow/formats/readers` and `fuseflow/formats/writers`.

A reader finds its parts in the folder of its format (`nrrd`, `tiff`, ...); formats with a text header share
`text_headers`, Analyze and NIfTI share `analyze_nifti`. The modules beside this one belong to no single format, except
`nifti` and `png`, the two formats of canonical images.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fuseflow.flat import FlatImage
from fuseflow.formats.stored import StoredVolume
from fuseflow.registry import Registry
from fuseflow.volume import Volume

Read = Callable[[Path], Sequence[StoredVolume | FlatImage]]


def nothing_beside(path: Path) -> tuple[Path, ...]:
    """The companions of a format whose files stand alone.

    Examples
    --------
    >>> nothing_beside(Path("CT.png"))
    ()
    """
    del path
    return ()


@dataclass(frozen=True, kw_only=True)
class Reader:
    """How files of one format are read.

    Parameters
    ----------
    name
        How messages and the registry spell it, for example ``nrrd``.
    endings
        Endings of file names, lower case, separated by blanks. A plain string, so that they can be looked up without
        importing the module.
    signature
        First bytes of every such file, in hexadecimal digits, if no other format begins with them; else empty. A file
        that begins so is of this format whatever its name says.
    read
        Path -> the images in the file, most often one. Raises `fuseflow.errors.Refused`.
    companions
        Path -> the other files that are part of the image, as far as they are there; raises nothing.
    """

    name: str
    endings: str
    signature: str
    read: Read
    companions: Callable[[Path], tuple[Path, ...]] = nothing_beside


@dataclass(frozen=True, kw_only=True)
class Writer:
    """How volumes are written in one format.

    Parameters
    ----------
    name
        How the command line spells it, for example ``nrrd``.
    ending
        Of the file's name.
    write
        Writes a canonical volume; equal volumes give equal bytes. Raises `fuseflow.errors.Refused` if the format cannot
        hold it.
    """

    name: str
    ending: str
    write: Callable[[Path, Volume], None]


READERS = Registry(kind="image format", package="formats/readers", constant="READER")
"""Every format that can be read by name: ``READERS.load("nrrd")`` is a `Reader`."""
WRITERS = Registry(kind="volume format", package="formats/writers", constant="WRITER")
"""Every format that volumes can be written in by name: ``WRITERS.load("nrrd")`` is a `Writer`."""


def readers_with_companions() -> list[str]:
    """The names of readers whose images may consist of several files; found without importing any of them.

    Examples
    --------
    >>> readers_with_companions()
    ['analyze', 'metaimage', 'nrrd', 'numpy']
    """
    return [name for name in READERS.names() if READERS.declares(name, "companions")]
