"""The volumes of a case on one grid: what becomes of voxels and sidecars, and which cases are refused."""

import json

import numpy as np
import pytest
from world_positions import oblique_affine, values_at

from fuseflow.anti_alias import anti_alias_sigma
from fuseflow.errors import InputError, Refused
from fuseflow.grids import corner_aligned, grid_of, overlap
from fuseflow.resample import Resample
from fuseflow.volume import FourthAxis, Volume

CT_AFFINE = oblique_affine(0.1, (1.0, 1.0, 3.0), (-20, -20, -15))
PET_AFFINE = oblique_affine(0.1, (4.0, 4.0, 3.5), (-19, -21, -14))
WARNING = {"code": "no-rescale", "detail": "the values are perhaps not HU"}


def ct(**sidecar):
    data = values_at(CT_AFFINE, (40, 40, 12), np.float64).round().astype(np.int16)
    described = {"modality": "CT", "frame_of_reference": "f1", "slices": [1, 2], "warnings": [WARNING], **sidecar}
    return Volume(data=data, affine=CT_AFFINE, sidecar=described)


def pet(**sidecar):
    data = values_at(PET_AFFINE, (11, 10, 9), np.float32)
    return Volume(data=data, affine=PET_AFFINE, sidecar={"modality": "PT", "frame_of_reference": "f1", **sidecar})


def lesions(**sidecar):
    data = np.zeros((40, 40, 12), np.uint8)
    data[10:30, 8:28, 2:10] = 1
    data[33, 33, 6] = 2
    return Volume(data=data, affine=CT_AFFINE, sidecar={"modality": "SEG", **sidecar})


def case():
    return {"CT": ct(), "PET": pet(), "SEG": lesions()}


def reason(volumes, **options):
    with pytest.raises(Refused) as caught:
        Resample(**{"reference": "PET", **options})(volumes)
    return caught.value.reason


def test_everything_comes_onto_the_grid_of_the_reference():
    results = Resample(reference="PET", labels=("SEG",))(case())
    assert sorted(results) == ["CT", "PET", "SEG"]
    for volume in results.values():
        np.testing.assert_array_equal(volume.affine, PET_AFFINE)
        assert volume.data.shape == pet().data.shape
        json.dumps(volume.sidecar, allow_nan=False)
    found = results["CT"]
    assert found.data.dtype == np.float32
    inside = found.data != -1024
    expected = values_at(PET_AFFINE, (11, 10, 9), np.float64)
    # the last half voxel before the border is flat; the grids run in the same directions
    assert 0.8 < inside.mean() < 1
    np.testing.assert_allclose(found.data[1:9, 1:9, 1:8], expected[1:9, 1:9, 1:8], atol=1)
    assert set(np.unique(results["SEG"].data)) == {0, 1}


def test_a_second_run_gives_the_same_bytes():
    stage = Resample(reference="PET", labels=("SEG",), anti_alias=True, interpolation="bspline")
    first, second = stage(case()), stage(case())
    assert {role: volume.data.tobytes() for role, volume in first.items()} == {
        role: volume.data.tobytes() for role, volume in second.items()
    }
    assert [volume.sidecar for volume in first.values()] == [volume.sidecar for volume in second.values()]


def test_what_lies_on_the_grid_passes_bit_for_bit():
    near = PET_AFFINE.copy()
    near[0, 3] += 1e-8
    other = Volume(data=pet().data, affine=near, sidecar={"modality": "PT", "unit": "g/ml", "slices": [3]})
    results = Resample(reference="PET")({"PET": pet(), "SUV": other})
    assert results["SUV"].data is other.data
    np.testing.assert_array_equal(results["SUV"].affine, PET_AFFINE)
    assert results["SUV"].sidecar == {
        **other.sidecar,
        "affine": PET_AFFINE.tolist(),
        "resampled": {"reference": "PET", "spacing": None, "unchanged": True},
    }


