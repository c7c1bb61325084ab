"""A folder of DICOM files by hand: one volume per accepted series, and a table in which every file is accounted for."""

from __future__ import annotations

import logging
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
        How many files it holds.
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
    rows: list[SeriesRow] = []
    refused: list[RefusedCase] = []
    for group in found.groups:
        try:
            converted = convert_series(group, rules, threads=threads)
        except Refused as refusal:
            rows.append(_refused_row(refused_group(group, refusal.reason, refusal.detail), rules.salt))
            continue
        number = f"{1 + sum(row.status == ACCEPTED for row in rows):03d}"
        rows.append(_write(output, number, group, converted, salt=rules.salt, threads=threads))
        if isinstance(converted.suv, Refused):
            refused.append(RefusedCase(number, "suv", converted.suv.reason, converted.suv.detail))
    rows += [_refused_row(series, rules.salt) for series in found.refused]
    refused += [RefusedCase(row.id, STAGE, row.reason, row.detail) for row in rows if row.status == REFUSED]
    _write_tables(output, rows, refused, rules)
    return refused


def _refused_row(series: RefusedSeries, salt: str) -> SeriesRow:
    return SeriesRow(
        id=series.sha256[:ID_DIGITS] or "unopened",
        status=REFUSED,
        modality=series.modality,
        reason=series.reason,
        detail=series.detail,
        files=series.files,
        series=pseudonym(series.series_uid, salt=salt) if salt and series.series_uid else "",
    )


def _write(output: Path, number: str, group: Group, converted: Converted, *, salt: str, threads: int) -> SeriesRow:
    instance = group.first.instance
    write_volume(output / f"{number}_{instance.modality}.nii.gz", converted.volume, threads=threads)
    suv = ""
    if instance.modality == PET:
        suv = converted.suv.reason if isinstance(converted.suv, Refused) else "computed"
    if converted.suv is not None and not isinstance(converted.suv, Refused):
        write_volume(output / f"{number}_SUV.nii.gz", converted.suv, threads=threads)
    log.info("%s: %s, %d files", number, instance.modality, group.files)
    return SeriesRow(
        id=number,
        status=ACCEPTED,
        modality=instance.modality,
        files=group.files,
        suv=suv,
        series=pseudonym(instance.series_uid, salt=salt) if salt else "",
    )


def _write_tables(output: Path, rows: Sequence[SeriesRow], refused: Sequence[RefusedCase], rules: SeriesRules) -> None:
    for case in refused:
        log.warning("refused %s: %s: %s", case.case, case.reason, case.detail)
    write_table(output / "series.tsv", SERIES_COLUMNS, [asdict(row) for row in rows])
    write_refused(output / "refused.tsv", refused)
    outputs = {path.name: hash_of_file(path) for path in sorted(output.iterdir())}
    parameters = {name: value for name, value in asdict(rules).items() if name != "salt"}
    write_json(
        output / "provenance.json",
        record(stage=STAGE, parameters=parameters, code=("convert",), inputs={}, outputs=outputs),
    )
