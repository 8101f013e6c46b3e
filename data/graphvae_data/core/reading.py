"""What was read of a graph, what became of it, and how a person is told.

It travels with the graph, in a run's `graph.npz` too, so that a run says what it was trained on and
the features of new nodes are made as those of the training were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

MOST_MERGED = 0.8
"""Share of merged rows above which the line begins with a warning."""


class ReadingWarning(UserWarning):
    """Edges of a user's graph were dropped or merged while it was read."""


@dataclass(frozen=True)
class FeatureColumn:
    """How one column of a table becomes columns of the features."""

    name: str
    """Name of the column."""
    kind: Literal["number", "flag", "category", "time"]
    """What its values are."""
    mean: float = 0.0
    """Mean of the known values, which stands for a missing one."""
    scale: float = 1.0
    """Standard deviation of the known values; 1 for a flag."""
    categories: tuple[str, ...] = ()
    """The words that have a column of their own."""
    indicator: bool = False
    """Whether a further column says that the value is missing."""


@dataclass(frozen=True)
class FeaturePrep:
    """How a table becomes features: the same for new nodes as for those of the training."""

    columns: tuple[FeatureColumn, ...]
    """Its columns, in the order of the features."""

    def line(self) -> str:
        """Say in a phrase what was done.

        >>> FeaturePrep((FeatureColumn("age", "number", indicator=True),)).line()
        'age standardised; missing age as the mean with an indicator'
        """
        parts = list[str]()
        scaled = [c.name for c in self.columns if c.kind in ("number", "time")]
        words = [f"{c.name} ({len(c.categories)})" for c in self.columns if c.kind == "category"]
        flags = [c.name for c in self.columns if c.kind == "flag"]
        missing = [c.name for c in self.columns if c.indicator]
        for names, what in (
            (scaled, "standardised"),
            (words, "as one column a word"),
            (flags, "as 0 and 1"),
        ):
            if names:
                parts.append(f"{shortened(names)} {what}")
        if missing:
            parts.append(f"missing {shortened(missing)} as the mean with an indicator")
        return "; ".join(parts)


@dataclass(frozen=True)
class Reading:
    """What was read and what became of it."""

    rows: int
    """Edges read, before anything was dropped or merged."""
    nodes: int
    """Nodes of the graph."""
    edges: int
    """Edges of the graph."""
    directed: bool
    """Whether they have a direction."""
    bipartite: bool = False
    """Whether the nodes are of two kinds, with edges only across."""
    first: tuple[str, str] | None = None
    """The first edge, by names."""
    roles: tuple[tuple[str, str], ...] = ()
    """Roles of the columns that were used, and their names."""
    self_loops: int = 0
    """Edges from a node to itself, dropped."""
    duplicates: int = 0
    """Repeats of an edge in the same direction, merged into it."""
    reversed_duplicates: int = 0
    """Undirected edges also given from the other end, merged."""
    dropped: tuple[tuple[str, int], ...] = ()
    """Other rows that were left out: what they were, and how many."""
    isolated: int = 0
    """Nodes without an edge, kept: known from features, labels, loops or the file itself."""
    comments: int = 0
    """Comment lines passed over."""
    unused: tuple[str, ...] = ()
    """Columns and attributes passed over."""
    notes: tuple[str, ...] = ()
    """What else a person should know."""
    features: FeaturePrep | None = None
    """How the features were made from a table."""

    @property
    def merged_most(self) -> bool:
        """Whether most rows only repeat others, as where a wrong column is taken for an end."""
        return self.rows >= 20 and self.duplicates >= MOST_MERGED * self.rows

    @property
    def lost(self) -> bool:
        """Whether rows were dropped, or merged with rows of the same direction."""
        return bool(self.self_loops or self.duplicates or self.dropped)

    def line(self) -> str:
        """One sentence for a person.

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
            parts.append(f"passed over {counted(self.comments, 'comment line')}")
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
        return f"WARNING: {share:.0%} of the rows repeat an edge; are these its ends? "

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as a JSON file holds them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, held: Mapping[str, Any]) -> Reading:
        """Return what `to_dict` wrote."""
        values = {key: _tuples(value) for key, value in held.items() if key != "features"}
        prep = held.get("features")
        columns = [] if prep is None else prep["columns"]
        known = tuple(
            FeatureColumn(**{key: _tuples(value) for key, value in column.items()})
            for column in columns
        )
        return cls(**values, features=None if prep is None else FeaturePrep(known))


def counted(number: int, what: str) -> str:
    """A number with its noun.

    >>> counted(1, "node"), counted(2000, "node")
    ('1 node', '2,000 nodes')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def shortened(names: tuple[str, ...] | list[str], most: int = 6) -> str:
    """Names with commas between, the last of many left out.

    >>> shortened(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
