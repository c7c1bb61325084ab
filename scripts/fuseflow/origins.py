"""Where results come from, over a whole run: which code and which versions made them, and whether these agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fuseflow.cards import Card
from fuseflow.errors import InputError
from fuseflow.files import read_json
from fuseflow.layout import FOLDERS, Layout, Output


@dataclass(frozen=True)
class Origin:
    """What made the results of a stage, by all their records: digests of code, and package -> versions."""

    stage: str
    method: str
    profile: str
    code: tuple[str, ...]
    versions: Mapping[str, tuple[str, ...]]


def gather_origins(cards: Iterable[Card], layout: Layout) -> list[Origin]:
    """What made the results, one entry per stage, method and profile, from the records of all data sets and shards.

    Parameters
    ----------
    cards
        The data sets.
    layout
        Where their results lie.

    Raises
    ------
    InputError
        If a record is missing or unusable.
    """
    codes: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    versions: dict[tuple[str, str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for output in _recorded(cards, layout):
        key = (output.stage, output.method, output.profile)
        code, packages = _read_record(output.provenance)
        codes[key].add(code)
        for package, version in packages.items():
            versions[key][package].add(version)
    return [
        Origin(*key, tuple(sorted(codes[key])), _sorted_values(versions[key]))
        for key in sorted(codes, key=lambda key: list(FOLDERS).index(key[0]))
    ]


def _recorded(cards: Iterable[Card], layout: Layout) -> list[Output]:
    """Results that have a record."""
    return [output for card in cards for stage in card.stages for output in layout.outputs(card.id, stage)]


def _read_record(path: Path) -> tuple[str, dict[str, str]]:
    record = read_json(path)
    try:
        return str(record["code"]), dict(record["versions"])
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{path} is no record of what made a result; rerun the stage that writes it") from None


def _sorted_values(sets: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(sorted(sets[key])) for key in sorted(sets)}


def disagreements(origins: Iterable[Origin]) -> list[str]:
    """Say in words where results that belong together were made by different code, or any by different versions.

    Examples
    --------
    >>> convert = Origin("convert", "", "", ("0a", "1b"), {"numpy": ("2.1.0",)})
    >>> fuse = Origin("fuse", "LP", "", ("2c",), {"numpy": ("2.2.0",), "python": ("3.11.9",)})
    >>> for sentence in disagreements([convert, fuse]):
    ...     print(sentence)
    The results of convert were made by different code: 0a and 1b.
    Results were made with different versions of numpy: 2.1.0 and 2.2.0.
    >>> disagreements([fuse])
    []
    """
    versions: dict[str, set[str]] = defaultdict(set)
    sentences = []
    for origin in origins:
        if len(origin.code) > 1:
            what = ", ".join(filter(None, (origin.stage, origin.method, origin.profile)))
            sentences.append(f"The results of {what} were made by different code: {' and '.join(origin.code)}.")
        for package, found in origin.versions.items():
            versions[package].update(found)
    for package, found in _sorted_values(versions).items():
        if len(found) > 1:
            sentences.append(f"Results were made with different versions of {package}: {' and '.join(found)}.")
    return sentences
