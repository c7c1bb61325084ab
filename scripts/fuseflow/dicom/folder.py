"""A folder of DICOM files by hand: one volume per accepted series, and a table in which every file is accounted for."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from fuseflow.cases import RefusedCase, write_refused
from fuseflow.dicom.grouping import Group
from fuseflow.dicom.modalities import PET
from fuseflow.dicom.series import Converted, RefusedSeries, SeriesRules, convert_series, find_series, refused_group
from fuseflow.errors import Refused
from fuseflow.files import hash_of_file, write_json, write_table
from fuseflow.formats.canonical import write_volume
from fuseflow.identity import pseudonym
from fuseflow.provenance import record
from fuseflow.volume import Volume

log = logging.getLogger(__name__)

STAGE = "convert"
ACCEPTED, REFUSED = "accepted", "refused"
SERIES_COLUMNS = ("id", "status", "modality", "reason", "detail", "files", "suv", "series")
ID_DIGITS = 12


@dataclass(frozen=True, kw_only=True)
class SeriesRow:
    """One row of ``series.tsv``.

    Parameters
    ----------
    id
        Number of an accepted series, as in the names of its files; else the beginning of the sha256 of the first file.
    status
        ``accepted`` or ``refused``.
    modality
        As the files say; empty if they do not.
    reason, detail
        Why it was refused.
    files
        How many files it holds, of those that no row above holds.
    suv
        Of PET: ``computed``, or the reason why not.
    series
        Pseudonym of the series, if there is a salt.
    """

    id: str
    status: str
    modality: str
    reason: str = ""
    detail: str = ""
    files: int
    suv: str = ""
    series: str = ""


def convert_folder(paths: Sequence[Path], output: Path, *, rules: SeriesRules, threads: int) -> list[RefusedCase]:
    """Convert every series among some files.

    Writes ``<NNN>_<MODALITY>.nii.gz`` per accepted series, numbered in the order of their series numbers, for PET also
    ``<NNN>_SUV.nii.gz``, a sidecar ``.json`` beside each, ``series.tsv``, ``refused.tsv`` and ``provenance.json``.

    Parameters
    ----------
    paths
        Files of any kind.
    output
        An empty folder.
    rules
        What to do where there is a choice.
    threads
        How many files or slices are worked on at a time; the results do not depend on it.

    Returns
    -------
    list of RefusedCase
        What ``refused.tsv`` holds.

    Raises
    ------
    InputError
        If a decoder is missing that is needed.
    """
    found = find_series(paths, workers=threads)
    table = _Table(rules.salt)
    for group in found.groups:
        try:
            converted = convert_series(group, rules, threads=threads)
        except Refused as refusal:
            table.refuse(refused_group(group, refusal.reason, refusal.detail))
            continue
        _write(output, table.accept(group, converted.suv), group, converted, threads=threads)
        # the next volume must not be built while this one is still there
        del converted
    for series in found.refused:
        table.refuse(series)
    _write_tables(output, table, rules)
    return table.refused


class _Table:
    """The rows of ``series.tsv`` and ``refused.tsv`` in the making; a file counts in the first row that holds it."""

    def __init__(self, salt: str) -> None:
        self.salt = salt
        self.rows: list[SeriesRow] = []
        self.refused: list[RefusedCase] = []
        self._counted: set[Path] = set()
        self._ids: Counter[str] = Counter()

    def accept(self, group: Group, suv: Volume | Refused | None) -> str:
        """Add a row for a volume; return its number."""
        number = f"{1 + sum(row.status == ACCEPTED for row in self.rows):03d}"
        instance = group.first.instance
        if isinstance(suv, Refused):
            self.refused.append(RefusedCase(number, "suv", suv.reason, suv.detail))
        row = SeriesRow(
            id=number,
            status=ACCEPTED,
            modality=instance.modality,
            files=self._count(group.paths),
            suv="" if instance.modality != PET else suv.reason if isinstance(suv, Refused) else "computed",
            series=self._pseudonym(instance.series_uid),
        )
        self.rows.append(row)
        log.info("%s: %s, %d files", number, instance.modality, row.files)
        return number

    def refuse(self, series: RefusedSeries) -> None:
        """Add a row for files that become no volume."""
        row = SeriesRow(
            id=self._own_id(series.sha256[:ID_DIGITS] or "unopened"),
            status=REFUSED,
            modality=series.modality,
            reason=series.reason,
            detail=series.detail,
            files=self._count(series.paths),
            series=self._pseudonym(series.series_uid),
        )
        self.rows.append(row)
        self.refused.append(RefusedCase(row.id, STAGE, row.reason, row.detail))

    def _count(self, paths: frozenset[Path]) -> int:
        new = len(paths - self._counted)
        self._counted |= paths
        return new

    def _own_id(self, wanted: str) -> str:
        self._ids[wanted] += 1
        return wanted if self._ids[wanted] == 1 else f"{wanted}-{self._ids[wanted]}"

    def _pseudonym(self, uid: str) -> str:
        return pseudonym(uid, salt=self.salt) if self.salt and uid else ""


def _write(output: Path, number: str, group: Group, converted: Converted, *, threads: int) -> None:
    modality = group.first.instance.modality
    write_volume(output / f"{number}_{modality}.nii.gz", converted.volume, threads=threads)
    if isinstance(converted.suv, Volume):
        write_volume(output / f"{number}_SUV.nii.gz", converted.suv, threads=threads)


def _write_tables(output: Path, table: _Table, rules: SeriesRules) -> None:
    for case in table.refused:
        log.warning("refused %s: %s: %s", case.case, case.reason, case.detail)
    write_table(output / "series.tsv", SERIES_COLUMNS, [asdict(row) for row in table.rows])
    write_refused(output / "refused.tsv", table.refused)
    outputs = {path.name: hash_of_file(path) for path in sorted(output.iterdir())}
    parameters = {name: value for name, value in asdict(rules).items() if name != "salt"}
    write_json(
        output / "provenance.json",
        record(stage=STAGE, parameters=parameters, code=("convert",), inputs={}, outputs=outputs),
    )
