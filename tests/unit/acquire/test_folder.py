"""Local folders: everything in them is copied, and nothing from outside."""

from __future__ import annotations

import os

import pytest

from fuseflow.acquire.folder import copy_folder
from fuseflow.errors import InputError


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "mine"
    (folder / "CT").mkdir(parents=True)
    (folder / "CT" / "1.png").write_bytes(b"one")
    (tmp_path / "copy").mkdir()
    return folder


def test_the_copy_is_independent_of_the_original(folder, tmp_path):
    (folder / "CT" / "1.png").chmod(0o444)
    copy_folder(folder, tmp_path / "copy")
    (tmp_path / "copy/CT/1.png").write_bytes(b"changed")

    assert (folder / "CT/1.png").read_bytes() == b"one"


def test_a_link_to_a_file_inside_becomes_a_file(folder, tmp_path):
    (folder / "2.png").symlink_to("CT/1.png")
    copy_folder(folder, tmp_path / "copy")

    assert not (tmp_path / "copy/2.png").is_symlink()
    assert (tmp_path / "copy/2.png").read_bytes() == b"one"


@pytest.mark.parametrize("target", ["../secret", "..", "CT", "nowhere"])
def test_any_other_link_is_an_error(folder, tmp_path, target):
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(target)

    with pytest.raises(InputError, match=r"a link in .* does not lead to a file inside that folder"):
        copy_folder(folder, tmp_path / "copy")
    assert not list((tmp_path / "copy").iterdir())


def test_pipes_are_left_out(folder, tmp_path):
    os.mkfifo(folder / "pipe")
    copy_folder(folder, tmp_path / "copy")

    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["CT"]


def test_a_folder_that_is_missing_empty_or_around_its_copy_is_an_error(folder, tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        copy_folder(tmp_path / "none", tmp_path / "copy")
    with pytest.raises(InputError, match="holds no files"):
        copy_folder(tmp_path / "copy", folder)
    with pytest.raises(InputError, match="cannot be copied into itself"):
        copy_folder(tmp_path, tmp_path / "copy")
