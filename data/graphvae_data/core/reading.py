"""Summary of how a graph was read: rows, dropped and merged edges, preparation of features.

It is stored with the graph, also in a run's `graph.npz`: it documents the training data of a run,
and features of new nodes are prepared as in training.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

MOST_MERGED = 0.8
"""Share of duplicate rows from which the summary starts with a warning."""


class ReadingWarning(UserWarning):
    """Edges of a user's graph were dropped or merged while it was read."""


@dataclass(frozen=True)
class FeatureColumn:
    """How one column of a table is converted to feature columns."""

    name: str
    """Name of the column."""
    kind: Literal["number", "flag", "category", "time"]
    """Type of its values."""
    mean: float = 0.0
    """Mean of the known values, imputed for missing ones."""
    scale: float = 1.0
    """Standard deviation of the known values; 1 for a flag."""
    categories: tuple[str, ...] = ()
    """The categories, one-hot encoded in this order."""
    indicator: bool = False
    """Whether an extra column marks missing values."""


@dataclass(frozen=True)
class FeaturePrep:
    """How a table is converted to features, in training and for new nodes."""

    columns: tuple[FeatureColumn, ...]
    """Its columns, in the order of the features."""

    def names(self) -> list[str]:
        """Return the name of each feature.

        >>> FeaturePrep((FeatureColumn("job", "category", categories=("a", "b")),)).names()
        ['job = a', 'job = b']
        """
        names = list[str]()
        for column in self.columns:
            words = [f"{column.name} = {word}" for word in column.categories]
            names += words if column.kind == "category" else [column.name]
            names += [f"{column.name} missing"] if column.indicator else []
        return names

    def line(self) -> str:
        """Summarise the preparation in one line.

        >>> FeaturePrep((FeatureColumn("age", "number", indicator=True),)).line()
        'age standardised; missing age imputed with the mean and flagged'
        """
        parts = list[str]()
        scaled = [c.name for c in self.columns if c.kind in ("number", "time")]
        one_hot = [f"{c.name} ({len(c.categories)})" for c in self.columns if c.kind == "category"]
        flags = [c.name for c in self.columns if c.kind == "flag"]
        missing = [c.name for c in self.columns if c.indicator]
        for names, what in (
            (scaled, "standardised"),
            (one_hot, "one-hot encoded"),
            (flags, "as 0 and 1"),
        ):
            if names:
                parts.append(f"{shortened(names)} {what}")
        if missing:
            parts.append(f"missing {shortened(missing)} imputed with the mean and flagged")
        return "; ".join(parts)


@dataclass(frozen=True)
class Reading:
    """Summary of how a graph was read."""

    rows: int
    """Edges read, before dropping and merging."""
    nodes: int
    """Nodes of the graph."""
    edges: int
    """Edges of the graph."""
    directed: bool
    """Whether edges have a direction."""
    bipartite: bool = False
    """Whether the graph is bipartite."""
    first: tuple[str, str] | None = None
    """The first edge, by node names."""
    roles: tuple[tuple[str, str], ...] = ()
    """Roles and names of the columns used."""
    self_loops: int = 0
    """Edges from a node to itself, dropped."""
    duplicates: int = 0
    """Repeated edges in the same direction, merged."""
    reversed_duplicates: int = 0
    """Undirected edges listed in both directions, merged."""
    dropped: tuple[tuple[str, int], ...] = ()
    """Other dropped rows: description and number."""
    isolated: int = 0
    """Isolated nodes, kept: known from features, labels, self-loops or the file itself."""
    comments: int = 0
    """Skipped comment lines."""
    unused: tuple[str, ...] = ()
    """Unused columns and attributes."""
    notes: tuple[str, ...] = ()
    """Further notes for the user."""
    features: FeaturePrep | None = None
    """How the features were prepared from a table."""

    @property
    def merged_most(self) -> bool:
        """Whether most rows are duplicates, as when the wrong columns are read as the ends."""
        return self.rows >= 20 and self.duplicates >= MOST_MERGED * self.rows

    @property
    def lost(self) -> bool:
        """Whether rows were dropped, or merged with others in the same direction."""
        return bool(self.self_loops or self.duplicates or self.dropped)

    def line(self) -> str:
        """Summarise the reading in one line.

        >>> Reading(rows=4, nodes=3, edges=2, directed=False, self_loops=1, duplicates=1).line()
        'read 4 rows: 3 nodes, 2 undirected edges; dropped 1 self-loop; merged 1 duplicate'
        """
        kind = "bipartite" if self.bipartite else "directed" if self.directed else "undirected"
        nodes, edges = counted(self.nodes, "node"), counted(self.edges, f"{kind} edge")
        parts = [f"read {counted(self.rows, 'row')}: {nodes}, {edges}"]
        if self.first is not None:
            arrow = "→" if self.directed else "–"
            parts.append(f"first {_short(self.first[0])} {arrow} {_short(self.first[1])}")
        named = [role if role == name else f"{role} {_short(name)}" for role, name in self.roles]
        parts += [shortened(named, 8)]
        parts += [f"dropped {text}" for text in self._dropped()]
        parts += [f"merged {text}" for text in self._merged()]
        if self.isolated:
            parts.append(f"kept {counted(self.isolated, 'isolated node')}")
        if self.comments:
            parts.append(f"skipped {counted(self.comments, 'comment line')}")
        if self.unused:
            parts.append(f"did not use {shortened(self.unused)}")
        if self.features is not None:
            parts.append(f"features: {self.features.line()}")
        return self._warning() + "; ".join(part for part in (*parts, *self.notes) if part)

    def _dropped(self) -> list[str]:
        loops = [counted(self.self_loops, "self-loop")] if self.self_loops else []
        return loops + [f"{counted(count, 'row')} {what}" for what, count in self.dropped]

    def _merged(self) -> list[str]:
        named = (
            (self.duplicates, "duplicate"),
            (self.reversed_duplicates, "reversed duplicate"),
        )
        merged = [counted(number, name) for number, name in named if number]
        return [" and ".join(merged)] if merged else []

    def _warning(self) -> str:
        if not self.merged_most:
            return ""
        share = self.duplicates / self.rows
        return f"WARNING: {share:.0%} of the rows repeat an edge; check the columns of its ends: "

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can represent."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Reading:
        """Inverse of `to_dict`."""
        values = {key: _tuples(value) for key, value in content.items() if key != "features"}
        prep = content.get("features")
        if prep is None:
            return cls(**values)
        columns = tuple(
            FeatureColumn(**{key: _tuples(value) for key, value in column.items()})
            for column in prep["columns"]
        )
        return cls(**values, features=FeaturePrep(columns))


def counted(number: int, noun: str) -> str:
    """Format a number with its noun.

    >>> counted(1, "node"), counted(2000, "node")
    ('1 node', '2,000 nodes')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def shortened(names: tuple[str, ...] | list[str], limit: int = 6) -> str:
    """Join names with commas, at most `limit` of them.

    >>> shortened(["a", "b", "c"], limit=2)
    'a, b and 1 more'
    """
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
