"""Values that nobody else would write, for every data element that may identify somebody, and the search for them."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from pydicom import config
from pydicom.datadict import DicomDictionary
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

UID_ROOT = "1.2.826.0.1.3680043"
"""Of planted UIDs, of those that the test series have anyway, and of pydicom's own."""
AGE = "987Y"
ZONE = "+0145"

MARKED = re.compile(rb"plant[0-9]{4,}", re.IGNORECASE)
NUMBER = re.compile(rb"(?<![0-9a-f])[0-9](?:[0-9:./-]*[0-9])?(?![0-9a-f])")
HEXADECIMAL = re.compile(rb"[0-9a-f]{12,}")
CLOCK = re.compile(rb"[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} 20[0-9]{2}\b|\b20[0-9]{2}(?:-[0-9]{2}-[0-9]{2}|,) [0-9:]{8}\b")
"""How Snakemake writes when it and its jobs began and when Python was built, which may be a planted time of day."""
DIGESTS = ("md5", "sha1", "sha256")
PREFIX = 12
"""Hexadecimal digits of a pseudonym."""

TEXT = frozenset({"PN", "LO", "SH", "ST", "LT", "UT", "UC", "UR", "AE", "CS"})
BINARY = frozenset({"OB", "OW", "UN"})
PLANTED = TEXT | BINARY | {"UI", "DA", "TM", "DT", "AS", "SQ"}
IN_SEQUENCES = ("PatientName", "CodeValue", "CodeMeaning", "ReferencedSOPInstanceUID", "PersonName", "IssueDate")
IDENTITY = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientBirthTime", "PatientAge", "PatientAddress"),
    *("OtherPatientNames", "OtherPatientIDsSequence", "AccessionNumber", "InstitutionName", "InstitutionAddress"),
    *("ReferringPhysicianName", "OperatorsName", "StationName", "DeviceSerialNumber", "ProtocolName"),
    *("StudyID", "StudyDate", "StudyTime", "StudyDescription", "SeriesDescription", "ContentDate", "ContentTime"),
    *("ReferencedStudySequence", "RequestAttributesSequence", "PersonIdentificationCodeSequence", "ImageComments"),
    *("ReferencedImageSequence", "InstanceCreationDate", "PatientComments", "DeviceUID", "AcquisitionComments"),
)
"""The elements of the profile that say most."""
DEFINE_THE_LAYOUT = frozenset(
    {
        "ModalityLUTSequence",
        "SpecificCharacterSet",
        "PerFrameFunctionalGroupsSequence",
        "SharedFunctionalGroupsSequence",
    }
)
KEYWORDS = {entry[4]: (tag, entry[0]) for tag, entry in DicomDictionary.items() if entry[4]}


