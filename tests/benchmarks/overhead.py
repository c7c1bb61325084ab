"""How much of a run's CPU time is not the stages' own work but Snakemake, interpreter starts and imports.

Runs the 184 Harvard pairs with two cores in a temporary folder; needs a download mirror, from MIRROR or
FUSEFLOW_SHARED. Each program logs the CPU time of its own work, from the parsed command line to the end.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
EXPERIMENT = "harvard-ct-mri"
LARGEST_SHARE = 0.30


def own_seconds(logs: Path) -> float:
    """CPU seconds that the programs say their work took."""
    texts = (path.read_text() for path in logs.rglob("*.log"))
    return sum(float(seconds) for text in texts for seconds in re.findall(r"took ([0-9.]+) s of CPU time", text))


def main() -> int:
    """Run once and print the share."""
    shared = os.environ.get("FUSEFLOW_SHARED")
    mirror = os.environ.get("MIRROR") or (f"{shared}/data" if shared else "")
    if not mirror:
        print("overhead of a run: not measured, it needs a download mirror: make bench MIRROR=...")
        return 0
    mirror = mirror if "://" in mirror else str(Path(mirror).resolve())
    with tempfile.TemporaryDirectory() as folder:
        snakemake = [str(Path(sys.executable).parent / "snakemake"), "--snakefile", str(REPOSITORY / "Snakefile")]
        options = ["--directory", folder, "--cores", "2", "--config", f"mirror={mirror}"]
        start = time.perf_counter()
        command = [*snakemake, "--configfile", f"config/experiments/{EXPERIMENT}.yaml", *options]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
        wall = time.perf_counter() - start
        own = own_seconds(Path(folder) / "logs")
    if done.returncode:
        print(done.stdout + done.stderr)
        return 1
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    whole = usage.ru_utime + usage.ru_stime
    share = 1 - own / whole
    print(f"{EXPERIMENT}: {wall:.1f} s on 2 cores, {whole:.1f} s of CPU time, {own:.1f} s of them the stages' own work")
    print(f"  share of Snakemake, interpreter starts and imports: {share:.1%}, at most {LARGEST_SHARE:.0%} allowed")
    return 0 if share <= LARGEST_SHARE else 1


if __name__ == "__main__":
    raise SystemExit(main())
