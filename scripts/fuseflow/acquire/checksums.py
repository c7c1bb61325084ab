"""Checksums: what a downloaded file and the files of an archive must be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from fuseflow.errors import InputError
from fuseflow.files import hash_of_file

LINE = re.compile(r"([0-9a-f]{64}) [ *](.+)")


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """What is known about a file beforehand: its size in bytes and its hashes in lower-case hexadecimal digits."""

    size: int | None = None
    sha256: str | None = None
    md5: str | None = None

    def difference(self, path: Path) -> str | None:
        """How a file differs from what is known, in words; None if it does not.

        Examples
        --------
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a"
        >>> _ = path.write_bytes(b"abc")
        >>> Fingerprint(size=3, md5="900150983cd24fb0d6963f7d28e17f72").difference(path)
        >>> Fingerprint(size=4).difference(path)
        'it has 3 bytes instead of 4'
        """
        size = path.stat().st_size
        if self.size is not None and size != self.size:
            return f"it has {size} bytes instead of {self.size}"
        for algorithm, expected in (("sha256", self.sha256), ("md5", self.md5)):
            if expected is not None and (found := hash_of_file(path, algorithm)) != expected:
                return f"its {algorithm} is {found} instead of {expected}"
        return None


def read_checksums(path: Path) -> dict[str, str]:
    """Read a list in the format of the program ``sha256sum``: file -> sha256.

    Raises
    ------
    InputError
        If the list is missing or empty, or a line is malformed or names a file again.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.sha256"
    >>> _ = path.write_text("0" * 64 + "  CT/1.png")
    >>> list(read_checksums(path))
    ['CT/1.png']
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the list of checksums {path} cannot be read ({error}); it lies beside the card") from None
    listed: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        match = LINE.fullmatch(line)
        if match is None:
            raise InputError(
                f"{path} line {number} is not '<64 hexadecimal digits>  <file>' as sha256sum writes it: {line!r}"
            )
        if match[2] in listed:
            raise InputError(f"{path} line {number} names {match[2]} again; remove one of the lines")
        listed[match[2]] = match[1]
    if not listed:
        raise InputError(f"{path} is empty; list the files of the data set with sha256sum")
    return listed
