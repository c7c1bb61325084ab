"""Decimal text: as strict as Python is with each word, and no word passed over."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseflow.formats.text_headers import decimal_text
from fuseflow.formats.text_headers.decimal_text import decimal_numbers

REALS = st.one_of(st.floats(), st.integers(-(10**6), 10**6))


def parsed(text, dtype, count):
    numbers, following = decimal_numbers(text, dtype=np.dtype(dtype), count=count)
    assert numbers.shape == (count,)
    assert numbers.dtype == np.dtype(dtype).newbyteorder("=")
    return numbers.tolist(), following


@pytest.fixture(params=[decimal_text.PIECE, 64])
def pieces(request, monkeypatch):
    monkeypatch.setattr(decimal_text, "PIECE", request.param)


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("dtype", ["i1", "u1", "<i2", ">u2", "i4", "u4", "i8", "u8"])
def test_whole_numbers_up_to_the_limits_of_every_type(dtype):
    limits = np.iinfo(dtype)
    numbers = [limits.min, limits.max, 0, 1, limits.max // 3, limits.min // 3]
    text = "\t\n".join(map(str, numbers)).encode()
    assert parsed(text, dtype, 6) == (numbers, 0)
    assert parsed(text + b" \n", dtype, 6) == (numbers, 0)
    for beyond in (limits.max + 1, limits.min - 1, 10**30):
        with pytest.raises(OverflowError):
            parsed(text + b" %d" % beyond, dtype, 7)


@pytest.mark.usefixtures("pieces")
@given(
    values=st.lists(REALS, min_size=1, max_size=30), separator=st.sampled_from([b" ", b",", b", ", b"\n\n", b"\r\n"])
)
@settings(deadline=None, max_examples=60)
def test_real_numbers_are_those_that_python_reads(values, separator):
    words = [repr(value).encode() for value in values]
    numbers, following = parsed(separator.join(words), ">f8", len(words))
    np.testing.assert_array_equal(numbers, [float(word) for word in words])
    assert following == 0


@pytest.mark.parametrize("dtype", ["i2", "f4"])
def test_spellings_of_whole_numbers(dtype):
    assert parsed(b"+1 -2 3.0 4e2 5E+0 -.6e1", dtype, 6) == ([1, -2, 3, 400, 5, -6], 0)


def test_not_a_number_and_infinity():
    numbers, _ = parsed(b"NaN -inf Infinity", "f4", 3)
    np.testing.assert_array_equal(numbers, [np.nan, -np.inf, np.inf])


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize(
    "word",
    [
        *(b"1-2", b"1_0", b"0x10", b"nan(1)", b"1.5.5", b"1e", b"--1", b"e5", b".", b"x", b"-", b"1\0", b"\xb9"),
        *(b"1d5", b"1;2", b"1f", b"tiny", b"1e5e5"),
    ],
)
@pytest.mark.parametrize("dtype", ["i2", "u8", "f4", "f8"])
def test_words_that_are_no_numbers(word, dtype):
    for text in (word + b" 1 2", b"1 2 " + word, b"1 " + word + b" 2"):
        with pytest.raises(ValueError, match=r"number|literal|convert"):
            parsed(text, dtype, 3)


@pytest.mark.parametrize(("text", "dtype"), [(b"1.5", "i2"), (b"nan", "i4"), (b"1e300", "f4"), (b"inf", "u1")])
def test_numbers_that_a_type_cannot_hold(text, dtype):
    with pytest.raises((ValueError, OverflowError)):
        parsed(text, dtype, 1)


@pytest.mark.parametrize("text", [b"", b"  ", b" , ", b"1 2"])
def test_too_few_numbers(text):
    with pytest.raises(ValueError, match="of 3 numbers"):
        parsed(text, "f4", 3)


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("more", [b"x", b"7 8", b"99999999 no number at all \0"])
def test_what_follows_is_counted_and_not_parsed(more):
    assert parsed(b"1 2 3 \n" + more, "i2", 3) == ([1, 2, 3], len(more))


def test_words_of_any_length_are_not_waited_for(monkeypatch):
    monkeypatch.setattr(decimal_text, "PIECE", 16)
    with pytest.raises(ValueError, match="a word of more than 16 bytes"):
        parsed(b"1" * 100 + b" 2", "f8", 2)


def test_many_numbers_are_parsed_by_numpy_alone(monkeypatch):
    """A volume of 27 million voxels takes half a minute number by number."""
    monkeypatch.setattr(decimal_text, "_whole_number", None)
    numbers = np.random.default_rng(0).integers(-1000, 3000, 300_000)
    text = b"\n".join(b"%d" % number for number in numbers)
    assert parsed(text, "i2", len(numbers)) == (numbers.tolist(), 0)
