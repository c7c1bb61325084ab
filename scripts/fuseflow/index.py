"""The index: which files of a raw folder make which cases, as the data set's card declares it."""

from __future__ import annotations

import hashlib
import logging
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fuseflow.cases import SAFE_ID, Case, CaseFile
from fuseflow.errors import InputError
from fuseflow.files import hash_of_file
from fuseflow.patterns import compile_pattern

log = logging.getLogger(__name__)

UNNAMED = "unnamed-"
"""What an id begins with that stands for a name which cannot be a file name."""


@dataclass(frozen=True, kw_only=True)
class Index:
    """How cases and patients are found in a raw folder.

    Parameters
    ----------
    roles
        Role -> pattern with the field ``{case}``.
    patient
        How a case id splits, with the field ``{patient}``: ``{patient}{slice:3d}`` reads patient 2 from the case 2004.
    public_ids
        Whether the source's ids may appear in outputs. If not, ids become salted hashes and files become numbers.
    salt
        Secret that makes the hashes useless to those who do not have it.
    limit
        Keep only this many cases, those with the smallest hash of their id; 0 keeps all.
    """

    roles: Mapping[str, str]
    patient: str = "{patient}"
    public_ids: bool = False
    salt: str = ""
    limit: int = 0

    def __call__(self, raw: Path) -> list[Case]:
        """Cases of a raw folder, sorted by id.

        A file whose name does not say its patient, or whose id cannot be a file name, still becomes a case, with an
        empty patient: the next stage refuses it, so that nothing is lost without a word.

        Raises
        ------
        InputError
            If the folder is missing or no file fits any pattern.
        """
        paths = list_files(raw)
        claimed = self._claim(paths)
        if not claimed:
            raise InputError(
                f"none of the {len(paths)} files in {raw} fits a pattern of the card ({', '.join(self.roles.values())})"
            )
        fitting = {path for files in claimed.values() for _, path, _ in files}
        if len(fitting) < len(paths):
            log.warning(
                "%d of %d files fit no pattern of the card and are left out", len(paths) - len(fitting), len(paths)
            )
        kept = sorted(claimed, key=lambda case: hashlib.sha256(case.encode()).digest())[: self.limit or None]
        numbers = {path: f"#{number}" for number, path in enumerate(paths)}
        return sorted((self._case(case, claimed[case], raw, numbers) for case in kept), key=lambda case: case.id)

    def _claim(self, paths: Sequence[str]) -> dict[str, list[tuple[str, str, str]]]:
        """Raw case id -> (role, path, stratum)."""
        claimed: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for role, pattern in sorted(self.roles.items()):
            expression = compile_pattern(pattern)
            for path in paths:
                match = expression.fullmatch(path)
                if match:
                    fields = match.groupdict()
                    claimed[fields["case"]].append((role, path, fields.get("stratum") or ""))
        return claimed

    def _case(self, name: str, files: Sequence[tuple[str, str, str]], raw: Path, numbers: Mapping[str, str]) -> Case:
        match = compile_pattern(self.patient).fullmatch(name)
        patient = match["patient"] if match else ""
        if not self.public_ids:
            case_id, patient = self._pseudonym(name), self._pseudonym(patient) if patient else ""
        elif SAFE_ID.fullmatch(name):
            case_id = name
        else:
            case_id, patient = UNNAMED + hashlib.sha256(name.encode()).hexdigest()[:12], ""
        return Case(
            id=case_id,
            patient=patient,
            stratum=_stratum_of(case_id, files),
            files=tuple(
                sorted(
                    CaseFile(role, path if self.public_ids else numbers[path], hash_of_file(raw / path))
                    for role, path, _ in files
                )
            ),
            folder=raw,
        )

    def _pseudonym(self, name: str) -> str:
        return hashlib.sha256(f"{self.salt}|{name}".encode()).hexdigest()[:12]


def _stratum_of(case_id: str, files: Sequence[tuple[str, str, str]]) -> str:
    """The one stratum that the paths of a case name, or none."""
    found = sorted({stratum for _, _, stratum in files if stratum})
    if len(found) > 1:
        raise InputError(f"the files of case {case_id} lie in several strata ({', '.join(found)}); keep them in one")
    return found[0] if found else ""


def list_files(raw: Path) -> list[str]:
    """Regular files below a folder, as sorted relative paths with ``/``; links are not followed."""
    if not raw.is_dir():
        raise InputError(f"the raw folder {raw} does not exist; acquire the data set first")
    found = []
    for folder, subfolders, names in os.walk(raw):
        subfolders.sort()
        found += [
            (Path(folder) / name).relative_to(raw).as_posix()
            for name in names
            if not (Path(folder) / name).is_symlink()
        ]
    return sorted(path for path in found if not path.startswith(".snakemake"))


def raw_path(raw: Path, path: str, listing: Sequence[str] = ()) -> Path:
    """The raw file that a row of the index means, by its path or by its number (``#17``) in the sorted folder."""
    if not path.startswith("#"):
        return raw / path
    return raw / listing[int(path[1:])]
