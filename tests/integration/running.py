"""Runs of the whole workflow in folders of their own, on small data."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
SNAKEMAKE = Path(sys.executable).parent / "snakemake"
SOURCES = ("Snakefile", "workflow", "profiles", "scripts", "config", "envs")

SMALL = {"limit": "6", "methods": "[average,LP]", "profiles": "[cddfuse-2023]", "shards": "2"}
"""Settings that make a run short."""


@dataclass(frozen=True)
class Run:
    """A working folder for the workflow in `repository`."""

    folder: Path
    repository: Path = REPOSITORY
    defaults: Mapping[str, str] = field(default_factory=SMALL.copy)

    def snakemake(self, *arguments: str, check: bool = True, snakefile: Path | None = None, **settings: str) -> str:
        """Run Snakemake and return what it printed."""
        config = [f"{key}={value}" for key, value in {**self.defaults, **settings}.items() if value]
        command = [str(SNAKEMAKE), "--snakefile", str(snakefile or self.repository / "Snakefile")]
        command += ["--directory", str(self.folder), "--cores", "2", *arguments, "--config", *config]
        done = subprocess.run(
            command,
            cwd=self.repository,
            env={**os.environ, "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(done.stdout)
        return done.stdout

    @property
    def results(self) -> Path:
        return self.folder / "results"


def jobs(output: str) -> dict[str, int]:
    """Rule -> number of jobs, from what a dry run printed."""
    table = output.split("Job stats", 1)[-1].split("total", 1)[0] if "Job stats" in output else ""
    rows = [line.split() for line in table.splitlines()]
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}
