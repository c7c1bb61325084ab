"""Data set cards: what they may say, and the project's own ones."""

from __future__ import annotations

import os

import pytest
import yaml

from fuseflow.acquire.checksums import read_checksums
from fuseflow.cards import (
    PROJECT,
    Download,
    Expect,
    Folder,
    Generator,
    PublishedSplit,
    card_ids,
    default_card_folders,
    list_cards,
    load_card,
)
from fuseflow.errors import InputError

OWN = PROJECT / "config" / "datasets"
SHA256 = "0" * 64
MINIMAL = {
    "title": "Toy",
    "modality": ["CT", "MR"],
    "roles": {"CT": "CT/{case}.png", "MR": "MR/{case}.png"},
    "source": [{"url": "https://example.org/a.zip", "sha256": SHA256, "unpack": "zip"}],
    "access": "open",
    "licence": {"name": "CC0-1.0", "redistribute": True},
}


@pytest.fixture
def write(tmp_path):
    def write(changes=None, *, dataset="toy", folder=tmp_path):
        folder.mkdir(exist_ok=True)
        (folder / f"{dataset}.yaml").write_text(yaml.safe_dump({**MINIMAL, **(changes or {})}))
        return [folder]

    return write


def test_a_short_card_means_the_defaults(write):
    card = load_card("toy", write())

    assert card.id == "toy"
    assert card.patient == ("{patient}",)
    assert card.stages == ("convert", "split", "fuse", "evaluate")
    assert card.ids == "private"
    assert card.expect == Expect()
    assert card.source == (Download(url="https://example.org/a.zip", sha256=SHA256, unpack="zip"),)
    assert (card.citation, card.known_errors, card.published_splits, card.generator) == ((), (), {}, None)


def test_a_full_card_is_typed(write):
    card = load_card(
        "toy",
        write(
            {
                "expect": {"cases": 2, "size": [320, 256]},
                "source": [{"generator": "ellipses", "seed": 1, "patients": 2, "slices": 3}],
                "published_splits": {"authors": {"source": "a page", "test": ["001"]}},
                "citation": [{"bibtex": "@misc{toy}\n"}],
            }
        ),
    )

    assert card.expect == Expect(cases=2, size=(320, 256))
    assert card.generator == Generator(generator="ellipses", seed=1, patients=2, slices=3)
    assert card.published_splits == {"authors": PublishedSplit(source="a page", test=("001",))}
    assert card.citation == ("@misc{toy}",)


def test_a_local_folder_is_a_source(write):
    assert load_card("toy", write({"source": [{"folder": "../data/mine"}]})).source == (Folder(folder="../data/mine"),)


