"""Counts of what was read and cleaned in a graph, and their summary for the user."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cleaning:
    """Counts of the edges and nodes that were read, dropped, merged or kept."""

    rows: int
    """Edges read, before anything was dropped or merged."""
    nodes: int
    """Nodes of the graph."""
    edges: int
    """Edges of the graph."""
    directed: bool
    """Whether the edges are directed."""
    self_loops: int = 0
    """Dropped self-loops."""
    duplicates: int = 0
    """Merged duplicates of an edge in the same direction."""
    reversed_duplicates: int = 0
    """Merged duplicates of an undirected edge in the reverse direction."""
    isolated: int = 0
    """Nodes without an edge, kept because of features, labels, self-loops or the file itself."""
    comments: int = 0
    """Number of ignored comment lines."""
    unused: tuple[str, ...] = ()
    """Names of ignored columns."""
    weight_from: str | None = None
    """The column of the weights."""

    def line(self) -> str:
        """Return a one-line summary.

        >>> Cleaning(rows=4, nodes=3, edges=2, directed=False, self_loops=1, duplicates=1).line()
        'read 4 rows: 3 nodes, 2 undirected edges; dropped 1 self-loop; merged 1 duplicate'
        """
        kind = "directed" if self.directed else "undirected"
        nodes, edges = counted(self.nodes, "node"), counted(self.edges, f"{kind} edge")
        parts = [f"read {counted(self.rows, 'row')}: {nodes}, {edges}"]
        if self.weight_from is not None:
            parts.append(f"weights from {self.weight_from}")
        if self.self_loops:
            parts.append(f"dropped {counted(self.self_loops, 'self-loop')}")
        merged = [
            counted(number, name)
            for number, name in (
                (self.duplicates, "duplicate"),
                (self.reversed_duplicates, "reversed duplicate"),
            )
            if number
        ]
        if merged:
            parts.append(f"merged {' and '.join(merged)}")
        if self.isolated:
            parts.append(f"kept {counted(self.isolated, 'isolated node')}")
        if self.comments:
            parts.append(f"passed over {counted(self.comments, 'comment line')}")
        if self.unused:
            parts.append(f"did not use {', '.join(self.unused)}")
        return "; ".join(parts)


def counted(number: int, what: str) -> str:
    """Return a number with its noun, in the plural if needed.

    >>> counted(1, "node"), counted(2000, "node")
    ('1 node', '2,000 nodes')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"
