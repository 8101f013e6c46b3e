"""Tables as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graphvae_data.core.errors import printable

Row = Sequence[str]


def aligned(rows: Iterable[Row]) -> str:
    """Format rows as left-aligned columns."""
    table = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in table)
    return "\n".join(line.rstrip() for line in lines)
