"""The command line of acquisition."""

from __future__ import annotations

import pytest

import download_data
from fuseflow import command


@pytest.fixture
def cards(tmp_path, monkeypatch):
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "toy.yaml").write_text(
        "{title: Toy, modality: [CT], roles: {CT: '{case}.png'}, source: [{folder: mine}], access: open, "
        "licence: {name: ours, redistribute: true}}"
    )
    (tmp_path / "cards" / "big.yaml").write_text(
        "{title: Big, modality: [CT], roles: {CT: '{case}.png'}, access: login, "
        "licence: {name: CC BY, redistribute: true}, "
        f"source: [{{url: 'https://example.org/a.zip', bytes: 123, sha256: '{'0' * 64}', unpack: zip}}]}}"
    )
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "1.png").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FUSEFLOW_CARDS", "cards")


def run(*words):
    return command.run(download_data.make_parser(), download_data.main, words)


def test_the_list_shows_access_licence_and_size(cards, capsys):
    assert run("--list") == 0
    assert capsys.readouterr().out == (
        "id   access  licence  bytes    title\nbig  login   CC BY    123      Big\ntoy  open    ours     unknown  Toy\n"
    )


def test_a_data_set_is_acquired(cards, tmp_path):
    assert run("--dataset", "toy", "--output", "resources/toy/raw", "--mirror", "") == 0
    assert (tmp_path / "resources/toy/raw/1.png").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--dataset", "toys", "--output", "raw"], "there is no data set 'toys'; there are big, toy"),
        (["--dataset", "toy"], "--dataset needs --output FOLDER"),
        (["--dataset", "big", "--output", "raw"], "big can only be had after logging in"),
        (["--dataset", "toy", "--output", "mine"], "mine already exists"),
    ],
)
def test_what_cannot_be_is_one_sentence_and_status_2(cards, capsys, words, message):
    assert run(*words) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert f"error: {message}" in errors[0]


def test_neither_list_nor_data_set_is_wrong_usage(cards, capsys):
    with pytest.raises(SystemExit) as stopped:
        run()
    assert stopped.value.code == 2
    assert "one of the arguments --dataset --list is required" in capsys.readouterr().err
