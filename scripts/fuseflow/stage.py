"""The driver that all stages share.

A stage is a pure function on one case. The driver does the rest: it goes through the cases of a table or a shard in a
pool of processes, turns refusals into rows, writes the shard folder (or the table) whole or not at all, and reports.
Results never depend on the number of workers: cases are taken and written in the order of their ids.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from fuseflow import command
from fuseflow.arguments import positive
from fuseflow.cases import Case, CaseFile, RefusedCase, Shard, read_cases, write_cases, write_refused
from fuseflow.errors import FuseflowError, InputError, Refused
from fuseflow.files import atomic_path, check_not_input, hash_of_file, write_json, write_table
from fuseflow.flat import Pixels
from fuseflow.formats.canonical import (
    discard_canonical,
    is_volume,
    read_canonical,
    read_canonical_volume,
    write_canonical,
)
from fuseflow.formats.reading import unforeseen
from fuseflow.isolation import map_isolated
from fuseflow.provenance import record
from fuseflow.volume import Volume
from fuseflow.workers import map_in_order

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What the driver needs to know of a stage.

    Parameters
    ----------
    name
        The stage's name, as the refusals and records carry it.
    load
        Reads what the function needs of a case.
    function
        The stage itself: what was loaded -> images by role, or rows of a table.
    parameters
        Everything that was chosen, for the record.
    code
        Entries of `fuseflow.provenance.code_digest` that make the result.
    threads
        How many threads a worker writes a volume with.
    seconds
        Of a stage that decodes files which nobody has checked yet: how long one case may take. Each case is then worked
        on where a crash or a hang costs that case only, see `fuseflow.isolation`.
    """

    name: str
    load: Callable[[Case], Any]
    function: Callable[[Any], Any]
    parameters: Mapping[str, object]
    code: tuple[str, ...]
    threads: int = 1
    seconds: float | None = None


@dataclass(frozen=True)
class LoadImages:
    """Load the canonical images of some roles of a case: role -> pixels."""

    roles: tuple[str, ...]

    def __call__(self, case: Case) -> dict[str, Pixels]:
        """Role -> pixels, or a refusal."""
        return {role: read_canonical(case, role) for role in self.roles}


@dataclass(frozen=True)
class LoadVolumes:
    """Load the canonical volumes of some roles of a case, or of all: role -> volume."""

    roles: tuple[str, ...] | None = None

    def __call__(self, case: Case) -> dict[str, Volume]:
        """Role -> volume, or a refusal: ``no-geometry`` of a flat image."""
        roles = case.roles() if self.roles is None else self.roles
        flat = [role for role in roles if not is_volume(case.file(role))]
        if flat:
            raise Refused("no-geometry", f"{flat[0]} is a flat image, which lies on no grid; a volume is needed")
        return {role: read_canonical_volume(case, role) for role in roles}


def add_arguments(parser: argparse.ArgumentParser, *, workers: int = 1) -> None:
    """The arguments of shard mode, the same for every stage; `workers` is how many there are if nobody says."""
    group = parser.add_argument_group("many cases (what the workflow uses)")
    group.add_argument("--cases", type=Path, metavar="CASES.TSV", help="table of the cases to work on")
    group.add_argument("--shard", type=Shard.parse, metavar="KofN", help="only the cases of this shard, such as 0of5")
    group.add_argument(
        "--workers", type=positive, default=workers, metavar="N", help="processes to work with (default: %(default)s)"
    )
    add_on_refused(parser)


def add_on_refused(parser: argparse.ArgumentParser) -> None:
    """Whether refusals are an error, the same for every program."""
    parser.add_argument(
        "--on-refused",
        choices=("report", "fail"),
        default="report",
        help="fail: end with status 1 if anything was refused (default: report)",
    )


def read_shard(arguments: argparse.Namespace) -> list[Case]:
    """The cases that the arguments of shard mode name.

    Raises
    ------
    InputError
        If their table cannot be read, or writing the output would replace it.
    """
    check_not_input([arguments.output], [arguments.cases])
    return read_cases(arguments.cases, arguments.shard)


def run_shard(stage: Stage, arguments: argparse.Namespace) -> int:
    """Work on the cases that the arguments of shard mode name, and write their shard folder, see `run_to_folder`."""
    return run_to_folder(
        stage,
        read_shard(arguments),
        output=arguments.output,
        workers=arguments.workers,
        on_refused=arguments.on_refused,
    )


def run_to_folder(stage: Stage, cases: Sequence[Case], *, output: Path, workers: int, on_refused: str) -> int:
    """Work on cases and write a shard folder: images, ``cases.tsv``, ``refused.tsv``, ``provenance.json``.

    Returns
    -------
    int
        Exit status of the command: 1 if something was refused and `on_refused` is ``fail``, else 0.
    """
    done: list[Case] = []
    refused: list[RefusedCase] = []
    check_output(output, cases)
    with atomic_path(output) as folder:
        folder.mkdir()
        for case, result in _results(stage, _ToFolder(stage, folder), cases, workers):
            if isinstance(result, Refused):
                # a worker that crashed may have written some of them
                discard_canonical(folder, case=case.id)
                refused.append(RefusedCase(case.id, stage.name, result.reason, result.detail))
            else:
                done.append(Case(case.id, case.patient, case.stratum, result, folder))
        write_cases(folder / "cases.tsv", done)
        write_refused(folder / "refused.tsv", refused)
        write_json(folder / "provenance.json", _record(stage, cases, {case.id: case.hashes() for case in done}))
    return _finish(stage.name, len(done), refused, on_refused)


