from __future__ import annotations

import numpy as np

from fuseflow.metrics.memo import Memo
from fuseflow.metrics.triple import GreyImage
from fuseflow.metrics.window import uniform_window


class Counted(Memo):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0


def count(memo: Counted) -> int:
    memo.calls += 1
    return memo.calls


def test_every_function_is_computed_once_per_object() -> None:
    first, second = Counted(), Counted()
    assert [first.derived(count), first.derived(count), second.derived(count)] == [1, 1, 1]
    assert first.derived(lambda memo: memo.calls + 10) == 11


def test_a_method_of_one_object_counts_as_one_function() -> None:
    window, image = uniform_window(3), GreyImage(np.ones((3, 3)))
    assert image.derived(window.mean) is image.derived(window.mean)
    assert image.derived(window.mean) is not image.derived(uniform_window(1).mean)
