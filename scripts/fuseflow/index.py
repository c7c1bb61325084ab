"""The index: which files of a raw folder make which cases, as the data set's card declares it."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import stat
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fuseflow.cases import SAFE_ID, Case, CaseFile
from fuseflow.errors import InputError
from fuseflow.files import hash_of_file
from fuseflow.formats.reading import companions_of
from fuseflow.identity import pseudonym
from fuseflow.patterns import compile_files, compile_pattern

log = logging.getLogger(__name__)

UNNAMED = "unnamed-"
"""What an id begins with that stands for a name which cannot be a file name."""
NUMBER = re.compile(r"#[0-9]+")
"""How a table names a file whose path it may not or cannot hold: by its place in the sorted folder."""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What a raw folder holds: its cases, sorted by id; how many files, and how many of them fit no role."""

    cases: Sequence[Case]
    files: int
    left_out: int


@dataclass(frozen=True, kw_only=True)
class Index:
    """How cases and patients are found in a raw folder.

    Parameters
    ----------
    roles
        Role -> patterns that say the case, see `fuseflow.patterns`; a file plays the role if it fits one of them.
        Further files that are part of the same image, such as the ``.raw`` of an ``.mhd``, are found by the format and
        listed beside it.
    elements
        Role -> what DICOM elements of its files must hold, as keyword -> wildcard.
    patient
        How a case id splits, patterns with the field ``{patient}``, of which the first that fits counts:
        ``{patient}{slice:3d}`` reads patient 2 from the case 2004.
    public_ids
        Whether the source's ids may appear in outputs. If not, ids become salted hashes and files become numbers.
    salt
        Secret that makes the hashes useless to those who do not have it.
    limit
        Keep only this many cases, those with the smallest hash of their id; 0 keeps all.
    """

    roles: Mapping[str, Sequence[str]]
    elements: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    patient: Sequence[str] = ("{patient}",)
    public_ids: bool = False
    salt: str = ""
    limit: int = 0

    def __call__(self, raw: Path) -> Survey:
        """What a raw folder holds.

        A file whose name does not say its patient, or whose id cannot be a file name, still becomes a case, with an
        empty patient: the next stage refuses it, so that nothing is lost without a word.

        Raises
        ------
        InputError
            If the folder is missing, no file fits any role, or something in the folder cannot be read.
        """
        paths = list_files(raw)
        claimed = self._claim(raw, paths)
        if not claimed:
            raise InputError(
                f"none of the {len(paths)} files in {raw} fits a pattern of the card "
                f"({', '.join(pattern for patterns in self.roles.values() for pattern in patterns)})"
            )
        left_out = len(paths) - len({path for files in claimed.values() for _, path, _ in files})
        if left_out:
            log.warning("%d of %d files fit no role of the card and are left out", left_out, len(paths))
        kept = sorted(claimed, key=lambda case: hashlib.sha256(os.fsencode(case)).digest())[: self.limit or None]
        numbers = {path: f"#{number}" for number, path in enumerate(paths)}
        cases = sorted((self._case(case, claimed[case], raw, numbers) for case in kept), key=lambda case: case.id)
        return Survey(cases=cases, files=len(paths), left_out=left_out)

    def _claim(self, raw: Path, paths: Sequence[str]) -> dict[str, list[tuple[str, str, str]]]:
        """Raw case id -> (role, path, stratum)."""
        claimed: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for role, patterns in sorted(self.roles.items()):
            compiled = [compile_files(pattern) for pattern in patterns]
            for path in paths:
                fields = next(filter(None, (pattern.fields_of(path) for pattern in compiled)), None)
                if fields and self._plays(role, raw / path):
                    stratum = fields.get("stratum", "")
                    claimed[fields["case"]] += [(role, part, stratum) for part in self._parts(role, raw, path)]
        return claimed

    def _parts(self, role: str, raw: Path, path: str) -> list[str]:
        """A file and the other files that are part of the same image."""
        if role in self.elements:
            return [path]
        return [path, *(companion.relative_to(raw).as_posix() for companion in companions_of(raw / path))]

    def _plays(self, role: str, path: Path) -> bool:
        if role not in self.elements:
            return True
        # pydicom costs a quarter of a second, which data sets without DICOM need not pay
        from fuseflow.dicom.selecting import element_texts, plays_role

        return plays_role(element_texts(path, tuple(self.elements[role])), self.elements[role])

    def _case(self, name: str, files: Sequence[tuple[str, str, str]], raw: Path, numbers: Mapping[str, str]) -> Case:
        expressions = [compile_pattern(pattern, needs="patient") for pattern in self.patient]
        match = next(filter(None, (expression.fullmatch(name) for expression in expressions)), None)
        patient = match["patient"] if match else ""
        if not self.public_ids:
            case_id, patient = self._pseudonym(name), self._pseudonym(patient) if patient else ""
        elif SAFE_ID.fullmatch(name):
            case_id = name
        else:
            case_id, patient = UNNAMED + hashlib.sha256(os.fsencode(name)).hexdigest()[:12], ""
        return Case(
            id=case_id,
            patient=patient,
            stratum=_stratum_of(case_id, files),
            files=tuple(
                sorted(
                    CaseFile(
                        role,
                        path if self.public_ids and _can_be_written(path) else numbers[path],
                        _hash_of_raw_file(raw, path),
                    )
                    for role, path, _ in files
                )
            ),
            folder=raw,
        )

    def _pseudonym(self, name: str) -> str:
        return pseudonym(name, salt=self.salt)


