"""Inputs of `fit`: a dataset's name, a file, or any graph object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from graphvae.runs.experiment import make_split, seeded
from graphvae.specs.recipe import FitConfig
from graphvae.splits.edge_split import EdgeSplit
from graphvae.splits.splitting import Parts, split_given
from graphvae_data.core.errors import InputError, nearest
from graphvae_data.core.imports import imported_data, names_import
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.graphs import load_graph
from graphvae_data.graphs.pairs import canonical_pairs
from graphvae_data.readers.objects import as_graph, name_of
from graphvae_data.registry.graphs import GRAPHS
from graphvae_data.registry.ogb import OGB


@dataclass(frozen=True)
class GraphInput:
    """A graph with its split, if it has one, and notes from reading it."""

    graph: Graph
    """The graph."""
    official: EdgeSplit | None = None
    """The official split of a benchmark."""
    parts: Parts | None = None
    """Edges read from separate train, val and test files."""
    cleaning: str | None = None
    """Summary of what was dropped and merged while reading, in one line."""

    def split(self, config: FitConfig) -> EdgeSplit:
        """Return the graph's own split, or make one as configured."""
        if self.official is not None:
            return self.official
        if self.parts is not None:
            return split_given(self.graph, self.parts, seeded(config.run.seed, "split"))
        return make_split(config, self.graph)


def open_input(graph: Any, *, progress: bool = False) -> GraphInput:
    """Load, read or convert a graph.

    Args:
        graph: the name of a dataset, `module:function` that returns a graph, the path of a graph
            file, a `Graph`, a PyG `Data`, a NetworkX graph, a SciPy sparse matrix, an array of
            edges, a DataFrame, or a `GraphInput`.
        progress: show download bars.

    Raises:
        InputError: an unknown name, or an object that is not a graph.
    """
    if isinstance(graph, GraphInput):
        return graph
    if isinstance(graph, str):
        return open_named(graph, progress=progress)
    if isinstance(graph, Path):
        return read_input(graph)
    return GraphInput(as_graph(graph))


def open_named(name: str, *, progress: bool = False) -> GraphInput:
    """Load a dataset; a benchmark comes with its official split."""
    if names_import(name):
        return GraphInput(as_graph(imported_data(name)))
    if name not in OGB:
        return GraphInput(load_graph(name, progress=progress))
    from graphvae_data.datasets.ogb_graphs import load_ogb

    loaded = load_ogb(name, progress=progress)
    graph, official = _undirected(loaded.graph), loaded.split
    parts = {
        part: getattr(official, part).sort(0).values.contiguous()  # listed in either direction
        for part in ("train", "val", "test", "val_negatives", "test_negatives")
    }
    parts["train"] = torch.unique(parts["train"], dim=1)
    split = EdgeSplit(
        num_nodes=graph.num_nodes,
        graph=graph.fingerprint,
        made="official",
        per_positive=official.negatives_per_positive,
        **parts,
    )
    split.check()
    return GraphInput(graph, official=split)


def _undirected(graph: Graph) -> Graph:
    """Drop edge directions, as published graph auto-encoders do for citation graphs."""
    if not graph.directed:
        return graph
    pairs = canonical_pairs(graph.edges, graph.num_nodes)
    return replace(graph, edges=pairs, directed=False)


def read_input(
    path: Path,
    options: Any = None,
    *,
    features: Path | None = None,
    labels: Path | None = None,
) -> GraphInput:
    """Read a graph file, optionally with features and labels.

    Args:
        path: an edge list, GraphML, GML, GEXF, matrix or PyG file.
        options: `graphvae_data.readers.any_graph.ReadOptions`: columns, direction.
        features: a table or array of node features.
        labels: a table or array of node labels.

    Raises:
        InputError: an invalid file; the message names the file and the line.
    """
    from graphvae_data.graphs.edges import ReadOptions
    from graphvae_data.readers.any_graph import read_graph_file

    read = read_graph_file(path, options or ReadOptions(), features=features, labels=labels)
    return GraphInput(read.graph, cleaning=read.cleaning.line())


def read_presplit_input(
    paths: Sequence[Path],
    options: Any = None,
    *,
    features: Path | None = None,
    labels: Path | None = None,
) -> GraphInput:
    """Read a graph from three files of train, val and test edges; otherwise like `read_input`."""
    from graphvae_data.graphs.edges import ReadOptions
    from graphvae_data.readers.presplit import read_presplit

    read = read_presplit(paths, options or ReadOptions(), features=features, labels=labels)
    return GraphInput(read.graph, parts=read.parts, cleaning=read.cleaning.line())


def check_name(name: str) -> None:
    """Raise `InputError` with the nearest names unless a dataset has this name."""
    if name not in GRAPHS and name not in OGB:
        names = [*GRAPHS, *OGB]
        raise InputError(
            f"dataset: expected one of {', '.join(names)}, got {name!r}{nearest(name, names)}"
        )


def input_name(graph: Any) -> str:
    """Return the name recorded by a run; only a dataset itself gets a dataset's name."""
    if isinstance(graph, str):
        if not names_import(graph):
            check_name(graph)
            return graph
        return own_name(graph.split(":")[1])
    if isinstance(graph, Path):
        return graph.name
    name = name_of(graph.graph if isinstance(graph, GraphInput) else graph) or "own-graph"
    return own_name(name)


def own_name(name: str) -> str:
    """Return the name of a user's graph, changed if it is that of a dataset."""
    return f"my-{name}" if name in GRAPHS or name in OGB else name
