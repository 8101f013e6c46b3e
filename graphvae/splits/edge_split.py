"""A split of the edges of a graph into train, val and test, with negatives.

An edge of an undirected graph is one *pair* (u, v) with u < v; of a directed graph an ordered pair
u → v. `graphvae.splits.splitting` makes splits; this module checks, identifies, saves and loads
them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from graphvae.graph.propagation import edge_weights
from graphvae_data.core.errors import InputError
from graphvae_data.files.arrays import save_arrays
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.pairs import canonical_pairs, ordered_edges, pair_keys
from graphvae_data.readers.objects import as_graph
from graphvae_data.runs.run_folder import write_atomic

if TYPE_CHECKING:
    from torch_geometric.data import Data

Made = Literal["random", "temporal", "given", "official"]


@dataclass(frozen=True)
class EdgeSplit:
    """Train, val and test edges of a graph, with negatives for val and test.

    Pairs are canonical (u < v) unless the graph is directed; their order within a part has no
    meaning. A split is identified by its `fingerprint`.
    """

    num_nodes: int
    """N, the number of nodes."""
    graph: str
    """SHA-256 fingerprint of the graph that was split (structure only)."""
    train: Int[Tensor, "2 train"]
    """Training edges, the only ones that messages pass over by default."""
    val: Int[Tensor, "2 val"]
    """Validation edges, which select the epoch."""
    test: Int[Tensor, "2 test"]
    """Test edges, scored once at the end."""
    val_negatives: Int[Tensor, "2 val_negative"]
    """Non-edges of the whole graph, distinct in either direction."""
    test_negatives: Int[Tensor, "2 test_negative"]
    """The same for test; disjoint from `val_negatives`."""
    directed: bool = False
    """Whether the pairs are directed edges u → v."""
    made: Made = "random"
    """Origin of the split: random, by time, from the user's files, or a benchmark's own."""
    per_positive: int = 0
    """k if each positive has its own k negatives, in the order of the positives; 0 if all positives
    share one set."""
    sides: Int[Tensor, " node"] | None = None
    """The side, 0 or 1, of each node of a bipartite graph; negatives join different sides."""

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the graph's fingerprint and the five parts, as hexadecimal digits."""
        digest = hashlib.sha256(f"edge split 1 {self.num_nodes} {self.graph}".encode())
        special = (self.directed, self.made, self.per_positive)
        if special != (False, "random", 0):
            digest.update(f" {special}".encode())
        if self.sides is not None:
            digest.update(b" sides ")
            digest.update(self.sides.numpy().astype("<i8").tobytes())
        for name in PARTS:
            part: Tensor = getattr(self, name)
            digest.update(f" {name} {part.size(1)} ".encode())
            digest.update(part.numpy().astype("<i8").tobytes())
        return digest.hexdigest()

    def check(self) -> None:
        """Raise `InputError` if parts overlap, in either direction, or contain invalid pairs.

        The official split of a benchmark may contain repetitions; the audit counts them.
        """
        for name in PARTS:
            self._check_pairs(name)
        if self.made == "official":
            return
        keys = torch.cat([pair_keys(getattr(self, name), self.num_nodes) for name in PARTS])
        distinct, counts = torch.unique(keys, return_counts=True)
        if distinct.numel() != keys.numel():
            u, v = divmod(int(distinct[counts > 1][0]), self.num_nodes)
            raise InputError(f"split: the pair ({u}, {v}) occurs more than once")

    def _check_pairs(self, name: str) -> None:
        u, v = getattr(self, name)
        low, high = torch.minimum(u, v), torch.maximum(u, v)
        ordered = (u != v) if self.directed else (u < v)
        if self.made == "official" and name.endswith("negatives"):
            ordered = u <= v  # negatives of benchmarks may include loops
        if not bool((ordered & (low >= 0) & (high < self.num_nodes)).all()):
            condition = "u != v" if self.directed else "u < v"
            raise InputError(
                f"split: {name} must contain pairs {condition} of 0 … {self.num_nodes - 1}"
            )
        if self.within_a_side(name):
            raise InputError(f"split: {name} must join nodes of different sides")

    def within_a_side(self, name: str) -> int:
        """Count the pairs of a part that join nodes of the same side of a bipartite graph."""
        if self.sides is None:
            return 0
        u, v = self.sides[getattr(self, name)]
        return int((u == v).sum())

    def overlaps(self) -> dict[str, int]:
        """Count the val and test pairs that are also train edges; only benchmarks have any."""
        train = pair_keys(self.train, self.num_nodes)
        parts = {"val": self.val, "test": self.test}
        return {
            name: int(torch.isin(pair_keys(pairs, self.num_nodes), train).sum())
            for name, pairs in parts.items()
        }

    def check_graph(self, graph: Graph) -> None:
        """Raise `InputError` unless this split was made from `graph`."""
        if graph.fingerprint != self.graph:
            raise InputError(
                f"split: made from another graph (fingerprint {self.graph[:12]}…, this graph has "
                f"{graph.fingerprint[:12]}…); make one for this graph with `graphvae split`"
            )
        if not same_sides(self.sides, graph.sides):
            raise InputError(
                "split: its negatives were drawn for other sides of a bipartite graph than this "
                "graph has; make one for this graph with `graphvae split`"
            )

    def to_pyg(self, graph: Any, *, val_edges: bool = False) -> tuple[Data, Data, Data]:
        """Return train, val and test as PyG `Data`, in the form of `RandomLinkSplit`.

        Each has the nodes' attributes, `edge_index` (the message edges, both directions unless
        the graph is directed), `edge_label_index` and `edge_label` (ones, then zeros for the
        negatives). Train has positives only: draw new negatives in each epoch, as PyG's `GAE` does.
        Features are dense.

        Args:
            graph: the graph that was split: a `Graph`, or any graph object that `fit` takes.
            val_edges: also pass messages over the validation edges when test edges are scored, as
                `RandomLinkSplit` does; by default messages pass over train edges only.

        Raises:
            InputError: the split was made from another graph.
        """
        graph = as_graph(graph)
        self.check_graph(graph)
        test_messages = torch.cat([self.train, self.val], 1) if val_edges else self.train
        return (
            _labelled_part(graph, self.train, self.train, self.train[:, :0]),
            _labelled_part(graph, self.train, self.val, self.val_negatives),
            _labelled_part(graph, test_messages, self.test, self.test_negatives),
        )

    def save(self, path: Path) -> None:
        """Write the split atomically as a compressed `.npz`."""
        content: dict[str, Any] = {name: getattr(self, name).numpy() for name in PARTS}
        content |= {name: getattr(self, name) for name in (*ABOUT, "fingerprint")}
        if self.sides is not None:
            content["sides"] = self.sides.numpy()
        write_atomic(path, lambda temporary: save_arrays(temporary, content))

    @classmethod
    def load(cls, path: Path) -> EdgeSplit:
        """Read a split written by `save`, and check it.

        Raises:
            InputError: no such file, not a split, damaged, or changed since it was written.
        """
        stored = read_split(path)
        fingerprint = stored.split.fingerprint
        if fingerprint != stored.recorded:
            raise InputError(
                f"split: {path} was changed after it was written (fingerprint recorded "
                f"{stored.recorded[:12]}…, now {fingerprint[:12]}…)"
            )
        stored.split.check()
        return stored.split


