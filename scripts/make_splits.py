"""Split the cases of a data set by patient into training, validation and test, and report what leaks.

Cases whose pixels are already there under another id are refused first. Then every scheme is made: `patient`, in which
no patient is in two splits, and the published ones, which repeat somebody's list of test cases. FOLDER then holds
splits.json (all schemes), leakage.json (what their splits share), cases.tsv (the cases that were kept, with their split
in the active scheme) and refused.tsv.

for example:
  python scripts/make_splits.py --cases converted/*/cases.tsv --output split
  python scripts/make_splits.py --cases cases.tsv --published authors=test.txt --scheme authors --output split

A published list is a text file with one test case id per line, or JSON: {"test": ["2004", ...], "val": [...]}.
"""

import argparse
import json
import logging
import os
import re
from collections.abc import Collection, Sequence
from itertools import pairwise
from pathlib import Path

from fuseflow import command
from fuseflow.arguments import positive
from fuseflow.cards import default_card_folders, load_card
from fuseflow.cases import CASE_COLUMNS, Case, RefusedCase, read_cases, write_refused
from fuseflow.errors import InputError
from fuseflow.files import check_not_input, hash_of_file, write_json, write_table
from fuseflow.leakage import check_leakage, hash_images, refuse_duplicates
from fuseflow.provenance import record
from fuseflow.split import (
    DEFAULT_FRACTIONS,
    DEFAULT_SALT,
    PATIENT_SCHEME,
    TEST,
    VALIDATION,
    split_as_published,
    split_by_patient,
)
from fuseflow.stage import add_on_refused

log = logging.getLogger("make_splits")

Published = dict[str, list[str]]
"""Case ids for test and, if there are any, for validation."""