@dataclass
class Plants:
    """Unique values, all of them remembered."""

    words: set[str] = field(default_factory=set)
    """Texts and UIDs, of which digests are searched for too."""
    numerals: set[bytes] = field(default_factory=set)
    """Every spelling of a date or a time."""
    count: int = 0

    def text(self) -> str:
        self.count += 1
        self.words.add(word := f"PLANT{self.count:05d}")
        return word

    def uid(self) -> str:
        self.count += 1
        self.words.add(uid := f"{UID_ROOT}.10.543.77.{self.count}")
        return uid

    def day(self, number: int | None = None) -> str:
        """A day of the 18th century as DA."""
        self.count += 1
        day = date(1701, 1, 1) + timedelta(self.count if number is None else number)
        self._remember(f"{day:%Y%m%d}", f"{day:%Y-%m-%d}", f"{day:%Y/%m/%d}", f"{day:%d.%m.%Y}")
        return f"{day:%Y%m%d}"

    def time(self, seconds: float | None = None) -> str:
        """A time of day as TM; `seconds` after midnight."""
        self.count += 1
        total = 43000 + self.count * 1.000173 if seconds is None else seconds
        hours, minutes, rest = int(total // 3600), int(total // 60 % 60), total % 60
        self._remember(f"{hours:02d}{minutes:02d}{int(rest):02d}", f"{hours:02d}:{minutes:02d}:{int(rest):02d}")
        self._remember(f"{hours:02d}:{minutes:02d}:{rest:09.6f}", repr(total), f"{total:g}")
        time = f"{hours:02d}{minutes:02d}{rest:09.6f}"
        self._remember(time)
        return time

    def moment(self, day: str, time: str) -> str:
        """A DT value."""
        self._remember(f"{day}{time}")
        return f"{day}{time}"

    def _remember(self, *spellings: str) -> None:
        self.numerals.update(spelling.encode() for spelling in spellings)

    def value(self, representation: str) -> str | bytes:
        """A valid value of a value representation."""
        if representation in BINARY:
            return f"{self.text():<12}".encode()
        if representation in TEXT:
            return f"{self.text()}^{self.text()}" if representation == "PN" else self.text()
        special = {"UI": self.uid, "DA": self.day, "TM": self.time, "AS": lambda: AGE}
        return special[representation]() if representation in special else self.moment(self.day(), self.time())

    @cached_property
    def digests(self) -> set[bytes]:
        """The beginnings of the digests of all texts and UIDs; ask for them when everything is planted."""
        return {
            hashlib.new(name, word.encode()).hexdigest()[:PREFIX].encode() for word in self.words for name in DIGESTS
        }

    def found_in(self, data: bytes) -> list[bytes]:
        """What of the planted values some bytes hold, in any case and whatever the width of a character."""
        found = []
        data = CLOCK.sub(b"", data)
        for view in (data, data.replace(b"\0", b"")):
            found += MARKED.findall(view)
            found += [known for known in (UID_ROOT.encode(), ZONE.encode()) if known in view]
            found += [known for known in (AGE.encode(), AGE.lower().encode()) if known in view]
            numbers = set(NUMBER.findall(view))
            numbers |= {part for number in numbers for part in number.split(b"-")}
            found += numbers & self.numerals
            found += {digits[:PREFIX] for digits in HEXADECIMAL.findall(view.lower())} & self.digests
        return sorted(set(found))

    def found_below(self, folder: Path, *, leaving_out: Collection[str] = ()) -> dict[str, list[bytes]]:
        """File -> what it or its path holds of the planted values; compressed files are searched as both."""
        found = {}
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            if name.parts[0] not in leaving_out and (hits := self.found_in(_content(path, name))):
                found[str(name)] = hits
        return found


def _content(path: Path, name: Path) -> bytes:
    data = path.read_bytes() if path.is_file() else b""
    inside = gzip.decompress(data) if path.suffix == ".gz" else b""
    return b"\n".join([bytes(name), data, inside])


def element(keyword: str, value: object) -> DataElement:
    """An element whose value need not be valid."""
    tag, representation = KEYWORDS[keyword]
    return DataElement(tag, representation, value, validation_mode=config.IGNORE)


def planted_dataset(plants: Plants, keywords: Iterable[str] = KEYWORDS) -> Dataset:
    """Every element of the standard, or some of them, that holds text, a UID, a date, a time or bytes; private ones."""
    dataset = Dataset()
    for keyword in keywords:
        tag, representation = KEYWORDS[keyword]
        if representation not in PLANTED or keyword in DEFINE_THE_LAYOUT or tag >> 16 in (0x0000, 0x0002):
            continue
        value = _items(plants) if representation == "SQ" else plants.value(representation)
        dataset.add(element(keyword, value))
    dataset["OtherPatientIDsSequence"].value[0].RequestAttributesSequence = _items(plants, depth=3)
    _plant_private(dataset, plants)
    return dataset


def _items(plants: Plants, *, depth: int = 1) -> Sequence:
    item = Dataset()
    for keyword in IN_SEQUENCES:
        if keyword in KEYWORDS:
            item.add(element(keyword, plants.value(KEYWORDS[keyword][1])))
    if depth > 1:
        item.add(element("ReferencedStudySequence", _items(plants, depth=depth - 1)))
        _plant_private(item, plants)
    return Sequence([item])


def _plant_private(dataset: Dataset, plants: Plants) -> None:
    creators = {0x0009: "GEMS_IDEN_01", 0x0019: plants.text(), 0x0029: "SIEMENS CSA HEADER", 0x0071: "SIEMENS MED PT"}
    for group, creator in {**creators, 0x7053: "Philips PET Private Group", 0x7FD1: plants.text()}.items():
        block = dataset.private_block(group, creator, create=True)
        for offset, representation in enumerate(("LO", "PN", "UI", "DA", "OB", "UN"), start=0x30):
            block.add_new(offset, representation, plants.value(representation))


def plant(dataset: Dataset, planted: Dataset, plants: Plants) -> Dataset:
    """Add to an image what it does not have already; also to its file meta information and preamble."""
    for new in planted:
        if new.tag not in dataset:
            dataset.add(new)
    meta = dataset.file_meta
    for keyword in ("SourceApplicationEntityTitle", "SendingApplicationEntityTitle", "ReceivingApplicationEntityTitle"):
        setattr(meta, keyword, plants.text())
    meta.ImplementationVersionName, meta.PrivateInformationCreatorUID = plants.text(), plants.uid()
    meta.PrivateInformation = plants.value("OB")
    dataset.preamble = plants.text().encode().ljust(128)
    return dataset


def without(dataset: Dataset, keywords: Iterable[str]) -> Dataset:
    """A data set without some elements."""
    copy = Dataset()
    copy.update({new.tag: new for new in dataset if new.keyword not in set(keywords)})
    return copy
