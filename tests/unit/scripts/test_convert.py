from __future__ import annotations

import errno
import importlib.util
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from fuseflow import command
from fuseflow.cases import read_cases, read_refused
from fuseflow.formats.png import write_png

SCRIPT = Path(__file__).parents[3] / "scripts" / "convert.py"
IMAGE = write_png(np.arange(20, dtype=np.uint8).reshape(4, 5))


@pytest.fixture
def run(tmp_path, monkeypatch):
    specification = importlib.util.spec_from_file_location("convert", SCRIPT)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    # workers are handed the loader by its module's name
    monkeypatch.setitem(sys.modules, "convert", module)

    def convert(source: Path) -> int:
        arguments = ["--input", str(source), "--output", str(tmp_path / "out")]
        return command.run(module.make_parser(), module.main, arguments)

    return convert


@pytest.fixture
def images(tmp_path, monkeypatch):
    """A folder with an image, and another that may not be read, whoever runs the test."""
    for name in ("open", "locked", "unnamed-1"):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{name}.png").write_bytes(IMAGE)
    opened = Path.open

    def refuse_locked(path, *arguments, **named):
        if path.name == "locked.png":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", refuse_locked)
    return tmp_path / "in"


def test_an_image_without_permission_is_refused_and_no_other(run, images, tmp_path):
    assert run(images) == 0

    assert [case.id for case in read_cases(tmp_path / "out" / "cases.tsv")] == ["open", "unnamed-1"]
    [refused] = read_refused(tmp_path / "out" / "refused.tsv")
    assert (refused.case, refused.reason) == ("locked", "unreadable")
    assert "Permission denied" in refused.detail


def test_a_pipe_is_no_image(run, tmp_path, capsys):
    os.mkfifo(tmp_path / "a.png")

    assert run(tmp_path / "a.png") == 2
    assert "a.png does not exist or is no file" in capsys.readouterr().err
