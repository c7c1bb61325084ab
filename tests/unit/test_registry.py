"""The registry pattern: names without imports, one module per entry."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fuseflow import registry
from fuseflow.errors import InputError
from fuseflow.registry import Registry

METHODS = Registry(kind="fusion method", package="fusion/methods", constant="METHOD")


def test_names_are_declared_spellings():
    assert {"average", "copy-A", "copy-B", "DWT", "LP", "maximum"} <= set(METHODS.names())


def test_any_case_finds_the_declared_name():
    assert METHODS.canonical("lp") == "LP"
    assert METHODS.module("COPY-a") == "fusion/methods/copy_a"


def test_loading_gives_the_entry():
    assert METHODS.load("maximum").name == "maximum"


def test_unknown_names_list_the_known_ones():
    with pytest.raises(InputError, match=r"there is no fusion method 'LPX'; there are average, copy-A"):
        METHODS.canonical("LPX")


def test_declared_text_is_that_of_the_entry():
    assert METHODS.declared("LP", "source") == METHODS.load("LP").source


def test_keywords_that_are_no_text_can_be_asked_for():
    assert METHODS.declares("LP", "source")
    assert METHODS.declares("LP", "function")
    assert not METHODS.declares("LP", "nothing")
    with pytest.raises(InputError, match=r'must declare METHOD = \.\.\.\(function="'):
        METHODS.declared("LP", "function")


def test_each_module_is_parsed_once(tmp_path, monkeypatch):
    (tmp_path / "more").mkdir()
    for name in "ab":
        (tmp_path / "more" / f"{name}.py").write_text(f'THING = dict(name="{name}", text="x")\n')
    monkeypatch.setattr(registry, "LIBRARY", tmp_path)
    parsed = []
    parse = registry.ast.parse
    monkeypatch.setattr(registry.ast, "parse", lambda source: parsed.append(source) or parse(source))

    things = Registry("thing", "more", "THING")
    assert [things.declared(name, "text") for name in things.names()] == ["x", "x"]
    assert len(parsed) == 2


def test_names_and_texts_import_no_entry():
    code = (
        "import sys; from fuseflow.registry import Registry;"
        "methods = Registry('m', 'fusion/methods', 'METHOD'); methods.names(); methods.declared('LP', 'title');"
        "assert 'numpy' not in sys.modules and 'fuseflow.fusion' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=registry.LIBRARY.parent)


def test_a_module_that_declares_nothing_is_named(tmp_path, monkeypatch):
    (tmp_path / "things").mkdir()
    (tmp_path / "things" / "a.py").write_text("X = 1\n")
    monkeypatch.setattr(registry, "LIBRARY", tmp_path)

    with pytest.raises(InputError, match=r"a\.py must declare THING"):
        Registry("thing", "things", "THING").names()


def test_a_name_that_differs_in_case_only_is_taken(tmp_path, monkeypatch):
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "a.py").write_text('THING = dict(name="LP")\n')
    (tmp_path / "others" / "b.py").write_text('THING = dict(name="lp")\n')
    monkeypatch.setattr(registry, "LIBRARY", tmp_path)

    with pytest.raises(InputError, match="which another module declares too"):
        Registry("thing", "others", "THING").names()
