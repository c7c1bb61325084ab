"""The raw files of a case: which of them holds the image of a role, verified to be those that were indexed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fuseflow.cases import Case, CaseFile
from fuseflow.errors import Refused
from fuseflow.files import hash_of_file
from fuseflow.formats.reading import headers_of


@dataclass(frozen=True, kw_only=True)
class LoadFiles:
    """Find the raw file of every role of a case.

    Parameters
    ----------
    roles
        The roles.
    optional
        Those without which a case is whole.
    """

    roles: tuple[str, ...]
    optional: frozenset[str] = frozenset()

    def __call__(self, case: Case) -> Mapping[str, Path]:
        """Role -> its file; of images that consist of several files the one with the header.

        Raises
        ------
        Refused
            ``orphan`` if a role has no file, ``ambiguous-role`` if several images claim it, ``unreadable`` or
            ``changed`` if a file cannot be opened or is not the one that was indexed.
        """
        present = [role for role in self.roles if role in case.roles() or role not in self.optional]
        return {role: self._image(case, role) for role in present}

    def _image(self, case: Case, role: str) -> Path:
        files = [file for file in case.files if file.role == role]
        if not files:
            raise Refused("orphan", f"there is no {role} image for this case, only {', '.join(case.roles())}")
        for file in files:
            _verify(case, file)
        headers = headers_of([case.folder / file.path for file in files]) if len(files) > 1 else [case.path(role)]
        if len(headers) != 1:
            raise Refused("ambiguous-role", f"{len(headers)} files claim to be the {role} image of this case")
        return headers[0]


def _verify(case: Case, file: CaseFile) -> None:
    path = case.folder / file.path
    if path.exists() and not path.is_file():
        raise Refused("unreadable", f"the {file.role} file is not a regular file")
    try:
        found = hash_of_file(path)
    except OSError as error:
        raise Refused("unreadable", f"the {file.role} file cannot be opened ({error.strerror})") from None
    if found != file.sha256:
        raise Refused("changed", f"the {file.role} file is no longer the one in the case table")
