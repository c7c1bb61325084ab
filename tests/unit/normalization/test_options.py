import pytest

from fuseflow.errors import InputError
from fuseflow.normalization.options import complete_options
from fuseflow.normalization.registry import NORMALIZATIONS


def complete(method, **given):
    return complete_options(NORMALIZATIONS.load(method), given)


def test_defaults_are_filled_in_and_whole_numbers_serve_as_numbers():
    assert complete("percentile", low=2) == {"low": 2.0, "high": 99.0, "mask": "whole"}
    assert type(complete("percentile", low=2)["low"]) is float


def test_lists_of_integers():
    assert complete("n4", iterations=[20, 10])["iterations"] == [20, 10]


@pytest.mark.parametrize(
    ("method", "given", "message"),
    [
        ("rescale", {"low": 1}, "rescale has no option 'low'; there are none"),
        ("percentile", {"hi": 1}, "no option 'hi'; there are low, high, mask"),
        ("percentile", {"low": "1"}, "low of percentile is '1' but must be a number"),
        ("percentile", {"low": True}, "must be a number"),
        ("percentile", {"low": 99.0}, r"99.0 and 99.0 but must increase inside 0..100"),
        ("percentile", {"low": -1.0}, "must increase"),
        ("percentile", {"high": 101}, "must increase"),
        ("percentile", {"low": float("nan")}, "must increase"),
        ("percentile", {"mask": "mean"}, "'mean' but must be one of whole, nonzero"),
        ("z-score", {"mask": "otsu"}, "must be one of whole, nonzero"),
        ("nyul", {"mask": "otsu"}, "must be one of mean, nonzero, whole"),
        ("suv-clip", {"maximum": 0}, "must be a positive number"),
        ("suv-clip", {"maximum": float("inf")}, "must be a positive number"),
        ("suv-clip", {"log1p": 1}, "must be true or false"),
        ("n4", {"shrink": 0}, "1 and more"),
        ("n4", {"shrink": 2.0}, "must be an integer"),
        ("n4", {"iterations": []}, "1 and more"),
        ("n4", {"iterations": [50, 0]}, "1 and more"),
        ("n4", {"iterations": [50, 1.5]}, "must be a list of integers"),
        ("n4", {"mask": "whole"}, "must be one of otsu, positive"),
        ("nnunet-ct", {"samples": 0}, "must be at least 1"),
        ("ct-window", {"window": "abdomen"}, "no CT window 'abdomen'; there are brain, .*level/width"),
        ("ct-window", {"window": "40/0"}, "no CT window"),
        ("ct-window", {"window": "40/nan"}, "no CT window"),
        ("ct-window", {"window": 40}, "must be text"),
    ],
)
def test_wrong_options_are_an_input_error(method, given, message):
    with pytest.raises(InputError, match=message):
        complete(method, **given)
