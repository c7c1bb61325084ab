"""Canonical images, the form that stages hand to each other: which file an image becomes, and how it is read back."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from fuseflow.cases import Case, CaseFile
from fuseflow.errors import InputError, Refused
from fuseflow.files import hash_of_file, read_json, read_regular_file, sha256_of_bytes, write_json
from fuseflow.flat import FlatImage, Pixels
from fuseflow.formats.png import read_png, write_png
from fuseflow.formats.registry import WRITERS, Writer
from fuseflow.volume import Volume

VOLUME = ".nii.gz"
"""How the file of a volume ends."""
CANONICAL = "nifti"
"""The format of volumes that stages hand to each other."""
FLAT = ".png"
"""How the file of a flat image ends."""
SIDECAR = ".json"
"""How the sidecar of either ends."""


def write_canonical(
    folder: Path,
    *,
    case: str,
    role: str,
    image: Pixels | FlatImage | Volume,
    threads: int = 1,
    same: Path | None = None,
) -> CaseFile:
    """Write one image of a case below a shard folder in the making; return its row of the case table.

    A flat image becomes ``<ROLE>/<case>.png``, a volume ``<case>/<ROLE>.nii.gz``, each with a sidecar of the same name
    and the ending ``.json`` if anything is known about it. `same` is the canonical file of the same voxels on the same
    grid, if there is one: to copy it takes a hundredth of the time.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_canonical(folder, case="1", role="CT", image=np.zeros((2, 3), np.uint8)).path
    'CT/1.png'
    """
    path = f"{case}/{role}{VOLUME}" if isinstance(image, Volume) else f"{role}/{case}{FLAT}"
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    if isinstance(image, Volume) and same is not None:
        shutil.copyfile(same, folder / path)
        write_json(sidecar_of(folder / path), image.sidecar)
    elif isinstance(image, Volume):
        write_volume(folder / path, image, threads=threads)
    elif isinstance(image, FlatImage):
        write_flat(folder / path, image)
    else:
        (folder / path).write_bytes(write_png(image))
    return CaseFile(role=role, path=path, sha256=hash_of_file(folder / path))


def discard_canonical(folder: Path, *, case: str) -> None:
    """Remove the images of a case from a shard folder in the making.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> folder = Path(tempfile.mkdtemp())
    >>> written = write_canonical(folder, case="1", role="CT", image=np.zeros((2, 3), np.uint8))
    >>> discard_canonical(folder, case="1")
    >>> (folder / written.path).exists()
    False
    """
    shutil.rmtree(folder / case, ignore_errors=True)
    for ending in (FLAT, SIDECAR):
        for path in folder.glob(f"*/{glob.escape(case)}{ending}"):
            path.unlink()


def write_flat(path: Path, image: FlatImage) -> None:
    """Write a flat image as PNG, and its sidecar beside it if there is anything in it.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> path = Path(tempfile.mkdtemp()) / "CT.png"
    >>> write_flat(path, FlatImage(pixels=np.zeros((2, 3), np.uint8), sidecar={"format": "PNG"}))
    >>> sidecar_of(path).is_file()
    True
    """
    path.write_bytes(write_png(image.pixels))
    if image.sidecar:
        write_json(sidecar_of(path), image.sidecar)


def write_volume(path: Path, volume: Volume, *, to: str = CANONICAL, threads: int = 1) -> None:
    """Write a volume, and its sidecar beside it under the same name with the ending ``.json``.

    Parameters
    ----------
    path
        Where to.
    volume
        What to write.
    to
        Name of the format, see `fuseflow.formats.registry.WRITERS`.
    threads
        How many threads compress canonical volumes; the bytes do not depend on it.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> path = Path(tempfile.mkdtemp()) / "CT.nrrd"
    >>> write_volume(path, Volume(data=np.zeros((2, 3, 4), np.int16), affine=np.eye(4)), to="nrrd")
    >>> sorted(found.name for found in path.parent.iterdir())
    ['CT.json', 'CT.nrrd']
    """
    if to == CANONICAL:
        # nibabel costs a tenth of a second, which flat images need not pay
        from fuseflow.formats.nifti import write_nifti

        write_nifti(path, volume, threads=threads)
    else:
        writer: Writer = WRITERS.load(to)
        writer.write(path, volume)
    write_json(sidecar_of(path), volume.sidecar)


def sidecar_of(path: Path) -> Path:
    """Where the sidecar of an image lies.

    Examples
    --------
    >>> sidecar_of(Path("STS_001/CT.nii.gz")).name, sidecar_of(Path("CT/1.2.png")).name
    ('CT.json', '1.2.json')
    """
    stem = path.name.removesuffix(VOLUME) if path.name.endswith(VOLUME) else path.stem
    return path.with_name(stem + SIDECAR)


def read_verified(case: Case, role: str) -> bytes:
    """The bytes of a case's file, if they are still those that the case table was written for.

    Raises
    ------
    Refused
        ``orphan`` or ``ambiguous-role`` if the role has not exactly one file, ``unreadable`` if it cannot be opened,
        ``changed`` if its sha256 is another.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "1.png").write_bytes(b"pixels")
    >>> file = CaseFile(role="CT", path="1.png", sha256=sha256_of_bytes(b"pixels"))
    >>> read_verified(Case(id="1", patient="1", stratum="", files=(file,), folder=folder), "CT")
    b'pixels'
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
    """The pixels of one flat image of a case, as an earlier stage wrote it.

    Raises
    ------
    Refused
        ``orphan`` or ``ambiguous-role`` as `read_verified`, and as `fuseflow.formats.png.read_png`.
    InputError
        If the file is missing or changed. That says nothing about the case: refusing it would only hide what happened
        to the results, and give one method fewer cases than another.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> folder = Path(tempfile.mkdtemp())
    >>> file = write_canonical(folder, case="1", role="CT", image=np.array([[1, 2]], np.uint8))
    >>> read_canonical(Case(id="1", patient="1", stratum="", files=(file,), folder=folder), "CT").tolist()
    [[1, 2]]
    """
    with _unchanged(case, role):
        data = read_verified(case, role)
    return read_png(data)


