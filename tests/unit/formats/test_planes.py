"""Images with two axes, in all formats that know them: their spacing is kept, and what else is stated is not hidden."""

import json

import numpy as np
import pytest
import SimpleITK
from readings import only, refusal, remarks

from fuseflow.errors import Refused
from fuseflow.flat import FlatImage
from fuseflow.formats.planes import plane_spacing

PIXELS = np.arange(12).reshape(3, 4)
"""Rows of x."""


def by_simpleitk(path, *, dtype, spacing=(0.5, 2.0), origin=(0.0, 0.0), direction=(1.0, 0.0, 0.0, 1.0)):
    image = SimpleITK.GetImageFromArray(PIXELS.astype(dtype))
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    image.SetDirection(direction)
    SimpleITK.WriteImage(image, str(path))
    return path


def metaimage(path, **changes):
    stated = {"NDims": 2, "DimSize": "4 3", "ElementType": "MET_UCHAR", "ElementSpacing": ".5 2"} | changes
    lines = [f"{name} = {value}\n" for name, value in stated.items() if value is not None]
    path.write_bytes("".join([*lines, "ElementDataFile = LOCAL\n"]).encode() + PIXELS.astype("u1").tobytes())
    return path


def nrrd(path, **changes):
    stated = {"type": "uchar", "dimension": 2, "sizes": "4 3", "encoding": "raw", "space_dimension": 2} | changes
    lines = [f"{name.replace('_', ' ')}: {value}\n" for name, value in stated.items() if value is not None]
    path.write_bytes("".join(["NRRD0004\n", *lines, "\n"]).encode() + PIXELS.astype("u1").tobytes())
    return path


@pytest.mark.parametrize("ending", ["mha", "nrrd"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "f4"])
@pytest.mark.parametrize(
    ("stated", "codes"),
    [
        ({}, []),
        ({"origin": (5.0, 0.0)}, ["position-left-out"]),
        ({"direction": (0.0, 1.0, 1.0, 0.0)}, ["position-left-out"]),
        ({"direction": (1.0, 0.0, 0.0, -1.0)}, ["position-left-out"]),
        ({"direction": (0.8, -0.6, 0.6, 0.8)}, ["position-left-out"]),
    ],
)
def test_what_simpleitk_writes(tmp_path, ending, dtype, stated, codes):
    image = only(by_simpleitk(tmp_path / f"a.{ending}", dtype=dtype, **stated))
    if dtype in ("u1", "u2"):
        assert isinstance(image, FlatImage)
        np.testing.assert_array_equal(image.pixels, PIXELS)
        np.testing.assert_allclose(image.sidecar["spacing"], [2.0, 0.5])
        assert remarks(image) == codes
    else:
        np.testing.assert_array_equal(image.data[..., 0], PIXELS.T)
        np.testing.assert_allclose(np.diag(image.affine), [0.5, 2.0, 1.0, 1.0])
        assert (image.geometry, remarks(image)) == ("spacing", [*codes, "no-slice-spacing"])


@pytest.mark.parametrize(
    ("changes", "spacing", "codes"),
    [
        ({"ElementSpacing": "-.5 2"}, [2, 0.5], ["negative-spacing"]),
        ({"Offset": "5 6", "TransformMatrix": "0 1 1 0"}, [2, 0.5], ["position-left-out"]),
        ({"TransformMatrix": "2 0 0 1"}, [2, 1], ["scaled-directions"]),
        ({"TransformMatrix": "1 0 .6 .8"}, [2, 0.5], ["sheared", "position-left-out"]),
        ({"DistanceUnits": "cm"}, [20, 5], ["units-converted"]),
        ({"CenterOfRotation": "1 2"}, [2, 0.5], ["center-of-rotation"]),
        ({"ElementSpacing": None, "Offset": "5 6"}, None, ["no-spacing", "position-left-out"]),
    ],
)
def test_what_is_remarked_of_metaimages(tmp_path, changes, spacing, codes):
    image = only(metaimage(tmp_path / "a.mha", **changes))
    assert (image.sidecar["spacing"], remarks(image)) == (spacing, codes)


@pytest.mark.parametrize(
    ("changes", "spacing", "codes"),
    [
        ({"space_directions": "(.5,0) (0,2)"}, [2, 0.5], []),
        ({"space_directions": "(.5,0) (0,2)", "space_origin": "(0,1)"}, [2, 0.5], ["position-left-out"]),
        ({"space_directions": "(.5,0) (0,2)", "space_units": '"cm" "cm"'}, [20, 5], ["units-converted"]),
        ({"space_dimension": None, "spacings": "-.5 2"}, [2, 0.5], ["negative-spacing"]),
        ({"space_dimension": None, "spacings": ".5 2", "units": '"cm" "cm"'}, [20, 5], ["units-converted"]),
        ({"space_dimension": None, "spacings": ".5 2", "units": '"cm" "mm"'}, [2, 0.5], ["no-units"]),
        (
            {"space_dimension": None, "space": "LPS", "space_directions": "(.5,0,0) (0,0,2)"},
            [2, 0.5],
            ["position-left-out"],
        ),
    ],
)
def test_what_is_remarked_of_nrrd_files(tmp_path, changes, spacing, codes):
    image = only(nrrd(tmp_path / "a.nrrd", **changes))
    assert (image.sidecar["spacing"], remarks(image)) == (spacing, codes)


@pytest.mark.parametrize("axes", [["y", "x"], ["time", "y", "x"]])
def test_what_is_remarked_of_arrays(tmp_path, axes):
    affine = [[0, 0.5, 0, 7], [2, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    np.save(tmp_path / "a.npy", np.zeros((5, 3, 4)[-len(axes) :]))
    (tmp_path / "a.json").write_text(json.dumps({"axes": axes, "affine": affine}))
    image = only(tmp_path / "a.npy")
    assert np.diag(image.affine)[:3].tolist() == [2, 0.5, 1]
    assert (image.geometry, remarks(image)) == ("spacing", ["position-left-out", "no-slice-spacing"])


@pytest.mark.parametrize(
    "write",
    [
        lambda folder: metaimage(folder / "a.mha", TransformMatrix="1 0 1 0"),
        lambda folder: metaimage(folder / "a.mha", TransformMatrix="1 0 0 0"),
        lambda folder: nrrd(folder / "a.nrrd", space_directions="(1,2) (2,4)"),
        lambda folder: nrrd(folder / "a.nrrd", space_dimension=None, space="LPS", space_directions="(1,0) (0,1)"),
        lambda folder: nrrd(folder / "a.nrrd", dimension=3, sizes="2 2 3", space_directions="(1,0) (0,1) (1,1)"),
    ],
)
def test_directions_that_span_no_plane(tmp_path, write):
    assert refusal(write(tmp_path)).reason == "no-geometry"


@pytest.mark.parametrize("steps", [np.zeros((2, 2)), np.ones((3, 2)), np.array([[np.inf, 0], [0, 1]])])
def test_steps_that_span_no_plane(steps):
    with pytest.raises(Refused) as caught:
        plane_spacing(steps, origin=None)
    assert caught.value.reason == "no-geometry"
