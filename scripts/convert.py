"""Convert raw images to canonical ones: PNG of 8 or 16 bits, grey or RGB, pixel values unchanged.

By hand, FILE or every .png of FOLDER becomes OUTPUT/image/<name>.png; what cannot be converted is listed in
OUTPUT/refused.tsv. With --cases, the cases of a table of the index become a shard folder.

for example:
  python scripts/convert.py --input scan.png --output converted
  python scripts/convert.py --cases index/0of2.tsv --raw my-images --roles CT MR --output converted/0of2
"""

import argparse
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from fuseflow import command, stage
from fuseflow.cases import Case, CaseFile
from fuseflow.convert import Convert
from fuseflow.errors import InputError, Refused
from fuseflow.files import hash_of_file
from fuseflow.formats.canonical import read_verified
from fuseflow.index import UNNAMED, list_files, raw_path

UNSAFE = re.compile(r"^[._-]+|[^A-Za-z0-9._-]+")
"""What becomes `_` when the name of a file becomes an id."""


@dataclass(frozen=True)
class LoadRaw:
    """Read the raw file of every role that a case must have."""

    roles: tuple[str, ...]

    def __call__(self, case: Case) -> Mapping[str, bytes]:
        """Role -> bytes, or a refusal."""
        if case.id.startswith(UNNAMED):
            raise Refused(
                "unknown-patient", "the name has other characters than letters, digits and . _ -; rename the file"
            )
        if not case.patient:
            raise Refused("unknown-patient", "the name does not fit the card's pattern for patients")
        return {role: read_verified(case, role) for role in self.roles}


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.make_parser(__doc__)
    parser.add_argument("--input", type=Path, metavar="FILE_OR_FOLDER", help="an image, or a folder of images")
    parser.add_argument("--raw", type=Path, metavar="FOLDER", help="what the paths in --cases are relative to")
    parser.add_argument(
        "--roles", nargs="+", default=[], metavar="ROLE", help="roles that make a case whole, with --cases"
    )
    parser.add_argument("--size", nargs=2, type=int, metavar=("COLUMNS", "ROWS"), help="refuse images of another size")
    parser.add_argument("--bits", type=int, choices=(8, 16), help="refuse images of another depth")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder for the images")
    stage.add_arguments(parser)
    return parser


def cases_by_hand(source: Path) -> list[Case]:
    """Every image of a folder, or the one image, as a case of its own with the role ``image``."""
    if not source.exists():
        raise InputError(f"{source} does not exist; give an image or a folder of images")
    folder, names = (source, list_files(source)) if source.is_dir() else (source.parent, [source.name])
    names = [name for name in names if name.lower().endswith(".png")]
    if not names:
        raise InputError(f"{source} is no PNG and holds none")
    cases = [
        Case(UNSAFE.sub("_", name[:-4]), "unknown", "", (CaseFile("image", name, hash_of_file(folder / name)),), folder)
        for name in names
    ]
    if len({case.id for case in cases}) < len(cases):
        raise InputError(
            f"{source} holds files whose names differ only in folders, spaces or signs; convert them apart"
        )
    return sorted(cases, key=lambda case: case.id)


def cases_of_table(arguments: argparse.Namespace) -> list[Case]:
    """The cases of an index table, with paths below the raw folder."""
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


def main(arguments: argparse.Namespace) -> int:
    """Convert by hand or a shard."""
    if (arguments.input is None) == (arguments.cases is None):
        raise InputError("give either --input or --cases")
    if arguments.cases is not None and (arguments.raw is None or not arguments.roles):
        raise InputError("--cases needs --raw and --roles")
    convert = Convert(size=tuple(arguments.size) if arguments.size else None, bits=arguments.bits)
    roles = tuple(arguments.roles) or ("image",)
    return stage.run_to_folder(
        stage.Stage(
            name="convert",
            load=LoadRaw(roles),
            function=convert,
            parameters={**asdict(convert), "roles": roles},
            code=("convert",),
        ),
        cases_of_table(arguments) if arguments.cases else cases_by_hand(arguments.input),
        output=arguments.output,
        workers=arguments.workers,
        on_refused=arguments.on_refused,
    )


if __name__ == "__main__":
    raise SystemExit(command.run(make_parser(), main))
