"""The Makefile: what its settings become, without installing or running anything."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = ("EXPERIMENT", "MIRROR", "SET", "CORES", "ARGS", "MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MFLAGS")
"""What a make that runs the tests would hand down."""


@pytest.fixture
def make(tmp_path):
    """Run make with a snakemake that only prints its arguments, one a line."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "run.stamp").touch()
    program = tmp_path / "bin" / "snakemake"
    program.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    program.chmod(0o755)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", "--no-print-directory", f"VENV={tmp_path}", "PYTHON=python3", *arguments],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name not in SETTINGS},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_an_experiment_is_a_configuration_file(make):
    assert make("run", "EXPERIMENT=cddfuse-table5", "CORES=2").stdout.split() == [
        "--cores",
        "2",
        "--configfile",
        "config/experiments/cddfuse-table5.yaml",
    ]


@pytest.mark.parametrize("name", ["typo", "cddfuse-table5 harvard-ct-mri", "%"])
def test_an_experiment_that_is_not_there_is_named_with_those_that_are(make, name):
    done = make("run", f"EXPERIMENT={name}")

    assert done.returncode == 2
    known = "cddfuse-table5 formats harvard-ct-mri soft-tissue-sarcoma volumes"
    assert f"there is no experiment '{name}'; there are {known}" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("mirror", ["it's here", 'a "b" `c`', "https://example.org/?a=b&c"])
def test_a_mirror_keeps_every_character(make, mirror):
    assert make("run", f"MIRROR={mirror}", "SET=limit=2").stdout.splitlines()[-3:] == [
        "--config",
        f"mirror={mirror}",
        "limit=2",
    ]


def test_help_needs_no_settings(make):
    assert "run the default data set" in make("help").stdout
