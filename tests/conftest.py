"""What all tests share: where the real images and expected numbers are, and which tests may be skipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ALLOWED_SKIPS = TESTS / "allowed_skips.txt"
collect_ignore = ["benchmarks", "fuzz.py", "reproduce.py"]
"""Programs, not tests."""

skipped: set[str] = set()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder that holds `data/` (a download mirror) and `golden/` (expected numbers)."""
    folder = os.environ.get("FUSEFLOW_SHARED")
    if not folder:
        pytest.skip("needs the real images: set FUSEFLOW_SHARED to the folder that holds data/ and golden/")
    path = Path(folder).resolve()
    if not (path / "golden").is_dir():
        raise pytest.UsageError(f"FUSEFLOW_SHARED={folder} holds no golden/ folder")
    return path


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what was skipped."""
    if report.skipped:
        skipped.add(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a strict run in which a test was skipped that is not on the list."""
    if not os.environ.get("FUSEFLOW_STRICT_SKIPS"):
        return
    lines = [line for line in ALLOWED_SKIPS.read_text().splitlines() if line and not line.startswith("#")]
    forbidden = sorted(skipped - {line.split("\t")[0] for line in lines})
    if forbidden:
        print(f"\nskipped, and not named in {ALLOWED_SKIPS.name}: {', '.join(forbidden)}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
