"""Code digests: every imported module is in them, an edit changes them, a touch does not."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fuseflow import provenance
from fuseflow.fusion.registry import METHODS
from fuseflow.metrics.registry import PROFILES
from fuseflow.synthesize.registry import GENERATORS

SCRIPTS = sorted(path.stem for path in provenance.SCRIPTS.glob("*.py"))
ENTRIES = [
    *[(script,) for script in SCRIPTS],
    *[("fuse", METHODS.module(name)) for name in METHODS.names()],
    *[("evaluate", PROFILES.module(name)) for name in PROFILES.names()],
    *[("synthesize", GENERATORS.module(name)) for name in GENERATORS.names()],
]

REALLY_IMPORTED = """
import importlib, json, runpy, sys
script, *modules = sys.argv[1:]
sys.argv = [script]
runpy.run_path(script, run_name="imported")
for module in modules:
    importlib.import_module(module)
files = [getattr(module, "__file__", None) for name, module in sys.modules.items() if name.split(".")[0] == "fuseflow"]
print(json.dumps(sorted(file for file in files if file)))
"""


@pytest.mark.parametrize("entries", ENTRIES, ids="+".join)
def test_no_imported_module_is_missing_from_a_digest(entries):
    script, *modules = entries
    command = [sys.executable, "-c", REALLY_IMPORTED, f"{provenance.SCRIPTS / script}.py"]
    command += ["fuseflow." + module.replace("/", ".") for module in modules]

    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=provenance.SCRIPTS, timeout=60)

    covered = {str(path) for path in provenance.digest_files(*entries)}
    missing = [file for file in json.loads(done.stdout) if str(Path(file).resolve()) not in covered]
    assert missing == []


def test_a_method_is_not_in_the_digest_of_another():
    files = {path.stem for path in provenance.digest_files("fuse", METHODS.module("LP"))}

    assert "lp" in files
    assert not files & {"dwt", "average", "maximum", "copy_a", "copy_b"}


def test_a_profile_is_not_in_the_digest_of_another():
    files = {path.stem for path in provenance.digest_files("evaluate", PROFILES.module("reference"))}

    assert "reference" in files
    assert "cddfuse_2023" not in files


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the scripts, which may be edited."""
    scripts = tmp_path / "scripts"
    shutil.copytree(provenance.SCRIPTS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(provenance, "SCRIPTS", scripts)
    yield scripts
    provenance.imported_modules.cache_clear()
    provenance._imports_of.cache_clear()
    provenance._imported_names.cache_clear()


def test_an_edit_changes_the_digest_of_what_uses_the_module_only(copy):
    lp, dwt = ("fuse", METHODS.module("LP")), ("fuse", METHODS.module("DWT"))
    before = [provenance.code_digest(*entries) for entries in (lp, dwt)]

    with (copy / "fuseflow" / "fusion" / "methods" / "lp.py").open("a") as file:
        file.write("# edited\n")

    after = [provenance.code_digest(*entries) for entries in (lp, dwt)]
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_a_touch_changes_nothing(copy):
    before = provenance.code_digest("convert")

    for path in copy.rglob("*.py"):
        os.utime(path, (0, 0))

    assert provenance.code_digest("convert") == before


def test_a_digest_does_not_depend_on_the_folder(copy):
    here = provenance.code_digest("convert")
    provenance.SCRIPTS = Path(__file__).parents[2] / "scripts"

    assert provenance.code_digest("convert") == here


def test_other_files_can_be_covered(copy):
    (copy / "fuseflow" / "templates").mkdir(exist_ok=True)
    (copy / "fuseflow" / "templates" / "x.j2").write_text("a")
    before = provenance.code_digest("convert", "templates/x.j2")

    (copy / "fuseflow" / "templates" / "x.j2").write_text("b")

    assert provenance.code_digest("convert", "templates/x.j2") != before


def test_unknown_entries_are_an_error():
    with pytest.raises(FileNotFoundError, match="nonsense"):
        provenance.code_digest("nonsense")


def test_a_record_says_versions_and_no_time_or_place(tmp_path):
    text = json.dumps(
        provenance.record(stage="fuse", parameters={"method": "LP"}, code=("fuse",), inputs={}, outputs={})
    )

    assert '"numpy"' in text
    assert str(Path.home()) not in text
    assert str(Path.cwd()) not in text


@pytest.mark.parametrize(
    "path", sorted(provenance.SCRIPTS.rglob("*.py")), ids=lambda path: path.relative_to(provenance.SCRIPTS).as_posix()
)
def test_no_import_statement_is_overlooked(path):
    names = {
        alias.name if isinstance(node, ast.Import) else f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }

    assert names <= provenance._imported_names(path)
