import json
import re

import pytest

from fuseflow.errors import InputError
from fuseflow.normalization.method import Normalization
from fuseflow.normalization.options import complete_options
from fuseflow.normalization.registry import NORMALIZATIONS


def test_the_normalizations():
    assert NORMALIZATIONS.names() == [
        "ct-window", "n4", "nnunet-ct", "none", "nyul", "percentile", "rescale", "suv-clip", "z-score",
    ]  # fmt: skip


@pytest.mark.parametrize("name", NORMALIZATIONS.names())
def test_every_normalization_says_what_it_is_and_where_it_comes_from(name):
    method = NORMALIZATIONS.load(name.upper())
    assert isinstance(method, Normalization)
    assert method.name == name
    assert NORMALIZATIONS.declared(name, "title") == method.title
    assert NORMALIZATIONS.declared(name, "source") == method.source
    assert method.source == "by definition" or re.search(r"doi:10\.\d{4,}/\S+", method.source)
    assert json.loads(json.dumps(method.options)) == method.options == complete_options(method, {})


def test_those_that_are_fitted():
    assert [name for name in NORMALIZATIONS.names() if NORMALIZATIONS.load(name).fit] == ["nnunet-ct", "nyul"]


def test_an_unknown_normalization_is_named_together_with_the_known_ones():
    with pytest.raises(InputError, match=r"no normalization 'zscore'; there are ct-window, .*z-score"):
        NORMALIZATIONS.load("zscore")
