"""Image files of any format: which format a file has, and the canonical images in it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from fuseflow.errors import Refused
from fuseflow.flat import FlatImage
from fuseflow.formats.file_bytes import bytes_of
from fuseflow.formats.registry import READERS, Reader
from fuseflow.formats.stored import StoredVolume, canonical_volume
from fuseflow.volume import Volume

Image = FlatImage | Volume
"""A canonical image."""

APPLE_DOUBLE = bytes.fromhex("00051607")
"""What macOS's files of metadata begin with."""
APPLE_DOUBLE_NAME = "._"
"""What their names begin with; the rest is the name of the file that they belong to."""
HEAD = 8
UNFORESEEN = "the file is damaged in a way that its reader does not foresee"
"""What is said where a library raises something that nobody expected: no file may end a run."""


def format_of(path: Path) -> str:
    """The format of a file by its first bytes, where these decide, else by its name; empty if it has none that is read.

    Examples
    --------
    >>> format_of(Path("case/brain.NII.GZ")), format_of(Path("notes.txt"))
    ('nifti', '')
    """
    try:
        head = bytes_of(path, HEAD)
    except Refused:
        head = b""
    if head.startswith(APPLE_DOUBLE):
        return ""
    name = path.name.lower()
    endings, signatures = _declared()
    signed = next((reader for signature, reader in signatures if head.startswith(signature)), "")
    return signed or next((reader for ending, reader in endings if name.endswith(ending)), "")


@cache
def _declared() -> tuple[list[tuple[str, str]], list[tuple[bytes, str]]]:
    """Endings, the longest first, and signatures, each with the name of its reader."""
    endings = [(ending, name) for name in READERS.names() for ending in READERS.declared(name, "endings").split()]
    signatures = [(bytes.fromhex(READERS.declared(name, "signature")), name) for name in READERS.names()]
    return sorted(endings, key=lambda pair: -len(pair[0])), [pair for pair in signatures if pair[0]]


def read_images(path: Path) -> tuple[Image, ...]:
    """The canonical images in a file, at least one.

    Parameters
    ----------
    path
        The file; of images that consist of several the one with the header.

    Raises
    ------
    Refused
        ``unknown-format`` or ``apple-double`` if it is no image, ``unreadable`` if it cannot be opened, else with the
        reason of the reader or of `fuseflow.formats.stored.canonical_volume`.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from fuseflow.formats.png import write_png
    >>> path = Path(tempfile.mkdtemp()) / "CT.png"
    >>> _ = path.write_bytes(write_png(np.array([[1, 2]], np.uint8)))
    >>> [image.pixels.tolist() for image in read_images(path)]
    [[[1, 2]]]
    """
    try:
        found = _reader_of(path).read(path)
        return tuple(canonical_volume(image) if isinstance(image, StoredVolume) else image for image in found)
    except OSError as error:
        # what the system says names the file, and its name may identify a patient
        raise Refused("unreadable", f"the file cannot be opened ({error.strerror or 'unknown error'})") from None
    except (Refused, MemoryError):
        raise
    except Exception as error:
        raise unforeseen(error) from error


def unforeseen(error: Exception) -> Refused:
    """The refusal of a file that makes a library raise what nobody expected; the error's own words may quote the file.

    Examples
    --------
    >>> unforeseen(ZeroDivisionError("PatientName")).detail
    'the file is damaged in a way that its reader does not foresee (ZeroDivisionError)'
    """
    return Refused("unreadable", f"{UNFORESEEN} ({type(error).__name__})")


def companions_of(path: Path) -> tuple[Path, ...]:
    """The other files that are part of the image that a file holds, such as the ``.raw`` of an ``.mhd``.

    Examples
    --------
    >>> companions_of(Path("CT.nii.gz"))
    ()
    """
    name = format_of(path)
    if not name:
        return ()
    reader: Reader = READERS.load(name)
    return reader.companions(path)


def headers_of(paths: Sequence[Path]) -> list[Path]:
    """Those of some files that hold an image or its header, without the companions of others.

    Examples
    --------
    >>> headers_of([Path("a.nii"), Path("b.nii")]) == [Path("a.nii"), Path("b.nii")]
    True
    """
    companions = {companion for path in paths for companion in companions_of(path)}
    return [path for path in paths if path not in companions]


def _reader_of(path: Path) -> Reader:
    name = format_of(path)
    if name:
        reader: Reader = READERS.load(name)
        return reader
    if bytes_of(path, len(APPLE_DOUBLE)) == APPLE_DOUBLE or path.name.startswith(APPLE_DOUBLE_NAME):
        raise Refused("apple-double", "the file holds metadata of macOS (AppleDouble) and no image")
    raise Refused("unknown-format", "the file is not of a format that is read here")
