"""Run the same thing twice with other cores, shards and folders; every byte of the results must be the same.

The default data set always; 40 Harvard pairs, CT and PET of five patients from DICOM, and 20 hippocampi with labels, if
FUSEFLOW_SHARED says where a download mirror is (or MIRROR does).
Prints the number of results compared, and ends with status 1 if any differ or if there are fewer than expected.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
sys.path.insert(0, str(REPOSITORY / "scripts"))

from fuseflow.manifest import make_manifest  # noqa: E402 (the library lies beside the scripts, not on the path)

WAYS = ({"cores": 1, "shards": 1, "threads": 1}, {"cores": 2, "shards": 5, "threads": 2})
PAIR = 2 * 2 + 6 + 6 * 2
"""Results of a pair: two images, each with a sidecar, six methods, each scored in two profiles."""
PAIR_FILES = 2 + 3 + 1
"""splits.json and leakage.json; a table in three forms; the report."""
STUDY = (5 + 7 + 1) * 2
"""Results of a study: CT, PET and SUV, and what is drawn on CT and PET; all of that on one grid, CT and its drawing on
theirs too; a picture; each with a sidecar."""
PET_ALONE = (3 + 3 + 1) * 2
"""Results of a study without CT."""
STUDY_FILES = 2 + 1
"""splits.json and leakage.json; the report."""
HIPPOCAMPUS = (2 + 2 + 1 + 2) * 2
"""Results of an image with labels: converted, resampled, a picture, normalized; each with a sidecar."""
HIPPOCAMPUS_FILES = 1 + 2 + 1
"""The spacing; splits.json and leakage.json; the report."""

VERDICT = {True: "ok", False: "FAILED"}


def run(folder: Path, *, cores: int, settings: list[str], configfile: list[str]) -> list[str]:
    """One run in a folder of its own; its manifest."""
    snakemake = [str(Path(sys.executable).parent / "snakemake"), "--snakefile", str(REPOSITORY / "Snakefile")]
    command = [*snakemake, "--directory", str(folder), "--cores", str(cores), *configfile, "--config", *settings]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return make_manifest(folder / "results")


def compare(name: str, *, expected: int, settings: list[str], experiment: str = "") -> bool:
    """Two runs of one configuration; whether they are the same and complete."""
    configfile = ["--configfile", f"config/experiments/{experiment}.yaml"] if experiment else []
    with tempfile.TemporaryDirectory() as parent:
        first, second = (
            run(
                Path(parent) / f"run-{number}",
                cores=way["cores"],
                settings=[*settings, f"shards={way['shards']}", f"threads={way['threads']}"],
                configfile=configfile,
            )
            for number, way in enumerate(WAYS, start=1)
        )
    different = sorted(set(first) ^ set(second))
    good = not different and len(first) >= expected
    print(f"{name}: {len(first)} results, at least {expected} expected, {len(different)} differ: {VERDICT[good]}")
    for line in different[:20]:
        print("  first " if line in set(first) else "  second", line)
    return good


def main() -> int:
    """Compare the default run, and those of public data where there is a mirror."""
    shared = os.environ.get("FUSEFLOW_SHARED")
    mirror = os.environ.get("MIRROR") or (str(Path(shared) / "data") if shared else "")
    good = [compare("default", expected=24 * PAIR + PAIR_FILES, settings=[])]
    if mirror:
        mirror = mirror if "://" in mirror else str(Path(mirror).resolve())
        good.append(
            compare(
                "40 Harvard pairs",
                expected=40 * PAIR + PAIR_FILES,
                settings=["limit=40", f"mirror={mirror}"],
                experiment="harvard-ct-mri",
            )
        )
        good.append(
            compare(
                "soft-tissue-sarcoma",
                expected=5 * STUDY + PET_ALONE + STUDY_FILES,
                settings=[f"mirror={mirror}"],
                experiment="soft-tissue-sarcoma",
            )
        )
        good.append(
            compare(
                "20 hippocampi",
                expected=20 * HIPPOCAMPUS + HIPPOCAMPUS_FILES,
                settings=["limit=20", f"mirror={mirror}", "datasets=[msd-hippocampus-partial]"],
                experiment="volumes",
            )
        )
    else:
        print("public data: not run, they need a download mirror: make reproduce MIRROR=...")
    return 0 if all(good) else 1


if __name__ == "__main__":
    raise SystemExit(main())