DOWNLOAD = MINIMAL["source"][0]
GENERATOR = {"generator": "ellipses", "seed": 1, "patients": 1, "slices": 1}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": "toy"}, "unknown key 'id'"),
        ({"roles": {"CT": "CT/*.png"}}, r"roles\.CT is 'CT/\*\.png' but must match .* with \{case\}"),
        ({"roles": {"CT": "/CT/{case}.png"}}, "a relative path"),
        ({"roles": {"CT": "../CT/{case}.png"}}, "a relative path"),
        ({"roles": {"CT": "CT\\{case}.png"}}, "forward slashes"),
        ({"roles": {"CT": "{case}/{Case!}.png"}}, "placeholders"),
        ({"roles": {"C/T": "{case}.png"}}, "a role is a plain short name"),
        ({"roles": {}}, "roles"),
        ({"patient": "{slice:3d}"}, "patient is .* a pattern with {patient}"),
        ({"patient": "{patient}{slice:d}"}, "patient is"),
        ({"stages": ["fuse", "convert"]}, "stages must be in this order: convert, fuse"),
        ({"stages": ["fuze"]}, r"stages\[0\] is 'fuze' but must be one of convert, resample"),
        ({"ids": "secret"}, "ids is 'secret' but must be one of public, private"),
        ({"access": "free"}, "must be one of open, form, login, manual"),
        ({"expect": {"size": [256]}}, r"expect\.size"),
        ({"source": []}, "source"),
        ({"source": [{"url": "https://example.org/a.zip", "unpack": "zip"}]}, "at least one of sha256, md5, verify"),
        ({"source": [{**DOWNLOAD, "url": "ftp://example.org/a.zip"}]}, r"source\[0\]\.url .* a web address"),
        ({"source": [{**DOWNLOAD, "url": "https://example.org/"}]}, r"source\[0\]\.url names no file"),
        ({"source": [{**DOWNLOAD, "sha256": "ABC"}]}, "64 hexadecimal digits"),
        ({"source": [{**DOWNLOAD, "mirror": "../a.zip"}]}, r"source\[0\]\.mirror"),
        ({"source": [{**DOWNLOAD, "mirror": "/a.zip"}]}, r"source\[0\]\.mirror"),
        ({"source": [{**DOWNLOAD, "verify": "../a.sha256"}]}, r"source\[0\]\.verify"),
        (
            {"source": [{**DOWNLOAD, "verify": "a.sha256", "unpack": "none"}]},
            "unpack is 'none' but must be one of zip, tar",
        ),
        ({"source": [{**DOWNLOAD, "folder": "a"}]}, r"source\[0\] has the unknown key 'sha256'; allowed are folder"),
        ({"source": [{**GENERATOR, "folder": "a"}]}, r"unknown key 'folder'; allowed are generator, seed"),
        ({"source": [{"folder": "/data"}]}, "relative to the working directory"),
        ({"source": [GENERATOR, DOWNLOAD]}, "a generator must be the only source"),
        ({"published_splits": {"a": {"source": "x", "test": [2004]}}}, r"test\[0\] is an integer \(2004\) .*quotes"),
        ({"published_splits": {"a": {"source": "x", "test": ["1"], "val": ["1"]}}}, "has 1 in test and in val"),
        ({"citation": [{"bibtex": "Zhao et al."}]}, "one BibTeX entry"),
        ({"licence": {"name": "CC0"}}, "licence lacks 'redistribute'"),
    ],
)
def test_a_wrong_card_is_an_error_that_names_file_and_place(write, changes, words):
    folders = write(changes)

    with pytest.raises(InputError, match=rf"toy\.yaml: .*{words}"):
        load_card("toy", folders)


def test_an_unknown_data_set_is_an_error_that_lists_the_known_ones(write, tmp_path):
    folders = write()

    for wrong in ("toys", "../toy", ""):
        with pytest.raises(InputError, match=f"there is no data set '{wrong}'; there are toy$"):
            load_card(wrong, folders)
    with pytest.raises(InputError, match="no cards at all"):
        load_card("toy", [tmp_path / "none"])


def test_an_id_is_a_plain_name(write):
    with pytest.raises(InputError, match="an id has lower-case letters"):
        load_card("My Set", write(dataset="My Set"))


def test_earlier_folders_win(write, tmp_path):
    write({"title": "mine"}, folder=tmp_path / "a")
    write({"title": "theirs"}, folder=tmp_path / "b")
    write({"title": "other"}, dataset="other", folder=tmp_path / "b")
    folders = [tmp_path / "a", tmp_path / "b"]

    assert card_ids(folders) == ["other", "toy"]
    assert [card.title for card in list_cards(folders)] == ["other", "mine"]


def test_the_environment_names_the_folders(monkeypatch, tmp_path):
    monkeypatch.setenv("FUSEFLOW_CARDS", os.pathsep.join(["mine", str(tmp_path)]))
    assert [str(folder) for folder in default_card_folders()] == ["mine", str(tmp_path)]

    monkeypatch.delenv("FUSEFLOW_CARDS")
    assert default_card_folders() == [OWN]


