"""Download a data set, verify it and unpack it, as its card in config/datasets says.

The output folder appears when everything in it is verified, and not before. An interrupted download goes on at the
next start. The environment variable FUSEFLOW_CARDS names folders with cards of your own.

for example:
  python scripts/download_data.py --list
  python scripts/download_data.py --dataset harvard-ct-mri --output data/harvard-ct-mri
  python scripts/download_data.py --dataset harvard-ct-mri --output data/harvard-ct-mri --mirror mirror
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from fuseflow import command
from fuseflow.acquire.raw import acquire
from fuseflow.cards import Card, Download, default_card_folders, list_cards, load_card
from fuseflow.errors import InputError


def make_parser() -> argparse.ArgumentParser:
    """Define the command line."""
    parser = command.make_parser(__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--dataset", metavar="ID", help="the data set, as --list names it")
    what.add_argument("--list", action="store_true", help="list the data sets and their terms, and end")
    parser.add_argument("--output", metavar="FOLDER", type=Path, help="the raw folder to make; must be new or empty")
    parser.add_argument(
        "--mirror",
        metavar="FOLDER_OR_URL",
        default="",
        help="where to look first; holds the files under the names the cards give as 'mirror'",
    )
    parser.add_argument(
        "--downloads",
        metavar="FOLDER",
        type=Path,
        help="where archives and partial downloads are kept (default: .downloads beside the output folder)",
    )
    return parser


def main(arguments: argparse.Namespace) -> int:
    """List the data sets or acquire one."""
    if arguments.list:
        sys.stdout.write(listing(list_cards(default_card_folders())))
        return command.DONE
    if not arguments.output:
        raise InputError("--dataset needs --output FOLDER, the raw folder to make")
    card = load_card(arguments.dataset, default_card_folders())
    downloads = arguments.downloads or arguments.output.absolute().parent / ".downloads"
    with tqdm(desc=card.id, unit="B", unit_scale=True, unit_divisor=1024, disable=None, leave=False) as bar:

        def progress(have: int, total: int | None) -> None:
            bar.total = total
            bar.update(have - bar.n)

        acquire(card, arguments.output, downloads=downloads, mirror=arguments.mirror or None, progress=progress)
    return command.DONE


def listing(cards: Sequence[Card]) -> str:
    """One line per data set, in columns."""
    rows = [("id", "access", "licence", "bytes", "title"), *(_row(card) for card in cards)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in rows
    )


def _row(card: Card) -> tuple[str, ...]:
    sizes = [source.bytes if isinstance(source, Download) else None for source in card.source]
    known = [size for size in sizes if size is not None]
    size = "generated" if card.generator else str(sum(known)) if len(known) == len(sizes) else "unknown"
    return card.id, card.access, card.licence.name, size, card.title


if __name__ == "__main__":
    raise SystemExit(command.run(make_parser(), main))
