"""What is known of a graph, to check it against after loading."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """What a graph must turn out to be after loading; None is not checked."""

    nodes: int
    """Number of nodes."""
    edges: int
    """Number of undirected edges, without loops and duplicates."""
    features: int | None = None
    """Features per node; None for a graph without."""
    nonzeros: int | None = None
    """Non-zero feature values over all nodes."""
    classes: int | None = None
    """Number of label values; None for a graph without labels."""
    isolated: int | None = None
    """Nodes that no edge touches."""
    fingerprint: str | None = None
    """`Graph.fingerprint`: node order and edges, exactly."""