@pytest.mark.parametrize(
    ("dataset", "cases", "patients", "in_test"),
    [
        ("cddfuse-mri-ct", 21, 21, 0),
        ("cddfuse-mri-pet", 42, 42, 0),
        ("cddfuse-mri-spect", 73, 73, 0),
        ("harvard-ct-mri", 184, 10, 24),
        ("harvard-pet-mri", 269, 3, 24),
        ("harvard-spect-mri", 357, 15, 24),
    ],
)
def test_the_lists_of_the_public_sets_agree_with_their_cards(dataset, cases, patients, in_test):
    card = load_card(dataset, [OWN])
    listed = read_checksums(OWN / f"{dataset}.sha256")
    names = {path.rsplit("/", 1)[1].removesuffix(".png") for path in listed}
    test = {name for split in card.published_splits.values() for name in split.test}

    assert (card.expect.cases, card.expect.patients) == (cases, patients)
    assert (len(listed), len(names)) == (2 * cases, cases)
    assert len({name[:-3] for name in names} if "slice" in card.patient[0] else names) == patients
    assert len(test) == in_test
    assert test <= names
    assert list(listed) == sorted(listed)
    assert not card.licence.redistribute
    assert all(not str(source.mirror).startswith("/") for source in card.source)


def test_every_card_of_the_project_is_valid():
    assert len(list_cards([OWN])) == len(list(OWN.glob("*.yaml"))) >= 7


SERIES = {"CT": {"files": "{case}/**", "Modality": "CT"}}
MASK = {"files": "{case}/**", "Modality": "SEG", "drawn_on": "CT", "segment": "GTV*"}


def test_what_is_done_with_volumes(write):
    card = load_card(
        "toy",
        write(
            {
                "roles": {**SERIES, "SEG": MASK, "T1": {"files": ["a/{case}.dcm", "b/{case}.dcm"], "Modality": "MR"}},
                "resample": {"spacing": [1, 1, 2.5], "keep": ["CT"]},
                "normalize": {"CT": {"method": "ct-window", "window": "lung"}, "T1": "z-score"},
                "stages": ["convert", "resample", "normalize"],
            }
        ),
    )

    assert card.labels == ("SEG",)
    assert (card.roles["SEG"].drawn_on, card.roles["SEG"].segment) == ("CT", "GTV*")
    assert card.roles["T1"].files == ("a/{case}.dcm", "b/{case}.dcm")
    assert card.resample is not None
    assert (card.resample.spacing, card.resample.rule, card.resample.keep) == ((1.0, 1.0, 2.5), "", ("CT",))
    assert card.normalize == {"CT": {"method": "ct-window", "window": "lung"}, "T1": {"method": "z-score"}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"roles": {**SERIES, "SEG": {**MASK, "drawn_on": "PET"}}}, "PET is no role of a DICOM series to draw on"),
        ({"roles": {"CT": {**SERIES["CT"], "segment": "a"}}}, "only what is drawn has segments"),
        ({"roles": {"CT": {"files": "{case}.nii", "optional": True}}}, "the only role cannot be optional"),
        ({"resample": {"reference": "CT"}}, "the stage resample and the key resample need each other"),
        ({"stages": ["convert", "normalize"]}, "the stage normalize and the key normalize need each other"),
        ({"stages": ["convert", "resample"], "resample": {"reference": "PET"}}, "PET is none of the roles"),
        ({"stages": ["convert", "resample"], "resample": {"spacing": "mode"}}, "spacing"),
        ({"stages": ["convert", "resample"], "resample": {"spacing": [1, 0, 1]}}, "spacing"),
        ({"stages": ["convert", "resample"], "resample": {"spacing": [1, 1, 1], "reference": "CT"}}, "resample"),
    ],
)
def test_a_wrong_card_of_volumes_is_an_error(write, changes, words):
    with pytest.raises(InputError, match=words):
        load_card("toy", write(changes))
