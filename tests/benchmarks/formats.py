"""Volumes of 300 slices of 512 x 512 from files: this project beside nibabel, SimpleITK and NumPy.

Each reading is a process of its own, with the file in the page cache; the time is that of the reading alone, without
imports and the look-up of formats that a process does once, the median of five processes. Prints the times, their
ratio, and the peak memory of ours.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import nibabel
import numpy as np
import SimpleITK

SCRIPTS = Path(__file__).parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

from fuseflow.files import write_json  # noqa: E402 (it lies beside, not on the path)
from fuseflow.formats.registry import WRITERS, Writer  # noqa: E402
from fuseflow.volume import Volume  # noqa: E402

SLICES, SIZE, ROUNDS = 300, 512, 5
RAW_BYTES = 2 * SLICES * SIZE * SIZE
LARGEST_TIME, LARGEST_MEMORY = 1.2, 4.0
MEASURED = """
import sys, time
from pathlib import Path
path = Path(sys.argv[1])
{imports}
start = time.perf_counter()
voxels = {expression}
seconds = time.perf_counter() - start
(peak,) = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(seconds, 1024 * int(peak), voxels.shape == {shape})
"""
NIBABEL = ("import nibabel, numpy", "numpy.asarray(nibabel.load(path).dataobj)")
SIMPLEITK = ("import SimpleITK", "SimpleITK.GetArrayViewFromImage(SimpleITK.ReadImage(str(path))).T")
NUMPY = ("import numpy", "numpy.load(path)")
OTHERS = {"nifti": {"nibabel": NIBABEL, "SimpleITK": SIMPLEITK}, "npy": {"NumPy": NUMPY}}
OURS = (
    "from fuseflow.formats.reading import READERS, format_of, read_images; READERS.load(format_of(path))",
    "read_images(path)[0].data",
)
WRITTEN = ("nifti", "metaimage", "nrrd", "npy")


def write_volumes(folder: Path) -> dict[str, Path]:
    """Format -> a file of it, with the body of smooth density and the noise of a scanner that dicom.py has, in air."""
    noise = np.random.default_rng(1)
    row, column = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    body = (column / 200) ** 2 + (row / 150) ** 2 < 1
    density = np.where(body, 40 + 200 * np.sin(column / 30) * np.sin(row / 25), -1000)
    data = np.empty((SIZE, SIZE, SLICES), np.int16, order="F")
    for number in range(SLICES):
        data[..., number] = np.clip(np.rint(density + noise.normal(0, 12, density.shape)), -1024, 3071)
    volume = Volume(data=data, affine=np.diag([0.8, 0.8, 1.0, 1.0]))
    files = {}
    for name in WRITTEN:
        writer: Writer = WRITERS.load(name)
        files[name] = folder / f"{name}{writer.ending}"
        writer.write(files[name], volume)
    write_json(folder / "npy.json", {"axes": ["x", "y", "z"], "affine": volume.affine.tolist()})
    return files


def programs_for(name: str) -> dict[str, tuple[str, str]]:
    """Reader -> imports and the expression that gives the voxels."""
    return {"fuseflow": OURS, **OTHERS.get(name, {"SimpleITK": SIMPLEITK})}


def measured(path: Path, imports: str, expression: str) -> tuple[float, int]:
    """Seconds and the largest resident memory in bytes of one reading."""
    program = MEASURED.format(imports=imports, expression=expression, shape=(SIZE, SIZE, SLICES))
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(SCRIPTS)},
    )
    seconds, memory, whole = done.stdout.split()
    assert whole == "True", f"{path.name} was read with another shape"
    return float(seconds), int(memory)


def compare(path: Path, programs: Mapping[str, tuple[str, str]]) -> bool:
    """Measure the readers of one file in turn and print; whether ours is fast and small enough."""
    results: dict[str, list[tuple[float, int]]] = {name: [] for name in programs}
    for _ in range(ROUNDS):
        for name, program in programs.items():
            results[name].append(measured(path, *program))
    seconds = {name: statistics.median(value for value, _ in found) for name, found in results.items()}
    memory = max(value for _, value in results["fuseflow"])
    ratio = seconds["fuseflow"] / min(value for name, value in seconds.items() if name != "fuseflow")
    print(path.name)
    for name, value in seconds.items():
        print(f"  {name:<12}{1000 * value:7.0f} ms")
    print(f"  {ratio:.2f} times that of the best other, at most {LARGEST_TIME} allowed")
    print(f"  {memory / RAW_BYTES:.2f} times the raw volume in memory, at most {LARGEST_MEMORY} allowed")
    return ratio <= LARGEST_TIME and memory <= LARGEST_MEMORY * RAW_BYTES


def main() -> int:
    """Measure and print."""
    versions = f"nibabel {nibabel.__version__}, SimpleITK {SimpleITK.Version_VersionString()}, NumPy {np.__version__}"
    print(f"reading {SLICES} x {SIZE} x {SIZE} int16, median of {ROUNDS}; {versions}")
    with tempfile.TemporaryDirectory() as folder:
        files = write_volumes(Path(folder))
        results = [compare(path, programs_for(name)) for name, path in files.items()]
    return int(not all(results))


if __name__ == "__main__":
    raise SystemExit(main())
