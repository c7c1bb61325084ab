"""What became of every file of a folder: the tables that a conversion by hand writes beside its images."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

from fuseflow.cases import Case, CaseFile, RefusedCase, write_cases, write_refused
from fuseflow.dicom.modalities import PET
from fuseflow.errors import Refused
from fuseflow.files import hash_of_file, write_json, write_table
from fuseflow.formats.canonical import sidecar_of
from fuseflow.identity import pseudonym
from fuseflow.provenance import record
from fuseflow.tasks import Done, Written

log = logging.getLogger(__name__)

STAGE = "convert"
ACCEPTED, REFUSED = "accepted", "refused"
IMAGE_COLUMNS = ("id", "status", "format", "modality", "reason", "detail", "files", "suv", "series", "outputs")
ID_DIGITS = 12
UNKNOWN_PATIENT = "unknown"
TABLES = ("images", "cases", "refused", "provenance")
"""Names that no image may have."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Files that are, or could have been, one image.

    Parameters
    ----------
    name
        What its results are called; empty if they are numbered, since names of DICOM files may identify a patient.
    format
        ``dicom`` or the name of another format; empty if it is none that is known.
    modality
        As the files say; empty if they do not.
    paths
        Where they lie.
    sha256
        Of the first of them; empty if it cannot be opened.
    series_uid
        Of DICOM files, if it is known.
    """

    name: str = ""
    format: str = ""
    modality: str = ""
    paths: frozenset[Path]
    sha256: str
    series_uid: str = ""


@dataclass(frozen=True, kw_only=True)
class ImageRow:
    """One row of ``images.tsv``.

    Parameters
    ----------
    id
        Number or name of an accepted image, as in the names of its results; else the name, or the beginning of the
        sha256 of the first file.
    status
        ``accepted`` or ``refused``.
    format, modality
        Of the files, as far as they say.
    reason, detail
        Why they were refused.
    files
        How many there are, of those that no row above holds.
    suv
        Of PET: ``computed``, or the reason why not.
    series
        Pseudonym of the series, if there is a salt.
    outputs
        Names of the images that were written, with blanks between them.
    """

    id: str
    status: str
    format: str
    modality: str
    reason: str = ""
    detail: str = ""
    files: int
    suv: str = ""
    series: str
    outputs: str = ""


class Accounting:
    """The tables in the making; a file counts in the first row that holds it.

    Parameters
    ----------
    output
        Where the images were written under provisional names.
    salt
        Secret for the pseudonyms of series; without one there are none.
    """

    def __init__(self, output: Path, *, salt: str) -> None:
        self.refused: list[RefusedCase] = []
        self._output = output
        self._salt = salt
        self._rows: list[ImageRow] = []
        self._cases: list[Case] = []
        self._numbers = 0
        self._counted: set[Path] = set()
        self._taken: set[str] = set(TABLES)

    def accept(self, source: Source, done: Done) -> tuple[CaseFile, ...]:
        """Give the images of a source their names, add its row, and return the images."""
        wanted = source.name or self._next_number()
        name = self._free_name(wanted, lambda name: [name, *_stems(name, source, done.written)])
        files = self._named(name, source, done.written)
        self._cases.append(Case(name, UNKNOWN_PATIENT, "", files, self._output))
        if done.suv:
            self.refused.append(RefusedCase(name, "suv", done.suv.reason, done.suv.detail))
        suv = "" if source.modality != PET else done.suv.reason if done.suv else "computed"
        self._add(source, id=name, status=ACCEPTED, suv=suv, outputs=" ".join(file.path for file in files))
        log.info("%s: %s", name, ", ".join(file.path for file in files))
        return files

    def refuse(self, source: Source, refusal: Refused) -> None:
        """Add the row of a source that becomes no image."""
        name = self._free_name(source.name or source.sha256[:ID_DIGITS] or "unopened", lambda name: [name])
        self.refused.append(RefusedCase(name, STAGE, refusal.reason, refusal.detail))
        self._add(source, id=name, status=REFUSED, reason=refusal.reason, detail=refusal.detail)

    def write(self, *, parameters: Mapping[str, object], code: Sequence[str]) -> None:
        """Write ``images.tsv``, ``cases.tsv``, ``refused.tsv`` and ``provenance.json``."""
        for case in self.refused:
            log.warning("refused %s: %s: %s", case.case, case.reason, case.detail)
        write_table(self._output / "images.tsv", IMAGE_COLUMNS, [asdict(row) for row in self._rows])
        write_cases(self._output / "cases.tsv", self._cases)
        write_refused(self._output / "refused.tsv", self.refused)
        outputs = {path.name: hash_of_file(path) for path in sorted(self._output.iterdir())}
        write_json(
            self._output / "provenance.json",
            record(stage=STAGE, parameters=parameters, code=code, inputs={}, outputs=outputs),
        )

    def _free_name(self, wanted: str, names: Callable[[str], Iterable[str]]) -> str:
        """The wanted name, or the first with a number behind it of which none of some names is taken yet."""
        for number in count(1):
            name = wanted if number == 1 else f"{wanted}-{number}"
            # some file systems do not tell upper from lower case
            needed = {needed.lower() for needed in names(name)}
            if not needed & self._taken:
                self._taken |= needed
                return name
        raise AssertionError

    def _named(self, name: str, source: Source, written: Sequence[Written]) -> tuple[CaseFile, ...]:
        """Give what was written its names."""
        files = []
        for stem, role, image in zip(_stems(name, source, written), _roles(written), written, strict=True):
            path = self._output / (stem + image.ending)
            if (sidecar := sidecar_of(image.path)).exists():
                sidecar.replace(sidecar_of(path))
            image.path.replace(path)
            files.append(CaseFile(role=role, path=path.name, sha256=hash_of_file(path)))
        return tuple(files)

    def _add(self, source: Source, **named: str) -> None:
        new = len(source.paths - self._counted)
        self._counted |= source.paths
        series = pseudonym(source.series_uid, salt=self._salt) if self._salt and source.series_uid else ""
        self._rows.append(ImageRow(format=source.format, modality=source.modality, files=new, series=series, **named))

    def _next_number(self) -> str:
        self._numbers += 1
        return f"{self._numbers:03d}"


def _roles(written: Sequence[Written]) -> list[str]:
    """The role of each image; those of several images with the same role have a number."""
    total = Counter(image.role for image in written)
    numbers: Counter[str] = Counter()
    roles = []
    for image in written:
        numbers[image.role] += 1
        roles.append(image.role + (str(numbers[image.role]) if total[image.role] > 1 else ""))
    return roles


def _stems(name: str, source: Source, written: Sequence[Written]) -> list[str]:
    """Names of the files of some images, without endings: images that have no name of their own also say their role."""
    numbers = [role.removeprefix(image.role) for role, image in zip(_roles(written), written, strict=True)]
    own = bool(source.name)
    return [
        "_".join([name, *([] if own else [image.role]), *([number] if number else [])])
        for image, number in zip(written, numbers, strict=True)
    ]
