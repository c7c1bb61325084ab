"""The raw folder of a data set: every source of its card, verified, whole or not there at all."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fuseflow.acquire.archive import safe_name, unpack
from fuseflow.acquire.checksums import Fingerprint, read_checksums
from fuseflow.acquire.download import Progress, Retry, download_once
from fuseflow.acquire.folder import copy_folder, regular_files
from fuseflow.cards import Card, Download, Folder
from fuseflow.errors import InputError
from fuseflow.files import atomic_path

log = logging.getLogger(__name__)

WAYS = {"form": "after filling in a form", "login": "after logging in", "manual": "by hand"}


@dataclass(frozen=True, kw_only=True)
class _Network:
    """How files are downloaded: where they are kept, how often to try, who is told."""

    downloads: Path
    retry: Retry | None
    progress: Progress | None


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """A download, and what is known about it and its files beforehand."""

    source: Download
    expected: Fingerprint
    listed: Mapping[str, str] | None


def acquire(
    card: Card,
    output: Path,
    *,
    downloads: Path,
    mirror: str | None = None,
    retry: Retry | None = None,
    progress: Progress | None = None,
) -> None:
    """Make the raw folder of a data set.

    Each download is looked for in the mirror first. A file that is missing there, or is not what the card says, is
    passed over with a warning, and named again if no other place has the right one. Archives and partial downloads stay
    in `downloads`, so that data sets that share one load it once and an interrupted download goes on; a file in a
    mirror folder is read in place.

    Parameters
    ----------
    card
        The data set.
    output
        The raw folder; it must not exist yet or be empty.
    downloads
        Where archives and partial downloads are kept.
    mirror
        A folder or a base URL that holds the files under the names that cards give them.
    retry, progress
        As in `fuseflow.acquire.download.download`.

    Raises
    ------
    InputError
        If the mirror is no folder, a source cannot be had or is not what the card says, or `output` is in use; nothing
        is left in its place.

    Examples
    --------
    >>> from fuseflow.cards import default_card_folders, load_card
    >>> acquire(load_card("synthetic-ct-mri", default_card_folders()), Path("raw"), downloads=Path("downloads"))
    Traceback (most recent call last):
    fuseflow.errors.InputError: synthetic-ct-mri is made by the generator ellipses, there is nothing to download
    """
    if card.generator:
        raise InputError(f"{card.id} is made by the generator {card.generator.generator}, there is nothing to download")
    if output.exists() and not (output.is_dir() and not any(output.iterdir())):
        raise InputError(f"{output} already exists; remove it or give another folder, raw data are never overwritten")
    if mirror and not _is_url(mirror) and not Path(mirror).is_dir():
        raise InputError(f"the mirror {Path(mirror).absolute()} is no folder; give a folder or a URL of http or https")
    network = _Network(downloads=downloads, retry=retry, progress=progress)
    try:
        with atomic_path(output) as raw:
            raw.mkdir()
            for source in card.source:
                match source:
                    case Folder():
                        _copy(card, source, raw)
                    case Download():
                        _get(card, source, raw, mirror=mirror, network=network)
    except OSError as error:
        raise InputError(f"{output} could not be written ({error.strerror or error}); choose another folder") from None


def _copy(card: Card, source: Folder, raw: Path) -> None:
    staging = _staging(raw)
    try:
        copy_folder(Path(source.folder), staging)
    except InputError as error:
        raise InputError(f"{card.id}: {error}; put the data set's files there and start beside that folder") from None
    _move(staging, raw)


def _get(card: Card, source: Download, raw: Path, *, mirror: str | None, network: _Network) -> None:
    """One download, from the first place whose file is what the card says."""
    wanted = _Wanted(
        source=source,
        expected=Fingerprint(size=source.bytes, sha256=source.sha256, md5=source.md5),
        listed=read_checksums(card.path.with_name(source.verify)) if source.verify else None,
    )
    failures: list[str] = []
    for place in _places(card, source, mirror):
        if failures:
            log.warning("%s; trying %s", failures[-1], place)
        staging = _staging(raw)
        try:
            if isinstance(place, Path):
                _take(place, wanted, staging)
            else:
                _load(place, wanted, staging, network=network)
        except InputError as error:
            failures.append(str(error))
        else:
            log.info("%s: taken from %s", card.id, place)
            _move(staging, raw)
            return
    raise InputError(_advice(card, source, "; ".join(failures)))


def _places(card: Card, source: Download, mirror: str | None) -> Iterator[Path | str]:
    if mirror and source.mirror:
        yield f"{mirror.rstrip('/')}/{source.mirror}" if _is_url(mirror) else Path(mirror) / source.mirror
    if card.access == "open":
        yield source.url


def _is_url(mirror: str) -> bool:
    return mirror.lower().startswith(("http://", "https://"))


def _take(path: Path, wanted: _Wanted, staging: Path) -> None:
    """From a mirror folder."""
    if not path.is_file():
        raise InputError(f"the mirror has no {path}")
    if difference := wanted.expected.difference(path):
        raise InputError(f"{path} is not the file that the card expects: {difference}")
    _unpack(path, wanted, staging)


def _load(url: str, wanted: _Wanted, staging: Path, *, network: _Network) -> None:
    """From the web, or from the folder of downloads."""
    path = download_once(
        url, network.downloads, expected=wanted.expected, retry=network.retry, progress=network.progress
    )
    try:
        _unpack(path, wanted, staging)
    except InputError as error:
        # kept, a wrong file would be taken for the right one at every start
        path.unlink(missing_ok=True)
        raise InputError(f"{url} is not what the card expects: {error}") from None


def _unpack(path: Path, wanted: _Wanted, staging: Path) -> None:
    if wanted.source.unpack == "none":
        shutil.copyfile(path, staging / safe_name(wanted.source.file_name))
    else:
        unpack(path, staging, kind=wanted.source.unpack, listed=wanted.listed)


def _staging(raw: Path) -> Path:
    """Make a folder beside the raw folder: what goes wrong there leaves nothing in it, what goes right is renamed."""
    return Path(tempfile.mkdtemp(dir=raw.parent))


def _move(staging: Path, raw: Path) -> None:
    for path in regular_files(staging):
        target = raw / path.relative_to(staging)
        if target.exists():
            raise InputError("two sources of the card hold a file of the same name; remove one of them from the card")
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)


def _advice(card: Card, source: Download, failures: str) -> str:
    if source.mirror:
        by_hand = f"put the file at MIRROR/{source.mirror} and give --mirror MIRROR"
    else:
        by_hand = "put it, unpacked, into a folder and name that in a card of your own as source: [{folder: ...}]"
    if card.access == "open":
        return f"{failures}; start again later, or {by_hand}"
    reason = f" ({failures})" if failures else ""
    return f"{card.id} can only be had {WAYS[card.access]}{reason}: get it from {source.url} and {by_hand}"
