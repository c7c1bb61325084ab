"""Convert raw images of any format to canonical ones: volumes to NIfTI (RAS+, mm), flat images to PNG.

By hand, every image in FILE or FOLDER is converted: DICOM series to OUTPUT/<NNN>_<MODALITY>.nii.gz, of PET also
<NNN>_SUV.nii.gz; SEG and RTSTRUCT to <NNN>_SEG.nii.gz on the grid of the series they were drawn on; flat DICOM images
to <NNN>_<MODALITY>.png; NIfTI, Analyze, MetaImage, NRRD, MINC, npy, npz, PNG, JPEG and TIFF files to <name>.nii.gz or
<name>.png. Values are never changed. Each image has a sidecar .json; OUTPUT/images.tsv accounts for every file,
refused.tsv says what is no image and why, and cases.tsv lists the images for the programs that read cases.
With --cases, the cases of a table of the index become a shard folder.

for example:
  python scripts/convert.py --input study --output volumes
  python scripts/convert.py --input brain.mha --output converted --to nrrd
  python scripts/convert.py --cases index/0of2.tsv --raw my-images --roles CT MR --output converted/0of2
  python scripts/convert.py --cases index/0of2.tsv --raw studies --series CT PET --output converted/0of2
"""

import argparse
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fuseflow import command, stage
from fuseflow.arguments import pair, positive
from fuseflow.cases import Case, CaseFile
from fuseflow.convert import Convert, RoleRules
from fuseflow.errors import InputError, Refused
from fuseflow.files import atomic_path
from fuseflow.formats.canonical import CANONICAL
from fuseflow.formats.reading import APPLE_DOUBLE_NAME
from fuseflow.formats.registry import READERS, WRITERS
from fuseflow.index import UNNAMED, list_files, raw_path
from fuseflow.isolation import SECONDS
from fuseflow.raw_files import LoadFiles

WITH_CASES = (
    "raw",
    "roles",
    "series",
    "optional",
    "labels",
    "drawn",
    "segments",
    "pages",
    "size",
    "bits",
    "one_size",
    "shard",
)
"""Arguments that mean nothing without a table of cases."""


@dataclass(frozen=True)
class Checked:
    """A loader, for cases that say who they are."""

    load: Callable[[Case], Any]

    def __call__(self, case: Case) -> Any:
        """What the loader gives, or a refusal."""
        if case.id.startswith(UNNAMED) and not case.patient:
            names = ", ".join(repr(file.path) for file in case.files)
            if all(Path(file.path).name.startswith(APPLE_DOUBLE_NAME) for file in case.files):
                raise Refused("apple-double", f"{names}: metadata of macOS, which belong to another file")
            raise Refused(
                "unsafe-name",
                f"{names}: ids begin with a letter or digit and hold only these and . _ -; rename the file",
            )
        if not case.patient:
            raise Refused("unknown-patient", "the name does not fit the card's pattern for patients")
        return self.load(case)


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.make_parser(__doc__)
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder for the images")
    parser.add_argument(
        "--time-limit",
        type=positive,
        default=SECONDS,
        metavar="SECONDS",
        help="refuse a case that takes longer (default: %(default)s)",
    )
    group = parser.add_argument_group("by hand")
    group.add_argument("--input", type=Path, metavar="FILE_OR_FOLDER", help="an image, or a folder of any images")
    group.add_argument("--to", choices=WRITERS.names(), help="the format of volumes (default: nifti)")
    group = parser.add_argument_group("DICOM series")
    group.add_argument(
        "--uneven",
        choices=("refuse", "resample"),
        default="refuse",
        help="series with missing or unevenly spaced slices (default: refuse)",
    )
    group.add_argument(
        "--single-slices", choices=("keep", "refuse"), default="keep", help="series of one slice (default: keep)"
    )
    group.add_argument(
        "--salt",
        default=os.environ.get("FUSEFLOW_SALT", ""),
        help="secret for the pseudonyms of UIDs in sidecars, which have none without it (default: FUSEFLOW_SALT)",
    )
    add_case_arguments(parser.add_argument_group("with --cases"))
    stage.add_arguments(parser, workers=usable_processors())
    return parser


