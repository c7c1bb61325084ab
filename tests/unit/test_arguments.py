"""What command line arguments may look like."""

from __future__ import annotations

import argparse

import pytest

from fuseflow.arguments import pair, positive, whole


def test_pair_splits_at_the_first_sign() -> None:
    assert pair("NAME=VALUE")("window=a=b") == ("window", "a=b")


@pytest.mark.parametrize("text", ["window", "=5", "window=", "", "="])
def test_pair_needs_both_sides(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"is not NAME=VALUE$"):
        pair("NAME=VALUE")(text)


def test_pair_refuses_a_value_of_another_type() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"^CT=two is not ROLE=PAGE$"):
        pair("ROLE=PAGE", positive)("CT=two")
    with pytest.raises(argparse.ArgumentTypeError, match=r"^0 is not 1 or more$"):
        pair("ROLE=PAGE", positive)("CT=0")


def test_numbers_have_a_smallest() -> None:
    assert (positive("1"), whole("0")) == (1, 0)
    with pytest.raises(argparse.ArgumentTypeError, match=r"^0 is not 1 or more$"):
        positive("0")
    with pytest.raises(argparse.ArgumentTypeError, match=r"^-1 is not 0 or more$"):
        whole("-1")
