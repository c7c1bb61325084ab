from __future__ import annotations

import pytest
from pydicom.sr.codedict import codes

from fuseflow.dicom.radionuclide import HALF_LIVES, is_fdg, nuclide_of


@pytest.mark.parametrize(
    ("code", "meaning", "nuclide"),
    [
        ("C-111A1", "18F", "F-18"),
        ("C-111A1", "^18^Fluorine", "F-18"),
        (None, "F-18", "F-18"),
        (None, "F^18^", "F-18"),
        (None, "FLUORINE 18", "F-18"),
        ("C-131A3", None, "Ga-68"),
        (None, "68Ga", "Ga-68"),
        ("C-105A1", "^11^Carbon", "C-11"),
        ("C-107A1", None, "N-13"),
        ("C-168A4", "^89^Zirconium", "Zr-89"),
        ("C-127A2", None, "Cu-64"),
        (None, "62Cu", None),
        ("C-B1031", "Fluorodeoxyglucose F^18^ 12", None),
        (None, "18", None),
        (None, None, None),
    ],
)
def test_nuclides_are_known_by_code_or_meaning(code: str | None, meaning: str | None, nuclide: str | None) -> None:
    assert nuclide_of(code=code, meaning=meaning) == nuclide


def test_a_code_and_a_meaning_that_contradict_each_other_name_no_nuclide() -> None:
    assert nuclide_of(code="C-111A1", meaning="68Ga") is None


@pytest.mark.parametrize(
    ("name", "nuclide"),
    [
        ("_18Fluorine", "F-18"),
        ("_68Gallium", "Ga-68"),
        ("_11Carbon", "C-11"),
        ("_13Nitrogen", "N-13"),
        ("_89Zirconium", "Zr-89"),
        ("_64Copper", "Cu-64"),
    ],
)
def test_the_codes_are_those_of_the_standard(name: str, nuclide: str) -> None:
    entry = getattr(codes.cid4020, name)
    assert nuclide_of(code=entry.value, meaning=None) == nuclide
    assert nuclide_of(code=None, meaning=entry.meaning) == nuclide


def test_half_lives_are_those_that_suv_software_uses() -> None:
    assert HALF_LIVES["F-18"] == 6586.2
    assert 4057 <= HALF_LIVES["Ga-68"] <= 4080
    assert (HALF_LIVES["C-11"], HALF_LIVES["N-13"]) == (1223, 598)
    assert (HALF_LIVES["Zr-89"] / 3600, HALF_LIVES["Cu-64"] / 3600) == (78.4, 12.7)


@pytest.mark.parametrize(
    ("code", "names", "expected"),
    [
        ("C-B1031", (None,), True),
        ("35321007", (None,), True),
        (None, (None, "FDG -- fluorodeoxyglucose"), True),
        (None, ("Fluorodeoxyglucose F^18^",), True),
        (None, ("Fludeoxyglucose",), True),
        (None, ("FDGAL",), False),
        (None, ("PSMA-1007", None), False),
        (None, (None,), False),
    ],
)
def test_fdg_is_known_by_code_or_name(code: str | None, names: tuple[str | None, ...], expected: bool) -> None:
    assert is_fdg(code=code, names=names) is expected
