r"""Make the tables one can publish out of tables with one row per case and metric.

FOLDER then holds NAME.tsv (one row per data set, profile, method and metric: mean, standard deviation, median, counts)
and NAME.md and NAME.tex (a table per data set and profile, with the published rows above the computed ones). Published
rows of data sets or profiles that were not computed are left out.

By hand, --metrics names the tables. With --results, the tables of a run are found by their names below its results
folder.

for example:
  python scripts/tabulate.py --metrics metrics.tsv --output tables
  python scripts/tabulate.py --metrics metrics/*.tsv --published config/published/cddfuse-table5.tsv \
      --refused heads=converted/refused.tsv heads/LP=fused/LP/refused.tsv --name table5 --output tables
  python scripts/tabulate.py --results results --datasets synthetic-ct-mri --methods LP DWT --profiles reference \
      --shards 2 --output tables

Many names can be given in a file, one argument per line: python scripts/tabulate.py @arguments.txt
"""

import argparse
import logging
from collections.abc import Collection, Sequence
from itertools import product
from pathlib import Path

from fuseflow import command
from fuseflow.arguments import positive
from fuseflow.cards import default_card_folders, load_card
from fuseflow.cases import SAFE_ID
from fuseflow.errors import InputError
from fuseflow.files import check_not_input, hash_of_file, write_json, write_text
from fuseflow.layout import Layout
from fuseflow.metrics.registry import PROFILES
from fuseflow.provenance import record
from fuseflow.render import to_latex, to_markdown, wide_tables
from fuseflow.tables import Evaluation, RefusedCases, read_published, read_refusals, summarize, write_summary
from fuseflow.values import Value, read_values

log = logging.getLogger("tabulate")


def make_parser() -> argparse.ArgumentParser:
    """Define the command line."""
    parser = command.make_parser(__doc__)
    parser.fromfile_prefix_chars = "@"
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--metrics", nargs="+", action="extend", type=Path, metavar="TABLE", help="tables that evaluate.py wrote"
    )
    source.add_argument("--results", type=Path, metavar="FOLDER", help="results folder of a run")
    parser.add_argument(
        "--refused",
        nargs="+",
        action="extend",
        default=[],
        metavar="DATASET[/METHOD[/PROFILE]]=TABLE",
        help="with --metrics: tables of refused cases, of a data set or of one method on it",
    )
    parser.add_argument(
        "--published",
        nargs="+",
        action="extend",
        default=[],
        type=Path,
        metavar="TABLE",
        help="tables of published means",
    )
    parser.add_argument("--name", default="results", help="name of the files, without ending (default: results)")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="folder for the tables")
    group = parser.add_argument_group("a run (what the workflow uses), with --results")
    group.add_argument("--datasets", nargs="+", metavar="ID", help="data sets, each with a card")
    group.add_argument("--methods", nargs="+", metavar="NAME", help="fusion methods that were run")
    group.add_argument("--profiles", nargs="+", metavar="NAME", help="metric profiles that were run")
    group.add_argument("--shards", type=positive, metavar="N", help="parts that each data set was cut into")
    group.add_argument(
        "--cards",
        nargs="+",
        type=Path,
        default=default_card_folders(),
        metavar="FOLDER",
        help="where data set cards are looked for (default: FUSEFLOW_CARDS, else the project's own)",
    )
    return parser


def read_by_hand(metrics: Sequence[Path], refused: Sequence[str]) -> tuple[list[Value], list[RefusedCases]]:
    """Values and refusals of the tables that were named one by one."""
    return read_values(metrics), [read_named_refusals(argument) for argument in refused]


def read_named_refusals(argument: str) -> RefusedCases:
    """Read a table of refusals that is given as ``DATASET[/METHOD[/PROFILE]]=TABLE``."""
    scope, separator, table = argument.partition("=")
    names = scope.split("/")
    if not separator or not all(names) or len(names) > 3:
        raise InputError(f"--refused takes DATASET=TABLE or DATASET/METHOD=TABLE, not {argument!r}")
    return read_refusals(Path(table), **dict(zip(("dataset", "method", "profile"), names, strict=False)))