def read_canonical_volume(case: Case, role: str) -> Volume:
    """One volume of a case with its sidecar, as an earlier stage wrote them.

    Raises
    ------
    Refused
        ``orphan`` or ``ambiguous-role``, and as `fuseflow.formats.nifti.read_nifti`.
    InputError
        As `read_canonical`.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> folder = Path(tempfile.mkdtemp())
    >>> volume = Volume(data=np.zeros((2, 3, 4), np.int16), affine=np.eye(4), sidecar={"format": "NRRD"})
    >>> file = write_canonical(folder, case="1", role="CT", image=volume)
    >>> found = read_canonical_volume(Case(id="1", patient="1", stratum="", files=(file,), folder=folder), "CT")
    >>> found.data.shape, found.sidecar
    ((2, 3, 4), {'format': 'NRRD'})
    """
    # nibabel costs a tenth of a second, which flat images need not pay
    from fuseflow.formats.nifti import read_nifti

    path = case.path(role)
    with _unchanged(case, role):
        read_verified(case, role)
    volume = read_nifti(path)
    return replace(volume, sidecar=read_json(sidecar_of(path)) if sidecar_of(path).exists() else {})


@contextlib.contextmanager
def _unchanged(case: Case, role: str) -> Iterator[None]:
    """A file of an earlier stage that cannot be read or is another by now is an error of the run, not of the case."""
    try:
        yield
    except Refused as refusal:
        if refusal.reason not in ("unreadable", "changed"):
            raise
        folder = os.path.normpath(case.path(role).parent.parent)
        raise InputError(
            f"case {case.id}: {refusal.detail}; if the workflow made {folder}, delete that folder and run again"
        ) from None


def is_volume(file: CaseFile) -> bool:
    """Whether a file of a case is a volume and not a flat image.

    Examples
    --------
    >>> is_volume(CaseFile("CT", "P1/CT.nii.gz", "")), is_volume(CaseFile("CT", "CT/P1.png", ""))
    (True, False)
    """
    return file.path.endswith(VOLUME)
