"""Where a result comes from: digests of the code that made it, versions, and the record beside every result.

Snakemake does not see library code, so every rule carries the digest of its script and of all library modules that the
script imports. The modules are found by reading the import statements, without running anything: planning stays cheap,
and editing a module reruns the stages that use it and no other.
"""

from __future__ import annotations

import ast
import importlib.metadata
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from fuseflow.files import hash_of_file, sha256_of_bytes

SCRIPTS = Path(__file__).parent.parent
PACKAGE = Path(__file__).parent.name

DISTRIBUTIONS = {
    "PIL": "pillow",
    "SimpleITK": "simpleitk",
    "cv2": "opencv-python-headless",
    "h5py": "h5py",
    "imagecodecs": "imagecodecs",
    "isal": "isal",
    "jinja2": "jinja2",
    "nibabel": "nibabel",
    "numpy": "numpy",
    "pandas": "pandas",
    "pydicom": "pydicom",
    "scipy": "scipy",
    "skimage": "scikit-image",
}
"""Importable name -> name of the distribution, of the packages that can change a number."""

IMPORT = re.compile(r"^[ \t]*((?:from[ \t]+\S+[ \t]+import[ \t]+(?:\([^)]*\)|.+))|import[ \t]+.+)$", re.MULTILINE)
"""What looks like an import statement: parsing whole files would take a program longer than to start."""


@cache
def imported_modules(source: Path) -> frozenset[Path]:
    """Library modules that a source file imports, directly or through others, and the file itself.

    Parameters
    ----------
    source
        A script or a module of the library.

    Returns
    -------
    frozenset of pathlib.Path
        Source files, with the ``__init__.py`` of every package on the way. Modules that are imported by a computed name
        (entries of a registry) are not found here; a digest names them.
    """
    found: set[Path] = set()
    waiting = [source.resolve()]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting.extend(_imports_of(path))
    return frozenset(found)


@cache
def _imports_of(path: Path) -> tuple[Path, ...]:
    return tuple(sorted({file for name in _imported_names(path) for file in _files_of_module(name, SCRIPTS)}))


@cache
def _imported_names(path: Path) -> frozenset[str]:
    """Dotted names of everything that the import statements of a source file may mean."""
    names: set[str] = set()
    for statement in IMPORT.findall(path.read_text(encoding="utf-8")):
        for node in _parsed(statement):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(names)


def _parsed(statement: str) -> list[ast.stmt]:
    """The syntax tree of one statement; nothing if it is prose that begins like one."""
    try:
        return ast.parse(statement).body
    except SyntaxError:
        return []


@cache
def _files_of_module(name: str, scripts: Path) -> tuple[Path, ...]:
    """Files that importing a dotted name of the library runs; none for a name that is not a module of it."""
    parts = name.split(".")
    if parts[0] != PACKAGE:
        return ()
    files: list[Path] = []
    for length in range(1, len(parts) + 1):
        stem = scripts.joinpath(*parts[:length])
        files += [path for path in (stem / "__init__.py", stem.with_suffix(".py")) if path.is_file()]
    return tuple(file.resolve() for file in files)


def digest_files(*entries: str) -> list[Path]:
    """Files that a code digest covers.

    Parameters
    ----------
    *entries
        Scripts by name (``convert``), library modules by their path below the library (``fusion/methods/lp``), or other
        files below it with their ending (``templates/report.html.j2``).

    Raises
    ------
    FileNotFoundError
        If an entry is none of these.
    """
    found: set[Path] = set()
    for entry in entries:
        script, module, data = SCRIPTS / f"{entry}.py", SCRIPTS / PACKAGE / f"{entry}.py", SCRIPTS / PACKAGE / entry
        if data.is_file():
            found.add(data)
        elif script.is_file() or module.is_file():
            found |= imported_modules(script if script.is_file() else module)
            if not script.is_file():
                found |= set(_files_of_module(".".join([PACKAGE, *entry.split("/")]), SCRIPTS))
        else:
            raise FileNotFoundError(f"there is neither a script nor a library module {entry!r}")
    return sorted(found)


def code_digest(*entries: str) -> str:
    """SHA-256 over the names and bytes of `digest_files`, as 16 hexadecimal digits; touching a file changes nothing.

    Examples
    --------
    >>> code_digest("errors") == code_digest("errors") != code_digest("files")
    True
    """
    lines = [
        f"{path.relative_to(SCRIPTS.resolve()).as_posix()} {hash_of_file(path)}" for path in digest_files(*entries)
    ]
    return sha256_of_bytes("\n".join(lines).encode())[:16]


def packages_of(*entries: str) -> list[str]:
    """Packages that the code of a digest imports and that can change a number, by the name one installs them with.

    They are read from the source: which modules are loaded depends on what a process did before.

    Examples
    --------
    >>> packages_of("flat")
    ['numpy']
    """
    imported = {name for path in digest_files(*entries) if path.suffix == ".py" for name in _imported_names(path)}
    return sorted(
        {DISTRIBUTIONS[name] for name in (name.partition(".")[0] for name in imported) if name in DISTRIBUTIONS}
    )


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Versions of Python and of installed packages."""
    found = {package: importlib.metadata.version(package) for package in packages}
    return dict(sorted({"python": platform.python_version(), **found}.items()))


def record(
    *,
    stage: str,
    parameters: Mapping[str, object],
    code: Sequence[str],
    inputs: Mapping[str, object],
    outputs: Mapping[str, object],
) -> dict[str, object]:
    """The provenance record of a result: what made it, from what. It holds no time, host, user or absolute path.

    Parameters
    ----------
    stage
        The stage that ran.
    parameters
        Everything that was chosen.
    code
        Entries of `code_digest` that made it; the record holds their digest, and the versions of what they import.
    inputs, outputs
        Case -> role -> sha256, or file name -> sha256.
    """
    return {
        "stage": stage,
        "parameters": dict(parameters),
        "code": code_digest(*code),
        "versions": versions_of(packages_of(*code)),
        "inputs": dict(inputs),
        "outputs": dict(outputs),
    }
