"""What the SUV of a PET slice depends on, and whether a PET series is of use at all.

Source: DICOM PS3.3, C.8.9 (PET Series, Isotope and Image modules); private elements as the vendors' conformance
statements name them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from fuseflow.dicom.tags import Element, first_item, items, text, texts
from fuseflow.errors import Refused

_OF_THE_IMAGE = {
    "units": "Units",
    "suv_type": "SUVType",
    "decay_correction": "DecayCorrection",
    "series_date": "SeriesDate",
    "series_time": "SeriesTime",
    "acquisition_date": "AcquisitionDate",
    "acquisition_time": "AcquisitionTime",
    "acquisition_date_time": "AcquisitionDateTime",
    "timezone_offset": "TimezoneOffsetFromUTC",
    "frame_reference_time": "FrameReferenceTime",
    "actual_frame_duration": "ActualFrameDuration",
    "weight": "PatientWeight",
    "height": "PatientSize",
    "sex": "PatientSex",
    "rescale_intercept": "RescaleIntercept",
}
_OF_THE_INJECTION = {
    "radiopharmaceutical": "Radiopharmaceutical",
    "dose": "RadionuclideTotalDose",
    "half_life": "RadionuclideHalfLife",
    "start_time": "RadiopharmaceuticalStartTime",
    "start_date_time": "RadiopharmaceuticalStartDateTime",
}
_PRIVATE = {
    "ge_scan_date_time": (0x0009, "GEMS_PETD_01", 0x0D),
    "siemens_decay_correction_date_time": (0x0071, "SIEMENS MED PT", 0x22),
    "philips_suv_scale_factor": (0x7053, "Philips PET Private Group", 0x00),
    "philips_activity_scale_factor": (0x7053, "Philips PET Private Group", 0x09),
}
"""Field -> group, private creator, and the element's number within the creator's block."""

ELEMENT_NAMES = {
    **_OF_THE_IMAGE,
    **_OF_THE_INJECTION,
    **{field: f"({group:04X},xx{number:02X}) {creator}" for field, (group, creator, number) in _PRIVATE.items()},
}
"""Field of `PetSlice` -> keyword of the data element, or number and creator of a private one."""

PROJECTIONS = frozenset({"MIP", "MINIP", "PROJECTION", "REPROJECTION"})


@dataclass(frozen=True, kw_only=True)
class PetSlice:
    """What the SUV of one slice depends on, as it stands in the file without padding; None where it is missing.

    It holds dates and is for computing only: nothing of it goes into results except through `fuseflow.dicom.suv`.

    Parameters
    ----------
    image_type, series_type, corrected_image
        All values of the elements of these names.
    units, suv_type, decay_correction, series_date, series_time, acquisition_date, acquisition_time, \
