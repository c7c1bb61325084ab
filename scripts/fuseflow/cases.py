"""Cases, their tables, and shards: the contract between the stages.

A *case* is what is fused and scored as one: images of several *roles* (CT, MR ...) of one *patient*. A case table has
one row per case and role, with paths relative to the folder of the table. A *shard* is the unit of a job: which one a
case belongs to depends on nothing but its id and the number of shards.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from fuseflow.errors import InputError, Refused
from fuseflow.files import read_table, write_table

CASE_COLUMNS = ("case", "patient", "role", "path", "sha256", "stratum")
REFUSED_COLUMNS = ("case", "stage", "reason", "detail")
SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""What an id may look like, since it becomes a file name."""


@dataclass(frozen=True, order=True)
class CaseFile:
    """One row of a case table: the file that plays a role, relative to the folder of the table."""

    role: str
    path: str
    sha256: str


@dataclass(frozen=True)
class Case:
    """A case and its files; `folder` is what their paths are relative to."""

    id: str
    patient: str
    stratum: str
    files: tuple[CaseFile, ...]
    folder: Path

    def roles(self) -> list[str]:
        """The roles that have at least one file, sorted."""
        return sorted({file.role for file in self.files})

    def file(self, role: str) -> CaseFile:
        """The one file of a role.

        Raises
        ------
        Refused
            ``orphan`` if there is none, ``ambiguous-role`` if there are several.
        """
        found = [file for file in self.files if file.role == role]
        if not found:
            raise Refused("orphan", f"there is no {role} image for this case, only {', '.join(self.roles())}")
        if len(found) > 1:
            raise Refused("ambiguous-role", f"{len(found)} files claim to be the {role} image of this case")
        return found[0]

    def hashes(self) -> dict[str, list[str]]:
        """Role -> sha256 of its files, for records of what a result was made from."""
        return {role: [file.sha256 for file in self.files if file.role == role] for role in self.roles()}

    def path(self, role: str) -> Path:
        """Where the one file of a role lies."""
        return self.folder / self.file(role).path


@dataclass(frozen=True)
class RefusedCase:
    """One row of a table of refusals."""

    case: str
    stage: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Shard:
    """One of `count` disjoint parts of a data set.

    Examples
    --------
    >>> Shard.parse("0of5"), str(Shard(number=0, count=5))
    (Shard(number=0, count=5), '0of5')
    >>> sum("2004" in shard for shard in Shard.all(5))
    1
    """

    number: int
    count: int

    @classmethod
    def parse(cls, name: str) -> Shard:
        """Read a name such as ``0of5``.

        Raises
        ------
        InputError
            If the name is not of that form or its number is not below its count.
        """
        match = re.fullmatch(r"(\d+)of(\d+)", name)
        if not match or int(match[1]) >= int(match[2]):
            raise InputError(f"{name!r} is not a shard; write it like 0of5, from 0of5 to 4of5")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def all(cls, count: int) -> list[Shard]:
        """Every shard of a data set that is cut in `count`."""
        return [cls(number, count) for number in range(count)]

    def __str__(self) -> str:
        return f"{self.number}of{self.count}"

    def __contains__(self, case_id: str) -> bool:
        return int(hashlib.sha256(case_id.encode()).hexdigest()[:8], 16) % self.count == self.number


def read_cases(table: Path, shard: Shard | None = None) -> list[Case]:
    """Cases of a table (of those in `shard`, if given), sorted by id.

    Raises
    ------
    InputError
        If the table cannot be read, lacks a column, or a case has several patients, an id that is no file name, or a
        path that is not relative to the table.
    """
    rows = read_table(table, required=CASE_COLUMNS[:5])
    cases = []
    for case_id, group in groupby(sorted(rows, key=lambda row: row["case"]), key=lambda row: row["case"]):
        if shard is not None and case_id not in shard:
            continue
        members = list(group)
        patients = sorted({row["patient"] for row in members})
        if not SAFE_ID.fullmatch(case_id) or len(patients) > 1:
            raise InputError(
                f"{table}: case {case_id!r} has an unusable id or several patients ({', '.join(patients)})"
            )
        for row in members:
            if row["path"].startswith("/") or "\0" in row["path"]:
                raise InputError(f"{table}: case {case_id} has the path {row['path']!r}; paths begin beside the table")
        files = sorted(CaseFile(row["role"], row["path"], row["sha256"]) for row in members)
        cases.append(Case(case_id, patients[0], members[0].get("stratum", ""), tuple(files), table.parent))
    return cases


def write_cases(table: Path, cases: Iterable[Case]) -> None:
    """Write a case table, one row per case and file, sorted."""
    rows = [
        {
            "case": case.id,
            "patient": case.patient,
            "role": file.role,
            "path": file.path,
            "sha256": file.sha256,
            "stratum": case.stratum,
        }
        for case in sorted(cases, key=lambda case: case.id)
        for file in sorted(case.files)
    ]
    write_table(table, CASE_COLUMNS, rows)


def join_files(cases: Iterable[Case], more: Mapping[str, Case]) -> list[Case]:
    """Cases that are in both collections, with the files of both; paths become absolute.

    Examples
    --------
    >>> left = Case("1", "p", "", (CaseFile("CT", "ct.png", ""),), Path("/left"))
    >>> right = Case("1", "p", "", (CaseFile("FUSED", "f.png", ""),), Path("/right"))
    >>> [joined] = join_files([left], {"1": right})
    >>> joined.path("FUSED").as_posix()
    '/right/f.png'
    """
    return [
        Case(case.id, case.patient, case.stratum, _absolute(case) + _absolute(more[case.id]), Path("/"))
        for case in cases
        if case.id in more
    ]


def _absolute(case: Case) -> tuple[CaseFile, ...]:
    return tuple(CaseFile(file.role, str((case.folder / file.path).absolute()), file.sha256) for file in case.files)


def read_refused(table: Path) -> list[RefusedCase]:
    """Rows of a table of refusals."""
    rows = read_table(table, required=REFUSED_COLUMNS)
    return [RefusedCase(*(row[column] for column in REFUSED_COLUMNS)) for row in rows]


def write_refused(table: Path, refused: Iterable[RefusedCase]) -> None:
    """Write a table of refusals, sorted by case."""
    rows = sorted(refused, key=lambda row: (row.case, row.stage, row.reason))
    write_table(table, REFUSED_COLUMNS, [vars(row) for row in rows])