def read_run(layout: Layout, datasets: Sequence[str], cards: Sequence[Path]) -> tuple[list[Value], list[RefusedCases]]:
    """Values and refusals of a run, from all stages that the cards of its data sets list."""
    stages = {dataset: load_card(dataset, cards).stages for dataset in datasets}
    for dataset, listed in stages.items():
        if "evaluate" not in listed:
            raise InputError(f"the card of {dataset} does not list the stage evaluate; leave it out of --datasets")
    outputs = [output for dataset in stages for stage in stages[dataset] for output in layout.outputs(dataset, stage)]
    values = read_values(output.path for output in outputs if output.stage == "evaluate")
    refusals = [
        read_refusals(output.refused, dataset=output.dataset, method=output.method, profile=output.profile)
        for output in outputs
    ]
    return values, refusals


def check_usage(arguments: argparse.Namespace) -> None:
    """Refuse arguments that do not go together, and a name that would lead elsewhere or replace an input."""
    run = {name: getattr(arguments, name) for name in ("datasets", "methods", "profiles", "shards")}
    if arguments.results and (arguments.refused or not all(run.values())):
        raise InputError("--results goes with --datasets, --methods, --profiles and --shards, and without --refused")
    if arguments.metrics and any(run.values()):
        raise InputError(f"--metrics goes without --{next(name for name, value in run.items() if value)}")
    if not SAFE_ID.fullmatch(arguments.name):
        raise InputError(f"--name {arguments.name!r} cannot be the name of files; use letters, digits and . _ -")
    check_not_input(
        [arguments.output / f"{arguments.name}.{ending}" for ending in ("tsv", "md", "tex", "provenance.json")],
        [
            *(arguments.metrics or ()),
            *arguments.published,
            *(Path(argument.partition("=")[2]) for argument in arguments.refused),
        ],
    )


def provenance_of(arguments: argparse.Namespace, profiles: Collection[str]) -> dict[str, object]:
    """The record of the tables; what made the values is in the records beside these."""
    names = [f"{arguments.name}.{ending}" for ending in ("tsv", "md", "tex")]
    return record(
        stage="tabulate",
        parameters={"name": arguments.name, "profiles": sorted(profiles)},
        code=("tabulate", *map(PROFILES.module, sorted(profiles))),
        inputs={"published": [hash_of_file(table) for table in arguments.published]},
        outputs={name: hash_of_file(arguments.output / name) for name in names},
    )


def main(arguments: argparse.Namespace) -> int:
    """Make the tables."""
    check_usage(arguments)
    if arguments.results:
        layout = Layout(
            results=arguments.results,
            methods=arguments.methods,
            profiles=arguments.profiles,
            shards=arguments.shards,
        )
        values, refusals = read_run(layout, arguments.datasets, arguments.cards)
        evaluations = [
            Evaluation(*names) for names in product(arguments.datasets, arguments.profiles, arguments.methods)
        ]
    else:
        values, refusals = read_by_hand(arguments.metrics, arguments.refused)
        evaluations = []
    names = sorted({found.profile for found in (*values, *evaluations)})
    profiles = {name: PROFILES.load(name) for name in names}
    summary = summarize(
        values,
        profiles=profiles,
        published=read_published(arguments.published),
        refusals=refusals,
        evaluations=evaluations,
    )
    tables = wide_tables(summary, profiles)
    write_summary(arguments.output / f"{arguments.name}.tsv", summary)
    write_text(arguments.output / f"{arguments.name}.md", to_markdown(tables))
    write_text(arguments.output / f"{arguments.name}.tex", to_latex(tables))
    write_json(arguments.output / f"{arguments.name}.provenance.json", provenance_of(arguments, profiles))
    log.info("tabulate: %d values in %d tables", len(values), len(tables))
    return command.DONE


if __name__ == "__main__":
    raise SystemExit(command.run(make_parser(), main))
