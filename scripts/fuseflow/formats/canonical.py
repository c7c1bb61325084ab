"""Canonical images, the form that stages hand to each other: which file an image becomes, and how it is read back."""

from __future__ import annotations

import os
from pathlib import Path

from fuseflow.cases import Case, CaseFile
from fuseflow.errors import InputError, Refused
from fuseflow.files import hash_of_file, read_regular_file, sha256_of_bytes, write_json
from fuseflow.formats.png import Pixels, read_png, write_png
from fuseflow.volume import Volume

VOLUME = ".nii.gz"
"""How the file of a volume ends."""


def write_canonical(folder: Path, *, case: str, role: str, image: Pixels | Volume, threads: int = 1) -> CaseFile:
    """Write one image of a case below a shard folder in the making; return its row of the case table.

    A flat image becomes ``<ROLE>/<case>.png``, a volume ``<case>/<ROLE>.nii.gz`` with a sidecar ``<case>/<ROLE>.json``.
    """
    path = f"{case}/{role}{VOLUME}" if isinstance(image, Volume) else f"{role}/{case}.png"
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    if isinstance(image, Volume):
        write_volume(folder / path, image, threads=threads)
    else:
        (folder / path).write_bytes(write_png(image))
    return CaseFile(role=role, path=path, sha256=hash_of_file(folder / path))


def write_volume(path: Path, volume: Volume, *, threads: int = 1) -> None:
    """Write a volume as NIfTI, and its sidecar beside it under the same name with the ending ``.json``."""
    # nibabel costs a tenth of a second, which flat images need not pay
    from fuseflow.formats.nifti import write_nifti

    write_nifti(path, volume, threads=threads)
    write_json(sidecar_of(path), volume.sidecar)


def sidecar_of(path: Path) -> Path:
    """Where the sidecar of a volume lies.

    Examples
    --------
    >>> sidecar_of(Path("STS_001/CT.nii.gz")).name
    'CT.json'
    """
    return path.with_name(path.name.removesuffix(VOLUME) + ".json")


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
        data = read_regular_file(case.path(role))
    except OSError as error:
        raise Refused("unreadable", f"the {role} file cannot be opened ({error.strerror})") from None
    if sha256_of_bytes(data) != file.sha256:
        raise Refused("changed", f"the {role} file is no longer the one in the case table")
    return data


def read_canonical(case: Case, role: str) -> Pixels:
    """The pixels of one image of a case, as an earlier stage wrote it.

    Raises
    ------
    Refused
        ``orphan`` or ``ambiguous-role`` as `read_verified`, and as `fuseflow.formats.png.read_png`.
    InputError
        If the file is missing or changed. That says nothing about the case: refusing it would only hide what happened
        to the results, and give one method fewer cases than another.
    """
    try:
        data = read_verified(case, role)
    except Refused as refusal:
        if refusal.reason not in ("unreadable", "changed"):
            raise
        folder = os.path.normpath(case.path(role).parent.parent)
        raise InputError(
            f"case {case.id}: {refusal.detail}; if the workflow made {folder}, delete that folder and run again"
        ) from None
    return read_png(data)
