"""A graph whose edges come already dealt into train, val and test: three files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor
from torch_geometric.data import Data

from graphvae_data.core.counts import Cleaning
from graphvae_data.graphs.cleaning import clean
from graphvae_data.graphs.edges import Edges, ReadOptions
from graphvae_data.readers.any_graph import read_edges, stem_of, with_nodes_of

_ANY = ReadOptions()


@dataclass(frozen=True)
class DealtGraph:
    """A graph and the parts its edges came in."""

    data: Data
    """The whole graph."""
    cleaning: Cleaning
    """What was read and what became of it."""
    parts: tuple[Int[Tensor, "2 train"], Int[Tensor, "2 val"], Int[Tensor, "2 test"]]
    """Edges of each file as numbers of nodes: loops dropped, each once, u < v unless directed."""


def read_parts(
    paths: Sequence[Path],
    options: ReadOptions = _ANY,
    *,
    features: Path | None = None,
    labels: Path | None = None,
) -> DealtGraph:
    """Read the files of train, val and test edges; nodes are the same where their ids are.

    Every fault is an `InputError` of one line that names the file. An edge that two files hold is
    left for the split's own check.
    """
    edges = [read_edges(path, options) for path in paths]
    whole = with_nodes_of(_joined(edges), features, labels)
    own = clean(whole, f"{stem_of(paths[0])}-parts", ", ".join(map(str, paths)))
    number = {name: place for place, name in enumerate(own.data.node_names)}
    directed = bool(own.data.directed)
    train, val, test = (_pairs(part, number, directed) for part in edges)
    return DealtGraph(own.data, own.cleaning, (train, val, test))


def _joined(parts: Sequence[Edges]) -> Edges:
    """One list of edges over the nodes of all parts."""
    place: dict[str, int] = {}
    for part in parts:
        for name in part.names:
            place.setdefault(name, len(place))
    of = [np.array([place[name] for name in part.names], dtype=np.int64) for part in parts]
    return replace(
        parts[0],
        names=list(place),
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


def _pairs(part: Edges, number: dict[str, int], directed: bool) -> Int[Tensor, "2 pair"]:
    new = np.array([number[name] for name in part.names], dtype=np.int64)
    pairs = torch.from_numpy(np.stack([new[part.source], new[part.target]]))
    pairs = pairs[:, pairs[0] != pairs[1]]
    unique: Tensor = torch.unique(pairs if directed else pairs.sort(0).values, dim=1)
    return unique
