"""Axes of NRRD files: every space, and axes that do not run in space, wherever they are."""

import numpy as np
import pytest
from nrrd_files import write
from readings import only, remarks
from world_positions import is_in_place, oblique_affine, right_angled_affines, sheared_affine, values_at


@pytest.fixture
def nrrd(tmp_path):
    return tmp_path / "a.nrrd"


@pytest.mark.parametrize(
    ("space", "signs"),
    [
        ("right-anterior-superior", (1, 1)),
        ("RAS", (1, 1)),
        ("left-anterior-superior", (-1, 1)),
        ("LAS", (-1, 1)),
        ("left-posterior-superior", (-1, -1)),
        ("left posterior superior", (-1, -1)),
        ("LPS", (-1, -1)),
    ],
)
def test_anatomical_spaces(nrrd, space, signs):
    for affine in [*right_angled_affines(), oblique_affine(), sheared_affine()]:
        data = values_at(affine, dtype=np.float64)
        stated = np.diag([*signs, 1, 1]) @ affine
        directions = " ".join(f"({','.join(map(repr, map(float, stated[:3, axis])))})" for axis in range(3))
        write(
            nrrd,
            data.tobytes(order="F"),
            type="double",
            sizes="4 3 5",
            space=space,
            space_directions=directions,
            space_origin=f"({stated[0, 3]},{stated[1, 3]},{stated[2, 3]})",
        )
        volume = only(nrrd)
        assert is_in_place(volume.data, volume.affine)
        assert volume.geometry == "world"


def test_lengths_in_other_units_become_mm(nrrd):
    volume = only(write(nrrd, space_units='"cm" "cm" "cm"'))
    np.testing.assert_allclose(volume.affine[:3], [[10, 0, 0, 50], [0, 20, 0, -40], [0, 0, 30, 60]])


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("kind", ["list", "time", "???"])
def test_an_axis_out_of_space_comes_last(nrrd, place, kind):
    stored = np.arange(120, dtype="<i2").reshape(2, 3, 4, 5)
    file_order = np.moveaxis(stored, 3, place)
    kinds, directions = ["domain", "space", "domain"], ["(1,0,0)", "(0,2,0)", "(0,0,3)"]
    kinds.insert(place, kind)
    directions.insert(place, "none")
    write(
        nrrd,
        file_order.tobytes(order="F"),
        dimension="4",
        sizes=" ".join(map(str, file_order.shape)),
        kinds=" ".join(kinds),
        space_directions=" ".join(directions),
    )
    volume = only(nrrd)
    np.testing.assert_array_equal(volume.data, stored)
    assert volume.fourth_axis.name == ("time" if kind == "time" else "unknown")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("unknown", None, "")),
        ({"labels": '"x" "y" "z" "echo"'}, ("echo", None, "")),
        ({"labels": '"x" "y" "z" "Doe"'}, ("unknown", None, "")),
        ({"kinds": "space space space time", "spacings": "nan nan nan 2.5"}, ("time", 2.5, "")),
        ({"spacings": "nan nan nan 500", "units": '"" "" "" "ms"'}, ("unknown", 0.5, "s")),
        (
            {
                "space": "RAST",
                "space_directions": "(1,0,0,0) (0,1,0,0) (0,0,1,0) (0,0,0,3)",
                "space_origin": "(0,0,0,0)",
            },
            ("time", 3, ""),
        ),
    ],
)
def test_what_the_fourth_axis_is(nrrd, changes, expected):
    stated = {
        "dimension": "4",
        "sizes": "2 3 2 2",
        "space_directions": "(1,0,0) (0,1,0) (0,0,1) none",
        "kinds": "space space space list",
    }
    volume = only(write(nrrd, **stated | changes))
    assert (volume.fourth_axis.name, volume.fourth_axis.step, volume.fourth_axis.unit) == expected
    assert volume.geometry == "world"


def test_four_axes_without_kinds_and_space(nrrd):
    nothing = {"space": None, "space_directions": None, "space_origin": None}
    volume = only(write(nrrd, dimension="4", sizes="2 3 2 2", spacings="1 2 3 4", **nothing))
    assert (volume.data.shape, remarks(volume)) == ((2, 3, 2, 2), ["fourth-axis-assumed"])
    assert (volume.geometry, volume.fourth_axis.step) == ("spacing", 4)


def test_slices_and_a_series_of_slices(nrrd):
    plane = {"dimension": "2", "sizes": "6 4", "space": None, "space_directions": None, "space_origin": None}
    volume = only(write(nrrd, **plane, spacings=".5 2"))
    assert (volume.data.shape, volume.geometry, remarks(volume)) == ((6, 4, 1), "spacing", ["no-slice-spacing"])
    series = {"kinds": "time domain domain", "space": None, "space_directions": None, "space_origin": None}
    volume = only(write(nrrd, **series, spacings="1 .5 2"))
    assert (volume.data.shape, volume.fourth_axis.name) == ((3, 4, 1, 2), "time")
    np.testing.assert_array_equal(volume.data[1, 0, 0], [2, 3])
