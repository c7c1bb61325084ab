"""docs/volumes.md: every normalization stands there with its options and source, and every reason of a refusal."""

import ast
import json
import re

import pytest

from fuseflow.errors import REASONS
from fuseflow.normalization.methods.ct_window import WINDOWS
from fuseflow.normalization.registry import NORMALIZATIONS
from fuseflow.registry import LIBRARY

TEXT = (LIBRARY.parents[1] / "docs" / "volumes.md").read_text(encoding="utf-8")
METHODS = dict(re.findall(r"^\| `([a-z0-9-]+)` \| (.+ \| .+ \| .+ \| .+) \|$", TEXT, re.MULTILINE))
OF_RESAMPLING = [LIBRARY / f"{name}.py" for name in ("resample", "interpolation", "label_resampling", "labels")]
OF_NORMALIZATION = [*(LIBRARY / "normalization").rglob("*.py")]


def reasons_given(paths):
    calls = [node for path in paths for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call)]
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "Refused"
        if isinstance(call.args[0], ast.Constant)
    }


def test_all_methods_are_listed_and_no_others():
    assert sorted(METHODS) == sorted(NORMALIZATIONS.names())


@pytest.mark.parametrize("name", NORMALIZATIONS.names())
def test_a_method_is_listed_as_it_is(name):
    method = NORMALIZATIONS.load(name)
    result, options, source, suited = METHODS[name].split(" | ")
    given = dict(re.findall("`([a-z0-9_]+)=(.+?)`", options))
    assert given == {option: json.dumps(value) for option, value in method.options.items()}
    dois = set(re.findall(r"doi:[^\s;,]+", source))
    assert dois <= set(re.findall(r"doi:[^\s;,]+", method.source))
    assert dois or source.startswith("by definition")
    assert ("**fitted**" in result) == (method.fit is not None)
    assert suited.startswith({"CT": "CT", "MR": "MR", "PT": "PET", "": "any"}[method.suitability.modality])


def test_methods_that_take_four_axes_are_named():
    (named,) = re.findall(r"all but (.+?)\)", TEXT, re.DOTALL)
    pointwise = [name for name in NORMALIZATIONS.names() if NORMALIZATIONS.load(name).suitability.pointwise]
    assert sorted(re.findall("`(.+?)`", named)) == sorted(pointwise)


def test_windows_are_listed():
    listed = re.findall(r"`([a-z-]+)`\s(-?\d+)/(\d+)", TEXT)
    assert {name: (float(level), float(width)) for name, level, width in listed} == WINDOWS


@pytest.mark.parametrize("paths", [OF_RESAMPLING, OF_NORMALIZATION], ids=["resampling", "normalization"])
def test_reasons_are_named(paths):
    # images that nobody can read are told of by conversion, labels on other grids than images by resampling
    known = reasons_given(paths) - {"unsupported-pixels", "size-mismatch"}
    assert known
    assert known <= REASONS.keys()
    assert {reason for reason in known if f"`{reason}`" not in TEXT} == set()


def test_what_a_program_calls_its_options_is_what_it_takes():
    programs = "".join((LIBRARY.parent / f"{name}.py").read_text() for name in ("resample", "normalize", "quality"))
    options = set(re.findall(r"--[a-z][a-z-]+", TEXT)) - {"--help", "--cases"}
    assert {option for option in options if f'"{option}"' not in programs} == set()