def test_the_sidecar_says_what_was_done_and_no_more_than_holds():
    suv = {"factors": [1, 2], "suv_type": "BW", "warnings": []}
    segment = {"label": 1, "name": "GTV", "voxels": 5, "volume_ml": 0.1, "contours": {}}
    volumes = {
        "CT": ct(
            warnings=[WARNING, {"code": "tilted", "detail": "the affine is sheared"}], tilt_degrees=3, series="s1"
        ),
        "PET": pet(),
        "SEG": lesions(segments=[segment], reference="s1", on_grid=True),
        "SUV": Volume(data=ct().data, affine=CT_AFFINE, sidecar={"modality": "PT", "unit": "g/ml", "suv": suv}),
    }
    results = Resample(reference="PET", labels=("SEG",), anti_alias=True)(volumes)
    found = results["CT"].sidecar
    done = found.pop("resampled")
    assert found == {
        "modality": "CT",
        "frame_of_reference": "f1",
        "series": "s1",
        "warnings": [WARNING],
        "shape": [11, 10, 9],
        "axes": ["x", "y", "z"],
        "geometry": "world",
        "affine": PET_AFFINE.tolist(),
        "data_type": "float32",
    }
    sigma = anti_alias_sigma(grid_of(ct()), grid_of(pet()))
    assert (sigma > 0).all()
    assert done.pop("anti_alias_sigma_mm") == sigma.tolist()
    assert 0.8 < done.pop("overlap") < 1
    assert 0.8 < done.pop("overlap_of_source") < 1
    assert done.pop("border").startswith("up to half a voxel beyond the outer voxel centres")
    assert done == {
        "reference": "PET",
        "spacing": None,
        "nearest_axis": None,
        "interpolation": "linear",
        "fill": -1024.0,
        "unchanged": False,
        "source_shape": [40, 40, 12],
        "source_affine": CT_AFFINE.tolist(),
    }
    assert results["SUV"].sidecar["suv"] == {"suv_type": "BW", "warnings": []}
    assert results["SUV"].sidecar["unit"] == "g/ml"
    labels = results["SEG"].sidecar
    assert labels["segments"] == [{"label": 1, "name": "GTV"}]
    assert labels["reference"] == "s1"
    assert "on_grid" not in labels


def test_lost_lesions_are_told():
    found = Resample(reference="PET", labels=("SEG",))(case())["SEG"].sidecar
    first, second = found["resampled"]["labels"]
    assert (first["label"], first["phase"], first["voxels"][0], first["lost"]) == (1, 0, 20 * 20 * 8, ())
    assert first["ml"][1] == pytest.approx(first["ml"][0], rel=0.1)
    assert (second["label"], second["voxels"], second["components"]) == (2, (1, 0), (1, 0))
    [lost] = second["lost"]
    assert lost["centroid"] == pytest.approx(CT_AFFINE[:3] @ [33, 33, 6, 1])
    assert found["warnings"] == [{"code": "components-lost", "detail": "1 of 2 components have no voxel left"}]


@pytest.mark.parametrize(
    ("role", "sidecar", "dtype", "fill"),
    [
        ("MOVING", {"modality": "CT"}, np.int16, -1024),
        ("CT", {}, np.int16, -1024),
        # the sidecar knows better than the name
        ("CT", {"modality": "MR"}, np.int16, 0),
        ("SUV", {"modality": "PT"}, np.float32, 0),
        ("T1", {}, np.int16, 0),
        # no numbers for HU
        ("CT", {"modality": "CT"}, np.uint16, 0),
    ],
)
def test_beyond_the_field_is_what_the_modality_has_there(role, sidecar, dtype, fill):
    data = np.full((30, 40, 12), 7, dtype)
    volume = Volume(data=data, affine=CT_AFFINE, sidecar=sidecar)
    for kind in ("nearest", "linear"):
        found = Resample(reference="PET", interpolation=kind)({role: volume, "PET": pet()})[role]
        assert found.data.dtype == (dtype if kind == "nearest" else np.float32)
        assert set(np.unique(found.data)) == {7, fill}
        assert found.sidecar["resampled"]["fill"] == fill


