"""Local folders: copied file by file, so that nothing done to the copy can reach the original."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from fuseflow.errors import InputError


def copy_folder(folder: Path, target: Path) -> None:
    """Copy every regular file of a folder and its subfolders, as new files with default permissions.

    A symbolic link is followed if it points to a file inside the folder; sockets, pipes and devices are left out.

    Parameters
    ----------
    folder
        The original.
    target
        An existing folder outside of it.

    Raises
    ------
    InputError
        If there is no such folder, it holds no files or `target`, a link points elsewhere, or a file cannot be copied.

    Examples
    --------
    >>> import tempfile
    >>> work = Path(tempfile.mkdtemp())
    >>> (work / "a" / "CT").mkdir(parents=True), (work / "b").mkdir()
    (None, None)
    >>> _ = (work / "a" / "CT" / "1.png").write_bytes(b"pixels")
    >>> copy_folder(work / "a", work / "b")
    >>> (work / "b" / "CT" / "1.png").read_bytes()
    b'pixels'
    """
    if not folder.is_dir():
        raise InputError(f"the folder {folder} does not exist")
    inside = folder.resolve()
    if target.resolve().is_relative_to(inside):
        raise InputError(f"the folder {folder} cannot be copied into itself; choose an output outside of it")
    try:
        # listed first, so that the copy never meets its own files
        files = [path for path in regular_files(folder) if _stays_inside(path, inside)]
        for path in files:
            copy = target / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    except OSError as error:
        # names in a raw folder may identify a patient, and logs are kept
        reason = f"something in {folder} cannot be copied ({error.strerror or type(error).__name__})"
        raise InputError(f"{reason}; find it with: find {folder} ! -readable") from None
    if not files:
        raise InputError(f"the folder {folder} holds no files")


def regular_files(folder: Path) -> list[Path]:
    """Every file below a folder that is one or links to one, and every linked folder as it is, sorted."""
    found = []
    for place, folders, names in os.walk(folder, onerror=_raise):
        linked = [name for name in folders if (Path(place) / name).is_symlink()]
        found += [Path(place) / name for name in [*names, *linked]]
    return sorted(path for path in found if path.is_file() or path.is_symlink())


def _raise(error: OSError) -> None:
    raise error


def _stays_inside(path: Path, folder: Path) -> bool:
    if path.is_symlink() and not (path.is_file() and path.resolve().is_relative_to(folder)):
        raise InputError(
            f"a link in {folder} does not lead to a file inside that folder; put the file itself there, "
            f"find the link with: find {folder} -type l"
        )
    return True
