"""The report: one page that says what was run, what came out, what was refused, and what is known to be wrong."""

from __future__ import annotations

import base64
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from fuseflow.cards import Card
from fuseflow.cases import Case, read_cases, read_refused
from fuseflow.contact_sheet import QualityPicture, contact_sheet
from fuseflow.errors import REASONS, InputError
from fuseflow.files import read_json
from fuseflow.fusion.method import Method
from fuseflow.layout import Layout, Output
from fuseflow.metrics.variant import Profile
from fuseflow.origins import Origin, disagreements
from fuseflow.remarks import files_left_out, volume_warnings
from fuseflow.render import WideTable

TEMPLATES = Path(__file__).parent / "templates"
LISTED = 200
"""How many refusals are listed one by one; the counts are always complete."""


@dataclass(frozen=True)
class Refusal:
    """A refused case; `scope` names the methods or profiles if it was not refused for all of them."""

    case: str
    stage: str
    reason: str
    detail: str
    scope: str


@dataclass(frozen=True)
class Image:
    """A picture with its caption; `data` is base64 of its PNG, empty if there is no picture."""

    caption: str
    data: str


@dataclass(frozen=True)
class Strip:
    """A case side by side: both sources and every fused image."""

    case: str
    images: tuple[Image, ...]


@dataclass(frozen=True)
class Scheme:
    """A way to split: cases and patients per split, where it comes from, and what leaks, in words."""

    name: str
    active: bool
    source: str
    cases: Mapping[str, int]
    patients: Mapping[str, int]
    strata: Mapping[str, Mapping[str, int]]
    leaks: bool
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class DatasetPart:
    """What the page says about one data set.

    Parameters
    ----------
    card, pair
        The data set, and its roles (A, B) that were fused; None if it was not.
    limit
        How many of its cases the run was limited to; None if it was to take all.
    expected
        How many cases there should then be; None if the card does not say.
    found
        Cases that were indexed.
    patients, without_patient
        How many patients these are of, as far as they are known, and how many cases have none that is known.
    converted
        Cases that conversion did not refuse.
    left_out
        Raw files that fit no role of the card.
    warnings
        Role, code of a warning beside its volumes, and how many cases have it.
    kept
        Cases that at least one method fused and at least one profile scored, or, if the data set was not fused, that no
        stage refused; all others count as refused.
    reasons
        Stage, reason, its meaning, and how many cases.
    refusals, schemes, strips, sheet
        What is listed one by one.
    """

    card: Card
    pair: tuple[str, str] | None
    limit: int | None
    expected: int | None
    found: int
    patients: int
    without_patient: int
    converted: int
    left_out: int
    warnings: tuple[tuple[str, str, int], ...]
    kept: int
    reasons: tuple[tuple[str, str, str, int], ...]
    refusals: tuple[Refusal, ...]
    schemes: tuple[Scheme, ...]
    strips: tuple[Strip, ...]
    sheet: tuple[QualityPicture, ...] = ()


def gather(card: Card, layout: Layout, *, pair: tuple[str, str] | None, limit: int | None) -> DatasetPart:
    """Read everything that the page says about a data set from its results.

    Parameters
    ----------
    card
        The data set.
    layout
        Where its results lie.
    pair
        The roles (A, B) that were fused; None if the data set was not.
    limit
        How many cases of a data set the run was to take; None for all.

    Raises
    ------
    InputError
        If a table is missing or unusable.
    """
    found = [case for table in layout.index_tables(card.id) for case in read_cases(table)]
    converted = _kept(layout.outputs(card.id, "convert"))
    fused = layout.outputs(card.id, "fuse") if pair else []
    refusals = _refusals_of(output for stage in card.stages for output in layout.outputs(card.id, stage))
    lost = {refusal.case for refusal in refusals if not refusal.scope}
    ids = sorted(case for case in converted if case not in lost)
    by_method = {method: _kept(output for output in fused if output.method == method) for method in layout.methods}
    limit = limit_that_counts(limit, card.expect.cases)
    return DatasetPart(
        card=card,
        pair=pair,
        limit=limit,
        expected=limit if limit and card.expect.cases else card.expect.cases,
        found=len(found),
        patients=len({case.patient for case in found if case.patient}),
        without_patient=sum(not case.patient for case in found),
        converted=len(converted),
        left_out=files_left_out(layout.index_tables(card.id)),
        warnings=volume_warnings(converted.values()),
        kept=len(_scored(layout.outputs(card.id, "evaluate"), by_method) if pair else ids),
        reasons=_count_reasons(refusals),
        refusals=tuple(refusals),
        schemes=_schemes(layout.folder(card.id, "split"), card) if "split" in card.stages else (),
        strips=tuple(_strip(converted[case], pair, by_method) for case in first_middle_last(ids)) if pair else (),
        sheet=contact_sheet(_kept(layout.outputs(card.id, "quality"))) if "resample" in card.stages else (),
    )