def add_case_arguments(group: Any) -> None:
    """What the images of a table of cases must be like."""
    group.add_argument("--raw", type=Path, metavar="FOLDER", help="what the paths in --cases are relative to")
    group.add_argument("--roles", nargs="+", default=[], metavar="ROLE", help="image files that make a case whole")
    group.add_argument("--series", nargs="+", default=[], metavar="ROLE", help="DICOM series that make a case whole")
    group.add_argument("--optional", nargs="+", default=[], metavar="ROLE", help="roles that a case is whole without")
    group.add_argument("--labels", nargs="+", default=[], metavar="ROLE", help="roles whose values are labels")
    group.add_argument(
        "--drawn",
        nargs="+",
        type=pair("ROLE=ON"),
        default=[],
        metavar="ROLE=ON",
        help="roles among --series that are segmentations, and the role that each is drawn on",
    )
    group.add_argument(
        "--segments",
        nargs="+",
        type=pair("ROLE=NAME"),
        default=[],
        metavar="ROLE=NAME",
        help="which segments of a role of --drawn are meant; * stands for anything (default: all)",
    )
    group.add_argument(
        "--pages",
        nargs="+",
        type=pair("ROLE=PAGE", positive),
        default=[],
        metavar="ROLE=PAGE",
        help="which image of files that hold several, from 1",
    )
    group.add_argument("--size", nargs=2, type=int, metavar=("COLUMNS", "ROWS"), help="refuse images of another size")
    group.add_argument("--bits", type=int, choices=(8, 16), help="refuse images of another depth")
    group.add_argument("--one-size", action="store_true", help="refuse cases whose images differ in size")


def usable_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def files_by_hand(source: Path, output: Path) -> tuple[Path, list[str]]:
    """A folder and the files in it that are meant: all of them but earlier results, or the one."""
    if not source.is_file() and not source.is_dir():
        raise InputError(f"{source} does not exist or is no file; give an image or a folder of images or series")
    folder, names = (source, list_files(source)) if source.is_dir() else (source.parent, [source.name])
    names = [name for name in names if not (folder / name).resolve().is_relative_to(output.resolve())]
    if not names and output.resolve().is_relative_to(folder.resolve()) and list_files(folder):
        raise InputError(f"{output} is where the input lies; give another folder for the results")
    if not names:
        raise InputError(f"{source} is empty; give an image or a folder of images or series")
    return folder, names


def cases_of_table(arguments: argparse.Namespace) -> list[Case]:
    """The cases of an index table, with paths below the raw folder."""
    if not arguments.raw.is_dir():
        raise InputError(f"the raw folder {arguments.raw} does not exist; give the folder that was indexed")
    listing: list[str] = []
    cases = stage.read_shard(arguments)
    if any(file.path.startswith("#") for case in cases for file in case.files):
        listing = list_files(arguments.raw)
    return [
        Case(case.id, case.patient, case.stratum, _located(case, arguments.raw, listing), arguments.raw)
        for case in cases
    ]


def _located(case: Case, raw: Path, listing: list[str]) -> tuple[CaseFile, ...]:
    return tuple(
        CaseFile(file.role, str(raw_path(raw, file.path, listing).relative_to(raw)), file.sha256) for file in case.files
    )


def stage_for_images(arguments: argparse.Namespace) -> stage.Stage:
    """The stage for image files."""
    pages = dict(arguments.pages)
    rules = {
        role: RoleRules(label=role in arguments.labels, optional=role in arguments.optional, page=pages.get(role, 0))
        for role in arguments.roles
    }
    size = tuple(arguments.size) if arguments.size else None
    convert = Convert(roles=rules, size=size, bits=arguments.bits, one_size=arguments.one_size)
    return stage.Stage(
        name="convert",
        load=Checked(LoadFiles(roles=tuple(arguments.roles), optional=frozenset(arguments.optional))),
        function=convert,
        parameters=asdict(convert),
        code=("convert", *(READERS.module(name) for name in READERS.names())),
        seconds=arguments.time_limit,
    )


