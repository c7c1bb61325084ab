"""Every stage alone, on plain files, without Snakemake."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from fuseflow.cases import write_cases
from fuseflow.files import read_table
from fuseflow.formats.png import read_png_file, write_png
from fuseflow.provenance import SCRIPTS

METRICS = ["EN", "SD", "SF", "AG", "MI", "MSE", "CC", "PSNR", "SCD", "VIF", "Qabf", "SSIM"]
NAMES = sorted(path.stem for path in SCRIPTS.glob("*.py"))


def program(name: str, *arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / f"{name}.py"), *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def folders(tmp_path):
    generator = np.random.default_rng(0)
    for folder in ("MRI", "CT"):
        (tmp_path / folder).mkdir()
        for name in ("11", "12"):
            pixels = generator.integers(0, 256, (40, 48), np.uint8)
            (tmp_path / folder / f"{name}.png").write_bytes(write_png(pixels))
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_help_is_written_for_a_person(name):
    text = program(name, "--help").stdout

    assert "for example:" in text
    assert f"python scripts/{name}.py" in text


@pytest.mark.parametrize("name", NAMES)
def test_no_arguments_are_wrong_usage(name):
    assert "error:" in program(name, status=2).stderr


def test_fusing_two_images(folders):
    output = folders / "fused.png"

    program(
        "fuse", "--method", "maximum", "--a", folders / "MRI/11.png", "--b", folders / "CT/11.png", "--output", output
    )

    expected = np.maximum(read_png_file(folders / "MRI/11.png"), read_png_file(folders / "CT/11.png"))
    np.testing.assert_array_equal(read_png_file(output), expected)


def test_scoring_folders_pairs_files_by_name(folders):
    (folders / "fused").mkdir()
    for name in ("11", "12"):
        (folders / "fused" / f"{name}.png").write_bytes((folders / "MRI" / f"{name}.png").read_bytes())
    output = folders / "table.tsv"

    arguments = ["--a", folders / "MRI", "--b", folders / "CT", "--fused", folders / "fused", "--output", output]
    program("evaluate", "--profile", "cddfuse-2023", *arguments)

    assert output.read_text().splitlines()[0] == "dataset\tmethod\tprofile\tcase\tmetric\tvariant\tvalue"
    rows = read_table(output)
    assert [row["case"] for row in rows] == ["11"] * 12 + ["12"] * 12
    assert [row["metric"] for row in rows[:12]] == METRICS
    assert {row["value"] for row in rows if row["metric"] == "SCD"} == {"nan"}
    assert {row["method"] for row in rows} == {"fused"}


def test_a_fused_image_without_its_sources_is_refused_by_name(folders):
    (folders / "fused").mkdir()
    for name in ("11", "99"):
        (folders / "fused" / f"{name}.png").write_bytes((folders / "MRI" / "11.png").read_bytes())
    output = folders / "table.tsv"

    arguments = ["--a", folders / "MRI", "--b", folders / "CT", "--fused", folders / "fused", "--output", output]
    done = program("evaluate", "--profile", "reference", *arguments)

    assert "refused 99: orphan" in done.stderr
    assert {row["case"] for row in read_table(output)} == {"11"}
    assert read_table(folders / "table.refused.tsv")[0]["case"] == "99"
    program("evaluate", "--profile", "reference", *arguments, "--on-refused", "fail", status=1)


def test_converting_a_folder(folders):
    (folders / "CT" / "bad.png").write_bytes(b"text")

    program("convert", "--input", folders / "CT", "--output", folders / "out")

    np.testing.assert_array_equal(read_png_file(folders / "out" / "11.png"), read_png_file(folders / "CT" / "11.png"))
    assert read_table(folders / "out" / "refused.tsv")[0]["reason"] == "unreadable"


@pytest.mark.parametrize("output", ["CT", ".", "notes"])
def test_no_folder_of_the_user_is_replaced(folders, output):
    (folders / "notes").mkdir()
    (folders / "notes" / "thesis.txt").write_text("years of work")
    before = sorted(folders.rglob("*"))

    program("convert", "--input", folders / "CT", "--output", folders / output, status=2)

    assert sorted(folders.rglob("*")) == before


def test_names_become_ids_that_other_programs_read(folders):
    (folders / "CT" / "11.png").rename(folders / "CT" / "brain 1 (top).png")

    program("convert", "--input", folders / "CT", "--output", folders / "out")

    assert [row["case"] for row in read_table(folders / "out" / "cases.tsv")] == ["12", "brain_1_top_"]


def test_index_then_convert_by_hand(folders, tmp_path_factory):
    roles = ["--role", "CT=CT/{case}.png", "--role", "MR=MRI/{case}.png"]
    output = tmp_path_factory.mktemp("made")
    for name in ("CT/brain 1.png", "MRI/brain 1.png", "notes.txt"):
        (folders / name).touch()

    program("index", "--raw", folders, *roles, "--public-ids", "--shards", 1, "--output", output / "index")
    table = output / "index" / "0of1.tsv"
    program("convert", "--cases", table, "--raw", folders, "--roles", "CT", "MR", "--output", output / "out")

    assert json.loads(table.with_suffix(".provenance.json").read_text())["files"] == {"found": 7, "left_out": 1}
    assert len(read_table(output / "out" / "cases.tsv")) == 4
    [refused] = read_table(output / "out" / "refused.tsv")
    assert refused["reason"] == "unsafe-name"
    assert refused["detail"].startswith("'CT/brain 1.png', 'MRI/brain 1.png': ")


@pytest.mark.parametrize("output", [".", "index"])
def test_the_index_is_not_written_into_the_raw_folder(folders, output):
    before = sorted(folders.rglob("*"))

    done = program(
        "index", "--raw", folders, "--role", "CT=CT/{case}.png", "--public-ids", "--output", folders / output, status=2
    )

    assert "which is only read" in done.stderr
    assert sorted(folders.rglob("*")) == before


@pytest.mark.parametrize(
    ("path", "words"), [("#99", "there is no file #99"), ("#abc", "refused a: unreadable"), ("CT/../..", "leads out")]
)
def test_paths_of_a_table_by_hand_are_checked(folders, path, words):
    table = folders / "table.tsv"
    table.write_text(f"case\tpatient\trole\tpath\tsha256\na\tp\tCT\t{path}\t0\n")

    arguments = ["--cases", table, "--raw", folders / "CT", "--roles", "CT", "--output", folders / "out"]
    done = program("convert", *arguments, status=0 if "refused" in words else 2)

    assert words in done.stderr


def test_converting_from_a_raw_folder_that_is_not_there(folders):
    (folders / "table.tsv").write_text("case\tpatient\trole\tpath\tsha256\na\tp\tCT\ta.png\t0\n")

    arguments = ["--raw", folders / "none", "--roles", "CT", "--output", folders / "out"]
    done = program("convert", "--cases", folders / "table.tsv", *arguments, status=2)

    assert "none does not exist; give the folder that was indexed" in done.stderr


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("fuse", ["--method", "maximum", "--a", "CT/11.png", "--b", "MRI/11.png", "--output", "CT/11.png"]),
        (
            "evaluate",
            ["--profile", "reference", "--a", "CT", "--b", "MRI", "--fused", "CT", "--output", "MRI/12.png"],
        ),
        (
            "evaluate",
            [
                "--profile=reference",
                "--fused=f.tsv",
                "--a-role=A",
                "--b-role=B",
                "--cases=in/cases.tsv",
                "--output=in/cases.tsv",
            ],
        ),
        ("make_splits", ["--cases", "in/cases.tsv", "--output", "in"]),
    ],
)
def test_no_output_replaces_an_input(folders, monkeypatch, name, arguments):
    monkeypatch.chdir(folders)
    write_cases(folders / "in" / "cases.tsv", [])
    before = {path: path.read_bytes() for path in folders.rglob("*") if path.is_file()}

    done = program(name, *arguments, status=2)

    assert "is an input or holds one; give another path" in done.stderr
    assert {path: path.read_bytes() for path in folders.rglob("*") if path.is_file()} == before


def test_images_and_folders_are_not_scored_together(folders):
    arguments = ["--a", folders / "MRI", "--b", folders / "CT", "--fused", folders / "CT/11.png"]

    done = program("evaluate", "--profile", "reference", *arguments, "--output", folders / "table.tsv", status=2)

    assert "must be three images or three folders" in done.stderr


def test_two_images_of_the_same_name_are_not_guessed_between(folders):
    (folders / "CT" / "11.PNG").touch()
    arguments = ["--a", folders / "MRI", "--b", folders / "CT", "--fused", folders / "MRI"]

    done = program("evaluate", "--profile", "reference", *arguments, "--output", folders / "table.tsv", status=2)

    assert "CT holds 11.PNG and 11.png; rename or remove one of them" in done.stderr


def test_sources_without_a_fused_image_are_counted_and_pipes_are_no_images(folders):
    (folders / "fused").mkdir()
    (folders / "fused" / "11.png").write_bytes((folders / "CT" / "11.png").read_bytes())
    os.mkfifo(folders / "fused" / "12.png")
    arguments = ["--a", folders / "MRI", "--b", folders / "CT", "--fused", folders / "fused"]

    done = program("evaluate", "--profile", "reference", *arguments, "--output", folders / "table.tsv")

    assert "1 of the sources have no fused image and are left out" in done.stderr
    assert {row["case"] for row in read_table(folders / "table.tsv")} == {"11"}


def test_synthesizing_in_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    done = program("synthesize", "--patients", 2, "--slices", 2, "--output", "raw")

    assert "4 cases of 2 patients" in done.stderr
    assert len(list((tmp_path / "raw").rglob("*.png"))) == 8


@pytest.mark.parametrize(("name", "words"), [("synthesize", "ellipses"), ("fuse", "LP"), ("evaluate", "ssim.gauss11")])
def test_lists_name_what_there_is(name, words):
    assert words in program(name, "--list").stdout


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("synthesize", ["--generator", "brain", "--output", "o"], "there is no generator 'brain'; there are ellipses"),
        ("synthesize", ["--patients", "0", "--output", "o"], "0 is not 1 or more"),
        ("synthesize", ["--seed", "one", "--output", "o"], "invalid whole value: 'one'"),
        ("synthesize", ["--seed", "-1", "--output", "o"], "-1 is not 0 or more"),
        ("fuse", ["--method", "LPX", "--a", "a", "--b", "b", "--output", "o"], "there is no fusion method 'LPX'"),
        ("fuse", ["--method", "LP", "--a", "none.png", "--b", "none.png", "--output", "o"], "none.png"),
        ("fuse", ["--method", "LP", "--output", "o"], "--a and --b"),
        ("fuse", ["--method", "LP", "--cases", "none.tsv", "--output", "o"], "--a-role"),
        ("evaluate", ["--profile", "x", "--fused", "f", "--output", "o"], "there is no metric profile 'x'"),
        ("evaluate", ["--profile", "reference", "--a", "none", "--b", "b", "--fused", "f", "--output", "o"], "none"),
        ("convert", ["--input", "none", "--output", "o"], "none does not exist"),
        ("convert", ["--output", "o"], "either --input or --cases"),
        ("convert", ["--cases", "none.tsv", "--raw", ".", "--roles", "CT", "--output", "o"], "none.tsv does not exist"),
        ("index", ["--raw", "none", "--role", "CT={case}", "--public-ids", "--output", "o"], "none does not exist"),
        ("index", ["--raw", ".", "--role", "CT", "--public-ids", "--output", "o"], "ROLE=PATTERN"),
        (
            "index",
            ["--raw", ".", "--role", "C/T={case}", "--public-ids", "--output", "o"],
            "'C/T' is no name of a role",
        ),
        ("index", ["--raw", ".", "--role", "CT={case}", "--output", "o"], "need a secret"),
        ("index", ["--raw", ".", "--role", "CT={case}", "--limit", "-1", "--output", "o"], "-1 is not 0 or more"),
        (
            "evaluate",
            ["--profile", "reference", "--a", "a", "--b", "b", "--a-role", "MR", "--fused", "f", "--output", "o"],
            "--a-role",
        ),
        (
            "evaluate",
            ["--profile", "reference", "--cases", "c", "--a", "a", "--fused", "f", "--output", "o"],
            "--cases goes with",
        ),
        ("manifest", ["none"], "holds no results"),
    ],
)
def test_wrong_usage_is_said_in_one_sentence(tmp_path, monkeypatch, name, arguments, words):
    monkeypatch.chdir(tmp_path)

    done = program(name, *arguments, status=2)

    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--labels", "SEG"], "--labels goes with --cases; by hand every image is converted"),
        (["--size", "3", "4"], "--size goes with --cases"),
        (["--one-size"], "--one-size goes with --cases"),
    ],
)
def test_what_would_be_ignored_by_hand_is_said(folders, arguments, words):
    done = program("convert", "--input", folders / "CT", *arguments, "--output", folders / "out", status=2)

    assert words in done.stderr


def test_the_input_is_not_the_output(folders):
    done = program("convert", "--input", folders / "CT", "--output", folders / "CT", status=2)

    assert "is where the input lies; give another folder for the results" in done.stderr
