"""Archives: unpacked so that nothing they say can reach beyond the target folder or fill the disk."""

from __future__ import annotations

import hashlib
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from fuseflow.errors import InputError

MAX_MEMBERS = 1_000_000
"""Files in one archive. The largest public sets of single slices have some 10^5; far more would use up the inodes."""

MAX_BYTES = 500 * 2**30
"""Bytes after unpacking, 500 GiB. The largest public bundle (autoPET) has about 120 GB packed and hardly shrinks."""

MAX_RATIO = 100
"""Unpacked bytes per byte of the archive. Images and label maps stay well below it over a whole archive; bombs come
near the limit of deflate, 1032."""

FREE_BYTES = 100 * 2**20
"""Below 100 MiB any ratio is allowed: a tiny archive of constant images harms nobody."""

CHUNK_BYTES = 2**20
SHOWN = 3
DRIVE = re.compile(r"[A-Za-z]:")
UNREADABLE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,  # a compression method that zipfile lacks
    RuntimeError,  # a zip file with a password
    ValueError,  # numbers or names in a header that are none
)


@dataclass(frozen=True, kw_only=True)
class _Member:
    name: str
    size: int
    regular: bool
    open: Callable[[], IO[bytes]]


def unpack(
    archive: Path, folder: Path, *, kind: Literal["zip", "tar"], listed: Mapping[str, str] | None = None
) -> list[str]:
    """Unpack regular files into a folder, as new files with default permissions.

    Everything is checked before the first byte is written: names (no absolute paths, ``..``, drive letters,
    backslashes, control characters), kinds (no links, no devices), duplicates, and the limits `MAX_MEMBERS`,
    `MAX_BYTES` and `MAX_RATIO`. The readers give out no more bytes than a member declares, so that the declared sizes
    can be trusted.

    Parameters
    ----------
    archive
        A zip file, or a tar file that is plain or compressed with gzip, bzip2 or xz.
    folder
        Where the files go.
    kind
        Of which kind the archive is.
    listed
        File -> sha256. Exactly these are unpacked, and whatever else the archive holds is left out.

    Returns
    -------
    list of str
        The files, as relative paths in sorted order.

    Raises
    ------
    InputError
        If the archive is damaged or unsafe, or a listed file is missing or different. Files may be left in `folder`.

    Examples
    --------
    >>> import tempfile
    >>> work = Path(tempfile.mkdtemp())
    >>> with zipfile.ZipFile(work / "a.zip", "w") as file:
    ...     file.writestr("CT/1.png", b"pixels")
    >>> unpack(work / "a.zip", work, kind="zip")
    ['CT/1.png']
    """
    try:
        with (_zip_members if kind == "zip" else _tar_members)(archive) as members:
            files = _selected(members, listed, archive=archive)
            hashes = {name: _write(member, folder / name) for name, member in files.items()}
    except UNREADABLE as error:
        raise InputError(f"{archive} cannot be read as a {kind} file ({error}); download it again") from None
    except OSError as error:
        raise InputError(f"{archive} could not be unpacked into {folder} ({error.strerror or error})") from None
    different = sorted(name for name in hashes if listed is not None and hashes[name] != listed[name])
    if different:
        raise InputError(f"{archive} has {_some(different)} with another sha256 than the card lists")
    return sorted(files)


def safe_name(name: str) -> str:
    """Shorten a relative path, and make sure that it stays inside the folder it is put into on every system.

    Raises
    ------
    InputError
        If it does not.

    Examples
    --------
    >>> safe_name("./CT//1.png")
    'CT/1.png'
    >>> safe_name("CT/../../1.png")
    Traceback (most recent call last):
    fuseflow.errors.InputError: the name 'CT/../../1.png' is not a plain relative path
    """
    path = PurePosixPath(name)
    plain = path.parts and not path.is_absolute() and ".." not in path.parts and name.isprintable()
    if not plain or "\\" in name or DRIVE.match(str(path)):
        raise InputError(f"the name {name!r} is not a plain relative path")
    return str(path)


@contextmanager
def _zip_members(archive: Path) -> Iterator[Iterable[_Member]]:
    with zipfile.ZipFile(archive) as file:
        yield (
            _Member(
                # zipfile cuts `filename` at a NUL, which would hide the rest from the check
                name=info.orig_filename,
                size=info.file_size,
                # the upper half of the attributes is the Unix mode; other systems leave its file type 0
                regular=stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG),
                open=partial(file.open, info),
            )
            for info in file.infolist()
            if not info.is_dir()
        )


@contextmanager
def _tar_members(archive: Path) -> Iterator[Iterable[_Member]]:
    with tarfile.open(archive) as file:

        def content(info: tarfile.TarInfo) -> IO[bytes]:
            opened = file.extractfile(info)
            if opened is None:
                raise tarfile.ReadError(f"{info.name} has no content")
            return opened

        # one by one, as the headers are read: a member that declares too much is seen before its data are skipped
        yield (
            _Member(name=info.name, size=info.size, regular=info.isreg(), open=partial(content, info))
            for info in file
            if not info.isdir()
        )


def _selected(members: Iterable[_Member], listed: Mapping[str, str] | None, *, archive: Path) -> dict[str, _Member]:
    """Choose and check what is to be unpacked; safe name -> member."""
    allowed_bytes = min(MAX_BYTES, max(FREE_BYTES, MAX_RATIO * archive.stat().st_size))
    files: dict[str, _Member] = {}
    total = 0
    for member in members:
        if listed is not None and str(PurePosixPath(member.name)) not in listed:
            continue
        try:
            name = safe_name(member.name)
        except InputError as error:
            raise InputError(f"{archive} is not safe to unpack: {error}") from None
        if not member.regular:
            raise InputError(f"{archive} is not safe to unpack: {name} is a link or a device, not a regular file")
        if name in files:
            raise InputError(f"{archive} is not safe to unpack: it holds {name} twice")
        files[name] = member
        total += member.size
        if len(files) > MAX_MEMBERS:
            raise InputError(f"{archive} is not safe to unpack: it holds more than {MAX_MEMBERS} files")
        if total > allowed_bytes:
            raise InputError(f"{archive} is not safe to unpack: it would grow to more than {allowed_bytes} bytes")
    missing = sorted(set(listed or ()) - set(files))
    if missing:
        raise InputError(f"{archive} lacks {_some(missing)} that the card lists")
    return files


def _write(member: _Member, path: Path) -> str:
    """Write a new file and return its sha256."""
    digest = hashlib.sha256()
    path.parent.mkdir(parents=True, exist_ok=True)
    with member.open() as source, path.open("xb") as target:
        while chunk := source.read(CHUNK_BYTES):
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    return f"{len(names)} {'file' if len(names) == 1 else 'files'} ({shown})"
