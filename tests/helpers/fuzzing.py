"""One damaged file through the conversion by hand, with limits, and what is wrong with what came out."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from comparison import Unclear, differences_of_files
from comparison_dicom import differences_of_dicom
from mutants import Files, Mutant, mutant, sound_files, unbroken

from fuseflow.cases import read_refused
from fuseflow.dicom.series import SeriesRules
from fuseflow.errors import Refused
from fuseflow.files import read_table
from fuseflow.folder import DICOM, FolderRules, convert_folder
from fuseflow.formats.reading import UNFORESEEN
from fuseflow.isolation import map_isolated

SEED = 20261121
SECONDS = 10
MEMORY = 2**30
"""Bytes that the conversion of one small file may take beyond what the process has."""
ACCEPTED, CRASHED, TIMEOUT = "accepted", "crashed", "timeout"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a mutant.

    `outcomes` are the reasons of refusals, or ``accepted``; `complaints` what is wrong with that; `unchecked` says of
    each accepted image that nobody else reads why that is so; `crashes` how decoders crashed.
    """

    number: int
    origin: str
    way: str
    outcomes: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    crashes: tuple[str, ...] = ()
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Fuzz:
    """Examine mutants below a folder; without a seed, sound files as they are."""

    folder: Path
    seed: int | None = SEED
    sound: Mapping[str, Files] = field(default_factory=dict)

    def __call__(self, number: int) -> Verdict:
        """Write a mutant, convert it and judge the result."""
        made = unbroken(number, self.sound) if self.seed is None else mutant(number, self.sound, seed=self.seed)
        folder = self.folder / f"{number:05d}"
        folder.mkdir(parents=True)
        began = time.monotonic()
        try:
            with _limited(), contextlib.chdir(folder):
                convert(made, folder)
        except Exception as error:
            return _verdict(made, complaints=[f"traceback: {error!r:.200}"], seconds=time.monotonic() - began)
        verdict = _judge(folder, made, seconds=time.monotonic() - began)
        if not verdict.complaints:
            shutil.rmtree(folder)
        return verdict


def fuzz(numbers: Sequence[int], folder: Path, *, seed: int | None = SEED, workers: int = 2) -> Iterator[Verdict]:
    """Examine the mutants of some numbers; those that something is wrong with are left in the folder."""
    (folder / "sound").mkdir(parents=True)
    examine = Fuzz(folder=folder, seed=seed, sound=sound_files(folder / "sound"))
    yield from _verdicts(examine, numbers, workers=workers)


def fuzz_sound(folder: Path, *, workers: int = 2) -> Iterator[Verdict]:
    """Examine all sound files."""
    (folder / "sound").mkdir(parents=True)
    sound = sound_files(folder / "sound")
    yield from _verdicts(Fuzz(folder=folder, seed=None, sound=sound), range(len(sound)), workers=workers)


def _verdicts(examine: Fuzz, numbers: Sequence[int], *, workers: int) -> Iterator[Verdict]:
    results = map_isolated(examine, numbers, workers=workers, seconds=4 * SECONDS)
    for number, result in zip(numbers, results, strict=True):
        if isinstance(result, Refused):
            # not the decoder but the harness around it crashed or hung
            result = Verdict(number=number, origin="", way="", complaints=(str(result),), seconds=4 * SECONDS)
        yield result


def summary(verdicts: Sequence[Verdict]) -> str:
    """How many mutants ended how, what nobody else reads, every crash and every complaint."""
    outcomes = Counter(outcome for verdict in verdicts for outcome in verdict.outcomes)
    unchecked = Counter((verdict.origin, why) for verdict in verdicts for why in verdict.unchecked)
    lines = [f"{count:6d} {outcome}" for outcome, count in outcomes.most_common()]
    lines.append(f"{sum(unchecked.values()):6d} of these accepted, and nobody else to compare with:")
    for origin, why in sorted(unchecked):
        which = [verdict.number for verdict in verdicts if verdict.origin == origin and why in verdict.unchecked]
        lines.append(f"{unchecked[origin, why]:14d} {origin}: {why} ({', '.join(map(str, which))})")
    for kind in ("crashes", "complaints"):
        lines += [
            f"{kind}: mutant {verdict.number} ({verdict.origin}, {verdict.way}): {found}"
            for verdict in verdicts
            for found in getattr(verdict, kind)
        ]
    slowest = max(verdict.seconds for verdict in verdicts)
    return "\n".join([*lines, f"{len(verdicts)} mutants, the slowest took {slowest:.2f} s"])


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * os.sysconf("SC_PAGE_SIZE") + MEMORY, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def convert(made: Mutant, folder: Path) -> list[Path]:
    """Write files below a folder, and what becomes of them; return where they are."""
    paths = [folder / "in" / name for name in made.files]
    for name in ("in", "out"):
        (folder / name).mkdir()
    for path, data in zip(paths, made.files.values(), strict=True):
        path.write_bytes(data)
    convert_folder(paths, folder / "out", rules=FolderRules(series=SeriesRules(), seconds=SECONDS))
    return paths


def _judge(folder: Path, made: Mutant, *, seconds: float) -> Verdict:
    output = folder / "out"
    refused = read_refused(output / "refused.tsv")
    complaints = [f"{row.reason}: {row.detail}" for row in refused if _is_wrong(row.reason, row.detail)]
    crashes = [row.detail for row in refused if row.reason == CRASHED]
    images = read_table(output / "images.tsv")
    compare = _Compare(sources=tuple(folder / "in" / name for name in made.files), output=output)
    unchecked = []
    for row in images:
        if row["status"] == ACCEPTED:
            found = _compared(compare, row)
            complaints += found.differences
            unchecked += found.unchecked
    accounted = sum(int(row["files"]) for row in images)
    if accounted != len(made.files):
        complaints.append(f"{accounted} of {len(made.files)} files are accounted for")
    if (folder / "executed").exists():
        complaints.append("code was run")
    if seconds > SECONDS:
        complaints.append(f"it took {seconds:.1f} s")
    return _verdict(
        made,
        outcomes=[row["reason"] or ACCEPTED for row in images],
        complaints=complaints,
        unchecked=unchecked,
        crashes=crashes,
        seconds=seconds,
    )


def _verdict(made: Mutant, *, seconds: float, **lists: Sequence[str]) -> Verdict:
    found = {name: tuple(entries) for name, entries in lists.items()}
    return Verdict(number=made.number, origin=made.origin, way=made.way, seconds=seconds, **found)


def _is_wrong(reason: str, detail: str) -> bool:
    return reason == TIMEOUT or "memory" in detail or detail.startswith(UNFORESEEN)


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What differs from what others read, or why nothing was compared."""

    differences: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Compare:
    """Compare the images of a row of the table with what others read in the files."""

    sources: tuple[Path, ...]
    output: Path

    def __call__(self, row: Mapping[str, str]) -> _Found:
        results = [self.output / name for name in row["outputs"].split()]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                if row["format"] == DICOM:
                    return _Found(differences=tuple(differences_of_dicom(self.sources, results)))
                return _Found(differences=tuple(differences_of_files(self.sources, results)))
        except Exception as error:
            # others raise whatever they raise: they do not read the file
            why = str(error) if isinstance(error, Unclear) else f"{type(error).__name__} in what others read"
            return _Found(unchecked=(why,))


def _compared(compare: _Compare, row: Mapping[str, str]) -> _Found:
    # other libraries crash too
    (found,) = map_isolated(compare, [row], workers=1, seconds=SECONDS)
    return _Found(unchecked=(f"{found.reason} in what others read",)) if isinstance(found, Refused) else found
