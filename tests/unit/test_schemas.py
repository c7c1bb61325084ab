"""YAML and schemas: strict reading, defaults at every depth, one sentence for the first error."""

from __future__ import annotations

import copy

import pytest
from jsonschema import Draft202012Validator

from fuseflow.cards import PROJECT
from fuseflow.errors import InputError
from fuseflow.schemas import load_yaml, validate

SCHEMA = """
$schema: https://json-schema.org/draft/2020-12/schema
title: run
type: object
additionalProperties: false
required: [name]
properties:
  name: {type: string, pattern: "^[a-z]+$", description: lower-case letters}
  shards: {type: integer, minimum: 1, default: 1}
  method: {enum: [LP, DWT]}
  split:
    type: object
    additionalProperties: false
    default: {}
    properties:
      fractions: {type: array, items: {type: number}, default: [0.7, 0.3]}
  source:
    type: array
    items:
      if: {required: [folder]}
      then: {$ref: "#/$defs/folder"}
      else: {required: [url]}
  tables:
    type: object
    additionalProperties: {$ref: "#/$defs/folder"}
  either:
    type: object
    oneOf: [{required: [a]}, {required: [b]}]
$defs:
  folder:
    type: object
    additionalProperties: false
    properties: {folder: {type: string}, deep: {$ref: "#/$defs/deep"}}
  deep: {type: boolean, default: true}
"""


@pytest.fixture
def schema(tmp_path):
    (tmp_path / "run.schema.yaml").write_text(SCHEMA)
    return tmp_path / "run.schema.yaml"


def test_defaults_are_filled_in_at_every_depth(schema):
    value = {
        "name": "a",
        "split": {},
        "source": [{"folder": "x"}, {"url": "y"}],
        "tables": {"t": {"deep": False}, "u": {}},
    }

    assert validate(value, schema) == {
        "name": "a",
        "shards": 1,
        "split": {"fractions": [0.7, 0.3]},
        "source": [{"folder": "x", "deep": True}, {"url": "y"}],
        "tables": {"t": {"deep": False}, "u": {"deep": True}},
    }


def test_the_argument_and_the_defaults_stay_as_they_are(schema):
    value = {"name": "a", "source": [{"folder": "x"}]}
    before = copy.deepcopy(value)
    validate(value, schema)["split"]["fractions"].append(9)

    assert value == before
    assert validate(value, schema)["split"] == {"fractions": [0.7, 0.3]}


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({}, "the file lacks 'name'"),
        ([], "the file is a list but must be a mapping"),
        (None, "the file is empty but must be a mapping"),
        ({"name": 7}, "name is an integer (7) but must be text (put it in quotes)"),
        ({"name": "A"}, "name is 'A' but must match ^[a-z]+$: lower-case letters"),
        (
            {"name": "a", "shard": 1},
            "the file has the unknown key 'shard'; did you mean 'shards'? "
            "allowed are name, shards, method, split, source, tables, either",
        ),
        ({"name": "a", "method": "PCA"}, "method is 'PCA' but must be one of LP, DWT"),
        ({"name": "a", "shards": 0}, "shards: 0 is less than the minimum of 1"),
        ({"name": "a", "split": {"fractions": [0.5, "x"]}}, "split.fractions[1] is text ('x') but must be a number"),
        (
            {"name": "a", "source": [{"folder": 1.5}]},
            "source[0].folder is a number (1.5) but must be text (put it in quotes)",
        ),
        ({"name": "a", "source": [{"url": "x"}, {}]}, "source[1] lacks 'url'"),
        ({"name": "a", "either": {"a": 1, "b": 2}}, "either needs exactly one of a, b"),
    ],
)
def test_the_first_error_is_one_sentence(schema, value, sentence):
    with pytest.raises(InputError) as caught:
        validate(value, schema, name="my.yaml")
    assert str(caught.value) == f"my.yaml: {sentence}"


def test_without_a_name_the_schema_gives_its_title(schema):
    with pytest.raises(InputError, match=r"^run: "):
        validate({}, schema)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\na: 2\n", "line 2 is not valid YAML: the key 'a' is given twice"),
        ("a: {b: 1, b: 2}\n", "line 1 is not valid YAML: the key 'b' is given twice"),
        ("a: [1\nb: 2\n", "line 2 is not valid YAML"),
        ("a: !!python/object:os.system {}\n", "is not valid YAML"),
        ("a: 2026-99-99\n", "is not valid YAML: month must be in 1..12"),
        ("a: \0\n", "is not valid YAML"),
    ],
)
def test_what_is_no_yaml_is_an_error(tmp_path, text, words):
    (tmp_path / "a.yaml").write_text(text)

    with pytest.raises(InputError, match=r"a\.yaml.*" + words.replace("..", r"\.\.")):
        load_yaml(tmp_path / "a.yaml")


def test_a_file_that_is_missing_or_no_text_is_an_error(tmp_path):
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\xfd")

    with pytest.raises(InputError, match="does not exist"):
        load_yaml(tmp_path / "none.yaml")
    with pytest.raises(InputError, match="cannot be read as text"):
        load_yaml(tmp_path / "binary.yaml")


def objects(schema):
    """Every schema inside a schema that describes an object."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for inner in schema.values():
            yield from objects(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from objects(inner)


@pytest.mark.parametrize("path", sorted((PROJECT / "workflow/schemas").glob("*.yaml")), ids=lambda path: path.name)
def test_every_schema_of_the_project_is_valid_and_closed(path):
    schema = load_yaml(path)
    Draft202012Validator.check_schema(schema)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    # a list item that is one of several kinds is closed by each kind
    assert all("additionalProperties" in part or "if" in part for part in objects(schema))