def check_output(output: Path, cases: Sequence[Case], *, inputs: Sequence[Path] = ()) -> None:
    """Make sure that writing a shard folder replaces nothing but an older one.

    Raises
    ------
    InputError
        If `output` is a file, a folder with something else in it, or a folder that the cases lie in.
    """
    if output.exists() and not output.is_dir():
        raise InputError(f"{output} is a file; give a folder for the results")
    check_not_input([output], {*inputs, *(case.folder for case in cases), *_files_of(cases)})
    if output.is_dir() and any(output.iterdir()) and not (output / "provenance.json").is_file():
        raise InputError(f"{output} holds other files; give a new or an empty folder for the results")


def _files_of(cases: Sequence[Case]) -> list[Path]:
    return [case.folder / file.path for case in cases for file in case.files]


def run_to_table(
    stage: Stage, cases: Sequence[Case], *, columns: Sequence[str], output: Path, workers: int, on_refused: str
) -> int:
    """Work on cases and write one table of rows, with ``.refused.tsv`` and ``.provenance.json`` of the same name.

    Returns
    -------
    int
        Exit status, as `run_to_folder`.

    Raises
    ------
    InputError
        If `output` is a folder, or one of the three files is an image of a case.
    """
    if output.is_dir():
        raise InputError(f"{output} is a folder; give the name of a table for the results")
    refusals, provenance = output.with_suffix(".refused.tsv"), output.with_suffix(".provenance.json")
    check_not_input([output, refusals, provenance], _files_of(cases))
    rows: list[dict[str, object]] = []
    refused: list[RefusedCase] = []
    for case, result in _results(stage, _ToRows(stage), cases, workers):
        if isinstance(result, Refused):
            refused.append(RefusedCase(case.id, stage.name, result.reason, result.detail))
        else:
            rows += [{**row, "case": case.id} for row in result]
    write_refused(refusals, refused)
    write_table(output, columns, rows)
    write_json(provenance, _record(stage, cases, {output.name: hash_of_file(output)}))
    return _finish(stage.name, len(cases) - len(refused), refused, on_refused)


@dataclass(frozen=True)
class _ToFolder:
    stage: Stage
    folder: Path

    def __call__(self, case: Case) -> tuple[CaseFile, ...] | Refused:
        try:
            loaded = self.stage.load(case)
            images = self.stage.function(loaded)
        except Refused as refusal:
            return refusal
        except (FuseflowError, MemoryError):
            raise
        except Exception as error:
            if self.stage.seconds is None:
                raise
            return unforeseen(error)
        return tuple(
            write_canonical(
                self.folder,
                case=case.id,
                role=role,
                image=image,
                threads=self.stage.threads,
                same=_file_of_the_same(image, loaded, case),
            )
            for role, image in sorted(images.items())
        )


def _file_of_the_same(image: Any, loaded: Any, case: Case) -> Path | None:
    """The file of a volume that a stage passed on as it was loaded; None of all others."""
    if not isinstance(image, Volume) or not isinstance(loaded, Mapping):
        return None
    for role, source in loaded.items():
        if isinstance(source, Volume) and image.data is source.data and _is_on_the_same_grid(image, source):
            return case.path(role)
    return None


def _is_on_the_same_grid(one: Volume, other: Volume) -> bool:
    same = (one.geometry, one.fourth_axis) == (other.geometry, other.fourth_axis)
    # equal to the last bit, as the file would be
    return same and one.affine.tobytes() == other.affine.tobytes()


@dataclass(frozen=True)
class _ToRows:
    stage: Stage

    def __call__(self, case: Case) -> list[dict[str, object]] | Refused:
        try:
            return list(self.stage.function(self.stage.load(case)))
        except Refused as refusal:
            return refusal


def _results(
    stage: Stage, work: Callable[[Case], Any], cases: Sequence[Case], workers: int
) -> Iterator[tuple[Case, Any]]:
    """Each case with its result, in the order of the cases."""
    progress = tqdm(total=len(cases), desc=stage.name, unit="case", disable=None, leave=False)
    results = (
        map_in_order(work, cases, workers=workers)
        if stage.seconds is None
        else map_isolated(work, cases, workers=workers, seconds=stage.seconds)
    )
    with progress:
        for case, result in zip(cases, results, strict=True):
            progress.update()
            if isinstance(result, Refused):
                log.warning("refused %s: %s", case.id, result)
            yield case, result


def _record(stage: Stage, cases: Sequence[Case], outputs: Mapping[str, object]) -> dict[str, object]:
    return record(
        stage=stage.name,
        parameters=stage.parameters,
        code=stage.code,
        inputs={case.id: case.hashes() for case in cases},
        outputs=outputs,
    )


def _finish(name: str, done: int, refused: Sequence[RefusedCase], on_refused: str) -> int:
    log.info("%s: %d cases done, %d refused", name, done, len(refused))
    return command.REFUSED if refused and on_refused == "fail" else command.DONE