def same_sides(one: Tensor | None, other: Tensor | None) -> bool:
    """Return whether two graphs have the same sides; True if neither is bipartite."""
    if one is None or other is None:
        return one is other
    return torch.equal(one, other)


def _labelled_part(
    graph: Graph,
    messages: Int[Tensor, "2 message"],
    positives: Int[Tensor, "2 positive"],
    negatives: Int[Tensor, "2 negative"],
) -> Data:
    """Return a PyG graph with message edges, and pairs labelled 1 and 0."""
    canonical = ordered_edges if graph.directed else canonical_pairs
    edges = canonical(messages, graph.num_nodes)
    weights = edge_weights(graph, edges)
    values = None if weights is None else torch.from_numpy(weights).float()
    part = replace(graph, edges=edges, weights=values, times=None).to_pyg()
    part.edge_label_index = torch.cat([positives, negatives], 1)
    part.edge_label = torch.cat([torch.ones(positives.size(1)), torch.zeros(negatives.size(1))])
    return part


@dataclass(frozen=True)
class StoredSplit:
    """The content of a split file, unchecked."""

    split: EdgeSplit
    """The split, unchecked."""
    recorded: str
    """The fingerprint in the file."""


ABOUT = ("num_nodes", "graph", "directed", "made", "per_positive")
PARTS = tuple(f.name for f in fields(EdgeSplit) if f.name not in (*ABOUT, "sides"))


def read_split(path: Path) -> StoredSplit:
    """Read a split file without checking the split, for audits (`EdgeSplit.load` checks it).

    Raises:
        InputError: no such file, not a split, or damaged.
    """
    if not path.is_file():
        raise InputError(f"split: no such file: {path}")
    try:
        # Opened here: np.load would leave a damaged file open.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            content: dict[str, Any] = {name: stored[name].item() for name in ABOUT}
            for name in PARTS:
                u, v = stored[name].astype(np.int64)  # fails unless there are two rows
                content[name] = torch.from_numpy(np.stack([u, v]))
            if "sides" in stored:
                content["sides"] = _sides_of(stored["sides"], content["num_nodes"])
            stored_split = StoredSplit(EdgeSplit(**content), str(stored["fingerprint"]))
    except Exception as error:  # np.load raises various types on a damaged file
        raise InputError(f"split: {path} is not a split file, or is damaged") from error
    return stored_split


def _sides_of(stored: np.ndarray, num_nodes: int) -> Int[Tensor, " node"]:
    """Return stored sides as a tensor; `ValueError` unless there is 0 or 1 for each node."""
    sides = torch.from_numpy(stored.astype(np.int64))
    if sides.shape != (num_nodes,) or not bool(((sides == 0) | (sides == 1)).all()):
        raise ValueError("expected 0 or 1 for each node")
    return sides
