"""Files: written whole or not at all, hashed, and tables with one way to spell a number."""

from __future__ import annotations

import contextlib
import csv
import errno
import fcntl
import glob
import hashlib
import io
import json
import math
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fuseflow.errors import InputError


def sha256_of_bytes(data: bytes) -> str:
    """SHA-256 of bytes, as 64 hexadecimal digits.

    Examples
    --------
    >>> sha256_of_bytes(b"")[:12]
    'e3b0c44298fc'
    """
    return hashlib.sha256(data).hexdigest()


def hash_of_file(path: Path, algorithm: str = "sha256") -> str:
    """Hexadecimal digest of a file's bytes; `algorithm` is any name `hashlib` knows."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def read_regular_file(path: Path) -> bytes:
    """The bytes of a file that is no pipe and no device, which might never end.

    Raises
    ------
    OSError
        If it is none, or cannot be read.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return path.read_bytes()


def check_not_input(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Make sure that writing the outputs replaces no input.

    Parameters
    ----------
    outputs
        Files or folders that will be replaced, if they are there.
    inputs
        Files or folders that are read.

    Raises
    ------
    InputError
        If an output is an input, by whatever path, or a folder that holds one.

    Examples
    --------
    >>> check_not_input([Path("b.png")], [Path("a.png")])
    >>> check_not_input([Path("/")], [Path("/a.png")])
    Traceback (most recent call last):
    fuseflow.errors.InputError: / is an input or holds one; give another path for the results
    """
    existing = [(output, output.resolve()) for output in outputs if output.exists()]
    if not existing:
        return
    read = {path.resolve() for path in inputs}
    for output, resolved in existing:
        if any(path.is_relative_to(resolved) for path in read):
            raise InputError(f"{output} is an input or holds one; give another path for the results")


@contextlib.contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """A temporary path beside `target` that becomes `target` when the block ends well.

    The block may write a file or make a folder there. If it raises, nothing is left behind and an existing `target`
    stays as it was; what a killed process left behind is cleared away by the next one.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with atomic_path(folder / "a.txt") as temporary:
    ...     _ = temporary.write_text("whole")
    >>> (folder / "a.txt").read_text(), len(list(folder.iterdir()))
    ('whole', 1)
    """
    target = target.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    _clear_left_behind(target)
    holder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    temporary = holder / target.name
    with _claimed(holder):
        try:
            yield temporary
            if temporary.is_dir() and target.is_dir():
                shutil.rmtree(target)
            temporary.replace(target)
        finally:
            shutil.rmtree(holder, ignore_errors=True)


@contextlib.contextmanager
def _claimed(holder: Path) -> Iterator[None]:
    """Hold a lock in a temporary folder, which ends with the process however that ends."""
    with (holder / "new").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Only now may others look at it: a lock file that is there is always held while its owner lives.
        (holder / "new").rename(holder / "lock")
        yield


def _clear_left_behind(target: Path) -> None:
    """Remove temporary folders that killed processes left beside `target`."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.*/lock"):
        with contextlib.suppress(OSError), left.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left.parent, ignore_errors=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with Unix line ends, whole or not at all."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write JSON with sorted keys, so that equal values give equal bytes."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """The value that a JSON file holds.

    Raises
    ------
    InputError
        If the file is missing or is not JSON.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "splits.json"
    >>> _ = path.write_text('{"active": "patient"}')
    >>> read_json(path)
    {'active': 'patient'}
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); rerun the stage that writes it") from None


def format_cell(value: object) -> str:
    """How a value is spelled in every table: floats with `repr` precision, NaN as ``nan``.

    Examples
    --------
    >>> format_cell(0.1), format_cell(float("nan")), format_cell(3), format_cell("CT")
    ('0.1', 'nan', '3', 'CT')
    """
    if isinstance(value, float):
        return "nan" if math.isnan(value) else repr(float(value))
    return str(value)


def table_text(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Rows as tab-separated text with one header line and Unix line ends."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([format_cell(row[column]) for column in columns] for row in rows)
    return buffer.getvalue()


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Write a tab-separated table, whole or not at all."""
    write_text(path, table_text(columns, rows))


def read_table(path: Path, required: Sequence[str] = ()) -> list[dict[str, str]]:
    """Rows of a tab-separated table, every cell as text.

    Parameters
    ----------
    path
        The table; its first line names the columns.
    required
        Columns that must be there; more are allowed.

    Raises
    ------
    InputError
        If the file is missing, is not such a table, or lacks a required column.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, delimiter="\t", strict=True)
            columns = list(reader.fieldnames or ())
            rows = [dict(row) for row in reader]
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; give the path of a table") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as a tab-separated table ({error})") from None
    missing = [column for column in required if column not in columns]
    if missing:
        raise InputError(f"{path} has no column {', '.join(missing)}; it has {', '.join(columns) or 'no header line'}")
    if any(None in row or None in row.values() for row in rows):
        raise InputError(f"{path} has a line with more or fewer cells than its header; repair or remake the table")
    return rows
