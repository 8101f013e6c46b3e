"""The graph in memory, returned by readers and used by the rest of the project.

Each edge is stored once, sorted by (source, target), without self-loops: as a pair u < v in an
undirected graph, as u → v in a directed one. Equal graphs therefore have equal tensors, and weights
and times have one value per edge.
"""

from __future__ import annotations

import hashlib
import math
import operator
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float, Int, Integer, Num
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.core.reading import Reading
from graphvae_data.graphs.features import SparseMatrix, array_of_values, dense, to_csr, to_tensor
from graphvae_data.graphs.pairs import both_directions, canonical_pairs, ordered_edges, pair_keys

if TYPE_CHECKING:
    from torch_geometric.data import Data


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Graph:
    """Nodes 0 … N - 1, the edges between them, and their attributes.

    `from_edges` takes edges in any order, and copies what it is given; the constructor expects them
    in the order above, and keeps the tensors themselves.

    Raises:
        InputError: edges in another order, repeated, or of unknown nodes; an attribute of another
            length or type; features or times that are not finite, weights that are negative or not
            finite; a node name given twice.

    >>> Graph.from_edges(torch.tensor([[2, 0, 1, 1], [0, 2, 1, 0]]), num_nodes=3).edges.tolist()
    [[0, 0], [1, 2]]
    """

    num_nodes: int
    """N, including isolated nodes."""
    edges: Int[Tensor, "2 edge"]
    """Each edge once, int64."""
    directed: bool = False
    """Whether (u, v) means u → v."""
    features: Float[Tensor, "node feature"] | None = None
    """Node features, float32: dense or sparse CSR."""
    labels: Int[Tensor, " node"] | None = None
    """Class of each node; -1 if unknown."""
    weights: Float[Tensor, " edge"] | None = None
    """Weight of each edge, float32."""
    times: Float[Tensor, " edge"] | None = None
    """Time of each edge, float64."""
    sides: Int[Tensor, " node"] | None = None
    """In a bipartite graph, 0 for nodes of the first side and 1 for those of the second, int64."""
    node_names: Sequence[str] = ()
    """Name of each node; by default its number."""
    class_names: Sequence[str] | None = None
    """Names of the classes 0, 1, …"""
    name: str = ""
    """Name of the graph."""
    reading: Reading | None = None
    """Summary of the reading, if the graph was read from a file or an object."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "num_nodes", _node_count(self.num_nodes))
        object.__setattr__(self, "node_names", _names(self.node_names, self.num_nodes))
        if self.class_names is not None:
            object.__setattr__(self, "class_names", tuple(map(str, self.class_names)))
        _check_edges(self.edges, self.num_nodes, self.directed)
        _check_attributes(self)
        _check_values(self)

    @classmethod
    def from_edges(
        cls,
        edges: Integer[Tensor, "2 _"] | Integer[np.ndarray, "2 _"],
        num_nodes: int,
        *,
        directed: bool = False,
        features: Num[Tensor, "node feature"]
        | Num[np.ndarray, "node feature"]
        | SparseMatrix
        | None = None,
        labels: Integer[Tensor, " node"] | Integer[np.ndarray, " node"] | None = None,
        node_names: Sequence[str] = (),
        class_names: Sequence[str] | None = None,
        name: str = "",
    ) -> Graph:
        """Create a graph from edges in any order; self-loops and repeated edges are dropped.

        An undirected edge may be listed in either direction or both, as in PyG's `edge_index`.
        Features may be a SciPy matrix of any format.

        Raises:
            InputError: an edge of a node outside 0 … N - 1, edges of another shape or type, or an
                attribute that the constructor refuses.
        """
        reduce = ordered_edges if directed else canonical_pairs
        count = _node_count(num_nodes)
        return cls(
            num_nodes=count,
            edges=reduce(_as_int64(edges, "edges"), count),
            directed=directed,
            features=None if features is None else to_tensor(features),
            labels=None if labels is None else _as_int64(labels, "labels"),
            node_names=node_names,
            class_names=class_names,
            name=name,
        )

    def __repr__(self) -> str:
        name = f"{self.name!r}, " if self.name else ""
        kind = "directed" if self.directed else "undirected"
        return f"Graph({name}{self.num_nodes:,} nodes, {self.num_edges:,} edges, {kind})"

    @property
    def num_edges(self) -> int:
        """Number of edges."""
        return self.edges.shape[1]

    @property
    def num_features(self) -> int:
        """Number of features per node; 0 without features."""
        return 0 if self.features is None else self.features.shape[1]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the structure (nodes, edges, direction) in hexadecimal digits.

        It is the same on every machine, and for any order of the input edges.
        """
        return self._structure().hexdigest()

    @cached_property
    def content_fingerprint(self) -> str:
        """SHA-256 of structure, features, weights and times; equal for sparse and dense features.

        Integers are hashed as little-endian int64, features as little-endian float32 non-zeros.
        """
        digest = self._structure()
        if self.features is None:
            digest.update(b"featureless")
        else:
            matrix = to_csr(self.features)
            for integers in (np.array(matrix.shape), matrix.indptr, matrix.indices):
                digest.update(_bytes(integers, "<i8"))
            digest.update(_bytes(matrix.data, "<f4"))
        for key, values, dtype in (
            ("edge_weight", self.weights, "<f4"),
            ("edge_time", self.times, "<f8"),
        ):
            if values is not None:
                digest.update(key.encode())
                digest.update(_bytes(values[self.both_directions()[1]].numpy(), dtype))
        return digest.hexdigest()

    def find_edges(self, pairs: Int[Tensor, "2 pair"]) -> Int[Tensor, " pair"]:
        """Return the index of each pair among the edges; -1 for a pair that is not an edge.

        In an undirected graph, the order of the two nodes does not matter.
        """
        if not self.num_edges:
            return torch.full((pairs.shape[1],), -1)
        keys = pair_keys(self.edges, self.num_nodes)
        pair_key = pair_keys(pairs if self.directed else pairs.sort(0).values, self.num_nodes)
        index = torch.searchsorted(keys, pair_key).clamp(max=self.num_edges - 1)
        return torch.where(keys[index] == pair_key, index, -1)

    def to_pyg(self) -> Data:
        """Return PyTorch Geometric's `Data`, a copy.

        `edge_index` contains both directions of every edge unless the graph is directed, and `x` is
        dense. `node_names`, `name` and `directed` are always set; `y`, `edge_weight`, `edge_time`
        and `class_names` if the graph has them.
        """
        from torch_geometric.data import Data  # takes over a second

        edge_index, edge_of = self.both_directions()
        x, y = self.features, self.labels
        optional = {
            "x": None if x is None else x.clone() if x.layout == torch.strided else dense(x),
            "y": None if y is None else y.clone(),
            "edge_weight": None if self.weights is None else self.weights[edge_of],
            "edge_time": None if self.times is None else self.times[edge_of],
            "class_names": self.class_names,
        }
        return Data(
            edge_index=edge_index.clone() if self.directed else edge_index,
            num_nodes=self.num_nodes,
            name=self.name,
            node_names=list(self.node_names),
            directed=self.directed,
            **{key: value for key, value in optional.items() if value is not None},
        )

    def both_directions(self) -> tuple[Int[Tensor, "2 arc"], Int[Tensor, " arc"]]:
        """Return PyG's `edge_index` and, for each of its columns, the index of the edge.

        It contains both directions of every edge, sorted; for a directed graph, the edges.
        """
        if self.directed:
            return self.edges, torch.arange(self.num_edges)
        return both_directions(self.edges, self.num_nodes)

    def _structure(self) -> hashlib._Hash:
        """Hash the number of nodes, the word `directed` if it applies, and the edges."""
        digest = hashlib.sha256(_bytes(np.array(self.num_nodes), "<i8"))
        if self.directed:
            digest.update(b"directed")
        digest.update(_bytes(self.edges.numpy(), "<i8"))
        return digest


