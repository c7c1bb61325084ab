from __future__ import annotations

import math
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.errors import InputError
from fuseflow.files import read_table
from fuseflow.metrics.registry import PROFILES
from fuseflow.metrics.variant import Profile, Variant
from fuseflow.tables import (
    Evaluation,
    PublishedValue,
    RefusedCases,
    read_published,
    read_refusals,
    read_summary,
    summarize,
    write_summary,
)
from fuseflow.values import Value

TABLE_5 = Path(__file__).parents[2] / "config" / "published" / "cddfuse-table5.tsv"


def variant(metric: str, direction: str = "up") -> Variant:
    return Variant(
        id=metric.lower(),
        metric=metric,
        title="",
        direction=direction,
        value_range=(0, 1),
        unit="1",
        source="",
        function=lambda _: 0.0,
    )


PROFILE = Profile(
    name="p", title="", grey="luma", variants=(variant("SD"), variant("EN"), variant("MSE", "down")), reproduces=""
)


def values(method: str, metric: str, numbers: list[float], dataset: str = "heads") -> list[Value]:
    return [
        Value(dataset, method, "p", str(case), metric, metric.lower(), number) for case, number in enumerate(numbers)
    ]


def summary(rows: list[Value], **more: object) -> list:
    return summarize(rows, profiles={"p": PROFILE}, **more)


def test_statistics_are_those_of_the_sample():
    [row] = summary(values("LP", "EN", [1.0, 2.0, 6.0]))
    assert (row.mean, row.median, row.n, row.n_nan, row.direction, row.origin) == (3.0, 2.0, 3, 0, "up", "computed")
    assert row.std == pytest.approx(math.sqrt(7.0), rel=1e-15)  # (4 + 1 + 9) / 2


def test_numbers_that_are_not_finite_are_left_out_and_counted():
    [row] = summary(values("copy-A", "EN", [math.nan, 2.0, math.inf]))
    assert (row.mean, row.n, row.n_nan) == (2.0, 1, 2)
    assert math.isnan(row.std)


def test_no_number_at_all_gives_nan_and_a_count_of_zero():
    [row] = summary(values("copy-A", "EN", [math.nan]))
    assert math.isnan(row.mean)
    assert math.isnan(row.median)
    assert (row.n, row.n_nan) == (0, 1)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20), st.randoms())
@settings(deadline=None, max_examples=40)
def test_the_order_of_values_counts_for_nothing(numbers, random):
    rows = values("LP", "EN", numbers) + values("DWT", "EN", numbers)
    expected = summary(rows)
    random.shuffle(rows)
    assert repr(summary(rows)) == repr(expected)


def test_rows_come_published_first_then_by_name_and_metrics_as_in_the_profile():
    rows = [
        row
        for method, metric in product(["maximum", "DWT", "average"], ["MSE", "SD"])
        for row in values(method, metric, [1])
    ]
    published = [PublishedValue("heads", "p", method, "SD", "2.0", "paper") for method in ("Z", "A")]
    found = [(row.origin[0], row.method, row.metric) for row in summary(rows, published=published)]
    assert found == [
        ("p", "Z", "SD"),
        ("p", "A", "SD"),
        *[("c", method, metric) for method in ("average", "DWT", "maximum") for metric in ("SD", "MSE")],
    ]


def test_published_rows_of_what_was_not_computed_are_left_out():
    published = [
        PublishedValue("heads", "other", "A", "SD", "2.0", "paper"),
        PublishedValue("chests", "p", "A", "SD", "2.0", "paper"),
    ]
    assert [row.method for row in summary(values("LP", "SD", [1.0]), published=published)] == ["LP"]


def test_a_published_metric_that_the_profile_lacks_is_refused():
    published = [PublishedValue("heads", "p", "A", "QABF", "2.0", "paper")]
    with pytest.raises(InputError, match="A has QABF, which the profile p does not have"):
        summary(values("LP", "SD", [1.0]), published=published)


def test_refusals_count_once_per_case_for_all_methods_one_or_one_profile():
    refusals = [
        RefusedCases("heads", "", "", frozenset({"1", "2"})),
        RefusedCases("heads", "LP", "", frozenset({"2", "3"})),
        RefusedCases("heads", "LP", "other", frozenset({"4"})),
        RefusedCases("chests", "", "", frozenset({"5"})),
    ]
    rows = summary(values("LP", "SD", [1.0]) + values("DWT", "SD", [1.0]), refusals=refusals)
    assert {row.method: row.n_refused for row in rows} == {"LP": 3, "DWT": 2}


def test_a_method_that_was_refused_everywhere_is_not_forgotten():
    refusals = [RefusedCases("heads", "NSCT", "", frozenset({"0"})), RefusedCases("heads", "GFF", "", frozenset())]
    rows = summary(values("LP", "SD", [1.0]), refusals=refusals)
    assert [(row.method, row.n, row.n_refused) for row in rows] == [("LP", 1, 0), ("NSCT", 0, 1)]


