r"""Make the tables one can publish out of tables with one row per case and metric.

FOLDER then holds NAME.tsv (one row per data set, profile, method and metric: mean, standard deviation, median, counts)
and NAME.md and NAME.tex (a table per data set and profile, with the published rows above the computed ones). Published
rows of data sets or profiles that were not computed are left out.

for example:
  python scripts/tabulate.py --metrics metrics.tsv --output tables
  python scripts/tabulate.py --metrics metrics/*.tsv --published config/published/cddfuse-table5.tsv \
      --refused heads=converted/refused.tsv heads/LP=fused/LP/refused.tsv --name table5 --output tables

Many names can be given in a file, one argument per line: python scripts/tabulate.py @arguments.txt
"""

import argparse
import logging
from pathlib import Path

from fuseflow import command
from fuseflow.files import write_text
from fuseflow.metrics.registry import PROFILES
from fuseflow.render import to_latex, to_markdown, wide_tables
from fuseflow.tables import read_published, read_refusals, read_values, summarize, write_summary

log = logging.getLogger("tabulate")


def make_parser() -> argparse.ArgumentParser:
    """Define the command line."""
    parser = command.make_parser(__doc__)
    parser.fromfile_prefix_chars = "@"
    parser.add_argument(
        "--metrics",
        nargs="+",
        action="extend",
        type=Path,
        required=True,
        metavar="TABLE",
        help="tables that evaluate.py wrote",
    )
    parser.add_argument(
        "--refused",
        nargs="+",
        action="extend",
        default=[],
        metavar="DATASET[/METHOD[/PROFILE]]=TABLE",
        help="tables of refused cases, of a data set or of one method on it",
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
    return parser


def main(arguments: argparse.Namespace) -> int:
    """Make the tables."""
    values = read_values(arguments.metrics)
    profiles = {name: PROFILES.load(name) for name in sorted({value.profile for value in values})}
    summary = summarize(
        values,
        profiles=profiles,
        published=read_published(arguments.published),
        refusals=[read_refusals(argument) for argument in arguments.refused],
    )
    tables = wide_tables(summary, profiles)
    write_summary(arguments.output / f"{arguments.name}.tsv", summary)
    write_text(arguments.output / f"{arguments.name}.md", to_markdown(tables))
    write_text(arguments.output / f"{arguments.name}.tex", to_latex(tables))
    log.info("tabulate: %d values in %d tables", len(values), len(tables))
    return command.DONE


if __name__ == "__main__":
    raise SystemExit(command.run(make_parser(), main))
