from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from fuseflow import command
from fuseflow.cases import RefusedCase, Shard, write_refused
from fuseflow.files import read_table, write_table
from fuseflow.values import VALUE_COLUMNS

SCRIPT = Path(__file__).parents[3] / "scripts" / "tabulate.py"
CARD = """
title: Pairs for a test
modality: [CT, MR]
roles: {CT: "CT/{case}.png", MR: "MR/{case}.png"}
patient: "{patient}"
expect: {}
stages: [STAGES]
ids: public
source: [{folder: images}]
access: open
licence: {name: ours, redistribute: true}
"""
TABLE_5 = Path(__file__).parents[3] / "config" / "published" / "cddfuse-table5.tsv"


@pytest.fixture(scope="module")
def run() -> Callable[..., int]:
    specification = importlib.util.spec_from_file_location("tabulate", SCRIPT)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return lambda *argv: command.run(module.make_parser(), module.main, [str(argument) for argument in argv])


def write_metrics(table: Path, method: str, cases: Iterable[int]) -> Path:
    rows = [
        ("cddfuse-mri-ct", method, "cddfuse-2023", str(case), metric, formula, 4.0 + case)
        for case in cases
        for metric, formula in (("EN", "en"), ("MI", "mi.nats"))
    ]
    write_table(table, VALUE_COLUMNS, [dict(zip(VALUE_COLUMNS, row, strict=True)) for row in rows])
    return table


def write_run(root: Path, *, shards: int, stages: str = "convert, split, fuse, evaluate") -> list[str | Path]:
    """Results of eight cases; 6 and 7 are refused for every method, 5 for DWT, and 4 for DWT under the one profile.

    Returns the arguments that tell where they are.
    """
    folder = root / "results" / "cddfuse-mri-ct"
    refused = {"converted": ["7"], "fused/DWT": ["5"], "fused/LP": []}
    for shard in Shard.all(shards):
        for place, cases in refused.items():
            rows = [RefusedCase(case, "x", "constant", "flat") for case in cases if case in shard]
            write_refused(folder / place / str(shard) / "refused.tsv", rows)
        for method, scored in (("LP", range(6)), ("DWT", range(4))):
            scores = folder / "metrics" / "cddfuse-2023" / method
            write_metrics(scores / f"{shard}.tsv", method, [case for case in scored if str(case) in shard])
            lost = ["4"] if method == "DWT" and "4" in shard else []
            rows = [RefusedCase(case, "evaluate", "constant", "flat") for case in lost]
            write_refused(scores / f"{shard}.refused.tsv", rows)
    write_refused(folder / "split" / "refused.tsv", [RefusedCase("6", "split", "duplicate", "as 1")])
    (root / "cards").mkdir()
    (root / "cards" / "cddfuse-mri-ct.yaml").write_text(CARD.replace("STAGES", stages))
    arguments = ["--results", root / "results", "--cards", root / "cards", "--datasets", "cddfuse-mri-ct"]
    return [*arguments, "--methods", "LP", "DWT", "--profiles", "cddfuse-2023", "--shards", str(shards)]


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
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["results.md", "results.provenance.json", "results.tex", "results.tsv"]


def test_refusals_and_names_from_a_file_are_taken(run, tmp_path):
    (tmp_path / "r.tsv").write_text("case\tstage\treason\tdetail\n9\tfuse\tconstant\tflat\n")
    arguments = ["--metrics", write_metrics(tmp_path / "m.tsv", "LP", range(3)), "--output", tmp_path / "out"]
    arguments += ["--refused", f"cddfuse-mri-ct={tmp_path / 'r.tsv'}", f"cddfuse-mri-ct/DWT={tmp_path / 'r.tsv'}"]
    (tmp_path / "arguments.txt").write_text("\n".join(map(str, arguments)))
    assert run(f"@{tmp_path / 'arguments.txt'}") == 0
    rows = read_table(tmp_path / "out" / "results.tsv")
    assert {(row["method"], row["n"], row["n_refused"]) for row in rows} == {("LP", "3", "1"), ("DWT", "0", "1")}


@pytest.mark.parametrize("shards", [1, 3])
def test_a_run_is_read_from_its_results_folder(run, tmp_path, shards):
    assert run(*write_run(tmp_path, shards=shards), "--output", tmp_path / "out") == 0

    rows = read_table(tmp_path / "out" / "results.tsv")
    found = [(row["method"], row["metric"], row["n"], row["n_refused"]) for row in rows]
    assert found == [("DWT", "EN", "4", "4"), ("DWT", "MI", "4", "4"), ("LP", "EN", "6", "2"), ("LP", "MI", "6", "2")]