def make_parser() -> argparse.ArgumentParser:
    """Define the command line."""
    parser = command.make_parser(__doc__)
    parser.add_argument(
        "--cases", nargs="+", type=Path, required=True, metavar="CASES.TSV", help="case tables of one data set"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder for the splits")
    parser.add_argument(
        "--fractions",
        nargs="+",
        type=_fraction,
        default=list(DEFAULT_FRACTIONS.items()),
        metavar="SPLIT=SHARE",
        help="share of the patients per split (default: train=0.7 val=0.15 test=0.15)",
    )
    parser.add_argument("--salt", default=DEFAULT_SALT, metavar="TEXT", help="another text gives another split")
    parser.add_argument("--scheme", default=PATIENT_SCHEME, metavar="NAME", help="the active scheme (default: patient)")
    parser.add_argument(
        "--published",
        nargs="+",
        default=[],
        metavar="NAME=FILE",
        help="schemes that repeat published lists of test cases",
    )
    parser.add_argument("--dataset", metavar="ID", help="also the published schemes of this data set's card")
    parser.add_argument(
        "--on-leak",
        choices=("report", "fail"),
        default="report",
        help="fail: end with status 1 if the active scheme shares patients or pixels between splits (default: report)",
    )
    parser.add_argument(
        "--workers", type=positive, default=1, metavar="N", help="threads to read images with (default: 1)"
    )
    parser.add_argument(
        "--labels", nargs="+", default=[], metavar="ROLE", help="roles of label images, which may be equal"
    )
    add_on_refused(parser)
    return parser


def _fraction(text: str) -> tuple[str, float]:
    match = re.fullmatch(r"([a-z]+)=([0-9]*\.?[0-9]+(?:e-[0-9]+)?)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no split with its share; write it like train=0.7")
    return match[1], float(match[2])


def read_tables(tables: Sequence[Path]) -> list[Case]:
    """Read the cases of all tables, sorted by id."""
    cases = sorted((case for table in sorted(set(tables)) for case in read_cases(table)), key=lambda case: case.id)
    for one, other in pairwise(cases):
        if one.id == other.id:
            raise InputError(f"case {one.id} is in two of the tables; give every case once")
    return cases


def read_published(argument: str) -> tuple[str, Published]:
    """Name and case ids of a scheme given as ``NAME=FILE``."""
    name, separator, file = argument.partition("=")
    if not name or not separator:
        raise InputError(f"--published takes NAME=FILE, not {argument!r}")
    try:
        text = Path(file).read_text(encoding="utf-8")
        value = json.loads(text) if text.lstrip().startswith("{") else {TEST: text.split()}
    except (OSError, ValueError) as error:
        raise InputError(f"the published split {file} cannot be read ({error})") from None
    lists = [value.get(TEST), value.get(VALIDATION, [])]
    if any(not isinstance(ids, list) or not all(isinstance(case, str) for case in ids) for ids in lists):
        raise InputError(f'{file} is no published split; it must be like {{"test": ["2004", "2010"], "val": []}}')
    return name, {TEST: value[TEST], VALIDATION: value.get(VALIDATION, [])}


def published_schemes(arguments: argparse.Namespace) -> dict[str, Published]:
    """Every published scheme of the command line and of the card."""
    schemes = dict(map(read_published, arguments.published))
    if arguments.dataset is not None:
        card = load_card(arguments.dataset, default_card_folders())
        for name, published in card.published_splits.items():
            schemes.setdefault(name, {TEST: list(published.test), VALIDATION: list(published.val)})
    if PATIENT_SCHEME in schemes:
        raise InputError(f"a published scheme cannot be called {PATIENT_SCHEME!r}; that name is ours")
    if arguments.scheme not in {PATIENT_SCHEME, *schemes}:
        raise InputError(
            f"there is no scheme {arguments.scheme!r}; there are {', '.join([PATIENT_SCHEME, *sorted(schemes)])}"
        )
    return schemes


def make_schemes(arguments: argparse.Namespace, cases: Collection[Case]) -> dict[str, dict[str, list[str]]]:
    """Scheme -> split -> case ids."""
    published = published_schemes(arguments)
    schemes = {PATIENT_SCHEME: split_by_patient(cases, fractions=dict(arguments.fractions), salt=arguments.salt)}
    wanted = {arguments.scheme, *(argument.partition("=")[0] for argument in arguments.published)}
    for name, lists in sorted(published.items()):
        if name not in wanted and not any(case.id in lists[TEST] for case in cases):
            log.warning("the published scheme %s is left out: none of its test cases is here", name)
            continue
        schemes[name] = split_as_published(cases, name=name, test=lists[TEST], validation=lists[VALIDATION])
    for name, splits in schemes.items():
        for split in [split for split, members in splits.items() if not members]:
            log.warning("the split %s of the scheme %s is empty: there are too few patients", split, name)
    return schemes


def write_kept(table: Path, cases: Sequence[Case], split_of: dict[str, str]) -> None:
    """Write the table of kept cases, with paths relative to its folder."""
    rows = [
        {
            "case": case.id,
            "patient": case.patient,
            "role": file.role,
            "path": Path(os.path.relpath(case.folder / file.path, table.parent)).as_posix(),
            "sha256": file.sha256,
            "stratum": case.stratum,
            "split": split_of[case.id],
        }
        for case in cases
        for file in sorted(case.files)
    ]
    write_table(table, [*CASE_COLUMNS, "split"], rows)


def provenance_of(arguments: argparse.Namespace, cases: Sequence[Case]) -> dict[str, object]:
    """The record of the splits."""
    return record(
        stage="split",
        parameters={
            "scheme": arguments.scheme,
            "salt": arguments.salt,
            "fractions": {name: float(share) for name, share in dict(arguments.fractions).items()},
        },
        code=("make_splits",),
        inputs={case.id: case.hashes() for case in cases},
        outputs={
            name: hash_of_file(arguments.output / name) for name in ("splits.json", "leakage.json", "refused.tsv")
        },
    )


def main(arguments: argparse.Namespace) -> int:
    """Split the cases."""
    if len(dict(arguments.fractions)) < 2:
        raise InputError("--fractions takes two or more splits, such as train=0.8 test=0.2")
    # A shard folder has other tables of the same names.
    check_not_input([arguments.output / table.name for table in arguments.cases], arguments.cases)
    cases = read_tables(arguments.cases)
    pictures, refused = hash_images(cases, labels=arguments.labels, workers=arguments.workers)
    refused += refuse_duplicates(pictures)
    lost = {refusal.case for refusal in refused}
    kept = [case for case in cases if case.id not in lost]
    schemes = make_schemes(arguments, kept)
    leakage = {name: check_leakage(splits, cases=kept, pictures=pictures) for name, splits in schemes.items()}
    active = schemes[arguments.scheme]

    write_kept(
        arguments.output / "cases.tsv", kept, {case: split for split, members in active.items() for case in members}
    )
    write_refused(arguments.output / "refused.tsv", refused)
    write_json(arguments.output / "splits.json", {"active": arguments.scheme, "schemes": schemes})
    write_json(arguments.output / "leakage.json", leakage)
    write_json(arguments.output / "provenance.json", provenance_of(arguments, cases))
    return report(arguments, kept, refused, bool(leakage[arguments.scheme]["leaks"]))


def report(arguments: argparse.Namespace, kept: Sequence[Case], refused: Sequence[RefusedCase], leaks: bool) -> int:
    """Say what was done; return the exit status."""
    for refusal in refused:
        log.warning("refused %s: %s: %s", refusal.case, refusal.reason, refusal.detail)
    if leaks:
        log.warning("the active scheme %s leaks; see leakage.json", arguments.scheme)
    log.info(
        "split: %d cases of %d patients, %d refused", len(kept), len({case.patient for case in kept}), len(refused)
    )
    failed = (leaks and arguments.on_leak == "fail") or (refused and arguments.on_refused == "fail")
    return command.REFUSED if failed else command.DONE


if __name__ == "__main__":
    raise SystemExit(command.run(make_parser(), main))
