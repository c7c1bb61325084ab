from __future__ import annotations

import math

import numpy as np

from fuseflow.metrics.triple import Triple
from fuseflow.metrics.variant import Variant


def make_variant(calls: list[Triple]) -> Variant:
    def function(triple: Triple) -> float:
        calls.append(triple)
        return 0.25

    return Variant(
        id="v",
        metric="V",
        title="",
        direction="up",
        value_range=(0.0, 1.0),
        unit="1",
        source="",
        function=function,
        smallest=3,
    )


def test_smaller_images_give_nan_without_a_call() -> None:
    calls: list[Triple] = []
    assert math.isnan(make_variant(calls)(Triple(*[np.zeros((3, 2))] * 3)))
    assert not calls


def test_the_value_is_computed_once_per_triple() -> None:
    calls: list[Triple] = []
    variant, triple = make_variant(calls), Triple(*[np.zeros((3, 3))] * 3)
    assert [variant(triple), variant(triple)] == [0.25, 0.25]
    assert calls == [triple]
