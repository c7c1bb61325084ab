"""YAML files that say what they mean: read strictly, checked against a JSON schema, defaults filled in."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from fuseflow.errors import InputError

Value = Any
"""What YAML can hold."""

JSON_NAMES = {
    bool: "true or false",
    dict: "a mapping",
    float: "a number",
    int: "an integer",
    list: "a list",
    str: "text",
    type(None): "empty",
}
TYPE_NAMES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "empty",
    "number": "a number",
    "object": "a mapping",
    "string": "text (put it in quotes)",
}


def load_yaml(path: Path) -> Value:
    """Read the value a YAML file holds, with plain types only.

    A key that is given twice is an error: YAML forbids it, and most readers silently keep the last one.

    Raises
    ------
    InputError
        If the file is missing or is not YAML; the sentence names the line.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.yaml"
    >>> _ = path.write_text("roles: {CT: a, MR: b}")
    >>> load_yaml(path)
    {'roles': {'CT': 'a', 'MR': 'b'}}
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; give the path of a YAML file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as text ({error})") from None
    try:
        return yaml.load(text, Loader=_StrictLoader)
    except yaml.MarkedYAMLError as error:
        line = f" line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(f"{path}{line} is not valid YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from None


class _StrictLoader(yaml.SafeLoader):
    """PyYAML's safe loader, but a repeated key is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        problem=f"the key {key.value!r} is given twice", problem_mark=key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def validate(value: Value, schema_path: Path, *, name: str | Path | None = None) -> Value:
    r"""Check a value against a schema and fill in the schema's defaults.

    Parameters
    ----------
    value
        What a YAML or JSON file held; it is not changed.
    schema_path
        A JSON schema, Draft 2020-12, written as YAML. Defaults are taken from ``properties``, ``items``,
        ``additionalProperties``, ``if``/``then``/``else`` and local ``$ref``, at any depth; a missing object gets its
        inner defaults only if it has a ``default`` itself (``default: {}``).
    name
        What messages call the value, as a rule its file; without it the schema's title.

    Returns
    -------
    object
        A copy of `value` with the defaults in it.

    Raises
    ------
    InputError
        For the first error: file, place inside it, what is wrong and what is allowed.

    Notes
    -----
    JSON Schema: A Media Type for Describing JSON Documents, Draft 2020-12, and its Validation vocabulary.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "run.schema.yaml"
    >>> _ = path.write_text("title: run\ntype: object\nproperties: {shards: {type: integer, default: 1}}")
    >>> validate({}, path)
    {'shards': 1}
    >>> validate({"shards": "two"}, path)
    Traceback (most recent call last):
    fuseflow.errors.InputError: run: shards is text ('two') but must be an integer
    """
    schema = load_yaml(schema_path)
    error = next(Draft202012Validator(schema).iter_errors(value), None)
    if error is not None:
        raise InputError(f"{name or schema.get('title', schema_path.name)}: {_sentence(error)}")
    return _filled(value, schema, root=schema)


def _filled(value: Value, schema: Mapping[str, Any], *, root: Mapping[str, Any]) -> Value:
    """Rebuild the value with defaults; every mapping and list in it is a new one."""
    schema = _expanded(schema, root)
    if "if" in schema:
        matches = Draft202012Validator(root).evolve(schema=schema["if"]).is_valid(value)
        value = _filled(value, schema.get("then" if matches else "else", {}), root=root)
    if isinstance(value, list):
        return [_filled(item, schema.get("items", {}), root=root) for item in value]
    if not isinstance(value, dict):
        return value
    properties = {key: _expanded(inner, root) for key, inner in schema.get("properties", {}).items()}
    defaults = {key: inner["default"] for key, inner in properties.items() if "default" in inner}
    others = schema.get("additionalProperties")
    others = others if isinstance(others, dict) else {}
    return {key: _filled(inner, properties.get(key, others), root=root) for key, inner in {**defaults, **value}.items()}


def _expanded(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put what a local ``$ref`` points to into the schema; its own keywords win."""
    if "$ref" not in schema:
        return schema
    target: Value = root
    for step in schema["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    return {**_expanded(target, root), **schema}


def _sentence(error: ValidationError) -> str:
    place = _place(error) or "the file"
    allowed: Value = error.validator_value
    found: Value = error.instance
    match error.validator:
        case "additionalProperties":
            return f"{place} {_unknown_key(error)}"
        case "required":
            missing = ", ".join(repr(key) for key in allowed if key not in found)
            return f"{place} lacks {missing}"
        case "type":
            names = " or ".join(TYPE_NAMES[kind] for kind in ([allowed] if isinstance(allowed, str) else allowed))
            return f"{place} is {_shown(found)} but must be {names}"
        case "enum":
            return f"{place} is {found!r} but must be one of {', '.join(map(str, allowed))}"
        case "pattern":
            meaning = error.schema.get("description") if isinstance(error.schema, Mapping) else None
            return f"{place} is {found!r} but must match {allowed}" + (f": {meaning}" if meaning else "")
        case "anyOf" | "oneOf" if all("required" in choice for choice in allowed):
            number = "exactly" if error.validator == "oneOf" else "at least"
            return f"{place} needs {number} one of {', '.join(key for choice in allowed for key in choice['required'])}"
        case _:
            return f"{place}: {error.message}"


def _shown(value: Value) -> str:
    kind = JSON_NAMES.get(type(value), f"a {type(value).__name__}")
    return kind if isinstance(value, (dict, list, type(None))) else f"{kind} ({value!r})"


def _unknown_key(error: ValidationError) -> str:
    found: Value = error.instance
    known = list(error.schema.get("properties", {})) if isinstance(error.schema, Mapping) else []
    key = next(str(key) for key in found if key not in known)
    guess = get_close_matches(key, known, n=1)
    hint = f"did you mean {guess[0]!r}? " if guess else ""
    return f"has the unknown key {key!r}; {hint}allowed are {', '.join(known)}"


def _place(error: ValidationError) -> str:
    """``source[0].url``, the way a person would point at it."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    return "".join(steps).removeprefix(".")
