"""Write the lock files beside this program, from pyproject.toml; needs uv. Run it as `make lock`.

requirements.txt holds what a run needs, requirements-dev.txt adds what tests and linters need, both with the hashes of
all wheels for Python 3.11 to 3.13 and without addresses. fuseflow.yaml is the same versions as a conda environment.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

ENVS = Path(__file__).parent
PYTHON = "3.11"


def export(folder: Path, *options: str) -> str:
    """One lock file's text."""
    command = ["uv", "export", "--quiet", "--format", "requirements-txt", "--no-header", "--python", PYTHON, *options]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def conda_environment(requirements: str) -> str:
    """The conda environment with the versions of a lock file."""
    pins = re.findall(r"^([A-Za-z0-9._-]+==[^ \\]+)(?: ; (.+?))? \\$", requirements, flags=re.MULTILINE)
    lines = [f'      - "{pin}{f" ; {marker}" if marker else ""}"' for pin, marker in pins]
    head = ["# Made from requirements.txt by lock.py.", "channels: [conda-forge, nodefaults]", "dependencies:"]
    return "\n".join([*head, f"  - python={PYTHON}", "  - pip", "  - pip:", *lines]) + "\n"


def main() -> None:
    """Resolve once and write all three files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(ENVS.parent / "pyproject.toml", folder)
        (folder / "README.md").touch()
        run = export(folder, "--no-dev")
        development = export(folder, "--all-groups")
    (ENVS / "requirements.txt").write_text(run)
    (ENVS / "requirements-dev.txt").write_text(development)
    (ENVS / "fuseflow.yaml").write_text(conda_environment(run))


if __name__ == "__main__":
    main()
