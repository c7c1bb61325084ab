r"""Write the report of a run: one HTML page that needs no other file and no network.

It reads the results of every data set below the folder RESULTS and the summary table that tabulate.py wrote. Data sets
that are not fused need none, nor methods and profiles.

for example:
  python scripts/report.py --experiment default --results results --datasets synthetic-ct-mri=MR,CT --methods LP DWT \
      --profiles reference --shards 2 --tables results/tables/default.tsv --output results/report/index.html
  python scripts/report.py --experiment volumes --results results --datasets my-volumes --shards 1 \
      --output results/report/index.html
"""

import argparse
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from fuseflow import command
from fuseflow.arguments import positive
from fuseflow.cards import Card, default_card_folders, load_card
from fuseflow.errors import InputError
from fuseflow.files import write_text
from fuseflow.fusion.registry import METHODS
from fuseflow.layout import Layout
from fuseflow.metrics.registry import PROFILES
from fuseflow.origins import gather_origins
from fuseflow.render import wide_tables
from fuseflow.report import gather, render_page
from fuseflow.tables import read_summary

log = logging.getLogger("report")


def make_parser() -> argparse.ArgumentParser:
    """Define the command line."""
    parser = command.make_parser(__doc__)
    parser.add_argument("--experiment", required=True, metavar="NAME", help="title of the page")
    parser.add_argument("--results", type=Path, required=True, metavar="FOLDER", help="folder with the results")
    parser.add_argument(
        "--datasets",
        nargs="+",
        required=True,
        metavar="ID[=A,B]",
        help="data sets; those that were fused with their roles A and B",
    )
    parser.add_argument("--methods", nargs="+", default=[], metavar="NAME", help="fusion methods that were run")
    parser.add_argument("--profiles", nargs="+", default=[], metavar="NAME", help="metric profiles that were run")
    parser.add_argument(
        "--shards", type=positive, required=True, metavar="N", help="parts that each data set was cut into"
    )
    parser.add_argument("--limit", type=positive, metavar="N", help="at how many cases per data set the run stopped")
    parser.add_argument("--tables", type=Path, metavar="TABLE", help="the summary, NAME.tsv of tabulate.py")
    parser.add_argument(
        "--cards",
        nargs="+",
        type=Path,
        default=default_card_folders(),
        metavar="FOLDER",
        help="where data set cards are looked for (default: FUSEFLOW_CARDS, else the project's own)",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FILE.HTML", help="the page")
    return parser


def read_dataset(argument: str) -> tuple[str, tuple[str, str] | None]:
    """Data set and roles (A, B) of an argument such as ``heads=MR,CT``; no roles if it names the data set alone."""
    dataset, separator, roles = argument.partition("=")
    names = roles.split(",")
    if dataset and not separator:
        return dataset, None
    if not dataset or len(names) != 2 or not all(names):
        raise InputError(f"--datasets takes ID or ID=A,B such as synthetic-ct-mri=MR,CT, not {argument!r}")
    return dataset, (names[0], names[1])


def check_usage(
    arguments: argparse.Namespace, cards: Sequence[Card], pairs: Mapping[str, tuple[str, str] | None]
) -> None:
    """Refuse arguments that do not fit what was done with the data sets."""
    for card in cards:
        if "fuse" in card.stages and not pairs[card.id]:
            raise InputError(f"--datasets: {card.id} was fused; give its roles as well, {card.id}=A,B")
        if "fuse" not in card.stages and pairs[card.id]:
            raise InputError(f"--datasets: the card of {card.id} does not list the stage fuse; give {card.id} alone")
    given = [bool(arguments.methods), bool(arguments.profiles), bool(arguments.tables)]
    if any(pairs.values()) and not all(given):
        raise InputError("data sets that were fused need --methods, --profiles and --tables")
    if any(given) and not any(pairs.values()):
        raise InputError("no data set was fused; leave out --methods, --profiles and --tables")


def main(arguments: argparse.Namespace) -> int:
    """Write the page."""
    pairs = dict(map(read_dataset, arguments.datasets))
    cards = [load_card(dataset, arguments.cards) for dataset in pairs]
    check_usage(arguments, cards, pairs)
    profiles = [PROFILES.load(name) for name in arguments.profiles]
    summary = read_summary(arguments.tables) if arguments.tables else []
    unknown = sorted({row.profile for row in summary} - {profile.name for profile in profiles})
    if unknown:
        raise InputError(f"{arguments.tables} has rows of the profile {unknown[0]}, which is not among --profiles")
    layout = Layout(
        results=arguments.results, methods=arguments.methods, profiles=arguments.profiles, shards=arguments.shards
    )
    page = render_page(
        experiment=arguments.experiment,
        parts=[gather(card, layout, pair=pairs[card.id], limit=arguments.limit) for card in cards],
        methods=[METHODS.load(name) for name in arguments.methods],
        profiles=profiles,
        tables=wide_tables(summary, {profile.name: profile for profile in profiles}),
        origins=gather_origins(cards, layout),
    )
    write_text(arguments.output, page)
    log.info("report: %d data sets, %d kB", len(cards), len(page.encode()) // 1000)
    return command.DONE


if __name__ == "__main__":
    raise SystemExit(command.run(make_parser(), main))
