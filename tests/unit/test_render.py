from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseflow.metrics.variant import Profile, Variant
from fuseflow.render import WideTable, escape_latex, escape_markdown, to_latex, to_markdown, wide_tables
from fuseflow.tables import Summary

DIRECTIONS = {"SD": "up", "MSE": "down", "VIF": "up"}
PROFILE = Profile(
    name="a_b",
    title="a title",
    grey="luma",
    variants=tuple(
        Variant(
            id=metric.lower(),
            metric=metric,
            title="",
            direction=direction,
            value_range=(0, 1),
            unit="1",
            source="",
            function=lambda _: 0.0,
        )
        for metric, direction in DIRECTIONS.items()
    ),
    reproduces="",
)


def row(method: str, metric: str, mean: float, *, n: int = 5, refused: int = 0) -> Summary:
    return Summary(
        dataset="heads",
        profile="a_b",
        origin="computed",
        method=method,
        metric=metric,
        variant=metric.lower(),
        direction=DIRECTIONS[metric],
        mean=mean,
        std=math.nan if n < 2 else 0.5,
        median=mean,
        n=n,
        n_refused=refused,
        n_nan=0,
        source="",
    )


def quoted(method: str, metric: str, printed: str) -> Summary:
    return replace(
        row(method, metric, float(printed), n=0),
        origin="published",
        n=None,
        n_refused=None,
        n_nan=None,
        source="Paper, 50 % of pages",
        printed=printed,
    )


def table(*rows: Summary) -> WideTable:
    [found] = wide_tables(rows, {"a_b": PROFILE})
    return found


def best(found: WideTable, metric: str) -> set[str]:
    place = [column.metric for column in found.columns].index(metric)
    return {one.method for one in found.rows if one.cells[place].best}


def test_the_best_is_the_largest_or_the_smallest_and_ties_share():
    found = table(
        *[row(method, "SD", mean) for method, mean in [("A", 50.001), ("B", 50.004), ("C", 49.0)]],
        *[row(method, "MSE", mean) for method, mean in [("A", 1.0), ("B", 2.0), ("C", math.nan)]],
    )
    assert best(found, "SD") == {"A", "B"}
    assert best(found, "MSE") == {"A"}
    assert found.rows[2].cells[1].mean == "-"


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([row("A", "SD", 50.12345)], "50.12"),
        ([row("A", "VIF", 0.12345)], "0.123"),
        ([quoted("P", "VIF", "0.5"), quoted("Q", "VIF", "0.61")], "0.5"),
        ([row("A", "VIF", 0.6149), quoted("P", "VIF", "0.50"), quoted("Q", "VIF", "0.6")], "0.61"),
        ([row("A", "SD", 60.149), quoted("P", "SD", "60")], "60"),
    ],
)
def test_decimals_follow_the_published_values_or_the_size(rows, shown):
    assert table(*rows).rows[0].cells[0].mean == shown


def test_zeros_at_the_end_of_a_printed_number_count_and_are_shown():
    found = table(quoted("P", "SD", "1.30"), row("LP", "SD", 1.34))
    assert [one.cells[0].mean for one in found.rows] == ["1.30", "1.34"]
    assert best(found, "SD") == {"LP"}


def test_computed_values_are_compared_at_the_printed_precision():
    found = table(quoted("P", "VIF", "0.61"), row("maximum", "VIF", 0.6149))
    assert best(found, "VIF") == {"P", "maximum"}
    assert found.notes[-1] == "maximum beats no published row."


def test_trivial_rows_that_beat_published_ones_are_said_so():
    published = [
        quoted("P", "SD", "50.25"),
        quoted("P", "VIF", "0.61"),
        quoted("Q", "SD", "80.25"),
    ]
    computed = [
        row("maximum", "SD", 60.0),
        row("maximum", "VIF", 0.7),
        row("maximum", "MSE", 9.0),
        row("LP", "SD", 99.0),
    ]
    [_, note] = table(*published, *computed).notes
    assert note == "maximum beats P on 2 of 2 metrics; it beats every published row on VIF."


def test_smaller_is_better_where_the_metric_says_so():
    notes = table(quoted("P", "MSE", "10.25"), row("average", "MSE", 9.0)).notes
    assert notes[-1] == "average beats P on 1 of 1 metrics; it beats every published row on MSE."


def test_no_trivial_note_without_published_rows():
    assert table(row("maximum", "SD", 1.0)).notes == ("Formulas: SD sd.",)


def test_the_caption_names_profile_grey_policy_cases_refusals_and_sources():
    found = table(quoted("P", "SD", "1.25"), row("LP", "SD", 2.0, n=21, refused=3), row("DWT", "SD", 2.0, n=20))
    for words in ("heads", "a_b", "a title", "luma", "21 cases", "refused cases: 0-3", "Paper, 50 % of pages"):
        assert words in found.caption


def test_a_data_set_of_which_nothing_was_scored_says_so():
    found = table(quoted("P", "SD", "1.25"), row("LP", "SD", math.nan, n=0, refused=6))
    assert "No case was scored; refused cases: 6." in found.caption
    assert [(one.cells[0].mean, one.n) for one in found.rows] == [("1.25", "-"), ("-", "0")]
    assert best(found, "SD") == {"P"}


def test_markdown_is_a_table_with_arrows_and_bold():
    text = to_markdown([table(row("A|*", "SD", 2.0), row("A|*", "MSE", 3.0), row("B", "SD", 1.0, n=1))])
    assert text.splitlines()[4:8] == [
        "| method | origin | SD ↑ | MSE ↓ | n |",
        "|---|---|---:|---:|---:|",
        r"| A\|\* | computed | **2.00** ± 0.50 | **3.00** ± 0.50 | 5 |",
        "| B | computed | 1.00 | - | 1 |",
    ]


def test_latex_escapes_everything_and_has_as_many_cells_as_columns():
    text = to_latex([table(quoted("P_1&", "SD", "1.25"), row("50%", "SD", 2.0), row("50%", "MSE", 3.0))])
    lines = text.splitlines()
    assert r"P\_1\& & 1.25 & - & - \\" in lines
    assert r"50\% & \textbf{2.00} $\pm$ 0.50 & \textbf{3.00} $\pm$ 0.50 & 5 \\" in lines
    assert r"\begin{tabular}{lrrr}" in lines
    assert r"method & SD $\uparrow$ & MSE $\downarrow$ & n \\" in lines
    assert "50 \\% of pages" in text


def test_nothing_scored_is_said_in_words():
    assert to_markdown([]) == "No case was scored.\n"
    assert to_latex([]).startswith("%")


@given(st.text(alphabet="a&%$#_{}~^<>|\\*["))
def test_no_special_character_of_latex_survives(text):
    escaped = escape_latex(text)
    bare = escaped
    for name in ("textbackslash", "textasciitilde", "textasciicircum", "textless", "textgreater", "textbar"):
        bare = bare.replace(f"\\{name}{{}}", "")
    for character in "&%$#_{}":
        bare = bare.replace(f"\\{character}", "")
    assert set(bare) <= set("a{}*[")
    assert bare.replace("{*}", "").replace("{[}", "").strip("a") == ""


@given(st.text(alphabet="a|*_`<>[]#~\\"))
def test_every_special_character_of_markdown_is_escaped(text):
    assert escape_markdown(text).replace("\\" * 2, "").count("\\") == sum(c != "a" and c != "\\" for c in text)