def _can_be_written(path: str) -> bool:
    """Whether a table can hold a path: it is text that is not taken for a number."""
    return path.isprintable() and not NUMBER.fullmatch(path)


def _hash_of_raw_file(raw: Path, path: str) -> str:
    try:
        return hash_of_file(raw / path)
    except OSError as error:
        raise _unreadable(raw, error) from None


def _unreadable(raw: Path, error: OSError) -> InputError:
    # Names in a raw folder may identify a patient, and logs are kept.
    return InputError(f"something in {raw} cannot be read ({error.strerror}); find it with: find {raw} ! -readable")


def _stratum_of(case_id: str, files: Sequence[tuple[str, str, str]]) -> str:
    """The one stratum that the paths of a case name, or none."""
    found = sorted({stratum for _, _, stratum in files if stratum})
    if len(found) > 1:
        raise InputError(f"the files of case {case_id} lie in several strata ({', '.join(found)}); keep them in one")
    if found and not found[0].isprintable():
        raise InputError(f"the stratum {found[0]!r} of case {case_id} is not plain text; rename its folder")
    return found[0] if found else ""


def list_files(raw: Path) -> list[str]:
    """Regular files below a folder, as sorted relative paths with ``/``; links are not followed.

    Raises
    ------
    InputError
        If the folder is missing, or it or a folder below it cannot be read.
    """

    def fail(error: OSError) -> None:
        raise _unreadable(raw, error)

    if not raw.is_dir():
        raise InputError(f"the raw folder {raw} does not exist; acquire the data set first")
    found = []
    others = 0
    for folder, subfolders, names in os.walk(raw, onerror=fail):
        subfolders.sort()
        regular = [name for name in names if stat.S_ISREG((Path(folder) / name).lstat().st_mode)]
        others += len(names) - len(regular)
        found += [(Path(folder) / name).relative_to(raw).as_posix() for name in regular]
    if others:
        log.warning("%d links or other things that are no regular files are left out", others)
    return sorted(path for path in found if not path.startswith(".snakemake"))


def raw_path(raw: Path, path: str, listing: Sequence[str] = ()) -> Path:
    """The raw file that a row of the index means, by its path or by its number (``#17``) in the sorted folder.

    Raises
    ------
    InputError
        If the path leads out of the folder, or there are fewer files than the number says.

    Examples
    --------
    >>> raw_path(Path("raw"), "CT/1.png").as_posix(), raw_path(Path("raw"), "#1", ["a.png", "b.png"]).as_posix()
    ('raw/CT/1.png', 'raw/b.png')
    """
    if ".." in Path(path).parts:
        raise InputError(f"the path {path!r} leads out of the raw folder; make the index anew")
    if not NUMBER.fullmatch(path):
        return raw / path
    number = int(path[1:])
    if number >= len(listing):
        raise InputError(f"there is no file {path} in {raw}, which has {len(listing)} files; make the index anew")
    return raw / listing[number]
