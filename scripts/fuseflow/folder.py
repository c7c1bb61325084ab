"""A folder by hand: every image in it becomes a canonical one, and a table accounts for every file.

Images of formats other than DICOM keep the name of their file. DICOM files are known by numbers and hashes only: their
names may identify a patient.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fuseflow.accounting import Accounting, Source
from fuseflow.dicom.drawing import Drawable
from fuseflow.dicom.frames import Instance
from fuseflow.dicom.grouping import Group
from fuseflow.dicom.reading import looks_like_dicom
from fuseflow.dicom.series import Found, RefusedSeries, SeriesRules, find_series
from fuseflow.errors import Refused
from fuseflow.files import hash_of_file
from fuseflow.formats.canonical import CANONICAL
from fuseflow.formats.reading import APPLE_DOUBLE_NAME, companions_of, format_of, headers_of
from fuseflow.formats.registry import READERS
from fuseflow.isolation import SECONDS, map_isolated
from fuseflow.tasks import Done, DrawnTask, FileTask, SeriesTask, Task, WriteImages

DICOM = "dicom"
DICOM_ENDINGS = (".dcm", ".dicom", ".ima")
OTHER = "OT"
"""The standard's modality of images that name none."""
UNSAFE = re.compile(r"^[._-]+|[^A-Za-z0-9._-]+")
"""What becomes `_` when the name of a file becomes an id."""
LONGEST_NAME = 100
"""Letters of a name that are kept; file systems have room for 255 bytes."""


@dataclass(frozen=True, kw_only=True)
class FolderRules:
    """What is done with a folder where there is a choice.

    Parameters
    ----------
    series
        What is done with DICOM series.
    to
        The format that volumes are written in.
    workers
        How many files or slices are worked on at a time; the results do not depend on it.
    seconds
        How long one image may take.
    """

    series: SeriesRules
    to: str = CANONICAL
    workers: int = 1
    seconds: float = SECONDS


def convert_folder(paths: Sequence[Path], output: Path, *, rules: FolderRules) -> int:
    """Convert every image among some files.

    Writes ``<NNN>_<MODALITY>`` per accepted DICOM series or flat image, numbered in the order of their series numbers,
    for PET also ``<NNN>_SUV``, ``<NNN>_SEG`` per segmentation, ``<name>`` per file of another format, each with a
    sidecar; and the tables of `fuseflow.accounting.Accounting.write`.

    Parameters
    ----------
    paths
        Files of any kind.
    output
        An empty folder.
    rules
        What to do where there is a choice.

    Returns
    -------
    int
        How many things were refused.

    Raises
    ------
    InputError
        If a decoder is missing that is needed.
    """
    accounting = Accounting(output, salt=rules.series.salt)
    dicom = {path for path in paths if _may_be_dicom(path)}
    found = find_series(sorted(dicom), workers=rules.workers)
    drawable = _convert_series(found, accounting, output, rules)
    _convert_others(found, drawable, accounting, output, rules)
    for series in found.refused:
        accounting.refuse(_of_refused(series), Refused(series.reason, series.detail))
    _convert_files([path for path in paths if path not in dicom], accounting, output, rules)
    accounting.write(
        parameters={"uneven": rules.series.uneven, "single_slices": rules.series.single_slices, "to": rules.to},
        code=("convert", *(READERS.module(name) for name in READERS.names())),
    )
    return len(accounting.refused)


def _may_be_dicom(path: Path) -> bool:
    """Whether a file is read as DICOM: it looks like it and like nothing else, or says so by its name."""
    if path.name.startswith(APPLE_DOUBLE_NAME) or format_of(path):
        return False
    return looks_like_dicom(path) or path.suffix.lower() in DICOM_ENDINGS


def _convert_series(found: Found, accounting: Accounting, output: Path, rules: FolderRules) -> list[Drawable]:
    """Volumes, one after the other: the slices of each are decoded by all workers. What they can be drawn on."""
    drawable = []
    tasks = [SeriesTask(group=group, rules=rules.series, threads=rules.workers) for group in found.groups]
    for group, result in zip(found.groups, _results(tasks, output, rules, workers=1), strict=True):
        if isinstance(result, Refused):
            accounting.refuse(_of_group(group), result)
            continue
        volume = result.written[0]
        assert volume.affine is not None
        name = accounting.accept(_of_group(group), result)[0].path
        drawable.append(Drawable(group=group, name=name, affine=volume.affine, shape=volume.shape))
    return drawable


