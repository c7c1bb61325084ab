"""Working folders for runs of the whole workflow."""

from __future__ import annotations

import shutil

import pytest
from running import REPOSITORY, SOURCES, Run


@pytest.fixture
def run(tmp_path) -> Run:
    """A fresh working folder."""
    return Run(tmp_path / "work")


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Run:
    """A finished small run of the default data set; tests that use it leave it as it is."""
    run = Run(tmp_path_factory.mktemp("finished"))
    run.snakemake()
    return run


@pytest.fixture
def copied(tmp_path, finished) -> Run:
    """A copy of the finished run and of the repository, which may be edited."""
    repository = tmp_path / "repository"
    repository.mkdir()
    for name in SOURCES:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, repository / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, repository / name)
    folder = tmp_path / "work"
    shutil.copytree(finished.folder, folder)
    return Run(folder, repository)
