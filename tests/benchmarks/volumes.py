"""A CT of 300 x 512 x 512 on the grid of a PET of 150 x 200 x 200 that covers the same field: ours beside others.

Voxels alone: our linear interpolation from array to array, SimpleITK's, and nilearn's, also with its default, a cubic
spline, as published recipes for PET/CT use it; all on one thread; medians of rounds in each of which every one runs. A
whole study: the commands of the workflow from DICOM files to CT, CTres, PET and SUV, beside dicom2nifti and nilearn as
these recipes use them, with the files in the page cache. Last the peak memory of the worker in each stage.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import nilearn.image
import numpy as np
import SimpleITK
from dicom import SIZE, SLICES, peak_memory, write_ct
from dicom_series import Geometry, pet_elements, slice_dataset, write_series
from nibabel import Nifti1Image

from fuseflow.grids import Grid, corner_aligned
from fuseflow.interpolation import Sampling, interpolated
from fuseflow.memory import keep_freed_memory
from fuseflow.resample import FILL_VALUES
from fuseflow.volume import Data

SCRIPTS = Path(__file__).parents[2] / "scripts"
CT_GRID = Grid(affine=np.diag([0.8, 0.8, 1.0, 1.0]), shape=(SIZE, SIZE, SLICES))
PET_GRID = corner_aligned(CT_GRID, (0.8 * SIZE / 200, 0.8 * SIZE / 200, SLICES / 150))
CT_ORIGIN = np.array([-10.0, -20.0, 30.0])
"""Where the first voxel of the series that `write_ct` writes lies, LPS, mm."""
AIR = FILL_VALUES["CT"]
ROUNDS, ROUNDS_OF_NILEARN, ROUNDS_OF_STUDY = 15, 2, 3
WRITTEN = {"CT.nii.gz", "CTres.nii.gz", "PET.nii.gz", "SUV.nii.gz"}
LARGEST_OF_SIMPLEITK, SMALLEST_OF_NILEARN, LARGEST_DIFFERENCE = 1.5, 20.0, 0.001
LARGEST_OF_RECIPE, LARGEST_MEMORY = 0.2, 2**30
STAGES = {
    "convert": ["--cases", "index/0of1.tsv", "--raw", "raw", "--series", "CT", "PET", "--workers", "2"],
    "resample": ["--cases", "convert/cases.tsv", "--reference-role", "PET", "--keep", "CT", "--workers", "2"],
    "normalize": ["--cases", "convert/cases.tsv", "--normalize", 'CT={"method": "ct-window"}', "--workers", "2"],
}
"""Stage -> its arguments as the workflow gives them, without the output."""
INDEX = ["--raw", "raw", "--role", "CT={case}/CT/*", "--role", "PET={case}/PET/*", "--public-ids", "--output", "index"]
RECIPE = """
import sys
from pathlib import Path
import dicom2nifti, nibabel, nilearn.image, numpy, pydicom
source, target, air = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
images = {}
for role in ("CT", "PET"):
    folder = target / role
    folder.mkdir(parents=True)
    dicom2nifti.convert_directory(str(source / role), str(folder), compression=True, reorient=True)
    (path,) = folder.iterdir()
    images[role] = nibabel.load(path.rename(target / f"{role}.nii.gz"))
