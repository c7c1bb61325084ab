"""A CT series of 300 slices of 512 x 512 to .nii.gz: this project, dcm2niix and dicom2nifti side by side.

Whole commands, from the shell to the file, with the series in the page cache; the median of five rounds, in each of
which every program runs once. Prints the wall times, ratios and the peak memory of ours.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).parents[2]
sys.path += [str(REPOSITORY / "scripts"), str(REPOSITORY / "tests" / "helpers")]

from dicom_series import Geometry, slice_dataset, write_series  # noqa: E402 (it lies beside, not on the path)

SLICES, SIZE, ROUNDS = 300, 512, 5
LARGEST_OF_DCM2NIIX, LARGEST_OF_DICOM2NIFTI, LARGEST_MEMORY = 1.2, 0.5, 5.0
RAW_BYTES = 2 * SLICES * SIZE * SIZE
BIN = Path(sys.executable).parent


def write_ct(folder: Path) -> None:
    """A body of smooth density with the noise of a scanner, in air."""
    geometry = Geometry(rows=SIZE, columns=SIZE, slices=SLICES, spacing=(0.8, 0.8), step=(0, 0, 1.0))
    noise = np.random.default_rng(1)
    row, column = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    body = (column / 200) ** 2 + (row / 150) ** 2 < 1

    def stored(_: np.ndarray) -> np.ndarray:
        density = np.where(body, 40 + 200 * np.sin(column / 30) * np.sin(row / 25), -1000)
        return np.clip(np.rint(density + noise.normal(0, 12, density.shape)), -1024, 3071)

    datasets = (slice_dataset(geometry, place, stored=stored, InstanceNumber=place + 1) for place in range(SLICES))
    write_series(folder, datasets)


def commands(source: Path, target: Path) -> dict[str, list[str]]:
    """Name -> command line."""
    convert = [sys.executable, str(REPOSITORY / "scripts" / "convert.py")]
    others = "import dicom2nifti, sys; dicom2nifti.convert_directory(sys.argv[1], sys.argv[2])"
    return {
        "fuseflow": [*convert, "--input", str(source), "--output", str(target)],
        "dcm2niix": [str(BIN / "dcm2niix"), "-z", "y", "-1", "-o", str(target), str(source)],
        "dicom2nifti": [sys.executable, "-c", others, str(source), str(target)],
    }


def seconds_of(command: list[str], target: Path) -> float:
    """Wall time of one run into an empty folder."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    seconds = time.perf_counter() - start
    assert list(target.glob("*.nii.gz")), f"{command[0]} wrote nothing"
    return seconds


def peak_memory(command: list[str], target: Path) -> int:
    """Largest resident memory of a command and its children, in bytes."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    measured = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True); "
    measured += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", measured, *command], check=True, capture_output=True, text=True)
    return 1024 * int(done.stdout)


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as parent:
        source, target = Path(parent) / "series", Path(parent) / "volumes"
        write_ct(source)
        programs = commands(source, target)
        seconds: dict[str, list[float]] = {name: [] for name in programs}
        for _ in range(ROUNDS):
            for name, command in programs.items():
                seconds[name].append(seconds_of(command, target))
        memory = peak_memory(programs["fuseflow"], target)
    median = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"CT series, {SLICES} x {SIZE} x {SIZE} int16, to .nii.gz; median of {ROUNDS}, {os.cpu_count()} cores")
    for name, value in median.items():
        print(f"  {name:<12}{value:6.2f} s")
    checks = {
        "of dcm2niix": (median["fuseflow"] / median["dcm2niix"], LARGEST_OF_DCM2NIIX),
        "of dicom2nifti": (median["fuseflow"] / median["dicom2nifti"], LARGEST_OF_DICOM2NIFTI),
        "of the raw volume in memory": (memory / RAW_BYTES, LARGEST_MEMORY),
    }
    for name, (ratio, limit) in checks.items():
        print(f"  {ratio:.2f} times that {name}, at most {limit} allowed")
    return int(any(ratio > limit for ratio, limit in checks.values()))


if __name__ == "__main__":
    raise SystemExit(main())
