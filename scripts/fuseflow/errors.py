"""What can go wrong, in words: refused cases and unusable input.

A case that cannot be right is *refused*: it gets a reason code from `REASONS` and one sentence, the run goes on, and
the report counts it. Input that makes the whole command meaningless (a missing table, an unknown method) is an
`InputError`; commands print its sentence and end with exit status 2.
"""

from __future__ import annotations

REASONS: dict[str, str] = {
    "unreadable": "the file is damaged, cut short or not of the format its name says",
    "changed": "the file is no longer the one that was indexed",
    "wrong-size": "the image has another size than the data set card expects",
    "wrong-depth": "the image has another bit depth than the data set card expects",
    "unsupported-pixels": "the pixels are of a kind that cannot be kept or used without loss",
    "orphan": "one or more of the images that make a case are missing",
    "ambiguous-role": "several files claim the same role of a case",
    "unknown-patient": "the name does not say which patient the image belongs to",
    "constant": "all pixels have the same value",
    "duplicate": "the same pixels are already there under another name",
    "size-mismatch": "the images of one case have different sizes",
}
"""Every reason code a case can be refused for, with its meaning in general terms."""


class FuseflowError(Exception):
    """Base class: its text is one sentence that says what, where and what to do."""


class InputError(FuseflowError):
    """Wrong usage or unusable input; the command ends with exit status 2."""


class Refused(FuseflowError):
    """A case, or a method on a case, cannot be done right.

    Parameters
    ----------
    reason
        A code from `REASONS`.
    detail
        One sentence for this case: what was found and what was expected.

    Raises
    ------
    KeyError
        If `reason` is not in `REASONS`.

    Examples
    --------
    >>> raise Refused("constant", "CT has the value 0 everywhere")
    Traceback (most recent call last):
    fuseflow.errors.Refused: constant: CT has the value 0 everywhere
    """

    def __init__(self, reason: str, detail: str) -> None:
        if reason not in REASONS:
            raise KeyError(reason)
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"
