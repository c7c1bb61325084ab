import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from fuseflow.dicom.tags import first_item, integer, items, number, numbers, text, texts
from fuseflow.errors import Refused


def dataset_of(**elements):
    dataset = Dataset()
    for name, value in elements.items():
        setattr(dataset, name, value)
    return dataset


def test_missing_and_empty_elements_have_no_value():
    dataset = dataset_of(PatientWeight="", ImageType=[])
    assert (text(dataset, "PatientWeight"), text(dataset, "Units"), texts(dataset, "ImageType")) == (None, None, ())
    assert (number(dataset, "PatientWeight"), numbers(dataset, "PixelSpacing"), integer(dataset, "Rows")) == (None,) * 3


def test_text_is_as_written_without_padding():
    assert text(dataset_of(PatientWeight="70.50 "), "PatientWeight") == "70.50"


def test_private_elements_of_unknown_type():
    dataset = Dataset()
    dataset.add_new((0x7053, 0x1000), "UN", b"0.00035 ")
    assert number(dataset, (0x7053, 0x1000)) == 0.00035


def test_several_values_as_bytes():
    dataset = Dataset()
    dataset.add_new((0x0009, 0x1001), "UN", b"1\\2.5\\-3")
    assert numbers(dataset, (0x0009, 0x1001), count=3) == (1, 2.5, -3)


@pytest.mark.parametrize("value", ["inf", "nan"])
def test_numbers_must_be_finite(value):
    dataset = Dataset()
    dataset.add_new((0x0009, 0x1001), "UN", value.encode())
    with pytest.raises(Refused, match="unreadable"):
        number(dataset, (0x0009, 0x1001))


def test_refusal_names_the_element_and_not_its_value():
    dataset = Dataset()
    dataset.add_new((0x0009, 0x1001), "UN", b"John Doe")
    with pytest.raises(Refused) as caught:
        number(dataset, (0x0009, 0x1001))
    assert "(0009,1001)" in str(caught.value)
    assert "Doe" not in str(caught.value)


def test_a_wrong_number_of_values_is_refused():
    with pytest.raises(Refused, match="PixelSpacing does not hold 2 numbers"):
        numbers(dataset_of(PixelSpacing=["1", "2", "3"]), "PixelSpacing", count=2)


def test_whole_numbers():
    dataset = Dataset()
    dataset.add_new((0x0009, 0x1001), "DS", "2.5")
    with pytest.raises(Refused, match="whole number"):
        integer(dataset, (0x0009, 0x1001))


def test_items_of_a_sequence_and_of_what_is_none():
    dataset = dataset_of(PlanePositionSequence=Sequence([dataset_of(Rows=3)]), PatientName="A^B")
    assert [item.Rows for item in items(dataset, "PlanePositionSequence")] == [3]
    assert items(dataset, "PatientName") == ()
    assert len(first_item(dataset, "PixelMeasuresSequence")) == 0
