from __future__ import annotations

import json
import re

import pytest

from fuseflow.errors import InputError
from fuseflow.fusion.method import Method
from fuseflow.fusion.registry import METHODS


def test_methods_have_their_table_names() -> None:
    assert {"average", "copy-A", "copy-B", "DWT", "LP", "maximum"} <= set(METHODS.names())


@pytest.mark.parametrize("name", METHODS.names())
def test_every_method_says_what_it_is_and_where_it_comes_from(name: str) -> None:
    method = METHODS.load(name.upper())
    assert isinstance(method, Method)
    assert method.name == name
    assert method.title
    assert method.source == "by definition" or re.search(r"doi:10\.\d{4,}/\S+", method.source)
    assert json.loads(json.dumps(method.parameters)) == method.parameters


def test_an_unknown_method_is_named_together_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no fusion method 'PCT'.*average.*LP"):
        METHODS.load("PCT")