def _node_count(value: object) -> int:
    try:
        count = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        count = -1
    if count < 0:
        raise InputError(f"num_nodes: expected a whole number from 0, got {value!r}")
    return count


def _as_int64(values: Tensor | np.ndarray, what: str) -> Tensor:
    """Return a copy of integers; a tensor of other numbers is left to later checks."""
    if isinstance(values, Tensor):
        integral = not (values.is_floating_point() or values.is_complex())
        return values.to("cpu", torch.int64, copy=True) if integral else values.cpu()
    array = array_of_values(values, what)
    if array.size and array.dtype.kind not in "biu":
        raise InputError(f"{what}: expected integers, got {array.dtype}")
    return torch.from_numpy(array.astype(np.int64))


def _check_edges(edges: Tensor, num_nodes: int, directed: bool) -> None:
    if edges.dtype != torch.int64 or edges.ndim != 2 or edges.shape[0] != 2:
        raise InputError(
            f"edges: expected int64 of shape [2, edge], got {edges.dtype} {list(edges.shape)}"
        )
    if not edges.numel():
        return
    source, target = edges
    keys = pair_keys(edges, num_nodes)
    inside = int(edges.min()) >= 0 and int(edges.max()) < num_nodes
    ordered = source != target if directed else source < target
    if not (inside and bool(ordered.all()) and bool((keys[1:] > keys[:-1]).all())):
        order = "u → v, u ≠ v," if directed else "u < v"
        raise InputError(
            f"edges: expected pairs {order} of nodes 0 … {num_nodes - 1}, each once and sorted; "
            "use Graph.from_edges for edges in any order"
        )