acquisition_date_time, timezone_offset, frame_reference_time, actual_frame_duration, rescale_intercept
        Of the image; both durations in ms.
    weight, height, sex
        Of the patient, in kg and m.
    injections
        Number of items of RadiopharmaceuticalInformationSequence; the rest is of the first.
    radiopharmaceutical, dose, half_life, start_time, start_date_time
        Free text, activity in Bq, half-life in s, time of injection.
    radionuclide_code, radionuclide_meaning, radiopharmaceutical_code, radiopharmaceutical_meaning
        Coded nuclide and tracer.
    ge_scan_date_time, siemens_decay_correction_date_time, philips_suv_scale_factor, philips_activity_scale_factor
        Private elements, under the vendor's own private creator only.
    """

    image_type: tuple[str, ...] = ()
    series_type: tuple[str, ...] = ()
    corrected_image: tuple[str, ...] = ()
    units: str | None = None
    suv_type: str | None = None
    decay_correction: str | None = None
    series_date: str | None = None
    series_time: str | None = None
    acquisition_date: str | None = None
    acquisition_time: str | None = None
    acquisition_date_time: str | None = None
    timezone_offset: str | None = None
    frame_reference_time: str | None = None
    actual_frame_duration: str | None = None
    rescale_intercept: str | None = None
    weight: str | None = None
    height: str | None = None
    sex: str | None = None
    injections: int = 0
    radiopharmaceutical: str | None = None
    dose: str | None = None
    half_life: str | None = None
    start_time: str | None = None
    start_date_time: str | None = None
    radionuclide_code: str | None = None
    radionuclide_meaning: str | None = None
    radiopharmaceutical_code: str | None = None
    radiopharmaceutical_meaning: str | None = None
    ge_scan_date_time: str | None = None
    siemens_decay_correction_date_time: str | None = None
    philips_suv_scale_factor: str | None = None
    philips_activity_scale_factor: str | None = None


def pet_slice_of(dataset: Dataset) -> PetSlice:
    """Gather what SUV depends on from the data set of a classic PET image; nothing is checked or converted.

    Parameters
    ----------
    dataset
        The image, with or without pixels.

    Raises
    ------
    Refused
        ``unreadable`` if an element cannot be decoded.

    Examples
    --------
    >>> dataset = Dataset()
    >>> dataset.Units, dataset.PatientWeight = "BQML", "71.0"
    >>> pet_slice_of(dataset).units, pet_slice_of(dataset).weight, pet_slice_of(dataset).dose
    ('BQML', '71.0', None)
    """
    injections = items(dataset, "RadiopharmaceuticalInformationSequence")
    injection = injections[0] if injections else Dataset()
    nuclide = first_item(injection, "RadionuclideCodeSequence")
    tracer = first_item(injection, "RadiopharmaceuticalCodeSequence")
    single = {field: _text(dataset, keyword) for field, keyword in _OF_THE_IMAGE.items()}
    single |= {field: _text(injection, keyword) for field, keyword in _OF_THE_INJECTION.items()}
    single |= _private_texts(dataset)
    return PetSlice(
        image_type=texts(dataset, "ImageType"),
        series_type=texts(dataset, "SeriesType"),
        corrected_image=texts(dataset, "CorrectedImage"),
        injections=len(injections),
        radionuclide_code=_text(nuclide, "CodeValue"),
        radionuclide_meaning=_text(nuclide, "CodeMeaning"),
        radiopharmaceutical_code=_text(tracer, "CodeValue"),
        radiopharmaceutical_meaning=_text(tracer, "CodeMeaning"),
        **single,
    )


def check_usable(slices: Sequence[PetSlice]) -> None:
    """Accept slices as a PET volume, or say why no use can be made of them, not even without SUV.

    Raises
    ------
    Refused
        ``reprojection`` if one of them is a projection of a volume, ``not-attenuation-corrected`` if one of them is not
        corrected for attenuation.

    Examples
    --------
    >>> check_usable([PetSlice(series_type=("WHOLE BODY", "IMAGE"), corrected_image=("DECY", "ATTN"))])
    """
    if any(_is_projection(slice_) for slice_ in slices):
        raise Refused("reprojection", "ImageType or SeriesType says that the PET image is a projection of a volume")
    if any("ATTN" not in slice_.corrected_image for slice_ in slices):
        raise Refused("not-attenuation-corrected", "CorrectedImage does not list ATTN, the correction for attenuation")


def _is_projection(slice_: PetSlice) -> bool:
    words = {word for value in slice_.image_type for word in re.split("[^A-Z]+", value.upper())}
    return bool(words & PROJECTIONS) or "REPROJECTION" in slice_.series_type[1:2]


def _private_texts(dataset: Dataset) -> dict[str, str | None]:
    wanted = {group for group, _, _ in _PRIVATE.values()}
    blocks = [
        (tag.group, tag.element << 8, _text(dataset, (tag.group, tag.element)))
        for tag in sorted(dataset.keys())
        if tag.group in wanted and 0x10 <= tag.element <= 0xFF
    ]
    found: dict[str, str | None] = {}
    for field, (group, creator, number) in _PRIVATE.items():
        values = (
            _text(dataset, (group, start + number))
            for where, start, name in blocks
            if (where, name) == (group, creator)
        )
        found[field] = next(filter(None, values), None)
    return found


def _text(dataset: Dataset, element: Element) -> str | None:
    return text(dataset, element) or None
