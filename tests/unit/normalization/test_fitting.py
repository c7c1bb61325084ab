import weakref

import numpy as np
import pytest

from fuseflow.errors import InputError, Refused
from fuseflow.normalization.fitting import TrainingCase, fit
from fuseflow.volume import Volume


def volume(data, sidecar=(), affine=None):
    return Volume(data=data, affine=np.eye(4) if affine is None else affine, sidecar=dict(sidecar))


def training_case(seed, **sidecar):
    random = np.random.default_rng(seed)
    image = random.normal(100 * seed, 20, (5, 6, 7)).astype(np.float32)
    return TrainingCase(volume=volume(image, sidecar), labels=volume(random.integers(0, 3, (5, 6, 7), np.uint8)))


def loaders(*seeds):
    return {f"P{seed}": lambda seed=seed: training_case(seed) for seed in seeds}


@pytest.mark.parametrize("method", ["nyul", "nnunet-ct"])
def test_the_order_of_the_cases_does_not_matter(method):
    options = {"samples": 1000} if method == "nnunet-ct" else {}
    assert fit(method, options, loaders(3, 1, 2)) == fit(method, options, loaders(1, 2, 3))


def test_what_is_known_of_a_fit():
    parameters = fit("nnunet-ct", {"samples": 500}, loaders(2, 1)).parameters
    assert parameters.method == "nnunet-ct"
    assert parameters.options == {"samples": 500}
    assert parameters.fitted_on == ("P1", "P2")
    assert parameters.seed == 1234
    assert set(parameters.versions) == {"python", "numpy"}
    assert parameters.values["mean"] == pytest.approx(150, abs=10)


def test_nyul_draws_nothing_and_has_its_defaults():
    parameters = fit("NYUL", {}, loaders(1)).parameters
    assert (parameters.method, parameters.seed, parameters.options) == ("nyul", None, {"mask": "mean"})


def test_only_one_case_is_in_memory_at_a_time():
    loaded = []

    def load():
        assert not any(reference() for reference in loaded)
        case = training_case(1)
        loaded.append(weakref.ref(case.volume))
        return case

    fit("nyul", {}, {"a": load, "b": load, "c": load})
    assert len(loaded) == 3


def refuse():
    raise Refused("unreadable", "it is cut short")


def labels_elsewhere():
    case = training_case(1)
    return TrainingCase(volume=case.volume, labels=volume(case.labels.data, affine=np.diag([1.0, 1.0, 1.01, 1.0])))


@pytest.mark.parametrize(
    ("load", "reason"),
    [
        (refuse, "unreadable"),
        (lambda: training_case(1, modality="PT"), "wrong-modality"),
        (lambda: TrainingCase(volume=volume(np.full((2, 2, 2), np.nan))), "not-finite"),
        (lambda: TrainingCase(volume=training_case(1).volume, labels=volume(np.ones((5, 6, 6), int))), "size-mismatch"),
        (labels_elsewhere, "different-grids"),
        (lambda: TrainingCase(volume=training_case(1).volume, labels=volume(np.full((5, 6, 7), 0.5))), "not-labels"),
    ],
)
def test_a_case_that_cannot_be_used_is_refused_and_the_others_are_used(load, reason):
    fitted = fit("nnunet-ct", {"samples": 900}, {"bad": load, **loaders(1, 2)})
    assert [(row.case, row.stage, row.reason) for row in fitted.refused] == [("bad", "normalize", reason)]
    assert fitted.parameters.fitted_on == ("P1", "P2")
    assert fitted.parameters.values == fit("nnunet-ct", {"samples": 600}, loaders(1, 2)).parameters.values


@pytest.mark.parametrize(
    ("method", "options", "cases", "message"),
    [
        ("z-score", {}, loaders(1), "z-score is not fitted"),
        ("histogram", {}, loaders(1), "no normalization 'histogram'"),
        ("nyul", {"samples": 3}, loaders(1), "no option 'samples'"),
        ("nyul", {}, {}, "no training case"),
        ("nyul", {}, {"a": refuse}, "none of the 1 training cases can be used: a, it is cut short"),
        ("nnunet-ct", {}, {"a": lambda: TrainingCase(volume=training_case(1).volume)}, "give the labels"),
    ],
)
def test_a_fit_that_cannot_be(method, options, cases, message):
    with pytest.raises(InputError, match=message):
        fit(method, options, cases)
