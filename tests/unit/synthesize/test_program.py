"""scripts/synthesize.py, the command line of the generators."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

PROGRAM = Path(__file__).parents[3] / "scripts" / "synthesize.py"


@pytest.fixture(scope="module")
def program() -> ModuleType:
    specification = importlib.util.spec_from_file_location("synthesize_program", PROGRAM)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_it_runs_by_hand_in_any_folder(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, PROGRAM, "--patients", "2", "--slices", "2", "--output", "raw"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "wrote 4 cases of 2 patients to raw\n")
    assert len(list((tmp_path / "raw").rglob("*.png"))) == 8


def test_list_names_the_generators(program: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["--list"]) == 0
    assert capsys.readouterr().out.startswith("ellipses\tCT and MR of a head")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--generator", "brain"], "synthesize.py: there is no generator 'brain'; there are ellipses\n"),
        (["--patients", "0"], "synthesize.py: the number of patients is 0; give 1 or more\n"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(
    program: ModuleType, arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.main([*arguments, "--output", str(tmp_path / "raw")]) == 2
    assert capsys.readouterr().err == sentence
    assert not any(tmp_path.iterdir())


def test_an_output_below_a_file_is_one_sentence_and_status_2(
    program: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert program.main(["--output", str(tmp_path / "file" / "raw")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["--list", "--output", "raw"], ["--seed", "one", "--output", "raw"]])
def test_arguments_that_make_no_sense_end_with_status_2(program: ModuleType, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        program.main(arguments)
    assert caught.value.code == 2