def test_a_data_set_that_every_method_refused_keeps_its_rows_and_the_published_ones():
    rows = summary(
        values("LP", "SD", [1.0], dataset="chests"),
        evaluations=[Evaluation(dataset, "p", method) for dataset in ("chests", "heads") for method in ("LP", "DWT")],
        refusals=[RefusedCases("heads", method, "", frozenset("012")) for method in ("LP", "DWT")],
        published=[PublishedValue("heads", "p", "A", "SD", "2.0", "paper")],
    )
    found = [(row.dataset, row.method, row.metric, row.n, row.n_refused) for row in rows]
    assert found == [
        ("chests", "DWT", "SD", 0, 0),
        ("chests", "LP", "SD", 1, 0),
        ("heads", "A", "SD", None, None),
        *[("heads", method, metric, 0, 3) for method in ("DWT", "LP") for metric in ("SD", "EN", "MSE")],
    ]
    assert all(math.isnan(row.mean) for row in rows if row.n == 0)


def test_naming_what_the_values_are_about_changes_nothing():
    rows = values("LP", "SD", [1.0, 2.0])
    assert repr(summary(rows, evaluations=[Evaluation("heads", "p", "LP")])) == repr(summary(rows))


def test_a_table_given_twice_is_noticed():
    with pytest.raises(InputError, match="case 0 of heads has two values of SD for LP"):
        summary(values("LP", "SD", [1.0]) * 2)


def test_a_value_of_another_formula_is_refused():
    with pytest.raises(InputError, match=r"no metric SD by the formula sd\.old"):
        summary([Value("heads", "LP", "p", "1", "SD", "sd.old", 1.0)])


def test_a_summary_comes_back_as_it_was_written(tmp_path):
    published = [PublishedValue("heads", "p", "A*", "SD", "88.50", "paper, 2023")]
    rows = summary(values("LP", "SD", [1 / 3, 0.1]), published=published)
    write_summary(tmp_path / "t.tsv", rows)
    assert repr(read_summary(tmp_path / "t.tsv")) == repr(rows)
    assert read_table(tmp_path / "t.tsv")[0]["n"] == ""


def test_a_published_mean_keeps_the_zeros_it_was_printed_with(tmp_path):
    cells = "dataset\tprofile\tmethod\tmetric\tvalue\tsource\nheads\tp\tA\tSD\t1.30\tpaper\n"
    (tmp_path / "published.tsv").write_text(cells)
    rows = summary(values("LP", "SD", [1.0]), published=read_published([tmp_path / "published.tsv"]))
    write_summary(tmp_path / "t.tsv", rows)
    assert [(row.mean, row.printed) for row in read_summary(tmp_path / "t.tsv")] == [(1.3, "1.30"), (1.0, "")]
    assert read_table(tmp_path / "t.tsv")[0]["mean"] == "1.30"


def test_nothing_at_all_makes_no_rows():
    assert summary([]) == []


def test_a_published_value_needs_its_source(tmp_path):
    (tmp_path / "t.tsv").write_text("dataset\tprofile\tmethod\tmetric\tvalue\tsource\nd\tp\tA\tSD\t1\t\n")
    with pytest.raises(InputError, match="A SD has no source"):
        read_published([tmp_path / "t.tsv"])


@pytest.mark.parametrize(
    ("cell", "sentence"), [("lots", "'lots' is not a number"), ("nan", "A SD has no finite value")]
)
def test_a_published_value_is_a_finite_number(tmp_path, cell, sentence):
    (tmp_path / "t.tsv").write_text(f"dataset\tprofile\tmethod\tmetric\tvalue\tsource\nd\tp\tA\tSD\t{cell}\tpaper\n")
    with pytest.raises(InputError, match=sentence):
        read_published([tmp_path / "t.tsv"])


def test_refusals_are_read_with_their_scope(tmp_path):
    (tmp_path / "t.tsv").write_text("case\tstage\treason\tdetail\n1\tfuse\tconstant\tx\n1\tfuse\tchanged\ty\n")
    assert read_refusals(tmp_path / "t.tsv", dataset="heads") == RefusedCases("heads", "", "", frozenset({"1"}))
    found = read_refusals(tmp_path / "t.tsv", dataset="heads", method="LP", profile="p")
    assert found == RefusedCases("heads", "LP", "p", frozenset({"1"}))


def test_table_5_is_whole_and_fits_its_profile():
    rows = read_published([TABLE_5])
    assert len(rows) == len({(row.dataset, row.method, row.metric) for row in rows}) == 3 * 9 * 8
    assert {row.metric for row in rows} <= {one.metric for one in PROFILES.load("cddfuse-2023").variants}
    # Sums over the nine rows of the printed columns, added up by hand.
    sums = {
        key: round(sum(float(row.value) for row in rows if (row.dataset, row.metric) == key), 2)
        for key in [("cddfuse-mri-ct", "EN"), ("cddfuse-mri-pet", "SD"), ("cddfuse-mri-spect", "SSIM")]
    }
    assert sums == {
        ("cddfuse-mri-ct", "EN"): 43.46,
        ("cddfuse-mri-pet", "SD"): 565.84,
        ("cddfuse-mri-spect", "SSIM"): 10.89,
    }
