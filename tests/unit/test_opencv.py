"""OpenCV: one way to load it, which sets the number of threads and keeps it silent."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import fuseflow.errors

LIBRARY = Path(fuseflow.errors.__file__).parent
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from fuseflow.opencv import cv2
print(cv2.getNumThreads(), cv2.imread("there-is-no-such-file.png"))
"""


def test_opencv_has_one_thread_and_says_nothing():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(LIBRARY.parent)], env={}, capture_output=True, text=True, check=True
    )

    assert (done.stdout, done.stderr) == ("1 None\n", "")


def test_nothing_loads_opencv_in_another_way():
    sources = [*LIBRARY.rglob("*.py"), *LIBRARY.parent.glob("*.py")]
    found = [path.name for path in sources if re.search(r"^(import|from) cv2\b", path.read_text(), re.MULTILINE)]

    assert found == ["opencv.py"]
