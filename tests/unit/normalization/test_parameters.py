import dataclasses
import json
import re

import numpy as np
import pytest

from fuseflow.errors import InputError
from fuseflow.files import hash_of_file
from fuseflow.normalization.parameters import (
    Parameters,
    check_training_only,
    hash_of_ids,
    read_parameters,
    write_parameters,
)

PERCENTS = [1, 10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90, 99]
FITTED = Parameters(
    method="nyul",
    options={"mask": "mean"},
    values={"percents": PERCENTS, "landmarks": np.linspace(0, 100, 13).tolist()},
    fitted_on=("P1", "P2", "P3"),
    seed=None,
    versions={"python": "3.11.0", "numpy": "2.1.0"},
)


def written(folder, **changes):
    path = folder / "nyul.json"
    path.write_text(json.dumps({**FITTED.described(), **changes}))
    return path


def test_what_is_written_is_read(tmp_path):
    write_parameters(tmp_path / "nyul.json", FITTED)
    found = read_parameters(tmp_path / "nyul.json")
    assert found == FITTED
    assert found.sha256 == hash_of_file(tmp_path / "nyul.json")


def test_equal_parameters_give_equal_bytes(tmp_path):
    write_parameters(tmp_path / "a.json", FITTED)
    turned = dict(reversed(FITTED.versions.items()))
    write_parameters(tmp_path / "b.json", dataclasses.replace(FITTED, versions=turned))
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_the_file_says_what_it_was_fitted_on():
    described = FITTED.described()
    assert described["split"] == "train"
    assert described["fitted_on"] == ["P1", "P2", "P3"]
    # of the text "P1", "P2", "P3", each with an end of line
    assert described["fitted_on_sha256"] == hash_of_ids(["P3", "P1", "P2"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"surplus": 1}, "must have fitted_on, .* and nothing else"),
        ({"method": "z-score"}, "z-score is not fitted"),
        ({"method": "histogram"}, "no normalization 'histogram'"),
        ({"method": 3}, "method is of the wrong type, int"),
        ({"split": "test"}, "fitted on the split 'test' but must be fitted on 'train'"),
        ({"options": {}}, "must hold all options of nyul"),
        ({"options": {"mask": "otsu"}}, "must be one of mean"),
        ({"options": {"mask": "mean", "low": 1}}, "no option 'low'"),
        ({"values": {}}, "nyul needs the landmarks"),
        ({"values": {"percents": PERCENTS, "landmarks": [float("nan")] * 13}}, "numbers that increase"),
        ({"fitted_on": []}, "one case or more"),
        ({"fitted_on": ["P2", "P1", "P3"]}, "sorted and each once"),
        ({"fitted_on": ["P1", "P1", "P3"]}, "sorted and each once"),
        ({"fitted_on": ["P1", "P2", 3]}, "fitted_on must hold text only"),
        ({"fitted_on": ["P1", "P2"]}, "fitted_on_sha256 is not that of the ids"),
        ({"fitted_on_sha256": "0" * 64}, "fitted_on_sha256 is not that of the ids"),
        ({"seed": "1234"}, "seed is of the wrong type, str"),
        ({"versions": {"numpy": 2}}, "versions must hold text only"),
    ],
)
def test_a_file_that_was_changed_is_an_input_error(tmp_path, changes, message):
    path = written(tmp_path, **changes)
    with pytest.raises(InputError, match=re.escape(str(path)) + " is no file of parameters: .*" + message):
        read_parameters(path)


@pytest.mark.parametrize("text", ["[]", '"nyul"', "null", "{}"])
def test_a_file_of_something_else(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match="must have fitted_on"):
        read_parameters(tmp_path / "a.json")


def test_a_file_that_is_missing_or_no_json(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_parameters(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        read_parameters(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ({"train": ["P1", "P2"], "val": [], "test": ["P3"]}, "on cases of the split test: P3; fit them on train only"),
        ({"train": ["P3"], "val": ["P1", "P2"], "test": []}, "on cases of the split val: P1, P2;"),
        ({"train": ["P1", "P2", "P3"], "test": ["P2"]}, "on cases of the split test: P2;"),
        ({"train": ["P1", "P2"], "test": ["P4"]}, "cases that are in no split: P3; .* an older split"),
        ({"test": ["P4"]}, "no case in 'train'"),
        ({"train": [], "test": ["P4"]}, "no case in 'train'"),
    ],
)
def test_parameters_of_cases_that_are_not_for_training_only(splits, message):
    with pytest.raises(InputError, match=message):
        check_training_only(FITTED, splits)


def test_parameters_of_training_cases():
    check_training_only(FITTED, {"train": ["P0", "P3", "P2", "P1"], "val": ["P4"], "test": ["P5"]})


def test_a_message_names_a_few_ids():
    many = dataclasses.replace(FITTED, fitted_on=tuple(f"P{number:02d}" for number in range(20)))
    with pytest.raises(InputError, match="P00, P01, P02, P03, P04 and 15 more;"):
        check_training_only(many, {"train": ["A"], "test": list(many.fitted_on)})
