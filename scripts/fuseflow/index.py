"""The index: which files of a raw folder make which cases, as the data set's card declares it.

Patterns are paths below the raw folder. ``*`` stands for any part of one name, ``{case}`` for the case's id; further
fields such as ``{patient}`` or ``{stratum}`` may stand beside it. A field may carry a width in digits: ``{slice:3d}``.
"""

from __future__ import annotations

import hashlib
import os
import re
import string
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fuseflow.cases import SAFE_ID, Case, CaseFile
from fuseflow.errors import InputError
from fuseflow.files import hash_of_file


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
        patient = match["patient"] if match and SAFE_ID.fullmatch(name) else ""
        case_id = name if SAFE_ID.fullmatch(name) else "unnamed-" + hashlib.sha256(name.encode()).hexdigest()[:12]
        if not self.public_ids:
            case_id, patient = self._pseudonym(name), self._pseudonym(patient) if patient else ""
        return Case(
            id=case_id,
            patient=patient,
            stratum=min(stratum for _, _, stratum in files),
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


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern of a card as a regular expression.

    Raises
    ------
    InputError
        If a field is named twice or has a format other than a number of digits.

    Examples
    --------
    >>> compile_pattern("{patient}{slice:3d}").fullmatch("2004").groupdict()
    {'patient': '2', 'slice': '004'}
    >>> compile_pattern("*/CT/{case}.png").fullmatch("top/CT/2004.png")["case"]
    '2004'
    """
    parts = []
    seen: set[str] = set()
    for literal, field, form, _ in string.Formatter().parse(pattern):
        parts.append("[^/]*".join(re.escape(piece) for piece in literal.split("*")))
        if field is None:
            continue
        digits = re.fullmatch(r"(\d*)d", form or "")
        if not field.isidentifier() or field in seen or (form and not digits):
            raise InputError(f"the pattern {pattern!r} has an unusable field {{{field}{':' if form else ''}{form}}}")
        seen.add(field)
        body = "[^/]+?" if not digits else rf"\d{{{digits[1]}}}" if digits[1] else r"\d+"
        parts.append(f"(?P<{field}>{body})")
    return re.compile("".join(parts))
