"""Wide tables for people: one per data set and profile, a row per method, a column per metric; Markdown and LaTeX."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from fuseflow.metrics.variant import Profile
from fuseflow.tables import Summary

TRIVIAL = ("average", "maximum", "copy-A", "copy-B")
"""Methods that need no thought; a method worth publishing should beat them."""
NOT_KNOWN = "-"


@dataclass(frozen=True)
class Column:
    """A metric: its formula, where better values are, and how many decimals are shown and compared."""

    metric: str
    variant: str
    direction: str
    decimals: int


@dataclass(frozen=True)
class Cell:
    """A number as it is shown: the mean, the standard deviation if there is one, and whether the mean is the best."""

    mean: str
    std: str = ""
    best: bool = False


@dataclass(frozen=True)
class Row:
    """A method: what it is called, whether it was published or computed, a cell per column, and on how many cases."""

    method: str
    origin: str
    cells: tuple[Cell, ...]
    n: str


@dataclass(frozen=True)
class WideTable:
    """One data set under one profile, with the words that belong to it."""

    dataset: str
    profile: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str
    notes: tuple[str, ...]


def wide_tables(summary: Sequence[Summary], profiles: Mapping[str, Profile]) -> list[WideTable]:
    """Wide tables of a summary, in its order.

    The best value of each column is marked, in all rows that show the same number. Published means are shown as they
    were printed, computed ones with the most decimals of any published one, else with two, or three where a mean is
    below 1; with these decimals they are compared.

    Parameters
    ----------
    summary
        Rows as `fuseflow.tables.summarize` makes them.
    profiles
        Every profile that occurs, by name.
    """
    groups = groupby(summary, key=lambda row: (row.dataset, row.profile))
    return [_wide_table(list(rows), profiles[profile]) for (_, profile), rows in groups]


def _wide_table(rows: Sequence[Summary], profile: Profile) -> WideTable:
    columns = tuple(
        _column([row for row in rows if row.metric == variant.metric])
        for variant in profile.variants
        if any(row.metric == variant.metric for row in rows)
    )
    by_method: dict[tuple[str, str], dict[str, Summary]] = {}
    for row in rows:
        by_method.setdefault((row.origin, row.method), {})[row.metric] = row
    best = {column.metric: _best([row for row in rows if row.metric == column.metric], column) for column in columns}
    return WideTable(
        dataset=rows[0].dataset,
        profile=profile.name,
        columns=columns,
        rows=tuple(
            Row(
                method=method,
                origin=origin,
                cells=tuple(_cell(metrics.get(column.metric), column, best[column.metric]) for column in columns),
                n=_span([row.n for row in metrics.values() if row.n is not None]),
            )
            for (origin, method), metrics in by_method.items()
        ),
        caption=_caption(rows, profile),
        notes=(_variants_note(columns), *_trivial_notes(by_method, columns)),
    )


def _column(rows: Sequence[Summary]) -> Column:
    published = [printed_decimals(row.printed) for row in rows if row.printed]
    small = any(0 < abs(row.mean) < 1 for row in rows)
    decimals = max(published) if published else 3 if small else 2
    return Column(rows[0].metric, rows[0].variant, rows[0].direction, decimals)


def printed_decimals(printed: str) -> int:
    """How many decimals a number was printed with.

    Examples
    --------
    >>> printed_decimals("1.30"), printed_decimals("12"), printed_decimals("4.20e-1")
    (2, 0, 3)
    """
    exponent = Decimal(printed).as_tuple().exponent
    return max(0, -int(exponent))


def _best(rows: Sequence[Summary], column: Column) -> float:
    shown = [round(row.mean, column.decimals) for row in rows if math.isfinite(row.mean)]
    return (max if column.direction == "up" else min)(shown, default=math.nan)


def _cell(row: Summary | None, column: Column, best: float) -> Cell:
    if row is None or math.isnan(row.mean):
        return Cell(NOT_KNOWN)
    return Cell(
        mean=row.printed or f"{row.mean:.{column.decimals}f}",
        std="" if math.isnan(row.std) else f"{row.std:.{column.decimals}f}",
        best=round(row.mean, column.decimals) == best,
    )


def _span(counts: Sequence[int]) -> str:
    """One number, or the smallest and the largest.

    Examples
    --------
    >>> _span([21, 21]), _span([21, 0]), _span([])
    ('21', '0-21', '-')
    """
    if not counts:
        return NOT_KNOWN
    return str(counts[0]) if min(counts) == max(counts) else f"{min(counts)}-{max(counts)}"


def _caption(rows: Sequence[Summary], profile: Profile) -> str:
    computed = [row for row in rows if row.origin == "computed"]
    cases = max((row.n + row.n_nan for row in computed if row.n is not None and row.n_nan is not None), default=0)
    refused = _span([row.n_refused for row in computed if row.n_refused is not None])
    parts = [
        f"Data set {rows[0].dataset}, metric profile {profile.name}: {profile.title}; "
        f"colour becomes grey by {profile.grey}.",
        f"Mean ± standard deviation over {cases} cases; refused cases: {refused}."
        if cases
        else f"No case was scored; refused cases: {refused}.",
        "n: cases with a number. The best value of each column is bold.",
    ]
    sources = sorted({row.source for row in rows if row.source})
    if sources:
        parts.append(f"Published rows are as printed in {'; '.join(sources)}.")
    return " ".join(parts)


def _variants_note(columns: Sequence[Column]) -> str:
    return f"Formulas: {', '.join(f'{column.metric} {column.variant}' for column in columns)}."


def _trivial_notes(by_method: Mapping[tuple[str, str], Mapping[str, Summary]], columns: Sequence[Column]) -> list[str]:
    """Say for every trivial method which published rows it beats, on how many of the metrics that both have."""
    published = {method: metrics for (origin, method), metrics in by_method.items() if origin == "published"}
    notes = []
    for trivial in TRIVIAL:
        own = by_method.get(("computed", trivial), {})
        gains = {method: _gains(own, metrics, columns) for method, metrics in published.items()}
        if not any(gains.values()):
            continue
        counted = [
            f"{method} on {sum(gain > 0 for gain in by_metric.values())} of {len(by_metric)}"
            for method, by_metric in gains.items()
            if any(gain > 0 for gain in by_metric.values())
        ]
        everywhere = [column.metric for column in columns if _beats_all(column.metric, gains.values())]
        sentence = f"{trivial} beats {', '.join(counted)} metrics" if counted else f"{trivial} beats no published row"
        notes.append(sentence + (f"; it beats every published row on {', '.join(everywhere)}." if everywhere else "."))
    return notes


def _gains(own: Mapping[str, Summary], other: Mapping[str, Summary], columns: Sequence[Column]) -> dict[str, float]:
    """By how much one method is better than another, at the precision shown, for metrics that both have."""
    gains = {
        column.metric: (1 if column.direction == "up" else -1)
        * (round(own[column.metric].mean, column.decimals) - round(other[column.metric].mean, column.decimals))
        for column in columns
        if column.metric in own and column.metric in other
    }
    return {metric: gain for metric, gain in gains.items() if not math.isnan(gain)}


def _beats_all(metric: str, gains: Collection[Mapping[str, float]]) -> bool:
    compared = [by_metric[metric] for by_metric in gains if metric in by_metric]
    return bool(compared) and min(compared) > 0


def to_markdown(tables: Sequence[WideTable]) -> str:
    """Tables as GitHub-flavoured Markdown, a section each."""
    return "\n".join(_markdown_table(table) for table in tables) or "No case was scored.\n"


def _markdown_table(table: WideTable) -> str:
    arrows = {"up": "↑", "down": "↓"}
    head = ["method", "origin", *(f"{column.metric} {arrows[column.direction]}" for column in table.columns), "n"]
    lines = [
        f"## {escape_markdown(table.dataset)}, {escape_markdown(table.profile)}",
        "",
        escape_markdown(table.caption),
        "",
        f"| {' | '.join(map(escape_markdown, head))} |",
        f"|{'|'.join(['---', '---', *['---:'] * (len(head) - 2)])}|",
    ]
    for row in table.rows:
        cells = [escape_markdown(row.method), row.origin, *map(_markdown_cell, row.cells), row.n]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", *(f"- {escape_markdown(note)}" for note in table.notes), ""])


def _markdown_cell(cell: Cell) -> str:
    mean = f"**{cell.mean}**" if cell.best else cell.mean
    return f"{mean} ± {cell.std}" if cell.std else mean


def escape_markdown(text: str) -> str:
    r"""Text that Markdown shows as it is.

    Examples
    --------
    >>> print(escape_markdown("CDDFuse* | a_b <i>"))
    CDDFuse\* \| a\_b \<i\>
    """
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", text)


def to_latex(tables: Sequence[WideTable]) -> str:
    r"""Tables as LaTeX ``table*`` environments, for a document that loads the packages booktabs and graphicx."""
    head = "% \\usepackage{booktabs,graphicx}\n"
    return head + "\n".join(_latex_table(table) for table in tables)


def _latex_table(table: WideTable) -> str:
    arrows = {"up": r"$\uparrow$", "down": r"$\downarrow$"}
    head = ["method", *(f"{escape_latex(column.metric)} {arrows[column.direction]}" for column in table.columns), "n"]
    lines = [
        r"\begin{table*}",
        r"\centering",
        rf"\caption{{{' '.join(map(escape_latex, (table.caption, *table.notes)))}}}",
        rf"\label{{tab:{re.sub(r'[^A-Za-z0-9-]', '-', f'{table.dataset}-{table.profile}')}}}",
        r"\resizebox{\textwidth}{!}{%",
        rf"\begin{{tabular}}{{l{'r' * (len(head) - 1)}}}",
        r"\toprule",
        " & ".join(head) + r" \\",
    ]
    for origin, rows in groupby(table.rows, key=lambda row: row.origin):
        lines += [r"\midrule", rf"\multicolumn{{{len(head)}}}{{l}}{{\emph{{{escape_latex(origin)}}}}} \\"]
        for row in rows:
            cells = [escape_latex(row.method), *map(_latex_cell, row.cells), escape_latex(row.n)]
            lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}}", r"\end{table*}", ""])


def _latex_cell(cell: Cell) -> str:
    mean = rf"\textbf{{{cell.mean}}}" if cell.best else escape_latex(cell.mean)
    return rf"{mean} $\pm$ {cell.std}" if cell.std else mean


LATEX = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "±": r"$\pm$",
    # After the end of a row these two would be read as options of the line break.
    "*": "{*}",
    "[": "{[}",
}


def escape_latex(text: str) -> str:
    r"""Text that LaTeX sets as it is.

    Examples
    --------
    >>> print(escape_latex("50 % of a_b"))
    50 \% of a\_b
    """
    return "".join(LATEX.get(character, character) for character in text)