def _check_attributes(graph: Graph) -> None:
    nodes, edges = graph.num_nodes, graph.num_edges
    expected: dict[str, tuple[Any, int, int, torch.dtype]] = {
        "features": (graph.features, 2, nodes, torch.float32),
        "labels": (graph.labels, 1, nodes, torch.int64),
        "weights": (graph.weights, 1, edges, torch.float32),
        "times": (graph.times, 1, edges, torch.float64),
        "sides": (graph.sides, 1, nodes, torch.int64),
    }
    for name, (values, axes, rows, dtype) in expected.items():
        if values is None:
            continue
        if values.dtype != dtype or values.ndim != axes or values.shape[0] != rows:
            raise InputError(
                f"{name}: expected {rows} rows of {dtype}, {axes}-dimensional, "
                f"got {values.dtype} {list(values.shape)}"
            )
    if graph.sides is not None and bool(
        (graph.sides[graph.edges[0]] == graph.sides[graph.edges[1]]).any()
    ):
        raise InputError("sides: expected edges between different sides, got one within a side")


def _check_values(graph: Graph) -> None:
    """Check that features, weights and times are finite, and weights not negative."""
    if graph.features is not None:
        if not graph.num_features:
            raise InputError("features: expected at least one per node, got none; leave them out")
        _check_range("features", graph.features)
    if graph.weights is not None:
        _check_range("weights", graph.weights, low=0.0)
    if graph.times is not None:
        _check_range("times", graph.times)


def _check_range(name: str, x: Tensor, low: float = -math.inf) -> None:
    """Check the extremes, which takes no memory (NaN is both of them); the error names a row."""
    sparse = x.layout != torch.strided
    values = x.detach().values() if sparse else x.detach()
    if not values.numel():
        return
    if all(math.isfinite(extreme) and extreme >= low for extreme in map(float, values.aminmax())):
        return
    wrong = ~values.isfinite() | (values < low)
    row = int(wrong.nonzero()[0, 0])
    if sparse:
        row = int(torch.searchsorted(x.crow_indices(), row, right=True)) - 1
    expected = "finite values" if low < 0 else "finite values, not negative"
    raise InputError(f"{name}: expected {expected}, got {float(values[wrong][0]):g} in row {row}")


class _Names(tuple[str, ...]):
    """Names that were checked, so that a copy of a large graph does not check them again."""


def _names(given: Sequence[str] | None, nodes: int) -> tuple[str, ...]:
    """Return the names as strings, by default the numbers of the nodes."""
    if isinstance(given, _Names) and len(given) == nodes:
        return given
    names = _Names(() if given is None else map(str, given))
    if not names:
        return _Names(map(str, range(nodes)))
    if len(names) != nodes:
        raise InputError(f"node_names: expected {nodes}, got {len(names)}")
    if len(set(names)) != nodes:
        twice = next(name for name, count in Counter(names).items() if count > 1)
        raise InputError(f"node_names: expected distinct names, got {twice!r} twice")
    return names


def _bytes(values: np.ndarray, dtype: str) -> bytes:
    return np.ascontiguousarray(values, dtype=dtype).tobytes()
