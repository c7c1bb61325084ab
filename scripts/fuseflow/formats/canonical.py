"""Canonical images, the form that stages hand to each other: which file an image becomes, and how it is read back."""

from __future__ import annotations

from pathlib import Path

from fuseflow.cases import Case, CaseFile
from fuseflow.errors import Refused
from fuseflow.files import sha256_of_bytes
from fuseflow.formats.png import Pixels, read_png, write_png


def write_canonical(folder: Path, *, case: str, role: str, pixels: Pixels) -> CaseFile:
    """Write one image of a case below a shard folder in the making, as ``<ROLE>/<case>.png``; return its table row."""
    path = f"{role}/{case}.png"
    data = write_png(pixels)
    (folder / role).mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(data)
    return CaseFile(role=role, path=path, sha256=sha256_of_bytes(data))


def read_verified(case: Case, role: str) -> bytes:
    """The bytes of a case's file, if they are still those that the case table was written for.

    Raises
    ------
    Refused
        ``orphan`` or ``ambiguous-role`` if the role has not exactly one file, ``unreadable`` if it cannot be opened,
        ``changed`` if its sha256 is another.
    """
    file = case.file(role)
    try:
        data = case.path(role).read_bytes()
    except OSError as error:
        raise Refused("unreadable", f"the {role} file cannot be opened ({error.strerror})") from None
    if sha256_of_bytes(data) != file.sha256:
        raise Refused("changed", f"the {role} file is no longer the one in the case table; rerun the stage before")
    return data


def read_canonical(case: Case, role: str) -> Pixels:
    """The pixels of one image of a case; errors as `read_verified` and `fuseflow.formats.png.read_png`."""
    return read_png(read_verified(case, role))
