"""docs/formats.md: every reason and every warning of a conversion stands there, and none that there is not."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

from fuseflow.errors import REASONS
from fuseflow.formats.reading import read_images
from fuseflow.formats.registry import READERS
from fuseflow.registry import LIBRARY

TEXT = (LIBRARY.parents[1] / "docs" / "formats.md").read_text(encoding="utf-8")
OF_FORMATS = [*sorted((LIBRARY / "formats").rglob("*.py")), LIBRARY / "convert.py"]
OF_DICOM = sorted((LIBRARY / "dicom").rglob("*.py"))
OF_CONVERSION = [*OF_FORMATS, *OF_DICOM, *(LIBRARY / f"{name}.py" for name in ("labels", "raw_files", "isolation"))]


def rows(heading):
    """First cell -> second cell of the table below a heading."""
    section = TEXT.partition(f"# {heading}\n")[2].partition("\n#")[0]
    return dict(re.findall(r"^\| (`.+?`) \| (.+) \|$", section, re.MULTILINE))


def codes(heading):
    return [code for cell in rows(heading) for code in re.findall("`(.+?)`", cell)]


def nodes(paths):
    return (node for path in paths for node in ast.walk(ast.parse(path.read_bytes())))


def constants(found):
    return {node.value for node in found if isinstance(node, ast.Constant)}


def reasons_given(paths):
    calls = (node for node in nodes(paths) if isinstance(node, ast.Call) and node.args)
    return constants(call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Refused")


def warnings_given(paths):
    found = list(nodes(paths))
    keywords = [node.value for node in found if isinstance(node, ast.keyword) and node.arg == "code"]
    dictionaries = [node for node in found if isinstance(node, ast.Dict)]
    values = [
        value
        for node in dictionaries
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value == "code"
    ]
    return constants([*keywords, *values])


def test_reasons_are_listed_with_their_meaning():
    listed = {cell.strip("`"): meaning for cell, meaning in rows("Reasons").items()}
    assert listed.items() <= REASONS.items()
    assert reasons_given(OF_CONVERSION) <= listed.keys()


def test_warnings_of_formats_are_those_listed():
    listed = codes("Warnings")
    assert len(set(listed)) == len(listed)
    assert warnings_given(OF_FORMATS) == set(listed)


@pytest.mark.parametrize("code", codes("Of DICOM only"))
def test_warnings_of_dicom_are_given_somewhere(code):
    assert any(f'"{code}"' in path.read_text(encoding="utf-8") for path in OF_DICOM)


def test_every_ending_is_listed():
    endings = {ending for name in READERS.names() for ending in READERS.declared(name, "endings").split()}
    listed = set(re.findall(r"`(\.[a-z.]+)`", TEXT.partition("\n## ")[0]))
    of_pairs = {f"{ending}.gz" for ending in (".hdr", ".img")}
    assert endings - of_pairs <= listed


def test_the_example_of_an_array_is_read(tmp_path):

    example = re.search(r"```json\n(.+?)```", TEXT, re.DOTALL)[1]
    np.save(tmp_path / "a.npy", np.zeros((4, 3, 2)))
    Path(tmp_path / "a.json").write_text(example)
    (volume,) = read_images(tmp_path / "a.npy")
    assert (volume.data.shape, volume.geometry, volume.affine[2, 2]) == ((2, 3, 4), "spacing", 2.5)
