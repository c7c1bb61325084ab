import dataclasses
import json
import pickle

import numpy as np
import pytest

from fuseflow.errors import InputError, Refused
from fuseflow.normalization.fitting import TrainingCase, fit
from fuseflow.normalization.parameters import read_parameters, write_parameters
from fuseflow.normalize import MethodChoice, Normalize
from fuseflow.volume import Volume

AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])
SIDECAR = {
    "format": "DICOM",
    "modality": "CT",
    "frame_of_reference": "a1b2",
    "unit": "HU",
    "rescale": {"slope": [1.0, 1.0], "intercept": [-1024.0, -1024.0]},
    "data_type": "int16",
    "resampled": {"reference": "PET"},
    "warnings": [{"code": "tilted", "detail": "the slices are tilted"}],
}
BONE = MethodChoice(method="ct-window", options={"window": "bone"})


def ct(**sidecar):
    data = np.linspace(-1000, 1700, 60).astype(np.int16).reshape(3, 4, 5)
    return Volume(data=data, affine=AFFINE, sidecar={**SIDECAR, **sidecar})


def labels():
    return Volume(data=np.ones((3, 4, 5), np.uint8), affine=AFFINE)


@pytest.fixture
def fitted(tmp_path):
    write_parameters(
        tmp_path / "nyul.json", fit("nyul", {"mask": "whole"}, {"P1": lambda: TrainingCase(volume=ct())}).parameters
    )
    return read_parameters(tmp_path / "nyul.json")  # fmt: skip


def test_other_roles_and_labels_pass_through_unchanged():
    case = {"SEG": labels(), "PET": ct(modality="PT"), "CT": ct()}
    result = Normalize(methods={"CT": BONE}, labels=frozenset(["SEG"]))(case)
    assert list(result) == ["CT", "PET", "SEG"]
    assert result["PET"] is case["PET"]
    assert result["SEG"] is case["SEG"]


def test_values_and_the_grid():
    result = Normalize(methods={"CT": BONE})({"CT": ct()})["CT"]
    np.testing.assert_allclose(result.data, (ct().data.clip(-500, 1300) + 500) / 1800, rtol=0, atol=1e-6)
    assert result.data.dtype == np.float32
    assert (result.affine == AFFINE).all()
    assert result.geometry == "world"


def test_the_sidecar_says_what_was_done_and_keeps_what_still_holds():
    result = Normalize(methods={"CT": BONE})({"CT": ct()})["CT"]
    kept = {key: value for key, value in SIDECAR.items() if key not in ("unit", "rescale", "data_type")}
    [step] = result.sidecar["normalized"]
    assert result.sidecar == {**kept, "data_type": "float32", "normalized": [step]}
    assert step == {
        "method": "ct-window",
        "options": {"window": "bone"},
        "parameters_sha256": None,
        "computed": {"low": -500, "high": 1300},
        "unit_before": "HU",
        "range_before": [-1000, 1700],
        "range_after": [0, 1],
        "clipped": pytest.approx(np.mean((ct().data < -500) | (ct().data > 1300))),
    }
    json.dumps(result.sidecar, allow_nan=False)


def test_a_sidecar_without_warnings_gets_an_empty_list_of_them():
    result = Normalize(methods={"CT": BONE})({"CT": Volume(data=ct().data, affine=AFFINE)})["CT"]
    assert result.sidecar["warnings"] == []
    assert result.sidecar["normalized"][0]["unit_before"] is None


def test_steps_are_listed_in_their_order():
    once = Normalize(methods={"CT": BONE})({"CT": ct()})
    twice = Normalize(methods={"CT": MethodChoice(method="z-score")})(once)["CT"]
    assert [step["method"] for step in twice.sidecar["normalized"]] == ["ct-window", "z-score"]
    with pytest.raises(Refused, match="CT: ct-window needs measured values") as caught:
        Normalize(methods={"CT": BONE})(once)
    assert caught.value.reason == "wrong-modality"


def test_fitted_parameters_bring_their_options_and_their_hash(fitted):
    result = Normalize(methods={"CT": MethodChoice(method="NYUL", parameters=fitted)})({"CT": ct()})["CT"]
    [step] = result.sidecar["normalized"]
    assert step["method"] == "nyul"
    assert step["options"] == {"mask": "whole"}
    assert step["parameters_sha256"] == fitted.sha256
    assert len(fitted.sha256) == 64
    assert step["range_after"] == [pytest.approx(-1, abs=0.1), pytest.approx(101, abs=0.1)]


def test_the_same_bytes_in_another_process(fitted):
    stage = Normalize(methods={"CT": MethodChoice(method="nyul", parameters=fitted)})
    first, second = (use({"CT": ct()})["CT"] for use in (stage, pickle.loads(pickle.dumps(stage))))
    assert first.data.tobytes() == second.data.tobytes()
    assert first.sidecar == second.sidecar


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (MethodChoice(method="histogram"), "CT: there is no normalization 'histogram'"),
        (MethodChoice(method="z-score", options={"mask": "otsu"}), "CT: the option mask is 'otsu'"),
        (MethodChoice(method="nyul"), "CT: the normalization nyul needs fitted parameters"),
    ],
)
def test_wrong_methods_are_found_before_any_case(choice, message):
    with pytest.raises(InputError, match=message):
        Normalize(methods={"CT": choice})


def test_parameters_that_do_not_belong_to_the_method(fitted):
    wrong = {
        "is not fitted; give it no parameters": MethodChoice(method="z-score", parameters=fitted),
        "are those of nyul, not of nnunet-ct": MethodChoice(method="nnunet-ct", parameters=fitted),
        "fitted with other options": MethodChoice(method="nyul", options={"mask": "mean"}, parameters=fitted),
    }
    for message, choice in wrong.items():
        with pytest.raises(InputError, match=message):
            Normalize(methods={"CT": choice})


def test_labels_have_no_intensities():
    with pytest.raises(InputError, match="SEG holds labels"):
        Normalize(methods={"SEG": BONE}, labels=frozenset(["SEG"]))


def test_a_missing_role_is_refused_unless_it_is_optional():
    methods = {"CT": BONE, "CTres": BONE}
    with pytest.raises(Refused, match="there is no CTres image for this case, only CT, SEG") as caught:
        Normalize(methods=methods)({"SEG": labels(), "CT": ct()})
    assert caught.value.reason == "orphan"
    assert list(Normalize(methods=methods, optional=frozenset(["CTres"]))({"CT": ct()})) == ["CT"]


@pytest.mark.parametrize(
    ("volume", "reason"),
    [
        (ct(modality="PT"), "wrong-modality"),
        (dataclasses.replace(ct(), data=np.zeros((3, 4, 5))), "constant"),
        (dataclasses.replace(ct(), data=np.full((3, 4, 5), np.nan)), "not-finite"),
    ],
)
def test_refusals_name_the_role(volume, reason):
    with pytest.raises(Refused, match=r"CT: ") as caught:
        Normalize(methods={"CT": BONE})({"CT": volume})
    assert caught.value.reason == reason
