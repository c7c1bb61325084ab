"""The manifest: one line per result with the sha256 of its bytes, to compare two runs.

It holds nothing that may differ between two runs of the same thing: no shard, no log, no time. Lines are tab-separated:
stage, data set, method (for scores ``<profile>/<method>``), case, role or file (or ``refused``, or an image's sidecar),
sha256.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from fuseflow.cases import read_cases, read_refused
from fuseflow.errors import InputError
from fuseflow.files import hash_of_file, read_table, sha256_of_bytes
from fuseflow.formats.canonical import sidecar_of

IMAGES = (
    ("*/converted/[!.]*", "convert"),
    ("*/resampled/[0-9]*of*", "resample"),
    ("*/quality/[!.]*", "quality"),
    ("*/normalized/[0-9]*of*", "normalize"),
    ("*/fused/*/[!.]*", "fuse"),
)
REFUSED = (
    *("*/converted/*/refused.tsv", "*/resampled/*/refused.tsv", "*/quality/*/refused.tsv", "*/split/refused.tsv"),
    *("*/normalized/*/refused.tsv", "*/fused/*/*/refused.tsv", "*/metrics/*/*/*.refused.tsv"),
)
FILES = (
    ("*/resampled/spacing.json", "resample"),
    ("*/normalized/[!.]*.json", "normalize"),
    ("*/split/splits.json", "split"),
    ("*/split/leakage.json", "split"),
    ("tables/[!.]*.tsv", "tabulate"),
    ("tables/[!.]*.md", "tabulate"),
    ("tables/[!.]*.tex", "tabulate"),
    ("report/index.html", "report"),
)

DEPTH = 3
"""Parts of the path of a file that belongs to a data set."""

Line = tuple[str, str, str, str, str, str]


def make_manifest(results: Path) -> list[str]:
    """The manifest of a results folder.

    Parameters
    ----------
    results
        The folder of a finished run. Shard folders that an earlier run with another number of shards left are looked at
        too: the same result gives the same line, which is listed once.

    Returns
    -------
    list of str
        Lines without line end, sorted.

    Raises
    ------
    InputError
        If the folder holds no results.
    """
    lines: set[Line] = set()
    for pattern, stage in IMAGES:
        for folder in results.glob(pattern):
            lines.update(_images(folder, stage, *_dataset_and_method(folder.relative_to(results))))
    for table in results.glob("*/metrics/*/*/[!.]*of*.tsv"):
        if not table.name.endswith("refused.tsv"):
            lines.update(_scores(table, table.relative_to(results)))
    for pattern in REFUSED:
        for table in results.glob(pattern):
            lines.update(_refused(table, table.relative_to(results)))
    for pattern, stage in FILES:
        for file in results.glob(pattern):
            parts = file.relative_to(results).parts
            dataset = parts[0] if len(parts) == DEPTH else ""
            lines.add((stage, dataset, "", "", file.name, hash_of_file(file)))
    if not lines:
        raise InputError(f"{results} holds no results; give the results folder of a finished run")
    return ["\t".join(line) for line in sorted(lines)]


def _dataset_and_method(path: Path) -> tuple[str, str]:
    return path.parts[0], path.parts[2] if path.parts[1] == "fused" else ""


def _images(folder: Path, stage: str, dataset: str, method: str) -> Iterator[Line]:
    for case in read_cases(folder / "cases.tsv"):
        for file in case.files:
            yield stage, dataset, method, case.id, file.role, hash_of_file(folder / file.path)
            sidecar = sidecar_of(folder / file.path)
            if sidecar.is_file():
                yield stage, dataset, method, case.id, f"{file.role} sidecar", hash_of_file(sidecar)


def _scores(table: Path, path: Path) -> Iterator[Line]:
    dataset, _, profile, method, _ = path.parts
    rows = defaultdict(list)
    for row in read_table(table, required=("case", "metric", "variant", "value")):
        rows[row["case"]].append("\t".join(row.values()))
    for case, texts in rows.items():
        yield "evaluate", dataset, f"{profile}/{method}", case, "", sha256_of_bytes("\n".join(texts).encode())


def _refused(table: Path, path: Path) -> Iterator[Line]:
    # between the data set's folder and the table or its shard folder: the stage, then profile and method
    method = "/".join(path.parts[2 : len(path.parts) - (1 if "metrics" in path.parts else 2)])
    for row in read_refused(table):
        digest = sha256_of_bytes(f"{row.reason}\t{row.detail}".encode())
        yield row.stage, path.parts[0], method, row.case, "refused", digest
