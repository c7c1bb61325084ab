"""The standard's names: modalities, and the storage classes that matter here.

Source: DICOM PS3.3, C.7.3.1.1.1 (Modality), and PS3.4, B.5 (Standard SOP Classes).
"""

from __future__ import annotations

_TERMS = """
ANN AR AS ASMT AU BDUS BI BMD CD CF CFM CP CR CS CT CTPROTOCOL DD DF DG DM DMS DOC DS DX EC ECG EEG EMG EOG EPS ES FA
FID FS GM HC HD IO IOL IVOCT IVUS KER KO LEN LP LS M3D MA MG MR MS NM OAM OCT OP OPM OPR OPT OPTBSV OPTENF OPV OSS OT
PA PLAN POS PR PT PX REG RESP RF RG RTDOSE RTIMAGE RTINTENT RTPLAN RTRAD RTRECORD RTSEGANN RTSTRUCT RWV SEG SM SMR SR
SRF ST STAIN TEXTUREMAP TG TI US VA VF XA XAPROTOCOL XC
"""
MODALITIES = frozenset(_TERMS.split())
"""Every term that Modality may hold, retired ones included. Anything else is free text and is not repeated."""

CT, MR, PET = "CT", "MR", "PT"

VOLUME_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.2": CT,
    "1.2.840.10008.5.1.4.1.1.2.1": CT,
    "1.2.840.10008.5.1.4.1.1.2.2": CT,
    "1.2.840.10008.5.1.4.1.1.4": MR,
    "1.2.840.10008.5.1.4.1.1.4.1": MR,
    "1.2.840.10008.5.1.4.1.1.4.4": MR,
    "1.2.840.10008.5.1.4.1.1.128": PET,
    "1.2.840.10008.5.1.4.1.1.130": PET,
    "1.2.840.10008.5.1.4.1.1.128.1": PET,
}
"""Storage class -> modality of what can be slices of a volume: classic, enhanced, legacy converted."""

CLASSIC_PET = "1.2.840.10008.5.1.4.1.1.128"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
DICOMDIR = "1.2.840.10008.1.3.10"
KEY_OBJECT = "1.2.840.10008.5.1.4.1.1.88.59"
STRUCTURED_REPORT = "1.2.840.10008.5.1.4.1.1.88"
PRESENTATION_STATE = "1.2.840.10008.5.1.4.1.1.11"
