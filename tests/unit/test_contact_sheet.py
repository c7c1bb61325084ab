"""The contact sheet: pictures evenly chosen, numbers as a person reads them."""

from __future__ import annotations

import numpy as np
import pytest

from fuseflow.cases import Case
from fuseflow.contact_sheet import SHOWN, contact_sheet
from fuseflow.errors import InputError
from fuseflow.flat import FlatImage
from fuseflow.formats.canonical import write_canonical
from fuseflow.layout import QUALITY

CHANGE = {"label": 1, "ml_before": 365.04, "ml_after": 366.2, "lost": 2}
ROW = {
    "role": "SEG",
    "shape": [3, 4, 5],
    "spacing": [1.0, 1.0, 2.5],
    "range": [-1024.0, 1447.25],
    "overlap": 0.9216,
    "labels": [CHANGE],
}


def case_with_picture(folder, name):
    image = FlatImage(pixels=np.zeros((2, 2, 3), np.uint8), sidecar={"volumes": [ROW, {**ROW, "overlap": None}]})
    return Case(name, "p", "", (write_canonical(folder, case=name, role=QUALITY, image=image),), folder)


def test_numbers_are_written_for_a_person(tmp_path):
    [picture] = contact_sheet({"a": case_with_picture(tmp_path, "a")})

    first, second = picture.rows
    assert (first.shape, first.spacing, first.span) == ("3 x 4 x 5", "1 x 1 x 2.5", "-1024 to 1447")
    assert (first.overlap, second.overlap) == ("92.2 %", "")
    assert first.labels == "1: 365 to 366 ml, 2 lost"


def test_of_many_cases_some_are_shown_the_first_and_the_last_among_them(tmp_path):
    cases = {name: case_with_picture(tmp_path, name) for name in (f"c{number:02d}" for number in range(30))}

    shown = [picture.case for picture in contact_sheet(cases)]

    assert len(shown) == SHOWN
    assert (shown[0], shown[-1]) == ("c00", "c29")


def test_a_picture_that_is_gone_is_an_error(tmp_path):
    case = case_with_picture(tmp_path, "a")
    case.path(QUALITY).unlink()

    with pytest.raises(InputError, match="quality picture of case a cannot be read"):
        contact_sheet({"a": case})