header = pydicom.dcmread(min((source / "PET").iterdir()), stop_before_pixels=True)
nuclide = header.RadiopharmaceuticalInformationSequence[0]
hours = (float(header.SeriesTime) - float(nuclide.RadiopharmaceuticalStartTime)) / 10000
dose = float(nuclide.RadionuclideTotalDose) * 2 ** (-3600 * hours / float(nuclide.RadionuclideHalfLife))
suv = (images["PET"].get_fdata() * 1000 * float(header.PatientWeight) / dose).astype(numpy.float32)
nibabel.save(nibabel.Nifti1Image(suv, images["PET"].affine), target / "SUV.nii.gz")
nibabel.save(nilearn.image.resample_to_img(images["CT"], images["PET"], fill_value=air), target / "CTres.nii.gz")
"""


def ct_voxels() -> Data:
    """A body of smooth density with the noise of a scanner, in air."""
    noise = np.random.default_rng(1)
    column, row = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    density = np.where((column / 200) ** 2 + (row / 150) ** 2 < 1, 40 + 200 * np.sin(column / 30), -1000)
    voxels = np.empty(CT_GRID.shape, np.int16, order="F")
    for number in range(SLICES):
        voxels[..., number] = np.rint(density + noise.normal(0, 12, density.shape))
    return voxels


def write_pet(folder: Path) -> None:
    """A body with the noise of counted decays, in Bq/ml."""
    columns, rows, slices = PET_GRID.shape
    along_row, down_column, along_stack = PET_GRID.spacing.tolist()
    x, y, z = (CT_ORIGIN + PET_GRID.affine[:3, 3]).tolist()
    geometry = Geometry(
        rows=rows,
        columns=columns,
        slices=slices,
        spacing=(down_column, along_row),
        origin=(x, y, z),
        step=(0, 0, along_stack),
    )
    noise = np.random.default_rng(2)
    row, column = np.mgrid[:rows, :columns] - columns / 2
    activity = np.where((column / 78) ** 2 + (row / 58) ** 2 < 1, 3000, 20)

    def stored(_: np.ndarray) -> np.ndarray:
        return activity * noise.gamma(9, 1 / 9, activity.shape)

    elements = {"series": 2, "signed": False, "stored": stored, **pet_elements(RescaleSlope=2.5)}
    datasets = (slice_dataset(geometry, place, **{**elements, "InstanceNumber": place + 1}) for place in range(slices))
    write_series(folder, datasets)


def simpleitk_image(ct: Data) -> SimpleITK.Image:
    """The CT as an image of SimpleITK."""
    image = SimpleITK.GetImageFromArray(ct.T)
    image.SetSpacing(CT_GRID.spacing.tolist())
    return image


def call_simpleitk(image: SimpleITK.Image) -> SimpleITK.Image:
    """SimpleITK's one call from the CT to the grid of the PET."""
    return SimpleITK.Resample(
        image,
        PET_GRID.shape,
        SimpleITK.Transform(),
        SimpleITK.sitkLinear,
        PET_GRID.affine[:3, 3].tolist(),
        PET_GRID.spacing.tolist(),
        np.eye(3).ravel().tolist(),
        AIR,
        SimpleITK.sitkFloat32,
    )


def resampled_by_nilearn(ct: Nifti1Image, pet: Nifti1Image, **options: str) -> Data:
    """The CT on the grid of the PET; a cubic spline if nothing else is asked for."""
    image = nilearn.image.resample_to_img(ct, pet, fill_value=AIR, **options)
    return np.asarray(image.get_fdata())


def resamplers(ct: Data) -> dict[str, Callable[[], Data]]:
    """Name -> resampling from the array of the CT to one on the grid of the PET."""
    pet = np.zeros(PET_GRID.shape, np.float32)
    # of whole numbers it would make whole numbers
    images = Nifti1Image(ct.astype(np.float32), CT_GRID.affine), Nifti1Image(pet, PET_GRID.affine)
    return {
        "fuseflow": lambda: interpolated(ct, CT_GRID, PET_GRID, Sampling(interpolation="linear", fill=AIR)),
        "SimpleITK": lambda: SimpleITK.GetArrayFromImage(call_simpleitk(simpleitk_image(ct))).T,
        "nilearn, linear": lambda: resampled_by_nilearn(*images, interpolation="linear"),
        "nilearn": lambda: resampled_by_nilearn(*images),
    }