def test_a_spacing_keeps_the_field_and_what_lies_on_one_grid_together():
    volumes = {"CT": ct(), "SEG": lesions()}
    results = Resample(spacing=(2.0, 2.0, 4.0), labels=("SEG",))(volumes)
    wanted = corner_aligned(grid_of(ct()), (2.0, 2.0, 4.0))
    for volume in results.values():
        np.testing.assert_array_equal(volume.affine, wanted.affine)
        assert volume.data.shape == wanted.shape == (20, 20, 9)
        assert volume.sidecar["resampled"]["overlap"] == 1
        assert volume.sidecar["resampled"]["spacing"] == [2.0, 2.0, 4.0]
    expected = values_at(wanted.affine, wanted.shape, np.float64)
    np.testing.assert_allclose(results["CT"].data[1:-1, 1:-1, 1:-1], expected[1:-1, 1:-1, 1:-1], atol=1)


def test_a_spacing_on_the_field_of_a_reference():
    results = Resample(reference="PET", spacing=(2.0, 2.0, 3.5))({"CT": ct(), "PET": pet()})
    assert {volume.data.shape for volume in results.values()} == {(22, 20, 9)}
    np.testing.assert_array_equal(results["CT"].affine, results["PET"].affine)


def test_kept_roles_stay_on_their_own_grid_under_their_own_name():
    volumes = case()
    results = Resample(reference="PET", labels=("SEG",), keep=("CT", "PET"))(volumes)
    assert sorted(results) == ["CT", "CTres", "PET", "SEG"]
    assert results["CT"] is volumes["CT"]
    assert results["CTres"].data.shape == (11, 10, 9)
    finer = Resample(reference="PET", spacing=(2.0, 2.0, 2.0), keep=("PET",))({"PET": pet()})
    assert finer["PETres"].data.shape != finer["PET"].data.shape


def test_the_coarse_axis_is_taken_slice_by_slice_if_wanted():
    thick = Volume(data=np.arange(4 * 4 * 3, dtype=np.int16).reshape(4, 4, 3), affine=np.diag([1.0, 1, 5, 1]))
    marks = Volume(data=(thick.data % 3).astype(np.uint8), affine=thick.affine)
    stage = Resample(spacing=(1.0, 1.0, 1.0), labels=("SEG",), anisotropic=True)
    results = stage({"MR": thick, "SEG": marks})
    for role, volume in (("MR", thick), ("SEG", marks)):
        np.testing.assert_array_equal(results[role].data, np.repeat(volume.data, 5, axis=2))
        assert results[role].sidecar["resampled"]["nearest_axis"] == "z"


def test_every_phase_of_a_series_and_of_its_labels():
    axis = FourthAxis(name="time", step=2.0, unit="s")
    data = np.stack([ct().data, ct().data[::-1]], axis=3)
    marks = np.stack([lesions().data, np.zeros_like(lesions().data)], axis=3)
    volumes = {
        "MR": Volume(data=data, affine=CT_AFFINE, fourth_axis=axis),
        "SEG": Volume(data=marks, affine=CT_AFFINE, fourth_axis=axis),
        "PET": pet(),
    }
    results = Resample(reference="PET", labels=("SEG",))(volumes)
    assert results["MR"].data.shape == results["SEG"].data.shape == (11, 10, 9, 2)
    assert results["MR"].fourth_axis == axis
    assert results["MR"].sidecar["axes"] == ["x", "y", "z", "time"]
    alone = Resample(reference="PET")({"MR": Volume(data=data[..., 1], affine=CT_AFFINE), "PET": pet()})
    np.testing.assert_array_equal(results["MR"].data[..., 1], alone["MR"].data)
    changes = results["SEG"].sidecar["resampled"]["labels"]
    assert [(change["phase"], change["label"]) for change in changes] == [(0, 1), (0, 2)]
    assert not results["SEG"].data[..., 1].any()


