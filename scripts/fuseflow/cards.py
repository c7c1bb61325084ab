"""Data set cards: one YAML file says everything about a data set, and no code knows its name."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from fuseflow.errors import InputError
from fuseflow.patterns import compile_files, compile_pattern
from fuseflow.schemas import load_yaml, validate

PROJECT = Path(__file__).parents[2]
SCHEMA = PROJECT / "workflow" / "schemas" / "dataset.schema.yaml"
STAGES = ("convert", "resample", "split", "normalize", "export", "fuse", "evaluate")
DERIVED = ("SUV",)
"""Roles that conversion makes of others."""
ID_PATTERN = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file on the web; at least one of `sha256`, `md5` and `verify` is there.

    `verify` names a sha256sum list beside the card: exactly its files are used. `mirror` is where a download mirror
    keeps the file.
    """

    url: str
    unpack: Literal["zip", "tar", "none"]
    bytes: int | None = None
    sha256: str | None = None
    md5: str | None = None
    mirror: str | None = None
    verify: str | None = None

    @property
    def file_name(self) -> str:
        """The name of the file, from the URL's path.

        Examples
        --------
        >>> Download(url="https://example.org/files/a%20b.npz?download=1", unpack="none").file_name
        'a b.npz'
        """
        return PurePosixPath(unquote(urlsplit(self.url).path)).name


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A local folder, relative to the working directory, whose files are taken as they are."""

    folder: str


@dataclass(frozen=True, kw_only=True)
class Generator:
    """A synthetic data set: the generator's name, its master seed, and how much it makes (slices per patient)."""

    generator: str
    seed: int
    patients: int
    slices: int


Source = Download | Folder | Generator


@dataclass(frozen=True, kw_only=True)
class Role:
    """Which files play a role, and what their images are.

    `files` are patterns of paths; `elements` says what elements of DICOM series hold, keyword -> wildcard; `drawn_on`
    names the role that a segmentation is drawn on, `segment` which of its segments are meant. The others are those of
    `fuseflow.convert.RoleRules`.
    """

    files: tuple[str, ...]
    elements: Mapping[str, str]
    label: bool
    optional: bool
    page: int
    drawn_on: str
    segment: str

    @property
    def is_series(self) -> bool:
        """Whether the files are slices of DICOM series and not an image each."""
        return bool(self.elements)


@dataclass(frozen=True, kw_only=True)
class Series:
    """What is done with DICOM series that could be used in more than one way, see `fuseflow.dicom.series`."""

    uneven: Literal["refuse", "resample"]
    single_slices: Literal["keep", "refuse"]


@dataclass(frozen=True, kw_only=True)
class Resampling:
    """Onto which grid the volumes of a case are brought, see `fuseflow.resample.Resample`.

    `spacing` is that along x, y and z in mm, or the name of a rule of `fuseflow.target_spacing.RULES`; either it or
    `reference` is there.
    """

    reference: str | None = None
    spacing: tuple[float, float, float] | str | None = None
    interpolation: Literal["linear", "nearest", "bspline"]
    label_interpolation: Literal["linear", "nearest"]
    anti_alias: bool
    anisotropic: bool
    keep: tuple[str, ...]

    @property
    def rule(self) -> str:
        """The rule by which the spacing is found for the whole data set; empty if it is given."""
        return self.spacing if isinstance(self.spacing, str) else ""


@dataclass(frozen=True, kw_only=True)
class Expect:
    """What an intact copy holds; `size` is (columns, rows) in pixels, `bits` per sample."""

    cases: int | None = None
    patients: int | None = None
    size: tuple[int, int] | None = None
    bits: int | None = None


@dataclass(frozen=True, kw_only=True)
class Licence:
    """Under what terms the data may be used, and whether they may be passed on."""

    name: str
    redistribute: bool
    url: str | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class PublishedSplit:
    """Case ids of a split that somebody published; every case that is not named is for training."""

    source: str
    test: tuple[str, ...]
    val: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Card:
    """A data set, as its card describes it; the keys are those of ``workflow/schemas/dataset.schema.yaml``."""

    id: str
    path: Path
    title: str
    modality: tuple[str, ...]
    roles: Mapping[str, Role]
    series: Series
    resample: Resampling | None
    normalize: Mapping[str, Mapping[str, Any]]
    patient: tuple[str, ...]
    expect: Expect
    stages: tuple[str, ...]
    ids: Literal["public", "private"]
    source: tuple[Source, ...]
    access: Literal["open", "form", "login", "manual"]
    licence: Licence
    citation: tuple[str, ...]
    known_errors: tuple[str, ...]
    published_splits: Mapping[str, PublishedSplit]

    @property
    def is_series(self) -> bool:
        """Whether its raw files are DICOM series and not flat images."""
        return all(role.is_series for role in self.roles.values())

    @property
    def labels(self) -> tuple[str, ...]:
        """The roles whose values are labels, sorted."""
        return tuple(sorted(name for name, role in self.roles.items() if role.label or role.drawn_on))

    @property
    def generator(self) -> Generator | None:
        """The generator of a synthetic data set; None if the data are downloaded or copied."""
        first = self.source[0]
        return first if isinstance(first, Generator) else None


def default_card_folders() -> list[Path]:
    """Where cards are looked for: the folders in ``FUSEFLOW_CARDS`` if it is set, else the project's own."""
    named = [Path(folder) for folder in os.environ.get("FUSEFLOW_CARDS", "").split(os.pathsep) if folder]
    return named or [PROJECT / "config" / "datasets"]


def card_ids(folders: Sequence[Path]) -> list[str]:
    """Ids of all data sets that have a card in one of the folders, sorted."""
    return sorted({path.stem for folder in folders for path in folder.glob("*.yaml")})


