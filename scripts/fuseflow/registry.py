"""The one registry pattern: a folder of modules, each of which declares one named thing.

A fusion method, a metric profile, a generator: to add one, add a module to its folder that assigns the folder's
constant (``METHOD = Method(name="LP", ...)``). Nothing else is edited. Names are found without importing any of the
modules, so that a plan stays cheap and the code digest of one entry does not depend on the others.
"""

from __future__ import annotations

import ast
import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fuseflow.errors import InputError

LIBRARY = Path(__file__).parent


@dataclass(frozen=True)
class Registry:
    """Named things, one module each.

    Parameters
    ----------
    kind
        What one entry is called in messages, for example ``fusion method``.
    package
        The folder below the library, for example ``fusion/methods``.
    constant
        The name each module assigns, for example ``METHOD``.
    """

    kind: str
    package: str
    constant: str

    def names(self) -> list[str]:
        """Every declared name, sorted without regard to case."""
        return sorted(_declared(self), key=str.lower)

    def canonical(self, name: str) -> str:
        """The declared spelling of a name given in any case.

        Raises
        ------
        InputError
            If there is no such entry.
        """
        spellings = {declared.lower(): declared for declared in _declared(self)}
        try:
            return spellings[name.lower()]
        except KeyError:
            raise InputError(f"there is no {self.kind} {name!r}; there are {', '.join(self.names())}") from None

    def module(self, name: str) -> str:
        """The module of an entry as a path below the library, without ``.py``: ``fusion/methods/lp``."""
        return f"{self.package}/{_declared(self)[self.canonical(name)]}"

    def declared(self, name: str, keyword: str) -> str:
        """What an entry declares for a keyword, such as the paper of a method, read from its source text.

        Raises
        ------
        InputError
            If there is no such entry, or it does not declare the keyword with a plain string.
        """
        return _text(LIBRARY / f"{self.module(name)}.py", self.constant, keyword)

    def declares(self, name: str, keyword: str) -> bool:
        """Whether an entry gives a keyword at all, plain text or not, read from its source text.

        Raises
        ------
        InputError
            If there is no such entry.
        """
        return keyword in _keywords(LIBRARY / f"{self.module(name)}.py", self.constant)

    def load(self, name: str) -> Any:
        """Import one entry, and only that one."""
        module = importlib.import_module("fuseflow." + self.module(name).replace("/", "."))
        return getattr(module, self.constant)


@cache
def _declared(registry: Registry) -> dict[str, str]:
    """Declared name -> module name, read from the source text."""
    found: dict[str, str] = {}
    for path in sorted((LIBRARY / registry.package).glob("*.py")):
        if path.stem == "__init__":
            continue
        name = _text(path, registry.constant, "name")
        if name.lower() in {other.lower() for other in found}:
            raise InputError(f"{path.name} declares the {registry.kind} {name!r}, which another module declares too")
        found[name] = path.stem
    return found


def _text(path: Path, constant: str, keyword: str) -> str:
    found = _keywords(path, constant).get(keyword)
    if found is None:
        raise InputError(f'{path.name} must declare {constant} = ...({keyword}="...", ...)')
    return found


@cache
def _keywords(path: Path, constant: str) -> dict[str, str | None]:
    """Keyword -> its value, None if that is no plain one, of the first call whose result a module gives a name."""
    for node in ast.parse(path.read_bytes()).body:
        if (
            isinstance(node, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id == constant for target in node.targets)
            and isinstance(node.value, ast.Call)
        ):
            return {
                given.arg: str(given.value.value) if isinstance(given.value, ast.Constant) else None
                for given in node.value.keywords
                if given.arg
            }
    return {}
