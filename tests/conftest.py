"""What all tests share: where the real images and expected numbers are, and which tests may be skipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent


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