def test_a_run_gives_the_same_as_its_tables_by_hand(run, tmp_path):
    arguments = write_run(tmp_path, shards=2)
    folder = tmp_path / "results" / "cddfuse-mri-ct"
    metrics = [path for path in folder.glob("metrics/*/*/*of2.tsv") if "refused" not in path.name]
    refused = [f"cddfuse-mri-ct={path}" for path in [*folder.glob("converted/*/*"), folder / "split" / "refused.tsv"]]
    for method in ("LP", "DWT"):
        refused += [f"cddfuse-mri-ct/{method}={path}" for path in folder.glob(f"fused/{method}/*/refused.tsv")]
        scores = folder.glob(f"metrics/*/{method}/*.refused.tsv")
        refused += [f"cddfuse-mri-ct/{method}/cddfuse-2023={path}" for path in scores]

    assert run(*arguments, "--output", tmp_path / "a") == 0
    assert run("--metrics", *metrics, "--refused", *refused, "--output", tmp_path / "b") == 0

    for name in ("results.tsv", "results.md", "results.tex"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_run_of_which_every_case_was_refused_has_rows_and_the_published_ones(run, tmp_path):
    arguments = write_run(tmp_path, shards=1)
    folder = tmp_path / "results" / "cddfuse-mri-ct"
    for method in ("LP", "DWT"):
        rows = [RefusedCase(str(case), "fuse", "unsupported-pixels", "16 bits") for case in range(6)]
        write_refused(folder / "fused" / method / "0of1" / "refused.tsv", rows)
        write_metrics(folder / "metrics" / "cddfuse-2023" / method / "0of1.tsv", method, [])

    assert run(*arguments, "--published", TABLE_5, "--output", tmp_path / "out") == 0

    rows = read_table(tmp_path / "out" / "results.tsv")
    assert len([row for row in rows if row["origin"] == "published"]) == 9 * 8
    computed = {(row["method"], row["n"], row["n_refused"]) for row in rows if row["origin"] == "computed"}
    assert computed == {("DWT", "0", "8"), ("LP", "0", "8")}
    text = (tmp_path / "out" / "results.md").read_text()
    assert "No case was scored; refused cases: 8." in text
    assert "| LP | computed | - |" in text


def test_refusals_of_a_stage_that_the_card_does_not_list_are_not_counted(run, tmp_path):
    arguments = write_run(tmp_path, shards=1, stages="convert, fuse, evaluate")

    assert run(*arguments, "--output", tmp_path / "out") == 0

    assert {row["n_refused"] for row in read_table(tmp_path / "out" / "results.tsv")} == {"1", "3"}


def test_a_data_set_that_was_not_scored_has_no_tables(run, tmp_path, capsys):
    arguments = write_run(tmp_path, shards=1, stages="convert, split")

    assert run(*arguments, "--output", tmp_path / "out") == 2

    assert "the card of cddfuse-mri-ct does not list the stage evaluate" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_results_of_another_number_of_shards_are_not_looked_at(run, tmp_path, capsys):
    arguments = write_run(tmp_path, shards=2)

    assert run(*arguments[:-1], "3", "--output", tmp_path / "out") == 2

    assert "0of3" in capsys.readouterr().err


RUN = ["--results", "r", "--datasets", "d", "--methods", "LP", "--profiles", "reference", "--shards", "1"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (RUN[:-2], "--results goes with --datasets, --methods, --profiles and --shards, and without --refused"),
        ([*RUN, "--refused", "d=r.tsv"], "without --refused"),
        (["--metrics", "m.tsv", "--shards", "2"], "--metrics goes without --shards"),
        (RUN, "there is no data set 'd'"),
        (["--metrics", TABLE_5.with_name("none.tsv")], "does not exist"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(run, tmp_path, capsys, arguments, sentence):
    assert run(*arguments, "--output", tmp_path / "out") == 2

    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("argument", ["table.tsv", "=t.tsv", "a/=t.tsv", "a/b/c/d=t.tsv"])
def test_refusals_need_to_say_whose_they_are(run, tmp_path, capsys, argument):
    metrics = write_metrics(tmp_path / "m.tsv", "LP", range(3))

    assert run("--metrics", metrics, "--refused", argument, "--output", tmp_path / "out") == 2

    assert f"--refused takes DATASET=TABLE or DATASET/METHOD=TABLE, not '{argument}'" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".hidden"])
def test_the_name_of_the_tables_leads_nowhere_else(run, tmp_path, capsys, name):
    metrics = write_metrics(tmp_path / "m.tsv", "LP", range(3))

    assert run("--metrics", metrics, "--name", name, "--output", tmp_path / "out" / "tables") == 2

    assert f"--name {name!r} cannot be the name of files" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [metrics]


@pytest.mark.parametrize("name", ["m", "published", "refused"])
def test_no_table_replaces_an_input(run, tmp_path, capsys, name):
    metrics = write_metrics(tmp_path / "m.tsv", "LP", range(3))
    (tmp_path / "published.tsv").write_bytes(TABLE_5.read_bytes())
    write_refused(tmp_path / "refused.tsv", [])
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    others = ["--published", tmp_path / "published.tsv", "--refused", f"cddfuse-mri-ct={tmp_path / 'refused.tsv'}"]
    assert run("--metrics", metrics, *others, "--name", name, "--output", tmp_path) == 2

    assert f"{name}.tsv is an input or holds one" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_one_run_or_tables_by_hand_but_not_both(run, tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        run("--metrics", "m.tsv", *RUN, "--output", tmp_path / "out")

    assert "not allowed with argument --metrics" in capsys.readouterr().err


def test_a_table_of_something_else_is_one_sentence_and_status_2(run, tmp_path, capsys):
    (tmp_path / "m.tsv").write_text("case\tvalue\n1\t2\n")
    assert run("--metrics", tmp_path / "m.tsv", "--output", tmp_path / "out") == 2
    assert "has no column dataset" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