def first_middle_last(ids: Sequence[str]) -> list[str]:
    """The first, the middle and the last of sorted ids, each once.

    Examples
    --------
    >>> first_middle_last("abcde"), first_middle_last("ab"), first_middle_last("")
    (['a', 'c', 'e'], ['a', 'b'], [])
    """
    places = sorted({0, len(ids) // 2, len(ids) - 1})
    return [ids[place] for place in places] if ids else []


def limit_that_counts(limit: int | None, total: int | None) -> int | None:
    """A limit, or None if it leaves nothing out because there are no more cases than that.

    Examples
    --------
    >>> limit_that_counts(6, 184), limit_that_counts(184, 184), limit_that_counts(6, None), limit_that_counts(None, 184)
    (6, None, 6, None)
    """
    return None if limit is None or (total is not None and limit >= total) else limit


def _kept(outputs: Iterable[Output]) -> dict[str, Case]:
    return {case.id: case for output in outputs for case in read_cases(output.cases)}


def _scored(outputs: Iterable[Output], fused: Mapping[str, Mapping[str, Case]]) -> set[str]:
    """Cases that at least one method fused and one profile did not refuse."""
    lost: dict[tuple[str, str], set[str]] = defaultdict(set)
    for output in outputs:
        lost[output.method, output.profile].update(row.case for row in read_refused(output.refused))
    return {case for (method, _), refused in lost.items() for case in fused[method] if case not in refused}


def _refusals_of(outputs: Iterable[Output]) -> list[Refusal]:
    scopes: dict[tuple[str, str, str, str], list[str]] = {}
    for output in outputs:
        scope = " by ".join(filter(None, (output.method, output.profile)))
        for row in read_refused(output.refused):
            scopes.setdefault((row.case, row.stage, row.reason, row.detail), []).append(scope)
    return [Refusal(*key, ", ".join(filter(None, found))) for key, found in sorted(scopes.items())]


def _count_reasons(refusals: Iterable[Refusal]) -> tuple[tuple[str, str, str, int], ...]:
    """Stage, reason, its meaning, and how many cases."""
    cases = {(refusal.stage, refusal.reason, refusal.case) for refusal in refusals}
    counts = Counter((stage, reason) for stage, reason, _ in cases)
    return tuple(
        (stage, reason, REASONS.get(reason, "a reason this version does not know"), count)
        for (stage, reason), count in sorted(counts.items())
    )


def _schemes(folder: Path, card: Card) -> tuple[Scheme, ...]:
    splits, leakage = read_json(folder / "splits.json"), read_json(folder / "leakage.json")
    return tuple(
        Scheme(
            name=name,
            active=name == splits["active"],
            source=card.published_splits[name].source if name in card.published_splits else "",
            cases=_in_order(leakage[name]["cases"]),
            patients=leakage[name]["patients"],
            strata={stratum: counts for stratum, counts in leakage[name]["strata"].items() if stratum},
            leaks=leakage[name]["leaks"],
            sentences=leak_sentences(leakage[name]),
        )
        for name in sorted(splits["schemes"], key=lambda name: (name != splits["active"], name))
    )


def _in_order(counts: Mapping[str, int]) -> dict[str, int]:
    known = ("train", "val", "test")
    return dict(sorted(counts.items(), key=lambda item: (known.index(item[0]) if item[0] in known else 3, item[0])))


def leak_sentences(found: Mapping[str, Any]) -> tuple[str, ...]:
    """Say in words what the splits of a scheme share, from its entry in ``leakage.json``.

    Examples
    --------
    >>> none = {"count": 0, "list": []}
    >>> shared = {"count": 1, "list": [{"patient": "2", "cases": {"test": ["2004"], "train": ["2005"]}}]}
    >>> leak_sentences({"shared_patients": shared, "identical_pixels": none, "near_duplicates": none})[0]
    'The same patient is in train and test.'
    """
    shared, identical, near = (found[key] for key in ("shared_patients", "identical_pixels", "near_duplicates"))
    sentences = [_shared_sentence(shared)]
    if identical["count"]:
        sentences.append(f"Pictures that are in more than one split, as they are or mirrored: {identical['count']}.")
    else:
        sentences.append("No picture is in two splits, not even mirrored.")
    if near["count"]:
        sentences.append(
            f"Pairs of pictures in different splits that look nearly the same: {near['count']}, listed in leakage.json."
        )
    return tuple(sentences)


def _shared_sentence(shared: Mapping[str, Any]) -> str:
    if not shared["count"]:
        return "No patient is in two splits."
    patients = "The same patient is" if shared["count"] == 1 else f"The same {shared['count']} patients are"
    places = {tuple(_in_order(dict.fromkeys(entry["cases"], 0))) for entry in shared["list"]}
    if len(places) > 1 or len(shared["list"]) < shared["count"]:
        return f"{patients} in more than one split."
    return f"{patients} in {' and '.join(places.pop())}."


def _strip(case: Case, pair: tuple[str, str], fused: Mapping[str, Mapping[str, Case]]) -> Strip:
    sources = [_image(case, role, f"{role} ({letter})") for role, letter in zip(pair, "AB", strict=True)]
    results = [
        _image(cases[case.id], "FUSED", method) if case.id in cases else Image(f"{method}: refused", "")
        for method, cases in fused.items()
    ]
    return Strip(case.id, (*sources, *results))


def _image(case: Case, role: str, caption: str) -> Image:
    try:
        return Image(caption, base64.b64encode(case.path(role).read_bytes()).decode("ascii"))
    except OSError as error:
        raise InputError(f"the {role} image of case {case.id} cannot be read ({error.strerror})") from None


def render_page(
    *,
    experiment: str,
    parts: Sequence[DatasetPart],
    methods: Sequence[Method],
    profiles: Sequence[Profile],
    tables: Sequence[WideTable],
    origins: Sequence[Origin],
) -> str:
    """Render the page as HTML that needs no other file, no network and no JavaScript.

    Parameters
    ----------
    experiment
        The title.
    parts
        One per data set.
    methods, profiles
        What was run.
    tables
        The results.
    origins
        What made the results.

    Returns
    -------
    str
        The same text for the same arguments; every text in them is escaped.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        experiment=experiment,
        parts=parts,
        methods=methods,
        profiles=profiles,
        tables=tables,
        origins=origins,
        disagreements=disagreements(origins),
        listed=LISTED,
    )