def test_labels_with_a_spacing_but_no_place_will_do_without_a_reference():
    volume = Volume(data=np.ones((4, 4, 4)), affine=np.diag([2.0, 2, 2, 1]), geometry="spacing")
    found = Resample(spacing=(1.0, 1.0, 1.0))({"MR": volume})["MR"]
    assert (found.data == 1).all()
    assert found.geometry == found.sidecar["geometry"] == "spacing"


def far(volume, distance):
    affine = volume.affine.copy()
    affine[2, 3] += distance
    return Volume(data=volume.data, affine=affine, sidecar=volume.sidecar)


def test_wrong_cases_are_refused():
    fractions = Volume(data=lesions().data + 0.5, affine=CT_AFFINE)
    holes = np.where(pet().data > 0, np.nan, pet().data)
    nowhere = Volume(data=ct().data, affine=CT_AFFINE, geometry="spacing")
    unknown = Volume(data=ct().data, affine=CT_AFFINE, geometry="unknown")
    assert reason({"CT": ct()}) == "orphan"
    assert reason({}, reference=None, spacing=(1, 1, 1)) == "orphan"
    assert reason({"CT": ct(frame_of_reference="f2"), "PET": pet()}) == "different-frame"
    assert reason({"CT": nowhere, "PET": pet()}) == "no-geometry"
    assert reason({"CT": unknown}, reference=None, spacing=(1, 1, 1)) == "no-geometry"
    assert reason({"CT": ct(), "PET": pet()}, reference=None, spacing=(1, 1, 1)) == "different-grids"
    assert reason({"SEG": fractions, "PET": pet()}, labels=("SEG",)) == "not-labels"
    assert reason({"SUV": Volume(data=holes, affine=PET_AFFINE), "CT": ct()}, reference="CT") == "not-finite"
    assert reason({"CT": ct(), "CTres": ct(), "PET": pet()}, keep=("CT",)) == "ambiguous-role"


def test_too_little_overlap_is_refused_and_told():
    moved = far(ct(), 21)
    shares = [
        f"{100 * overlap(*grids):.1f} %"
        for grids in ((grid_of(moved), grid_of(pet())), (grid_of(pet()), grid_of(moved)))
    ]
    said = f"^no-overlap: CT: {shares[0]} of the new grid lie in its field of view, {shares[1]} of it in the new grid"
    with pytest.raises(Refused, match=said) as caught:
        Resample(reference="PET")({"CT": moved, "PET": pet()})
    assert caught.value.reason == "no-overlap"
    assert reason({"SEG": far(lesions(), 100), "PET": pet()}, labels=("SEG",)) == "no-overlap"


def test_a_small_field_within_a_large_one_is_no_reason_to_refuse():
    # a CT of 500 mm on the 814 mm of a PET scanner
    wide = Volume(data=np.ones((20, 20, 4), np.float32), affine=np.diag([40.7, 40.7, 5, 1]), sidecar={"modality": "PT"})
    narrow = np.diag([10.0, 10, 5, 1])
    narrow[:2, 3] = 40.7 * 19 / 2 - 10 * 49 / 2
    volumes = {"CT": Volume(data=np.ones((50, 50, 4), np.int16), affine=narrow), "PET": wide}
    found = Resample(reference="PET")(volumes)["CT"]
    assert found.sidecar["resampled"]["overlap"] == (found.data == 1).mean() == 0.36
    assert found.sidecar["resampled"]["overlap_of_source"] == 1


def test_an_unknown_frame_of_reference_is_no_obstacle():
    results = Resample(reference="PET")({"CT": ct(frame_of_reference=None), "PET": pet()})
    assert results["CT"].data.shape == (11, 10, 9)


@pytest.mark.parametrize(
    "options", [{}, {"spacing": (1, 1)}, {"spacing": (1, 1, 0)}, {"spacing": (1, 1, float("nan"))}]
)
def test_a_stage_without_a_grid_cannot_be_made(options):
    with pytest.raises(InputError):
        Resample(**options)
