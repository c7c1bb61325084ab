"""Studies of two patients, and series that are refused, full of planted values."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from pathlib import Path

from dicom_series import Geometry, enhanced_ct, pet_elements, series, slice_dataset
from planting import IDENTITY, KEYWORDS, ZONE, Plants, element, plant, planted_dataset, without
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID, RLELossless

GEOMETRY = Geometry(slices=2)
SCAN_SECONDS, INJECTION_SECONDS = 41410.125, 37810.125
NUMBER, LETTERS = "77770001", "ISO_IR 192"
DAMAGE = {NUMBER: b"PLANT999", LETTERS: b"PLANT99612"}
"""What is overwritten in finished files, since nobody writes it wrong on purpose: a number, and a character set."""

UIDS_OF_A_SERIES = ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
TIMES_OF_A_SCAN = (
    *("AcquisitionDateTime", "AcquisitionDate", "AcquisitionTime", "SeriesDate", "SeriesTime"),
    *("TimezoneOffsetFromUTC", "RadiopharmaceuticalInformationSequence"),
)
TIMES_OF_AN_INJECTION = ("RadiopharmaceuticalStartDateTime", "RadiopharmaceuticalStartTime")


def ct_slices(
    plants: Plants, places: Iterable[float] = range(2), *, keywords: Iterable[str] = IDENTITY, **elements: object
) -> list[Dataset]:
    """A CT series with planted values in the elements of some keywords."""
    return planted_series(plants, series(GEOMETRY, places, **elements), planted_dataset(plants, keywords))


def enhanced_slices(plants: Plants) -> list[Dataset]:
    """A multi-frame CT, with planted values in the functional groups of its frames."""
    dataset = enhanced_ct(GEOMETRY, range(3))
    for group in dataset.PerFrameFunctionalGroupsSequence:
        content = Dataset()
        content.add(element("StackID", "PLANT00000"))
        content.add(element("FrameReferenceDateTime", plants.value("DT")))
        content.add(element("FrameComments", plants.text()))
        group.FrameContentSequence = Sequence([content])
    return planted_series(plants, [dataset], planted_dataset(plants, IDENTITY))


def pet_slices(
    plants: Plants, *, dated: bool = False, keywords: Iterable[str] = IDENTITY, **elements: object
) -> list[Dataset]:
    """A PET scan one hour after the injection, with times of day, or with moments that have a date and a zone."""
    day = plants.day(9 if dated else 8)
    scan, injection = plants.time(SCAN_SECONDS), plants.time(INJECTION_SECONDS)
    times = {"SeriesDate": day, "SeriesTime": scan, "AcquisitionDate": day, "AcquisitionTime": scan}
    datasets = series(GEOMETRY, **pet_elements(**times | elements))
    planted = planted_dataset(plants, keywords)
    item = datasets[0].RadiopharmaceuticalInformationSequence[0]
    del item.RadiopharmaceuticalStartTime
    for new in without(planted, TIMES_OF_AN_INJECTION):
        if new.tag not in item and new.VR != "SQ":
            item.add(new)
    if dated:
        item.RadiopharmaceuticalStartDateTime = plants.moment(day, injection)
    else:
        item.RadiopharmaceuticalStartTime = injection
    for dataset in datasets:
        dataset.RadiopharmaceuticalInformationSequence = Sequence([item])
        if dated:
            dataset.AcquisitionDateTime, dataset.TimezoneOffsetFromUTC = plants.moment(day, scan), ZONE
            dataset.private_block(0x0009, "GEMS_PETD_01", create=True).add_new(0x0D, "DT", plants.moment(day, scan))
            dataset.private_block(0x0071, "SIEMENS MED PT", create=True).add_new(0x22, "LO", plants.text())
    return planted_series(plants, datasets, without(planted, TIMES_OF_A_SCAN))


def planted_series(plants: Plants, datasets: list[Dataset], planted: Dataset) -> list[Dataset]:
    """Data sets with what is planted in elements that they lack, and with UIDs of their own."""
    shared = {keyword: plants.uid() for keyword in UIDS_OF_A_SERIES}
    for dataset in datasets:
        for keyword, uid in shared.items():
            setattr(dataset, keyword, uid)
        dataset.SOPInstanceUID = plants.uid()
        plant(dataset, planted, plants)
    return datasets


def write_planted(folder: Path, datasets: Iterable[Dataset], plants: Plants) -> None:
    """Write files with planted names, and do the `DAMAGE`."""
    folder.mkdir(parents=True, exist_ok=True)
    for dataset in datasets:
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.file_meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
        path = folder / f"{plants.text()}^.dcm"
        dataset.save_as(path, enforce_file_format=True)
        data = path.read_bytes()
        for valid, damaged in DAMAGE.items():
            data = data.replace(valid.encode(), damaged)
        path.write_bytes(data)


def _changed(dataset: Dataset, keyword: str, value: object) -> Dataset:
    dataset.add(element(keyword, value))
    return dataset


def _bare(plants: Plants, sop_class: str, modality: str) -> list[Dataset]:
    [dataset] = ct_slices(plants, [0])
    dataset = _changed(_changed(dataset, "SOPClassUID", sop_class), "Modality", modality)
    del dataset.PixelData, dataset.Rows, dataset.Columns
    return [dataset]


def _colour(plants: Plants) -> list[Dataset]:
    [dataset] = ct_slices(plants, [0])
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.PixelData = 3 * dataset.PixelData
    return [dataset]


def _mosaic(plants: Plants) -> list[Dataset]:
    """A mosaic whose private header says in words how many tiles it has."""
    [dataset] = ct_slices(plants, [0], ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"], SpacingBetweenSlices="3")
    entries = {"SliceNormalVector": ("FD", [b"0", b"0", b"1"]), "NumberOfImagesInMosaic": ("LO", [b"PLANT997"])}
    header = b"SV10\4\3\2\1" + struct.pack("<2i", len(entries), 77)
    for name, (representation, values) in entries.items():
        header += struct.pack("<64si4s3i", name.encode(), len(values), representation.encode(), 1, len(values), 77)
        for value in values:
            header += struct.pack("<4i", len(value), len(value), 77, len(value)) + value + bytes(-len(value) % 4)
    dataset.private_block(0x0029, "SIEMENS CSA HEADER", create=True).add_new(0x10, "OB", header)
    return [dataset]


def _in_unknown_letters(plants: Plants) -> list[Dataset]:
    """Compressed slices whose SpecificCharacterSet is none; the last of them is damaged."""
    datasets = ct_slices(plants, range(12), SpecificCharacterSet=LETTERS)
    for dataset in datasets:
        dataset.compress(RLELossless, generate_instance_uid=False)
    datasets[-1].PixelData = encapsulate([b"PLANT9961" * 20])
    return datasets


def _disagreeing(plants: Plants) -> list[Dataset]:
    datasets = pet_slices(plants)
    datasets[1].Units, datasets[1].PatientWeight = plants.text(), "81.25"
    return datasets


def _lone(name: str, value: Callable[[Plants], str]) -> Callable[[Plants], list[Dataset]]:
    return lambda plants: [_changed(ct_slices(plants, [0])[0], name, value(plants))]


NO_VOLUMES: dict[str, tuple[str, Callable[[Plants], list[Dataset]]]] = {
    "a damaged number": ("unreadable", lambda plants: ct_slices(plants, RescaleIntercept=NUMBER)),
    "an unknown class": ("unsupported-class", _lone("SOPClassUID", Plants.uid)),
    "burned-in text": ("burned-in", lambda plants: ct_slices(plants, BurnedInAnnotation="YES")),
    "a dose report": ("structured-report", lambda plants: _bare(plants, "1.2.840.10008.5.1.4.1.1.88.67", "SR")),
    "contours": ("not-an-image", lambda plants: _bare(plants, "1.2.840.10008.5.1.4.1.1.481.3", "RTSTRUCT")),
    "a private object": ("not-an-image", lambda plants: _bare(plants, plants.uid(), plants.text())),
    "a DICOMDIR": ("dicomdir", lambda plants: _bare(plants, "1.2.840.10008.1.3.10", plants.text())),
    "colour": ("colour", _colour),
    "an unknown kind of pixels": ("colour", lambda plants: ct_slices(plants, PhotometricInterpretation=plants.text())),
    "a mosaic that says nothing": ("no-position", _mosaic),
    "unknown letters": ("unreadable", _in_unknown_letters),
    "a gap": ("missing-slices", lambda plants: ct_slices(plants, [0, 1, 2, 4])),
    "uneven slices": ("uneven-spacing", lambda plants: ct_slices(plants, [0, 1, 2.4, 3, 4])),
    "two at one place": ("duplicate-position", lambda plants: _twice(plants)),
    "no position": ("no-position", lambda plants: ct_slices(plants, ImagePositionPatient=None)),
    "no attenuation": ("not-attenuation-corrected", lambda plants: pet_slices(plants, CorrectedImage=plants.text())),
}
"""What becomes no volume: name -> reason, and its data sets."""

NO_SUV: dict[str, tuple[str, Callable[[Plants], list[Dataset]]]] = {
    "damaged weight": ("suv-weight", lambda plants: pet_slices(plants, PatientWeight=NUMBER)),
    "unknown unit": ("suv-units", lambda plants: pet_slices(plants, Units=plants.text())),
    "unknown decay": ("suv-decay", lambda plants: pet_slices(plants, DecayCorrection=plants.text())),
    "bad time": ("bad-time", lambda plants: _with_bad_time(plants)),
    "slices disagree": ("inconsistent-series", _disagreeing),
}
"""PET that becomes a volume without SUV: name -> reason, and its data sets."""


def _twice(plants: Plants) -> list[Dataset]:
    datasets = ct_slices(plants, [0, 1, 1, 2])
    datasets[2].PixelData = bytes(len(datasets[2].PixelData))
    return datasets


def _with_bad_time(plants: Plants) -> list[Dataset]:
    return [_changed(dataset, "SeriesTime", "PLANT998") for dataset in pet_slices(plants)]


def write_studies(folder: Path, plants: Plants) -> None:
    """Two patients, each with a CT and a PET series, in folders that bear their names."""
    for dated in (False, True):
        patient = folder / f"{plants.text()}^{plants.text()}" / plants.text()
        write_planted(patient, ct_slices(plants, keywords=KEYWORDS), plants)
        write_planted(patient / plants.text(), pet_slices(plants, dated=dated, keywords=KEYWORDS), plants)


def write_cut_file(folder: Path, plants: Plants) -> None:
    """A CT slice that ends within its pixels."""
    write_planted(folder, [slice_dataset(GEOMETRY, 0, SeriesInstanceUID=plants.uid())], plants)
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:-20])


def write_text(folder: Path, plants: Plants) -> None:
    """A list of patients that calls itself DICOM."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{plants.text()}.dcm").write_text(f"patient\tborn\n{plants.text()}\t{plants.day()}\n")
