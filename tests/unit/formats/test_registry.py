"""Which formats have images of several files, as the sources of their readers say."""

import subprocess
import sys

from fuseflow import registry
from fuseflow.formats.registry import READERS, nothing_beside, readers_with_companions


def test_companions_are_those_of_the_readers():
    assert readers_with_companions() == ["analyze", "metaimage", "nrrd", "numpy"]
    loaded = [name for name in READERS.names() if READERS.load(name).companions is not nothing_beside]
    assert readers_with_companions() == loaded


def test_no_reader_is_imported():
    code = (
        "import sys; from fuseflow.formats.registry import readers_with_companions; readers_with_companions();"
        "assert not [name for name in sys.modules if name.startswith('fuseflow.formats.readers')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=registry.LIBRARY.parent)
