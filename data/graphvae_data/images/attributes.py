"""Attributes of pictures: properties with a few named values, each of which may be unknown.

A face is male or not, a digit is big or small. Attributes come with a dataset, or from a file
beside a user's pictures (`attribute_files`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from graphvae_data.core.errors import InputError, nearest

UNKNOWN = -1
"""The number of a value that is not known."""


@dataclass(frozen=True)
class AttributeTable:
    """The attributes of every picture of a dataset.

    >>> table = table_of({"colour": ["red", "", "blue"]})
    >>> table.values, table.of_row.tolist()
    ((('blue', 'red'),), [[1], [-1], [0]])
    """

    names: tuple[str, ...]
    """What each attribute is called."""
    values: tuple[tuple[str, ...], ...]
    """What the numbers 0, 1, … of each attribute stand for."""
    of_row: Int[np.ndarray, "row attribute"]
    """The values of every picture; −1 for an unknown one."""

    def value(self, name: str, text: str) -> tuple[int, int]:
        """Return the indices of an attribute and of one of its values.

        Raises:
            InputError: no attribute, or no value, of this name.
        """
        if name not in self.names:
            raise InputError(
                f"expected one of the attributes {', '.join(self.names)}, got {name!r}"
                f"{nearest(name, self.names)}"
            )
        index = self.names.index(name)
        values = self.values[index]
        if text not in values:
            raise InputError(
                f"{name}: expected one of {', '.join(values)}, got {text!r}{nearest(text, values)}"
            )
        return index, values.index(text)

    def spelt(self) -> list[str]:
        """Return every value as `name=value`, attribute by attribute."""
        pairs = zip(self.names, self.values, strict=True)
        return [f"{name}={value}" for name, values in pairs for value in values]


def check_names(names: Sequence[str]) -> None:
    """Check the names of attributes.

    Raises:
        InputError: a name that is empty, occurs twice, or contains `=` or a comma, with which
            values are written: `name=value,…`.
    """
    for name in names:
        if not name or "=" in name or "," in name:
            raise InputError(f"expected names of attributes without = and comma, got {name!r}")
        if names.count(name) > 1:
            raise InputError(f"expected different names of attributes, got {name} twice")


def table_of(columns: dict[str, list[str]]) -> AttributeTable:
    """Return the table of columns of texts; an empty text is an unknown value.

    Values are numbered in the order of the alphabet, or as numbers if all are numbers.

    Raises:
        InputError: an attribute with fewer than two values, or as of `check_names`.
    """
    check_names(tuple(columns))
    values, numbered = list[tuple[str, ...]](), list[Int[np.ndarray, " row"]]()
    for name, column in columns.items():
        known = tuple(sorted({text for text in column if text}, key=_order))
        if len(known) < 2:
            raise InputError(f"{name}: expected at least two values, got {', '.join(known)!r}")
        number = {text: index for index, text in enumerate(known)}
        values.append(known)
        numbered.append(np.array([number.get(text, UNKNOWN) for text in column], np.int64))
    return AttributeTable(tuple(columns), tuple(values), np.stack(numbered, axis=1))


def spelt_table(where: str, spelt: list[str], of_row: NDArray[np.int64]) -> AttributeTable:
    """Return the table of values written as `name=value`, as `AttributeTable.spelt` returns them.

    Raises:
        InputError: a value without a name, or another number of attributes than of columns.
    """
    values: dict[str, tuple[str, ...]] = {}
    for text in spelt:
        name, mark, value = text.partition("=")
        if not mark:
            raise InputError(f"{where}: expected attribute values as name=value, got {text!r}")
        values[name] = (*values.get(name, ()), value)
    sizes = [len(each) for each in values.values()]
    if of_row.ndim != 2 or of_row.shape[1] != len(sizes) or (of_row.max(0) >= sizes).any():
        raise InputError(
            f"{where}: expected a column of attributes for each of {', '.join(values)}, with "
            f"numbers below {', '.join(map(str, sizes))}; got the shape {list(of_row.shape)}"
        )
    return AttributeTable(tuple(values), tuple(values.values()), of_row)


def _order(text: str) -> tuple[int, float, str]:
    try:
        return 0, float(text), text
    except ValueError:
        return 1, 0.0, text
