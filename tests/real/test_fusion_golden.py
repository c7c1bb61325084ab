"""LP and DWT against the fused images that the original toolbox made of the real pairs."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from fuseflow.formats.png import read_png
from fuseflow.fusion.method import fuse
from fuseflow.fusion.registry import METHODS

PAIRS = range(11, 32)
Pair = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]


@pytest.fixture(scope="module")
def pair(shared: Path) -> Iterator[Callable[[int], Pair]]:
    (path,) = (shared / "data" / "cddfuse-test").glob("MMIF-CDDFuse-*.zip")
    with zipfile.ZipFile(path) as archive:

        def grey(folder: str, number: int) -> npt.NDArray[np.uint8]:
            pixels = read_png(archive.read(f"{path.stem}/test_img/MRI_CT/{folder}/{number}.png"))
            assert (pixels == pixels[..., :1]).all()
            return pixels[..., 0].astype(np.uint8)

        yield lambda number: (grey("MRI", number), grey("CT", number))


@pytest.mark.parametrize("name", ["LP", "DWT"])
@pytest.mark.parametrize("number", PAIRS)
def test_output_is_that_of_the_original_toolbox(
    shared: Path, pair: Callable[[int], Pair], name: str, number: int
) -> None:
    expected = read_png((shared / "golden" / "fused_ref" / "MRI_CT" / name / f"{number}.png").read_bytes())
    np.testing.assert_array_equal(fuse(METHODS.load(name), *pair(number)), expected)


@pytest.mark.parametrize(("name", "key"), [("LP", "LP_L4_selc3_avg"), ("DWT", "DWT_db1_L4")])
@pytest.mark.parametrize("number", [11, 20])
def test_result_before_rounding_is_that_of_the_original_toolbox(shared: Path, name: str, key: str, number: int) -> None:
    with np.load(shared / "golden" / "baselines_octave" / f"MRI_CT_{number}.npz") as arrays:
        a, b, expected = (arrays[entry].astype(np.float64) for entry in ("A", "B", key))
    # the tolerance is that of the float32 copy of the expected result; neither pair holds a tie that would flip
    np.testing.assert_allclose(METHODS.load(name).function(a, b), expected, rtol=0, atol=1e-3)
