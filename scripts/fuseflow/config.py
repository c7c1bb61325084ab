"""The configuration of a run, checked and typed: what is done with which data sets, and what each step reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fuseflow.cards import PROJECT, Card, load_card
from fuseflow.errors import InputError
from fuseflow.fusion.registry import METHODS
from fuseflow.layout import FOLDERS
from fuseflow.metrics.registry import PROFILES
from fuseflow.normalization.registry import is_fitted
from fuseflow.registry import Registry
from fuseflow.schemas import validate
from fuseflow.split import exact_fractions

SCHEMA = PROJECT / "workflow" / "schemas" / "config.schema.yaml"
ABSENT_STAGES = ("export",)
"""Stages that cards may name but that are not there yet."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """A run; the fields are the keys of ``workflow/schemas/config.schema.yaml``, which explains them.

    In a run that fuses nothing `pairs`, `methods`, `profiles` and `published` are empty, whatever was configured.
    """

    experiment: str
    datasets: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    methods: tuple[str, ...]
    profiles: tuple[str, ...]
    published: tuple[str, ...]
    split: Mapping[str, Any]
    on_refused: str
    limit: int
    salt: str
    shards: int
    threads: int
    time_limit: int
    mirror: str
    cards: Mapping[str, Card]
    card_folders: tuple[Path, ...]

    @property
    def fused(self) -> tuple[str, ...]:
        """The data sets that are fused and scored; all others are converted only, and split if their card says so."""
        return tuple(dataset for dataset in self.datasets if "fuse" in self.cards[dataset].stages)

    def pair(self, dataset: str) -> tuple[str, str]:
        """The roles (A, B) that are fused in a data set.

        Raises
        ------
        InputError
            If none or several of the configured pairs fit the roles of the data set.
        """
        roles = self.cards[dataset].roles
        fitting = [pair for pair in self.pairs if set(pair) <= set(roles)]
        if len(fitting) != 1:
            raise InputError(
                f"{len(fitting)} of the configured pairs fit {dataset}, whose roles are {', '.join(sorted(roles))}; "
                "state exactly one"
            )
        return fitting[0]

    def folder_before(self, dataset: str, stage: str, *, images: bool = False) -> str:
        """The folder that a stage of a data set reads: that of the last stage before it that the card lists.

        Parameters
        ----------
        dataset, stage
            Which data set, which stage.
        images
            Pass over stages that write tables and no images.
        """
        order = list(FOLDERS)
        before = [
            listed
            for listed in self.cards[dataset].stages
            if order.index(listed) < order.index(stage) and not (images and listed == "split")
        ]
        return FOLDERS[before[-1]]


def load_config(values: Mapping[str, Any], card_folders: Sequence[Path]) -> Config:
    """Check a configuration and everything it names.

    Parameters
    ----------
    values
        As YAML holds it.
    card_folders
        Where data set cards are looked for, in this order, after the folders that the configuration names.

    Raises
    ------
    InputError
        In one sentence, for the first thing that is wrong: a key, a data set, a method, a profile, a pair, a stage, a
        split.
    """
    checked = validate(dict(values), SCHEMA, name="configuration")
    folders = (*map(Path, checked["cards"]), *card_folders)
    cards = {dataset: load_card(dataset, folders) for dataset in checked["datasets"]}
    config = Config(
        experiment=checked["experiment"],
        datasets=tuple(checked["datasets"]),
        pairs=tuple((a, b) for a, b in checked["pairs"]),
        methods=_canonical(METHODS, checked["methods"]),
        profiles=_canonical(PROFILES, checked["profiles"]),
        published=tuple(checked["published"]),
        split=checked["split"],
        on_refused=checked["on_refused"],
        # 1e3 is a whole number to the schema
        limit=int(checked["limit"]),
        salt=checked["salt"],
        shards=int(checked["shards"]),
        threads=int(checked["threads"]),
        time_limit=int(checked["time_limit"]),
        mirror=checked["mirror"],
        cards=cards,
        card_folders=folders,
    )
    _check(config)
    # The default configuration names methods, and those must not enter the plan of a run that fuses nothing.
    return config if config.fused else replace(config, pairs=(), methods=(), profiles=(), published=())


def _canonical(registry: Registry, names: Sequence[str]) -> tuple[str, ...]:
    """Declared spellings, each once, in the order given."""
    return tuple(dict.fromkeys(registry.canonical(name) for name in names))


def _check(config: Config) -> None:
    """What the schema cannot say."""
    for name in config.published:
        if not (PROJECT / "config" / "published" / f"{name}.tsv").is_file():
            raise InputError(f"configuration: published: there is no table {name!r} in config/published")
    exact_fractions(config.split["fractions"])
    for card in config.cards.values():
        _check_stages(card)
    needed = {"pairs": config.pairs, "methods": config.methods, "profiles": config.profiles}
    missing = [name for name, value in needed.items() if not value]
    if config.fused and missing:
        raise InputError(f"configuration: {config.fused[0]} is fused, for which {' and '.join(missing)} must be set")
    for dataset in config.fused:
        config.pair(dataset)
    for dataset, card in config.cards.items():
        if card.ids == "private" and not config.salt:
            raise InputError(f"configuration: the ids of {dataset} are not public and need a secret: set salt")
        if card.ids == "private" and card.published_splits:
            raise InputError(f"{card.path}: published_splits name ids, which pseudonyms never match; set ids: public")
        scheme = config.split["scheme"]
        if "split" in card.stages and scheme != "patient" and scheme not in card.published_splits:
            known = ", ".join(["patient", *card.published_splits])
            raise InputError(f"configuration: split.scheme is {scheme!r}; {dataset} has {known}")


def _check_stages(card: Card) -> None:
    """Which stages there are, and which need each other."""
    absent = [stage for stage in card.stages if stage in ABSENT_STAGES]
    if absent:
        raise InputError(f"{card.path}: stages: {' and '.join(absent)} cannot be run by this version; remove the entry")
    if "convert" not in card.stages:
        raise InputError(f"{card.path}: stages: convert is missing; list it first, every data set is converted")
    if "fuse" in card.stages and (card.is_series or "resample" in card.stages or "normalize" in card.stages):
        raise InputError(
            f"{card.path}: stages: only flat images can be fused by this version; remove fuse and evaluate"
        )
    fitted = [role for role, chosen in card.normalize.items() if is_fitted(chosen["method"])]
    if fitted and "split" not in card.stages:
        raise InputError(
            f"{card.path}: stages: split is missing; the method of {fitted[0]} is fitted to its training part"
        )
    if ("fuse" in card.stages) != ("evaluate" in card.stages):
        raise InputError(f"{card.path}: stages: fuse and evaluate need each other; list both of them or neither")
