"""Search spaces: the values of a setting that `tune` tries, declared with the setting.

    lr: Annotated[float, Search(1e-3, 0.1, log=True)] = Field(default=0.01, gt=0)

>>> print(Search(1e-3, 0.1, log=True).including(0.5))
0.001..0.5, log
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from graphvae_data.core.errors import InputError

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class Search:
    """A range of numbers, with both ends."""

    low: int | float
    """The smallest value."""
    high: int | float
    """The largest value."""
    log: bool = False
    """Whether values are uniform on a logarithmic scale."""
    step: int | None = None
    """Integers are multiples of this number; None for no such limit."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InputError(f"search: expected a range that ascends, got {self}")
        if self.log and self.low <= 0:
            raise InputError(f"search: a logarithmic range starts above 0, got {self}")

    def including(self, value: Any) -> Search:
        """Return the range extended to a value, such as a preset's.

        A value ≤ 0 on a logarithmic scale is ignored. One that is no multiple of the step removes
        the step.
        """
        if self.log and value <= 0:
            return self
        step = None if self.step is None or value % self.step else self.step
        return replace(self, low=min(self.low, value), high=max(self.high, value), step=step)

    def nearest(self, value: Any) -> Any:
        """Return the value of the range that is nearest to a number."""
        inside = min(max(value, self.low), self.high)
        return type(value)(inside)

    def ends(self) -> tuple[Any, ...]:
        """Return the smallest and the largest value."""
        return self.low, self.high

    def __str__(self) -> str:
        scale = ", log" if self.log else ""
        return f"{self.low:g}..{self.high:g}{scale}"


@dataclass(frozen=True)
class Choices:
    """A list of values."""

    values: tuple[Any, ...]
    """The values, all different."""

    def __post_init__(self) -> None:
        if not self.values or len(set(self.values)) < len(self.values):
            raise InputError(f"search: expected different values, got {self}")

    def including(self, value: Any) -> Choices:
        """Return the list with a value, such as a preset's, at its start if it is missing."""
        return self if value in self.values else Choices((value, *self.values))

    def nearest(self, value: Any) -> Any:
        """Return the value if it is listed, else the first."""
        return value if value in self.values else self.values[0]

    def ends(self) -> tuple[Any, ...]:
        """Return all values."""
        return self.values

    def __str__(self) -> str:
        return ", ".join(map(str, self.values))


Space = Search | Choices


def space_of(value: Space | Sequence[Any]) -> Space:
    """Return a space; a list or tuple gives its values as choices.

    >>> space_of([8, 16])
    Choices(values=(8, 16))
    """
    if isinstance(value, list | tuple):
        return Choices(tuple(value))
    if not isinstance(value, Search | Choices):
        raise InputError(f"search: expected a Search, Choices or a list of values, got {value!r}")
    return value


def declared(field: FieldInfo) -> Space | None:
    """Return the search space in the declaration of a setting; None if it has none."""
    return next((each for each in field.metadata if isinstance(each, Search | Choices)), None)
