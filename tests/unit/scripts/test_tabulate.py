from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from fuseflow import command
from fuseflow.files import read_table, write_table
from fuseflow.tables import VALUE_COLUMNS

SCRIPT = Path(__file__).parents[3] / "scripts" / "tabulate.py"
TABLE_5 = Path(__file__).parents[3] / "config" / "published" / "cddfuse-table5.tsv"


@pytest.fixture(scope="module")
def run() -> Callable[..., int]:
    specification = importlib.util.spec_from_file_location("tabulate", SCRIPT)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return lambda *argv: command.run(module.make_parser(), module.main, [str(argument) for argument in argv])


def write_metrics(table: Path, method: str, cases: range) -> Path:
    rows = [
        ("cddfuse-mri-ct", method, "cddfuse-2023", str(case), metric, formula, 4.0 + case)
        for case in cases
        for metric, formula in (("EN", "en"), ("MI", "mi.nats"))
    ]
    write_table(table, VALUE_COLUMNS, [dict(zip(VALUE_COLUMNS, row, strict=True)) for row in rows])
    return table


def test_three_files_are_written_and_do_not_depend_on_the_shards(run, tmp_path):
    whole = [write_metrics(tmp_path / f"{method}.tsv", method, range(6)) for method in ("LP", "maximum")]
    parts = [
        write_metrics(tmp_path / f"{method}-{cases}.tsv", method, cases)
        for method in ("maximum", "LP")
        for cases in (range(4, 6), range(0), range(4))
    ]
    published = ["--published", TABLE_5, "--name", "table5"]
    assert run("--metrics", *whole, *published, "--output", tmp_path / "a") == 0
    assert run("--metrics", *parts, *published, "--output", tmp_path / "b") == 0
    for name in ("table5.tsv", "table5.md", "table5.tex"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    rows = read_table(tmp_path / "a" / "table5.tsv")
    assert len(rows) == 9 * 8 + 2 * 2
    assert (rows[-1]["method"], rows[-1]["metric"], rows[-1]["mean"], rows[-1]["n"]) == ("maximum", "MI", "6.5", "6")
    assert "maximum beats CDDFuse on 2 of 2" in (tmp_path / "a" / "table5.md").read_text()


def test_metrics_alone_are_enough(run, tmp_path):
    assert run("--metrics", write_metrics(tmp_path / "m.tsv", "LP", range(3)), "--output", tmp_path / "out") == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["results.md", "results.tex", "results.tsv"]


def test_refusals_and_names_from_a_file_are_taken(run, tmp_path):
    (tmp_path / "r.tsv").write_text("case\tstage\treason\tdetail\n9\tfuse\tconstant\tflat\n")
    arguments = ["--metrics", write_metrics(tmp_path / "m.tsv", "LP", range(3)), "--output", tmp_path / "out"]
    arguments += ["--refused", f"cddfuse-mri-ct={tmp_path / 'r.tsv'}", f"cddfuse-mri-ct/DWT={tmp_path / 'r.tsv'}"]
    (tmp_path / "arguments.txt").write_text("\n".join(map(str, arguments)))
    assert run(f"@{tmp_path / 'arguments.txt'}") == 0
    rows = read_table(tmp_path / "out" / "results.tsv")
    assert {(row["method"], row["n"], row["n_refused"]) for row in rows} == {("LP", "3", "1"), ("DWT", "0", "1")}


def test_a_table_of_something_else_is_one_sentence_and_status_2(run, tmp_path, capsys):
    (tmp_path / "m.tsv").write_text("case\tvalue\n1\t2\n")
    assert run("--metrics", tmp_path / "m.tsv", "--output", tmp_path / "out") == 2
    assert "has no column dataset" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
