r"""List the cases of a raw folder, as a data set card declares them.

Writes one table per shard, OUTPUT/<k>of<n>.tsv, with one row per case, role and file: case, patient, role, path (below
the raw folder), sha256, stratum. Files that fit no role are left out; the log says how many. If ids are not public,
they become hashes and paths become numbers.

for example:
  python scripts/index.py --raw my-images --role 'CT=CT/{case}.png' --role 'MR=MR/{case}.png' \
      --patient '{patient}{slice:3d}' --public-ids --shards 2 --output index
  python scripts/index.py --raw studies --role 'CT={case}/**' --element CT:Modality=CT --public-ids --output index
"""

import argparse
import logging
import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from fuseflow import command
from fuseflow.arguments import positive, whole
from fuseflow.cases import Case, Shard, write_cases
from fuseflow.errors import InputError
from fuseflow.files import hash_of_file, write_json
from fuseflow.formats.registry import READERS, readers_with_companions
from fuseflow.index import Index
from fuseflow.provenance import record

log = logging.getLogger("index")

ROLE = re.compile("[A-Za-z][A-Za-z0-9_]*")
ELEMENT = re.compile("(?P<role>[^:=]+):(?P<keyword>[^=]+)=(?P<value>.+)")


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = command.make_parser(__doc__)
    parser.add_argument("--raw", type=Path, required=True, metavar="FOLDER", help="the raw files; they are only read")
    parser.add_argument(
        "--role",
        action="append",
        required=True,
        metavar="ROLE=PATTERN",
        help="e.g. 'CT=CT/{case}.png'; may be repeated",
    )
    parser.add_argument(
        "--element",
        action="append",
        default=[],
        metavar="ROLE:KEYWORD=VALUE",
        help="take only DICOM files whose element holds this, e.g. CT:Modality=CT; * stands for anything",
    )
    parser.add_argument(
        "--patient",
        action="append",
        metavar="PATTERN",
        help="how a case id splits; of several the first that fits counts (default: {patient})",
    )
    parser.add_argument("--public-ids", action="store_true", help="ids and names of the source may appear in outputs")
    parser.add_argument(
        "--salt",
        default=os.environ.get("FUSEFLOW_SALT", ""),
        help="secret for the pseudonyms that stand for ids that are not public (default: FUSEFLOW_SALT)",
    )
    parser.add_argument(
        "--limit", type=whole, default=0, metavar="N", help="only N cases, chosen by the hash of their id"
    )
    parser.add_argument("--shards", type=positive, default=1, metavar="N", help="number of tables (default: 1)")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder for the tables")
    return parser


def parse_roles(arguments: list[str]) -> dict[str, tuple[str, ...]]:
    """ROLE=PATTERN arguments as role -> patterns."""
    roles: dict[str, tuple[str, ...]] = {}
    for argument in arguments:
        role, _, pattern = argument.partition("=")
        if not pattern:
            raise InputError(f"--role takes ROLE=PATTERN, not {argument}")
        if not ROLE.fullmatch(role):
            raise InputError(f"{role!r} is no name of a role: a letter, then letters, digits and _, such as CT or T1")
        roles[role] = (*roles.get(role, ()), pattern)
    return roles


def parse_elements(arguments: list[str], roles: Collection[str]) -> dict[str, dict[str, str]]:
    """ROLE:KEYWORD=VALUE arguments as role -> keyword -> value."""
    elements: dict[str, dict[str, str]] = {}
    for argument in arguments:
        match = ELEMENT.fullmatch(argument)
        if not match or match["role"] not in roles:
            raise InputError(f"--element takes ROLE:KEYWORD=VALUE with a role that --role names, not {argument}")
        elements.setdefault(match["role"], {})[match["keyword"]] = match["value"]
    if elements:
        # pydicom costs a quarter of a second, which data sets without DICOM need not pay
        from fuseflow.dicom.selecting import check_keywords

        check_keywords({keyword for wanted in elements.values() for keyword in wanted})
    return elements


def provenance_of(index: Index, cases: Sequence[Case], table: Path, files: Mapping[str, int]) -> dict[str, object]:
    """The record of one table, with the counts of files of the whole raw folder.

    The salt is a secret and stays out of it.
    """
    parameters = {name: value for name, value in asdict(index).items() if name != "salt"}
    return record(
        stage="index",
        parameters=parameters,
        code=("index", *(READERS.module(name) for name in readers_with_companions())),
        inputs={case.id: case.hashes() for case in cases},
        outputs={table.name: hash_of_file(table)},
    ) | {"files": dict(files)}


def main(arguments: argparse.Namespace) -> int:
    """Write the tables."""
    if not arguments.public_ids and not arguments.salt:
        raise InputError("ids that are not public need a secret: give --salt, or --public-ids if they are public")
    roles = parse_roles(arguments.role)
    index = Index(
        roles=roles,
        elements=parse_elements(arguments.element, roles),
        patient=tuple(arguments.patient or Index.patient),
        public_ids=arguments.public_ids,
        salt=arguments.salt,
        limit=arguments.limit,
    )
    if arguments.output.resolve().is_relative_to(arguments.raw.resolve()):
        raise InputError(f"{arguments.output} lies in {arguments.raw}, which is only read; give another --output")
    survey = index(arguments.raw)
    cases, files = survey.cases, {"found": survey.files, "left_out": survey.left_out}
    for shard in Shard.all(arguments.shards):
        members = [case for case in cases if case.id in shard]
        table = arguments.output / f"{shard}.tsv"
        write_cases(table, members)
        write_json(table.with_suffix(".provenance.json"), provenance_of(index, members, table, files))
    patients = {case.patient for case in cases if case.patient}
    log.info(
        "index: %d cases of %d patients, %d files", len(cases), len(patients), sum(len(case.files) for case in cases)
    )
    return command.DONE


if __name__ == "__main__":
    raise SystemExit(command.run(make_parser(), main))
