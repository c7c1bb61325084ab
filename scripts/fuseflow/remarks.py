"""What results say besides images and numbers: files that nobody asked for, and warnings beside volumes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from fuseflow.cases import Case
from fuseflow.files import read_json
from fuseflow.formats.canonical import sidecar_of


def files_left_out(index_tables: Iterable[Path]) -> int:
    """How many raw files fit no role of the card, from the records beside the tables of the index; 0 if there are none.

    Raises
    ------
    InputError
        If a record cannot be read.
    """
    records = (table.with_suffix(".provenance.json") for table in index_tables)
    # each record speaks of the whole raw folder
    return max((read_json(path).get("files", {}).get("left_out", 0) for path in records if path.is_file()), default=0)


def volume_warnings(cases: Iterable[Case]) -> tuple[tuple[str, str, int], ...]:
    """Role, code of the warning, and in how many cases it stands in the sidecar of a volume; sorted.

    Raises
    ------
    InputError
        If a sidecar cannot be read.
    """
    found: Counter[tuple[str, str]] = Counter()
    for case in cases:
        for file in case.files:
            sidecar = sidecar_of(case.folder / file.path)
            if sidecar.is_file():
                content = read_json(sidecar)
                warnings = [*content["warnings"], *content.get("suv", {}).get("warnings", [])]
                found.update({(file.role, warning["code"]) for warning in warnings})
    return tuple((role, code, count) for (role, code), count in sorted(found.items()))