def _convert_others(
    found: Found, drawable: Sequence[Drawable], accounting: Accounting, output: Path, rules: FolderRules
) -> None:
    """Images that are flat by their kind, and segmentations."""
    files = [*found.flat, *found.drawn]
    tasks: list[Task] = [FileTask(path=file.path, role=file.modality or OTHER) for file in found.flat]
    tasks += [DrawnTask(instance=file, drawable=drawable, salt=rules.series.salt) for file in found.drawn]
    for file, result in zip(files, _results(tasks, output, rules, workers=rules.workers), strict=True):
        if isinstance(result, Refused):
            accounting.refuse(_of_instance(file), result)
        else:
            accounting.accept(_of_instance(file), result)


def _convert_files(paths: Sequence[Path], accounting: Accounting, output: Path, rules: FolderRules) -> None:
    """Images of other formats."""
    headers = sorted(headers_of(paths))
    sidecars = _sidecars_of(headers, set(headers))
    headers = [path for path in headers if path not in sidecars.values()]
    names = _names_of(headers)
    tasks = [FileTask(path=path) for path in headers]
    for path, result in zip(headers, _results(tasks, output, rules, workers=rules.workers), strict=True):
        source = _of_file(path, names[path], sidecars.get(path))
        if isinstance(result, Refused):
            accounting.refuse(source, result)
        else:
            accounting.accept(source, result)


def _results(tasks: Sequence[Task], output: Path, rules: FolderRules, *, workers: int) -> Iterator[Done | Refused]:
    threads = max(1, rules.workers // workers)
    write = WriteImages(folder=output, to=rules.to, threads=threads)
    numbered = list(enumerate(tasks))
    results = map_isolated(write, numbered, workers=workers, seconds=rules.seconds)
    for number, result in enumerate(results):
        if isinstance(result, Refused):
            # a worker that crashed could not do it itself
            write.discard(number)
        yield result


def _sidecars_of(paths: Sequence[Path], there: set[Path]) -> dict[Path, Path]:
    """Image -> the JSON file of the same name beside it, which speaks of the image and is none."""
    beside = {path: path.with_name(f"{_stem_of(path)}.json") for path in paths if format_of(path)}
    return {path: sidecar for path, sidecar in beside.items() if sidecar in there}


def _names_of(paths: Sequence[Path]) -> dict[Path, str]:
    """What the results of each file are to be called: its name, with its ending if others differ in that alone."""
    stems = {path: _safe(_stem_of(path)) for path in paths}
    shared = Counter(stems.values())
    return {path: stem if shared[stem] == 1 else _safe(path.name.replace(".", "_")) for path, stem in stems.items()}


def _stem_of(path: Path) -> str:
    ending = next(filter(path.name.lower().endswith, _endings_of(path)), path.suffix)
    return path.name[: len(path.name) - len(ending)]


def _endings_of(path: Path) -> list[str]:
    name = format_of(path)
    return sorted(READERS.declared(name, "endings").split(), key=len, reverse=True) if name else []


def _safe(name: str) -> str:
    return UNSAFE.sub("_", name)[:LONGEST_NAME] or "_"


def _of_group(group: Group) -> Source:
    instance = group.first.instance
    return Source(
        format=DICOM,
        modality=instance.modality,
        paths=group.paths,
        sha256=group.sha256[0],
        series_uid=instance.series_uid,
    )


def _of_instance(file: Instance) -> Source:
    return Source(
        format=DICOM,
        modality=file.modality,
        paths=frozenset([file.path]),
        sha256=file.sha256,
        series_uid=file.series_uid,
    )


def _of_refused(series: RefusedSeries) -> Source:
    return Source(
        format="" if series.reason == "not-dicom" else DICOM,
        modality=series.modality,
        paths=series.paths,
        sha256=series.sha256,
        series_uid=series.series_uid,
    )


def _of_file(path: Path, name: str, sidecar: Path | None) -> Source:
    try:
        sha256 = hash_of_file(path)
    except OSError:
        sha256 = ""
    found = format_of(path)
    paths = frozenset([path, *companions_of(path), *([sidecar] if sidecar else [])])
    return Source(name=name if found else "", format=found, paths=paths, sha256=sha256)
