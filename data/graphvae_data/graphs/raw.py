"""What every reader returns: a graph in canonical form, before it becomes a PyG `Data`."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.sparse import csr_array
from torch import Tensor


@dataclass(frozen=True)
class RawGraph:
    """A graph as read from files, undirected and without loops."""

    num_nodes: int
    """Number of nodes, isolated ones too."""
    pairs: Int[Tensor, "2 pair"]
    """Edges as `canonical_pairs` gives them."""
    features: csr_array | Float[np.ndarray, "node feature"] | None
    """Feature matrix; None for a featureless graph."""
    labels: Int[np.ndarray, " node"] | None
    """Label of each node, -1 where unknown; None for a graph without labels."""
    node_names: tuple[str, ...] | None
    """Name of each node; None where nodes are only numbered."""
