"""The configuration: everything that it names is checked before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuseflow.cards import default_card_folders
from fuseflow.config import load_config
from fuseflow.errors import InputError
from fuseflow.schemas import load_yaml

CONFIG = Path(__file__).parents[2] / "config"
VALUES = {"datasets": ["harvard-ct-mri"], "pairs": [["MR", "CT"]], "methods": ["lp"], "profiles": ["Reference"]}
PRIVATE = """\
title: private
modality: [CT]
roles: {CT: "{case}.png", MR: "{case}_mr.png"}
source: [{folder: images}]
access: open
licence: {name: ours, redistribute: true}
"""


CONVERTED = PRIVATE + "stages: [convert]\n"


def load(**changes):
    return load_config({**VALUES, **changes}, default_card_folders())


@pytest.mark.parametrize("path", [CONFIG / "config.yaml", *sorted((CONFIG / "experiments").glob("*.yaml"))])
def test_every_configuration_that_is_shipped_is_valid(path):
    values = {**load_yaml(CONFIG / "config.yaml"), **load_yaml(path)}

    config = load_config(values, default_card_folders())

    assert all(config.pair(dataset) for dataset in config.fused)
    assert bool(config.fused) == bool(config.methods)


def test_experiments_are_named_as_their_files():
    for path in (CONFIG / "experiments").glob("*.yaml"):
        assert load_yaml(path)["experiment"] == path.stem


def test_names_take_their_declared_spelling_and_stand_once():
    config = load(methods=["lp", "LP", "copy-a"])

    assert config.methods == ("LP", "copy-A")
    assert config.profiles == ("reference",)


def test_defaults_are_filled_in():
    config = load()

    assert (config.shards, config.threads, config.limit, config.mirror) == (1, 1, 0, "")
    assert config.split == {
        "scheme": "patient",
        "fractions": {"train": 0.7, "val": 0.15, "test": 0.15},
        "salt": "fuseflow",
        "on_leak": "report",
    }


def test_a_stage_reads_the_last_listed_before_it():
    config = load(datasets=["harvard-ct-mri", "cddfuse-mri-ct"])

    assert config.folder_before("harvard-ct-mri", "fuse") == "split"
    assert config.folder_before("harvard-ct-mri", "fuse", images=True) == "converted"
    assert config.folder_before("cddfuse-mri-ct", "fuse") == "converted"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"datasets": ["none"]}, "there is no data set 'none'"),
        ({"datasets": []}, "datasets"),
        ({"methods": ["none"]}, "there is no fusion method 'none'"),
        ({"profiles": ["none"]}, "there is no metric profile 'none'"),
        ({"pairs": [["MR", "PET"]]}, "0 of the configured pairs fit harvard-ct-mri, whose roles are CT, MR"),
        ({"pairs": [["MR", "CT"], ["CT", "MR"]]}, "2 of the configured pairs fit"),
        ({"published": ["none"]}, "there is no table 'none' in config/published"),
        ({"split": {"scheme": "none"}}, "split.scheme is 'none'; harvard-ct-mri has patient, authors"),
        ({"split": {"fractions": {"train": 0.5, "test": 0.4}}}, "add up to 1"),
        ({"methods": []}, "harvard-ct-mri is fused, for which methods must be set"),
        ({"shards": 0}, "shards"),
        ({"limit": -1}, "limit"),
        ({"on_refused": "stop"}, "on_refused"),
        ({"method": ["LP"]}, "did you mean 'methods'"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(changes, words):
    with pytest.raises(InputError) as caught:
        load(**changes)

    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("card", "salt", "words"),
    [
        (PRIVATE, "", "need a secret: set salt"),
        (PRIVATE + "published_splits: {authors: {source: s, test: ['1']}}\n", "s", "pseudonyms never match"),
        (PRIVATE + "stages: [split, fuse, evaluate]\n", "s", "convert is missing; list it first"),
        (PRIVATE + "stages: [convert, evaluate]\n", "s", "fuse and evaluate need each other"),
        (PRIVATE + "stages: [convert, fuse]\n", "s", "fuse and evaluate need each other"),
        (PRIVATE + "stages: [convert, export]\n", "s", "export cannot be run by this version"),
        (
            PRIVATE + "stages: [convert, resample, fuse, evaluate]\nresample: {spacing: [1, 1, 1]}\n",
            "s",
            "only flat images can be fused",
        ),
        (
            PRIVATE + "stages: [convert, normalize]\nnormalize: {CT: nyul}\n",
            "s",
            "split is missing; the method of CT is fitted to its training part",
        ),
        (
            PRIVATE + "stages: [convert, normalize]\nnormalize: {CT: zscore}\n",
            "s",
            "there is no normalization 'zscore'",
        ),
    ],
)
def test_cards_must_fit_the_run(tmp_path, card, salt, words):
    (tmp_path / "mine.yaml").write_text(card)

    with pytest.raises(InputError, match=words):
        load_config({**VALUES, "datasets": ["mine"], "salt": salt}, [tmp_path])


def test_a_data_set_that_is_fused_needs_pairs_methods_and_profiles():
    with pytest.raises(InputError, match="is fused, for which pairs and methods and profiles must be set"):
        load_config({"datasets": ["harvard-ct-mri"]}, default_card_folders())


@pytest.mark.parametrize("card", [CONVERTED, PRIVATE + "stages: [convert, split]\n"])
def test_a_data_set_that_is_not_fused_needs_none_of_them(tmp_path, card):
    (tmp_path / "mine.yaml").write_text(card)

    config = load_config({"datasets": ["mine"], "salt": "s"}, [tmp_path])

    assert config.fused == ()


def test_a_run_that_fuses_nothing_passes_over_what_the_default_configuration_says_about_fusion(tmp_path):
    (tmp_path / "mine.yaml").write_text(CONVERTED)
    default = {**load_yaml(CONFIG / "config.yaml"), "salt": "s", "published": ["cddfuse-table5"]}

    config = load_config({**default, "datasets": ["mine"]}, [tmp_path])

    assert (config.pairs, config.methods, config.profiles, config.published) == ((), (), (), ())


def test_names_are_checked_even_where_nothing_is_fused(tmp_path):
    (tmp_path / "mine.yaml").write_text(CONVERTED)

    with pytest.raises(InputError, match="there is no fusion method 'LPX'"):
        load_config({"datasets": ["mine"], "methods": ["LPX"], "salt": "s"}, [tmp_path])


def test_data_sets_that_are_fused_and_others_may_be_in_one_run(tmp_path):
    (tmp_path / "mine.yaml").write_text(CONVERTED.replace("CT", "PT"))

    config = load_config(
        {**VALUES, "datasets": ["mine", "harvard-ct-mri"], "salt": "s"}, [tmp_path, *default_card_folders()]
    )

    assert config.fused == ("harvard-ct-mri",)
    assert config.pair("harvard-ct-mri") == ("MR", "CT")


@pytest.mark.parametrize("cards", [5, None, [5]])
def test_folders_of_cards_are_a_list_of_texts(cards):
    with pytest.raises(InputError, match="cards"):
        load_config({**load_yaml(CONFIG / "config.yaml"), "cards": cards}, default_card_folders())


def test_a_whole_number_may_be_written_with_an_exponent():
    config = load_config({**load_yaml(CONFIG / "config.yaml"), "limit": 1e3}, default_card_folders())

    assert repr(config.limit) == "1000"
