"""A graph whose edges come already split into train, val and test: three files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from graphvae_data.core.counts import Cleaning
from graphvae_data.graphs.cleaning import clean
from graphvae_data.graphs.edges import Edges, ReadOptions
from graphvae_data.graphs.graph import Graph
from graphvae_data.readers.any_graph import read_edges, stem_of, with_nodes_of

_ANY = ReadOptions()


@dataclass(frozen=True)
class PresplitGraph:
    """A graph and the parts its edges came in."""

    graph: Graph
    """The whole graph."""
    cleaning: Cleaning
    """What was dropped and merged."""
    parts: tuple[Int[Tensor, "2 train"], Int[Tensor, "2 val"], Int[Tensor, "2 test"]]
    """Edges of each file by node index: no self-loops, each once, u < v unless directed."""


def read_presplit(
    paths: Sequence[Path],
    options: ReadOptions = _ANY,
    *,
    features: Path | None = None,
    labels: Path | None = None,
) -> PresplitGraph:
    """Read the files of train, val and test edges; equal ids are the same node.

    An edge that stands in two files is not refused here: the check of the split does that.

    Raises:
        InputError: any fault of a file, in one line that names it.
    """
    edges = [read_edges(path, options) for path in paths]
    whole = with_nodes_of(_joined(edges), features, labels)
    read = clean(whole, f"{stem_of(paths[0])}-parts", ", ".join(map(str, paths)))
    index = {name: node for node, name in enumerate(read.graph.node_names)}
    train, val, test = (_pairs(part, index, read.graph.directed) for part in edges)
    return PresplitGraph(read.graph, read.cleaning, (train, val, test))


def _joined(parts: Sequence[Edges]) -> Edges:
    """One list of edges over the nodes of all parts."""
    index: dict[str, int] = {}
    for part in parts:
        for name in part.names:
            index.setdefault(name, len(index))
    of = [np.array([index[name] for name in part.names], dtype=np.int64) for part in parts]
    return replace(
        parts[0],
        names=list(index),
        source=np.concatenate([new[p.source] for new, p in zip(of, parts, strict=True)]),
        target=np.concatenate([new[p.target] for new, p in zip(of, parts, strict=True)]),
        weight=_all_or_none([part.weight for part in parts]),
        time=_all_or_none([part.time for part in parts]),
        directed=any(part.directed for part in parts),
        comments=sum(part.comments for part in parts),
    )


def _all_or_none(columns: Sequence[np.ndarray | None]) -> np.ndarray | None:
    held = [column for column in columns if column is not None]
    return np.concatenate(held) if len(held) == len(columns) else None


def _pairs(part: Edges, index: dict[str, int], directed: bool) -> Int[Tensor, "2 pair"]:
    new = np.array([index[name] for name in part.names], dtype=np.int64)
    pairs = torch.from_numpy(np.stack([new[part.source], new[part.target]]))
    pairs = pairs[:, pairs[0] != pairs[1]]
    unique: Tensor = torch.unique(pairs if directed else pairs.sort(0).values, dim=1)
    return unique
