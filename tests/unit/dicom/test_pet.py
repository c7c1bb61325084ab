from __future__ import annotations

import io
import pickle

import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from fuseflow.dicom.pet import PetSlice, check_usable, pet_slice_of
from fuseflow.errors import Refused


def written_and_read(dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> Dataset:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.128", "1.2.3"
    buffer = io.BytesIO()
    FileDataset("", dataset, file_meta=meta).save_as(buffer, enforce_file_format=True)
    buffer.seek(0)
    return pydicom.dcmread(buffer)


def code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def pet_dataset() -> Dataset:
    dataset = Dataset()
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    dataset.SeriesType = ["STATIC", "IMAGE"]
    dataset.CorrectedImage = ["DECY", "ATTN"]
    dataset.Units, dataset.DecayCorrection, dataset.PatientSex = "BQML", "START", "M"
    dataset.PatientWeight, dataset.PatientSize = "71.0", "1.63"
    dataset.SeriesDate, dataset.SeriesTime = "20000907", "112011.00"
    dataset.FrameReferenceTime, dataset.ActualFrameDuration = "1215000.0", "240000"
    injection = Dataset()
    injection.RadionuclideTotalDose, injection.RadionuclideHalfLife = "3.88777472E8", "6588.0"
    injection.RadiopharmaceuticalStartTime = "103500.00"
    injection.RadionuclideCodeSequence = [code("C-111A1", "99SDM", "18F")]
    injection.RadiopharmaceuticalCodeSequence = [code("Y-X1743", "99SDM", "FDG -- fluorodeoxyglucose")]
    dataset.RadiopharmaceuticalInformationSequence = [injection]
    return dataset


def test_elements_are_kept_as_they_stand_in_the_file() -> None:
    assert pet_slice_of(written_and_read(pet_dataset())) == PetSlice(
        image_type=("ORIGINAL", "PRIMARY"),
        series_type=("STATIC", "IMAGE"),
        corrected_image=("DECY", "ATTN"),
        units="BQML",
        decay_correction="START",
        sex="M",
        weight="71.0",
        height="1.63",
        series_date="20000907",
        series_time="112011.00",
        frame_reference_time="1215000.0",
        actual_frame_duration="240000",
        injections=1,
        dose="3.88777472E8",
        half_life="6588.0",
        start_time="103500.00",
        radionuclide_code="C-111A1",
        radionuclide_meaning="18F",
        radiopharmaceutical_code="Y-X1743",
        radiopharmaceutical_meaning="FDG -- fluorodeoxyglucose",
    )


def test_missing_and_empty_elements_are_none() -> None:
    dataset = pet_dataset()
    dataset.PatientWeight = None
    dataset.PatientSex = ""
    del dataset.RadiopharmaceuticalInformationSequence
    found = pet_slice_of(written_and_read(dataset))
    assert (found.weight, found.sex, found.dose, found.radionuclide_code, found.injections) == (
        None,
        None,
        None,
        None,
        0,
    )


def test_a_slice_can_be_sent_to_another_process() -> None:
    found = pet_slice_of(pet_dataset())
    assert pickle.loads(pickle.dumps(found)) == found


def test_a_number_that_is_none_is_kept_for_the_refusal_of_suv() -> None:
    raw = io.BytesIO()
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.128", "1.2.3"
    FileDataset("", pet_dataset(), file_meta=meta).save_as(raw, enforce_file_format=True)
    damaged = raw.getvalue().replace(b"DS\x04\x0071.0", b"DS\x04\x0071,0")
    assert pet_slice_of(pydicom.dcmread(io.BytesIO(damaged))).weight == "71,0"


PRIVATE = [
    ("ge_scan_date_time", 0x0009, "GEMS_PETD_01", 0x0D, "DT", "20000907112011.00"),
    ("siemens_decay_correction_date_time", 0x0071, "SIEMENS MED PT", 0x22, "DT", "20000907112011.00"),
    ("philips_suv_scale_factor", 0x7053, "Philips PET Private Group", 0x00, "DS", "0.000567"),
    ("philips_activity_scale_factor", 0x7053, "Philips PET Private Group", 0x09, "DS", "1.25"),
]


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize(("field", "group", "creator", "number", "vr", "value"), PRIVATE)
def test_private_elements_are_found_in_any_block_and_representation(
    field: str, group: int, creator: str, number: int, vr: str, value: str, syntax: str
) -> None:
    for representation, content in [(vr, value), ("UN", f" {value} ".encode())]:
        dataset = pet_dataset()
        dataset.private_block(group, "SOMEBODY ELSE", create=True).add_new(number, "LO", "other")
        dataset.private_block(group, creator, create=True).add_new(number, representation, content)
        assert getattr(pet_slice_of(written_and_read(dataset, syntax)), field) == value


@pytest.mark.parametrize(("field", "group", "creator", "number", "vr", "value"), PRIVATE)
def test_private_elements_of_another_creator_do_not_count(
    field: str, group: int, creator: str, number: int, vr: str, value: str
) -> None:
    dataset = pet_dataset()
    dataset.private_block(group, f"{creator} 2", create=True).add_new(number, vr, value)
    assert getattr(pet_slice_of(written_and_read(dataset)), field) is None


USABLE = PetSlice(image_type=("ORIGINAL", "PRIMARY"), series_type=("WHOLE BODY", "IMAGE"), corrected_image=("ATTN",))


def changed(**changes: object) -> PetSlice:
    return PetSlice(**{**USABLE.__dict__, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"image_type": ("DERIVED", "SECONDARY", "MIP")},
        {"image_type": ("DERIVED", "SECONDARY", "OTHER", "CSA MIP_SAG")},
        {"image_type": ("DERIVED", "PRIMARY", "PROJECTION IMAGE")},
        {"series_type": ("WHOLE BODY", "REPROJECTION")},
    ],
)
def test_a_projection_is_refused_even_if_it_is_one_slice_of_many(changes: dict[str, object]) -> None:
    with pytest.raises(Refused, match="reprojection"):
        check_usable([USABLE, changed(**changes)])


def test_a_series_without_attenuation_correction_is_refused() -> None:
    with pytest.raises(Refused, match="not-attenuation-corrected"):
        check_usable([USABLE, changed(corrected_image=("DECY", "SCAT"))])


def test_derived_images_that_are_no_projection_are_usable() -> None:
    check_usable([USABLE, changed(image_type=("DERIVED", "SECONDARY"), series_type=("STATIC", "IMAGE"))])
