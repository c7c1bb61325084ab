"""One damaged file through the conversion by hand, with limits, and what is wrong with what came out."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from mutants import Files, Mutant, mutant, sound_files
from reference_readings import reference_reading

from fuseflow.cases import read_refused
from fuseflow.dicom.series import SeriesRules
from fuseflow.errors import Refused
from fuseflow.files import read_json, read_table
from fuseflow.folder import FolderRules, convert_folder
from fuseflow.formats.canonical import sidecar_of
from fuseflow.formats.nifti import read_nifti
from fuseflow.formats.png import read_png_file
from fuseflow.formats.reading import UNFORESEEN
from fuseflow.isolation import map_isolated

SEED = 20261121
SECONDS = 10
MEMORY = 2**30
"""Bytes that the conversion of one small file may take beyond what the process has."""
CHANGED_BY_RULE = {"inverted", "scaled", "monochrome1", "misnamed"}
"""Warnings of values that are not the stored ones, and are meant not to be."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of a mutant: why it was refused, or nothing; what is wrong with that; how long it took."""

    number: int
    origin: str
    way: str
    outcomes: tuple[str, ...]
    complaints: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Fuzz:
    """Examine mutants below a folder."""

    folder: Path
    seed: int = SEED
    sound: Mapping[str, Files] = field(default_factory=dict)

    def __call__(self, number: int) -> Verdict:
        """Write a mutant, convert it and judge the result."""
        made = mutant(number, self.sound, seed=self.seed)
        folder = self.folder / f"{number:05d}"
        (folder / "in").mkdir(parents=True)
        for name, data in made.files.items():
            (folder / "in" / name).write_bytes(data)
        began = time.monotonic()
        with _limited(), contextlib.chdir(folder):
            outcomes, complaints = _examine(folder, made)
        seconds = time.monotonic() - began
        if (folder / "executed").exists():
            complaints.append("code was run")
        if seconds > SECONDS:
            complaints.append(f"it took {seconds:.1f} s")
        if not complaints:
            shutil.rmtree(folder)
        return Verdict(
            number=number,
            origin=made.origin,
            way=made.way,
            outcomes=tuple(outcomes),
            complaints=tuple(complaints),
            seconds=seconds,
        )


def fuzz(numbers: Sequence[int], folder: Path, *, seed: int = SEED, workers: int = 2) -> Iterator[Verdict]:
    """Examine the mutants of some numbers; those that something is wrong with are left in the folder."""
    (folder / "sound").mkdir(parents=True)
    examine = Fuzz(folder=folder, seed=seed, sound=sound_files(folder / "sound"))
    results = map_isolated(examine, numbers, workers=workers, seconds=3 * SECONDS)
    for number, result in zip(numbers, results, strict=True):
        if isinstance(result, Refused):
            # not the decoder but the harness around it crashed or hung
            result = Verdict(
                number=number, origin="", way="", outcomes=(), complaints=(str(result),), seconds=3 * SECONDS
            )
        yield result


def summary(verdicts: Sequence[Verdict]) -> str:
    """How many mutants ended how, and every complaint."""
    outcomes = Counter(outcome for verdict in verdicts for outcome in verdict.outcomes)
    lines = [f"{count:6d} {outcome}" for outcome, count in outcomes.most_common()]
    lines += [
        f"mutant {verdict.number} ({verdict.origin}, {verdict.way}): {complaint}"
        for verdict in verdicts
        for complaint in verdict.complaints
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


def _examine(folder: Path, made: Mutant) -> tuple[list[str], list[str]]:
    output = folder / "out"
    output.mkdir()
    paths = [folder / "in" / name for name in made.files]
    convert_folder(paths, output, rules=FolderRules(series=SeriesRules(), seconds=SECONDS))
    refused = read_refused(output / "refused.tsv")
    complaints = [f"{row.reason}: {row.detail}" for row in refused if _is_wrong(row.reason, row.detail)]
    images = read_table(output / "images.tsv")
    outcomes = [row["reason"] or "accepted" for row in images]
    for row in images:
        if row["status"] == "accepted":
            files = [output / name for name in row["outputs"].split()]
            complaints += _differences(paths[0], files[0])
    accounted = sum(int(row["files"]) for row in images)
    if accounted != len(paths):
        complaints.append(f"{accounted} of {len(paths)} files are accounted for")
    return outcomes, complaints


def _is_wrong(reason: str, detail: str) -> bool:
    return reason == "timeout" or "memory" in detail or detail.startswith(UNFORESEEN)


def _differences(source: Path, result: Path) -> list[str]:
    reference = reference_reading(source)
    if reference is None:
        return []
    values, affine = reference
    warnings = {warning["code"] for warning in read_json(sidecar_of(result)).get("warnings", ())}
    if warnings & CHANGED_BY_RULE:
        return []
    if result.name.endswith(".png"):
        return _compare(_as_flat(values), read_png_file(result), warnings)
    volume = read_nifti(result)
    if source.suffix == ".dcm" or volume.geometry != "world":
        # what the axes run along is not known to both
        return _compare(np.sort(values, axis=None), np.sort(volume.data, axis=None), warnings)
    found = _compare(np.squeeze(values), np.squeeze(volume.data), warnings)
    if affine is not None and volume.geometry == "world" and not np.allclose(affine, volume.affine, atol=1e-3):
        found.append(f"another affine, warnings {sorted(warnings)}")
    return found


def _as_flat(values: np.ndarray) -> np.ndarray:
    values = values[..., :3] if values.ndim == 3 and values.shape[2] == 4 else values
    is_grey = values.ndim == 3 and values.shape[2] == 3 and (values == values[..., :1]).all()
    return values[..., 0] if is_grey else values


def _compare(expected: np.ndarray, found: np.ndarray, warnings: set[str]) -> list[str]:
    if expected.shape != found.shape:
        return [f"shape {found.shape} and not {expected.shape}, warnings {sorted(warnings)}"]
    if not np.allclose(expected.astype(float), found.astype(float), rtol=1e-6, atol=1e-6, equal_nan=True):
        return [f"other values, warnings {sorted(warnings)}"]
    return []
