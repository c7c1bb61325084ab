import pytest

from fuseflow.identity import pseudonym


def test_equal_ids_have_equal_pseudonyms_and_others_have_others():
    assert pseudonym("1.2.3", salt="s") == pseudonym("1.2.3", salt="s")
    assert len({pseudonym(value, salt=salt) for value in ("1.2.3", "1.2.4") for salt in ("s", "t")}) == 4


def test_no_pseudonym_without_a_secret():
    with pytest.raises(ValueError, match="salt"):
        pseudonym("1.2.3", salt="")
