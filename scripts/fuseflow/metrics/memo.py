"""Intermediate results that several metrics need, computed once: objects that remember what was derived from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, TypeVar

Result = TypeVar("Result")


class Memo:
    """An object that must not change, and remembers what was derived from it.

    Metric families define what they derive (a histogram, gradients, local moments) as plain functions of the object, so
    that this class, and the images built on it, need not know the families.

    Examples
    --------
    >>> calls = []
    >>> def number_of_calls(memo: Memo) -> int:
    ...     calls.append(memo)
    ...     return len(calls)
    >>> memo = Memo()
    >>> memo.derived(number_of_calls), memo.derived(number_of_calls)
    (1, 1)
    """

    def __init__(self) -> None:
        self._results: dict[Callable[..., Any], Any] = {}

    def derived(self, function: Callable[[Self], Result]) -> Result:
        """Apply `function` to this object at the first call; return the same result ever after.

        Parameters
        ----------
        function
            A pure function, or a method of an object that does not change; functions that compare equal count as one.

        Returns
        -------
        Result
            The very object of the first call; do not change it.
        """
        if function not in self._results:
            self._results[function] = function(self)
        result: Result = self._results[function]
        return result