def stage_for_series(arguments: argparse.Namespace, cases: int) -> stage.Stage:
    """The stage for DICOM series; workers that have no case of their own help with slices."""
    from fuseflow.dicom.studies import ConvertSeries, LoadSeries

    rules = series_rules(arguments)
    threads = max(1, arguments.workers // max(1, cases))
    roles, optional = tuple(arguments.series), sorted(arguments.optional)
    return stage.Stage(
        name="convert",
        load=Checked(LoadSeries(roles=roles, optional=frozenset(optional), threads=threads)),
        function=ConvertSeries(
            rules=rules, drawn=dict(arguments.drawn), segments=dict(arguments.segments), threads=threads
        ),
        # the salt is a secret
        parameters={
            "uneven": rules.uneven,
            "single_slices": rules.single_slices,
            "series": roles,
            "optional": optional,
            "drawn": dict(arguments.drawn),
            "segments": dict(arguments.segments),
        },
        code=("convert",),
        threads=threads,
        seconds=arguments.time_limit,
    )


def series_rules(arguments: argparse.Namespace) -> Any:
    """What is done with DICOM series."""
    # pydicom costs a quarter of a second, which other images need not pay
    from fuseflow.dicom.series import SeriesRules

    return SeriesRules(uneven=arguments.uneven, single_slices=arguments.single_slices, salt=arguments.salt)


def convert_by_hand(arguments: argparse.Namespace) -> int:
    """Every image of a folder, or the one."""
    from fuseflow.folder import FolderRules, convert_folder

    folder, names = files_by_hand(arguments.input, arguments.output)
    paths = [folder / name for name in names]
    rules = FolderRules(
        series=series_rules(arguments),
        to=arguments.to or CANONICAL,
        workers=arguments.workers,
        seconds=arguments.time_limit,
    )
    stage.check_output(arguments.output, [], inputs=paths)
    with atomic_path(arguments.output) as output:
        output.mkdir()
        refused = convert_folder(paths, output, rules=rules)
    return command.REFUSED if refused and arguments.on_refused == "fail" else command.DONE


def check_usage(arguments: argparse.Namespace) -> None:
    """Which arguments go together.

    Raises
    ------
    InputError
        If they do not.
    """
    if (arguments.input is None) == (arguments.cases is None):
        raise InputError("give either --input or --cases")
    if arguments.cases is None:
        given = [name for name in WITH_CASES if getattr(arguments, name)]
        if given:
            raise InputError(f"--{given[0].replace('_', '-')} goes with --cases; by hand every image is converted")
        return
    if arguments.raw is None or bool(arguments.roles) == bool(arguments.series):
        raise InputError("--cases needs --raw, and either --roles or --series")
    if arguments.to is not None:
        raise InputError("--to goes with --input; the images of cases are always written as nifti")
    named = {*arguments.optional, *arguments.labels, *(role for role, _ in arguments.pages)}
    named |= {role for roles in arguments.drawn for role in roles} | {role for role, _ in arguments.segments}
    if unknown := sorted(named - {*arguments.roles, *arguments.series}):
        raise InputError(f"{', '.join(unknown)} is not among --roles or --series")


def main(arguments: argparse.Namespace) -> int:
    """Convert by hand or a shard."""
    check_usage(arguments)
    if arguments.cases is None:
        return convert_by_hand(arguments)
    cases = cases_of_table(arguments)
    work = stage_for_series(arguments, len(cases)) if arguments.series else stage_for_images(arguments)
    return stage.run_to_folder(
        work, cases, output=arguments.output, workers=arguments.workers, on_refused=arguments.on_refused
    )


if __name__ == "__main__":
    raise SystemExit(command.run(make_parser(), main))
