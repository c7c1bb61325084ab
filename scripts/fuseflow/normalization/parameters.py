"""Files of fitted parameters: what was fitted, how, and on which cases.

A file says which cases it was fitted on, so that whoever uses it can make sure that none of them is to be tested on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fuseflow.errors import InputError
from fuseflow.files import hash_of_file, read_json, sha256_of_bytes, write_json
from fuseflow.normalization.method import Fit, Normalization, Options, Values
from fuseflow.normalization.options import complete_options
from fuseflow.normalization.registry import NORMALIZATIONS
from fuseflow.split import TRAIN

LISTED = 5
"""How many ids a message names."""


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """What a normalization was fitted to.

    Parameters
    ----------
    method
        Name of the normalization.
    options
        All of its options.
    values
        What was fitted.
    fitted_on
        Ids of the training cases, sorted.
    seed
        Of the random numbers that were drawn; None if none were.
    versions
        Of Python and the packages that computed it.
    sha256
        Of the file that it was read from; empty if it was not read from one.
    """

    method: str
    options: Options
    values: Values
    fitted_on: tuple[str, ...]
    seed: int | None
    versions: Mapping[str, str]
    sha256: str = field(default="", compare=False)

    def described(self) -> dict[str, Any]:
        """What the file holds, as JSON values."""
        return {
            "method": self.method,
            "options": dict(self.options),
            "values": dict(self.values),
            "split": TRAIN,
            "fitted_on": list(self.fitted_on),
            "fitted_on_sha256": hash_of_ids(self.fitted_on),
            "seed": self.seed,
            "versions": dict(self.versions),
        }


def hash_of_ids(ids: Iterable[str]) -> str:
    r"""SHA-256 of sorted ids, one per line.

    Examples
    --------
    >>> hash_of_ids(["b", "a"]) == sha256_of_bytes(b"a\nb\n")
    True
    """
    return sha256_of_bytes("".join(f"{case}\n" for case in sorted(ids)).encode())


def write_parameters(path: Path, parameters: Parameters) -> None:
    """Write a file of parameters, whole or not at all; equal parameters give equal bytes."""
    write_json(path, parameters.described())


def read_parameters(path: Path) -> Parameters:
    """Read a file of parameters.

    Raises
    ------
    InputError
        If it is missing, or anything in it is not as `write_parameters` writes it; also if the ids are not those that
        their hash was made of.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "nyul.json"
    >>> _ = path.write_text('{"method": "nyul"}')
    >>> read_parameters(path)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    fuseflow.errors.InputError: ...nyul.json is no file of parameters: it must have fitted_on, ... and nothing else
    """
    found = read_json(path)
    try:
        parameters = _checked(found)
    except InputError as error:
        raise InputError(f"{path} is no file of parameters: {error}") from None
    return replace(parameters, sha256=hash_of_file(path))


def _checked(found: Any) -> Parameters:
    _check_types(found)
    method, fit = fitted_method(found["method"])
    if found["split"] != TRAIN:
        raise InputError(f"it was fitted on the split {found['split']!r} but must be fitted on {TRAIN!r}")
    ids = found["fitted_on"]
    if not ids or ids != sorted(set(ids)):
        raise InputError("fitted_on must name one case or more, sorted and each once")
    if found["fitted_on_sha256"] != hash_of_ids(ids):
        raise InputError("fitted_on_sha256 is not that of the ids in fitted_on; one of them was changed")
    if complete_options(method, found["options"]) != found["options"]:
        raise InputError(f"options must hold all options of {method.name}, which are {', '.join(method.options)}")
    fit.check(found["values"])
    return Parameters(
        method=method.name,
        options=found["options"],
        values=found["values"],
        fitted_on=tuple(ids),
        seed=found["seed"],
        versions=found["versions"],
    )


TYPES: dict[str, tuple[type, ...]] = {
    "method": (str,),
    "options": (dict,),
    "values": (dict,),
    "split": (str,),
    "fitted_on": (list,),
    "fitted_on_sha256": (str,),
    "seed": (int, type(None)),
    "versions": (dict,),
}
"""Key of a file -> what its value may be."""


def _check_types(found: Any) -> None:
    if not isinstance(found, dict) or set(found) != set(TYPES):
        raise InputError(f"it must have {', '.join(sorted(TYPES))} and nothing else")
    wrong = [key for key, types in TYPES.items() if type(found[key]) not in types]
    if wrong:
        raise InputError(f"{wrong[0]} is of the wrong type, {type(found[wrong[0]]).__name__}")
    for key, items in (("fitted_on", found["fitted_on"]), ("versions", found["versions"].values())):
        if not all(isinstance(item, str) for item in items):
            raise InputError(f"{key} must hold text only")


def fitted_method(name: str) -> tuple[Normalization, Fit]:
    """The normalization of a name, and how it is fitted.

    Raises
    ------
    InputError
        If there is no such normalization, or it needs no fit.
    """
    method: Normalization = NORMALIZATIONS.load(name)
    if method.fit is None:
        raise InputError(f"the normalization {method.name} is not fitted to training cases")
    return method, method.fit


def check_training_only(parameters: Parameters, splits: Mapping[str, Sequence[str]]) -> None:
    """Make sure that parameters were fitted on training cases and no others.

    Parameters
    ----------
    parameters
        What was fitted.
    splits
        Case ids per split; ``train`` is the one for training.

    Raises
    ------
    InputError
        If there is no training split, or a case that was fitted on is in another split too, or in none.

    Examples
    --------
    >>> fitted = Parameters(
    ...     method="nyul", options={}, values={}, fitted_on=("a", "b"), seed=None, versions={}
    ... )
    >>> check_training_only(fitted, {"train": ["a", "b"], "test": ["c"]})
    >>> check_training_only(fitted, {"train": ["a"], "test": ["b", "c"]})
    Traceback (most recent call last):
    fuseflow.errors.InputError: the parameters of nyul were fitted on cases of the split test: b; fit them on train only
    """
    if not splits.get(TRAIN):
        raise InputError(f"the splits have no case in {TRAIN!r}, so nothing can be fitted; there are {list(splits)}")
    fitted_on = set(parameters.fitted_on)
    for split, ids in splits.items():
        leaked = fitted_on & set(ids)
        if split != TRAIN and leaked:
            raise InputError(
                f"the parameters of {parameters.method} were fitted on cases of the split {split}: {_named(leaked)};"
                f" fit them on {TRAIN} only"
            )
    unknown = fitted_on - set(splits[TRAIN])
    if unknown:
        raise InputError(
            f"the parameters of {parameters.method} were fitted on cases that are in no split: {_named(unknown)};"
            " they belong to another data set or an older split"
        )


def _named(ids: Iterable[str]) -> str:
    ordered = sorted(ids)
    more = f" and {len(ordered) - LISTED} more" if len(ordered) > LISTED else ""
    return ", ".join(ordered[:LISTED]) + more
