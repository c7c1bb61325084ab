"""Result tables: long tables of values and published rows become one line per data set, profile, method and metric."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from fuseflow.cases import read_refused
from fuseflow.errors import InputError
from fuseflow.files import read_table, write_table
from fuseflow.metrics.variant import Profile, Variant
from fuseflow.values import Value, parse_number


@dataclass(frozen=True)
class PublishedValue:
    """A mean that somebody published, and where; `value` is its text as printed, since 1.30 says more than 1.3."""

    dataset: str
    profile: str
    method: str
    metric: str
    value: str
    source: str


class Evaluation(NamedTuple):
    """What is evaluated: a method on a data set, under a profile."""

    dataset: str
    profile: str
    method: str


@dataclass(frozen=True)
class RefusedCases:
    """Cases of a data set that were refused: for one method and profile, or for all where these are empty."""

    dataset: str
    method: str
    profile: str
    cases: frozenset[str]


@dataclass(frozen=True)
class Summary:
    """One row of the summary: a metric of a method on a data set.

    Parameters
    ----------
    dataset, profile, method, metric, variant
        What was measured on what, and by which formula.
    origin
        ``published`` (the mean as printed, nothing else known) or ``computed``.
    direction
        ``up`` or ``down``: where better values are.
    mean, std, median
        Over the `n` finite values; `std` is the sample standard deviation (divisor n - 1), NaN for n < 2.
    n
        Finite values.
    n_refused
        Cases that were refused before this method or by it.
    n_nan
        Values that are left out because they are NaN or infinite.
    source
        The publication.
    printed
        The text of a published mean, with the decimals it was printed with; empty if computed.
    """

    dataset: str
    profile: str
    origin: Literal["published", "computed"]
    method: str
    metric: str
    variant: str
    direction: str
    mean: float
    std: float
    median: float
    n: int | None
    n_refused: int | None
    n_nan: int | None
    source: str
    printed: str = ""


PUBLISHED_COLUMNS = tuple(field.name for field in fields(PublishedValue))
SUMMARY_COLUMNS = tuple(field.name for field in fields(Summary) if field.name != "printed")
"""A published mean is written as printed, so that its text needs no column of its own."""


def read_published(tables: Iterable[Path]) -> list[PublishedValue]:
    """Read all rows of published tables, in their order.

    Raises
    ------
    InputError
        If a table cannot be read, a value is not a finite number, or a row says not where it comes from.
    """
    found = []
    for table in tables:
        for row in read_table(table, required=PUBLISHED_COLUMNS):
            if not row["source"]:
                raise InputError(
                    f"{table}: the row {row['method']} {row['metric']} has no source; every published value has one"
                )
            if not math.isfinite(parse_number(row["value"], table)):
                raise InputError(
                    f"{table}: the row {row['method']} {row['metric']} has no finite value; leave the row out"
                )
            found.append(PublishedValue(**{name: row[name] for name in PUBLISHED_COLUMNS}))
    return found


def read_refusals(table: Path, *, dataset: str, method: str = "", profile: str = "") -> RefusedCases:
    """Read a table of refusals that holds for a data set, for one method on it, or for that under one profile.

    Raises
    ------
    InputError
        If the table cannot be read.
    """
    return RefusedCases(dataset, method, profile, frozenset(row.case for row in read_refused(table)))


Groups = dict[tuple[str, str], dict[str, dict[str, dict[str, float]]]]
"""(data set, profile) -> method -> metric -> case -> value."""


def summarize(
    values: Sequence[Value],
    *,
    profiles: Mapping[str, Profile],
    published: Sequence[PublishedValue] = (),
    refusals: Sequence[RefusedCases] = (),
    evaluations: Iterable[Evaluation] = (),
) -> list[Summary]:
    """Summarize values per data set, profile, method and metric, beside what was published.

    Rows are sorted by data set and profile; published methods come first, in the order of their table, then the
    computed ones by name; metrics in the order of the profile. Published rows of a data set and profile that were not
    evaluated are left out. A method whose every case was refused has rows with n = 0.

    Parameters
    ----------
    values
        Of any number of data sets, in any order.
    profiles
        Every profile that occurs, by name.
    published, refusals
        What to set beside the values.
    evaluations
        What the run was about; each has rows even if it has no value, because every case was refused. What the values
        themselves are about need not be named.

    Raises
    ------
    InputError
        If a case has two values of one metric, or a metric is none of its profile's, or of another formula.

    Examples
    --------
    >>> values = [Value("heads", "LP", "p", case, "EN", "en", value) for case, value in [("1", 4.0), ("2", 6.0)]]
    >>> entropy = Variant(id="en", metric="EN", title="", direction="up", value_range=(0, 8), unit="bit", source="",
    ...                   function=lambda triple: 0.0)
    >>> profile = Profile(name="p", title="", grey="luma", variants=(entropy,), reproduces="")
    >>> [row] = summarize(values, profiles={"p": profile})
    >>> row.mean, round(row.std, 3), row.n
    (5.0, 1.414, 2)
    """
    groups: Groups = defaultdict(dict)
    for evaluation in evaluations:
        groups[evaluation.dataset, evaluation.profile][evaluation.method] = {}
    for value in values:
        _check_variant(value, profiles)
        _add_value(groups, value)
    _add_refused_methods(groups, refusals)
    rows: list[Summary] = []
    for (dataset, profile), methods in sorted(groups.items()):
        variants = _measured(profiles[profile], methods.values())
        rows += _published_rows(published, dataset, profile, profiles[profile])
        for method in sorted(methods, key=lambda name: (name.lower(), name)):
            refused = _count_refused(refusals, dataset, method, profile)
            rows += [
                _computed_row(dataset, profile, method, variant, methods[method].get(variant.metric, {}), refused)
                for variant in variants
            ]
    return rows


def _add_value(groups: Groups, value: Value) -> None:
    cases = groups[value.dataset, value.profile].setdefault(value.method, {}).setdefault(value.metric, {})
    if value.case in cases:
        raise InputError(
            f"case {value.case} of {value.dataset} has two values of {value.metric} for {value.method}; "
            "give every table once"
        )
    cases[value.case] = value.value


def _check_variant(value: Value, profiles: Mapping[str, Profile]) -> None:
    known = {variant.metric: variant.id for variant in profiles[value.profile].variants}
    if known.get(value.metric) != value.variant:
        raise InputError(
            f"the profile {value.profile} has no metric {value.metric} by the formula {value.variant}; "
            f"the table of {value.dataset} {value.method} was made by another version: evaluate again"
        )


def _add_refused_methods(groups: Groups, refusals: Iterable[RefusedCases]) -> None:
    for refused in refusals:
        for (dataset, profile), methods in groups.items():
            if refused.method and refused.cases and dataset == refused.dataset and refused.profile in ("", profile):
                methods.setdefault(refused.method, {})


def _measured(profile: Profile, methods: Iterable[Mapping[str, object]]) -> list[Variant]:
    """Variants that some method has a value of; all of the profile if there is no value at all."""
    found = {metric for metrics in methods for metric in metrics}
    return [variant for variant in profile.variants if variant.metric in found or not found]


def _count_refused(refusals: Iterable[RefusedCases], dataset: str, method: str, profile: str) -> int:
    cases: set[str] = set()
    for refused in refusals:
        if refused.dataset == dataset and refused.method in ("", method) and refused.profile in ("", profile):
            cases |= refused.cases
    return len(cases)


def _computed_row(
    dataset: str, profile: str, method: str, variant: Variant, by_case: Mapping[str, float], n_refused: int
) -> Summary:
    # Sums of floats depend on their order, and that must not depend on the shards.
    finite = [by_case[case] for case in sorted(by_case) if math.isfinite(by_case[case])]
    return Summary(
        dataset=dataset,
        profile=profile,
        origin="computed",
        method=method,
        metric=variant.metric,
        variant=variant.id,
        direction=variant.direction,
        mean=float(np.mean(finite)) if finite else math.nan,
        std=float(np.std(finite, ddof=1)) if len(finite) > 1 else math.nan,
        median=float(np.median(finite)) if finite else math.nan,
        n=len(finite),
        n_refused=n_refused,
        n_nan=len(by_case) - len(finite),
        source="",
    )


def _published_rows(
    published: Sequence[PublishedValue], dataset: str, profile_name: str, profile: Profile
) -> list[Summary]:
    variants = {variant.metric: variant for variant in profile.variants}
    order = {metric: place for place, metric in enumerate(variants)}
    here = [row for row in published if row.dataset == dataset and row.profile == profile_name]
    for row in here:
        if row.metric not in variants:
            raise InputError(
                f"the published {row.method} has {row.metric}, which the profile {profile_name} does not have"
            )
    methods = {method: place for place, method in enumerate(dict.fromkeys(row.method for row in here))}
    return [
        Summary(
            dataset=dataset,
            profile=profile_name,
            origin="published",
            method=row.method,
            metric=row.metric,
            variant=variants[row.metric].id,
            direction=variants[row.metric].direction,
            mean=float(row.value),
            std=math.nan,
            median=math.nan,
            n=None,
            n_refused=None,
            n_nan=None,
            source=row.source,
            printed=row.value,
        )
        for row in sorted(here, key=lambda row: (methods[row.method], order[row.metric]))
    ]


def write_summary(table: Path, rows: Iterable[Summary]) -> None:
    """Write a summary as a tab-separated table; counts that are not known are empty, published means as printed."""
    cells = (
        {name: "" if value is None else value for name, value in {**vars(row), "mean": row.printed or row.mean}.items()}
        for row in rows
    )
    write_table(table, SUMMARY_COLUMNS, cells)


def read_summary(table: Path) -> list[Summary]:
    """Read a summary back, in its order.

    Raises
    ------
    InputError
        If the file is not such a table.
    """
    rows = []
    for row in read_table(table, required=SUMMARY_COLUMNS):
        texts = {name: row[name] for name in SUMMARY_COLUMNS}
        numbers = {name: parse_number(row[name], table) for name in ("mean", "std", "median")}
        counts = {
            name: int(parse_number(row[name], table)) if row[name] else None for name in ("n", "n_refused", "n_nan")
        }
        printed = row["mean"] if row["origin"] == "published" else ""
        rows.append(Summary(**{**texts, **numbers, **counts, "printed": printed}))  # type: ignore[arg-type]
    return rows