def list_cards(folders: Sequence[Path]) -> list[Card]:
    """All cards, sorted by id; of cards with the same id the one in the earliest folder."""
    return [load_card(dataset, folders) for dataset in card_ids(folders)]


def load_card(dataset: str, folders: Sequence[Path]) -> Card:
    """Find, read and check the card of a data set.

    Parameters
    ----------
    dataset
        The id: the card's file name without ``.yaml``.
    folders
        Searched in this order.

    Raises
    ------
    InputError
        If there is no such card (the sentence lists the known ids), or the card is not valid.

    Examples
    --------
    >>> card = load_card("synthetic-ct-mri", [PROJECT / "config" / "datasets"])
    >>> card.generator.patients * card.generator.slices == card.expect.cases
    True
    """
    known = card_ids(folders)
    if dataset not in known:
        raise InputError(f"there is no data set {dataset!r}; there are {', '.join(known) or 'no cards at all'}")
    path = next(folder / f"{dataset}.yaml" for folder in folders if (folder / f"{dataset}.yaml").is_file())
    if not ID_PATTERN.fullmatch(dataset):
        raise InputError(f"{path}: rename the card: an id has lower-case letters, digits, hyphens and underscores only")
    return _card(dataset, path, validate(load_yaml(path), SCHEMA, name=path))


def _card(dataset: str, path: Path, value: Mapping[str, Any]) -> Card:
    expect = value["expect"]
    card = Card(
        id=dataset,
        path=path,
        title=value["title"],
        modality=tuple(value["modality"]),
        roles={name: _role(entry) for name, entry in value["roles"].items()},
        series=Series(**value["series"]),
        resample=_resampling(value["resample"]) if "resample" in value else None,
        normalize={role: _method(entry) for role, entry in value.get("normalize", {}).items()},
        patient=_several(value["patient"]),
        expect=Expect(**{**expect, "size": tuple(expect["size"]) if "size" in expect else None}),
        stages=tuple(value["stages"]),
        ids=value["ids"],
        source=tuple(_source(entry) for entry in value["source"]),
        access=value["access"],
        licence=Licence(**value["licence"]),
        citation=tuple(entry["bibtex"].strip() for entry in value["citation"]),
        known_errors=tuple(value["known_errors"]),
        published_splits={
            name: PublishedSplit(source=split["source"], test=tuple(split["test"]), val=tuple(split["val"]))
            for name, split in value["published_splits"].items()
        },
    )
    _check(card)
    return card


def _role(entry: str | Mapping[str, Any]) -> Role:
    value: Mapping[str, Any] = {"files": entry} if isinstance(entry, str) else entry
    return Role(
        files=_several(value["files"]),
        elements={name: text for name, text in value.items() if name[0].isupper()},
        label=value.get("label", False),
        optional=value.get("optional", False),
        page=value.get("page", 0),
        drawn_on=value.get("drawn_on", ""),
        segment=value.get("segment", ""),
    )


def _resampling(value: Mapping[str, Any]) -> Resampling:
    spacing = value.get("spacing")
    return Resampling(
        **{
            **value,
            "spacing": tuple(map(float, spacing)) if isinstance(spacing, list) else spacing,
            "keep": tuple(value["keep"]),
        }
    )


def _method(entry: str | Mapping[str, Any]) -> Mapping[str, Any]:
    return {"method": entry} if isinstance(entry, str) else entry


def _several(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _source(entry: Mapping[str, Any]) -> Source:
    if "generator" in entry:
        return Generator(**entry)
    return Folder(**entry) if "folder" in entry else Download(**entry)


def _check(card: Card) -> None:
    """Check what a schema cannot say."""
    ordered = [stage for stage in STAGES if stage in card.stages]
    if list(card.stages) != ordered:
        raise InputError(f"{card.path}: stages must be in this order: {', '.join(ordered)}")
    for stage, settings in (("resample", card.resample), ("normalize", card.normalize)):
        if (stage in card.stages) != bool(settings):
            raise InputError(
                f"{card.path}: the stage {stage} and the key {stage} need each other; give both or neither"
            )
    if card.resample and card.resample.reference and card.resample.reference not in {*card.roles, *DERIVED}:
        raise InputError(f"{card.path}: resample.reference: {card.resample.reference} is none of the roles")
    if len(card.source) > 1 and any(isinstance(source, Generator) for source in card.source):
        raise InputError(f"{card.path}: source: a generator must be the only source; remove the others")
    for pattern in (pattern for role in card.roles.values() for pattern in role.files):
        compile_files(pattern)
    for pattern in card.patient:
        compile_pattern(pattern)
    for name, role in card.roles.items():
        on = role.drawn_on
        if role.segment and not on:
            raise InputError(f"{card.path}: roles.{name}.segment: only what is drawn has segments; add drawn_on")
        if on and (on not in card.roles or card.roles[on].drawn_on or not role.is_series):
            raise InputError(f"{card.path}: roles.{name}.drawn_on: {on} is no role of a DICOM series to draw on")
    if all(role.optional for role in card.roles.values()) and len(card.roles) == 1:
        raise InputError(f"{card.path}: roles: the only role cannot be optional; leave `optional` out")
    if len({role.is_series for role in card.roles.values()}) > 1:
        raise InputError(f"{card.path}: roles: either all of them are DICOM series or none; make two cards of it")
    for number, source in enumerate(card.source):
        if isinstance(source, Download) and not source.file_name:
            raise InputError(f"{card.path}: source[{number}].url names no file: {source.url}")
    for name, split in card.published_splits.items():
        if both := sorted(set(split.test) & set(split.val)):
            raise InputError(f"{card.path}: published_splits.{name} has {', '.join(both[:3])} in test and in val")