def seconds_of(function: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compare_voxels() -> bool:
    """Measure resampling alone and print; whether ours is fast enough and gives the values of the others."""
    ct = ct_voxels()
    image = simpleitk_image(ct)
    functions = resamplers(ct)
    ours, *others = (functions[name]() for name in ("fuseflow", "SimpleITK", "nilearn, linear"))
    difference = max(float(np.abs(other - ours).max()) for other in others)
    programs: Mapping[str, Callable[[], object]] = {**functions, "the call alone": lambda: call_simpleitk(image)}
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for number in range(ROUNDS):
        for name, program in programs.items():
            if not name.startswith("nilearn") or number < ROUNDS_OF_NILEARN:
                seconds[name].append(seconds_of(program))
    median = {name: statistics.median(values) for name, values in seconds.items()}
    ratio = {name: value / median["fuseflow"] for name, value in median.items()}
    print(f"a CT of {CT_GRID.shape} int16 on the grid of a PET of {PET_GRID.shape}, from array to array")
    for name, value in median.items():
        print(f"  {name:<16}{1000 * value:7.0f} ms")
    print(f"  {1 / ratio['SimpleITK']:.2f} times that of SimpleITK, at most {LARGEST_OF_SIMPLEITK} allowed")
    print(f"  {1 / ratio['the call alone']:.2f} times that of SimpleITK's call alone, from its image to its image")
    print(f"  {ratio['nilearn']:.0f} times faster than nilearn, at least {SMALLEST_OF_NILEARN:.0f} demanded")
    print(f"  {ratio['nilearn, linear']:.0f} times faster than nilearn where that is linear too")
    print(f"  {difference:.5f} HU away from the others that are linear at most, {LARGEST_DIFFERENCE} allowed")
    fast = 1 / ratio["SimpleITK"] <= LARGEST_OF_SIMPLEITK and ratio["nilearn"] >= SMALLEST_OF_NILEARN
    return fast and difference <= LARGEST_DIFFERENCE


def write_study() -> None:
    """The DICOM files of a case, and the table of cases, which is no part of what is compared."""
    write_ct(Path("raw/1/CT"))
    write_pet(Path("raw/1/PET"))
    run([sys.executable, str(SCRIPTS / "index.py"), *INDEX])


def run(command: list[str]) -> None:
    """Run a command."""
    subprocess.run(command, check=True, capture_output=True)


def command_of(stage: str) -> list[str]:
    """The command of a stage, whose output is called like it."""
    return [sys.executable, str(SCRIPTS / f"{stage}.py"), *STAGES[stage], "--output", stage]


def compare_study() -> bool:
    """Measure the whole study and print; whether ours is fast enough."""
    recipe = [sys.executable, "-c", RECIPE, "raw/1", "recipe", str(AIR)]
    programs = {"convert": command_of("convert"), "resample": command_of("resample"), "recipe": recipe}
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(ROUNDS_OF_STUDY):
        for name, command in programs.items():
            shutil.rmtree(name, ignore_errors=True)
            seconds[name].append(seconds_of(functools.partial(run, command)))
            written = {path.name for path in Path(name).rglob("*.nii.gz")}
            assert written == WRITTEN - ({"CTres.nii.gz"} if name == "convert" else set()), f"{name} wrote {written}"
    median = {name: statistics.median(values) for name, values in seconds.items()}
    ratio = (median["convert"] + median["resample"]) / median["recipe"]
    print("the whole study, from DICOM files to CT, CTres, PET and SUV")
    for name, value in median.items():
        print(f"  {name:<12}{value:6.2f} s")
    print(f"  {ratio:.2f} times that of dicom2nifti and nilearn, at most {LARGEST_OF_RECIPE} allowed")
    return ratio <= LARGEST_OF_RECIPE


def compare_memory() -> bool:
    """Measure the peak memory of each stage and print; whether it is small enough."""
    memory = {stage: peak_memory(command_of(stage), Path(stage)) for stage in STAGES}
    print("peak memory of a worker with this study")
    for stage, peak in memory.items():
        print(f"  {stage:<12}{peak / 2**20:5.0f} MiB")
    print(f"  at most {LARGEST_MEMORY / 2**20:.0f} MiB allowed\n")
    return max(memory.values()) <= LARGEST_MEMORY


def main() -> int:
    """Measure and print."""
    # as every worker does
    keep_freed_memory()
    versions = f"SimpleITK {SimpleITK.Version_VersionString()}, nilearn {nilearn.__version__}"
    print(
        f"volumes: median of {ROUNDS}, of nilearn and the study {ROUNDS_OF_STUDY}; {os.cpu_count()} cores; {versions}"
    )
    results = [compare_voxels()]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        write_study()
        results += [compare_study(), compare_memory()]
    return int(not all(results))


if __name__ == "__main__":
    raise SystemExit(main())
