"""Graph inputs of `fit`: the name of a dataset, a file, or any graph object."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from graphvae.setup.experiment import make_split, seeded
from graphvae.specs.recipe import FitConfig
from graphvae.splits.edge_split import EdgeSplit
from graphvae.splits.splitting import Parts, split_from_parts
from graphvae_data.core.errors import InputError, nearest
from graphvae_data.core.imports import imported_data, names_import
from graphvae_data.core.reading import FeaturePrep, Reading, ReadingWarning
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.graphs import load_graph
from graphvae_data.graphs.pairs import canonical_pairs
from graphvae_data.graphs.read_options import ReadOptions, python_words
from graphvae_data.readers.objects import as_graph, name_of
from graphvae_data.registry.graphs import GRAPHS
from graphvae_data.registry.ogb import OGB

READING = (*ReadOptions.model_fields, "labels")
"""Keyword arguments of `fit` for reading a graph."""


@dataclass(frozen=True)
class GraphInput:
    """A graph with its split, if it has one, and notes from reading it."""

    graph: Graph
    """The graph."""
    official: EdgeSplit | None = None
    """The official split of a benchmark."""
    parts: Parts | None = None
    """Train, val and test edges of an input that is already split."""

    @property
    def reading(self) -> Reading | None:
        """What was read, dropped and merged; None if nothing was read."""
        return self.graph.reading

    def split(self, config: FitConfig) -> EdgeSplit:
        """Return the graph's own split, or make one as configured."""
        if self.official is not None:
            return self.official
        if self.parts is not None:
            return split_from_parts(self.graph, self.parts, seeded(config.run.seed, "split"))
        return make_split(config, self.graph)


@dataclass(frozen=True)
class UserGraph:
    """A user's graph, with the options for reading it."""

    graph: Any
    """A path, or a graph object."""
    options: ReadOptions
    """Columns, direction, weights, …."""
    features: Any = None
    """Node features: a path, a DataFrame or an array."""
    labels: Any = None
    """Node labels, likewise."""
    prep: FeaturePrep | None = None
    """The feature preparation of the training graph; None chooses one."""


def with_reading(graph: Any, keywords: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the graph with its reading options, and the other keyword arguments.

    `features` is a reading option unless it is True or False, which is a setting of the model.

    Raises:
        InputError: an option of a wrong type, or one for a graph that is not read.
    """
    tables = {name: keywords[name] for name in ("features", "labels") if name in keywords}
    if isinstance(tables.get("features"), bool | np.bool_ | None):
        tables.pop("features", None)
    reading = {name: value for name, value in keywords.items() if name in ReadOptions.model_fields}
    rest = {n: v for n, v in keywords.items() if n not in reading and n not in tables}
    if not reading and not tables:
        return graph, rest
    is_name = isinstance(graph, str) and not is_path(graph)
    if is_name or isinstance(graph, GraphInput):
        raise InputError(f"{[*reading, *tables][0]}: is for user-supplied graphs, not for datasets")
    try:
        options = ReadOptions(**reading)
    except InputError as error:
        raise InputError(str(error).removeprefix("ReadOptions: ")) from None
    return UserGraph(graph, options, **tables), rest


def is_directed(graph: Any) -> bool:
    """Return whether a graph is known to be directed before it is read.

    >>> is_directed(UserGraph("follows.csv", ReadOptions(directed=True))), is_directed("cora")
    (True, False)
    """
    if isinstance(graph, UserGraph):
        directed = graph.options.directed
        return is_directed(graph.graph) if directed is None else directed
    if isinstance(graph, GraphInput):
        return graph.graph.directed
    if isinstance(graph, Graph):
        return graph.directed
    method = getattr(graph, "is_directed", None)
    # In PyG, `is_directed` only describes how edges are stored; NetworkX graphs have `adj`.
    return bool(method()) if method is not None and hasattr(graph, "adj") else False


def is_path(graph: str) -> bool:
    """Return whether a string is the path of a file rather than the name of a dataset.

    >>> is_path("people.csv"), is_path("cora"), is_path("graphs:mine")
    (True, False, False)
    """
    if is_dataset(graph) or names_import(graph):
        return False
    return "." in graph or "/" in graph or Path(graph).is_file()


def open_input(graph: Any, *, progress: bool = False) -> GraphInput:
    """Load, read or convert a graph; a warning says if edges were dropped or merged.

    Args:
        graph: the name of a dataset, `module:function` that returns a graph, the path of a graph
            file, a `Graph`, a PyG `Data`, a NetworkX graph, an adjacency, an array of edges, a
            DataFrame, a `UserGraph` or a `GraphInput`.
        progress: show download bars.

    Raises:
        InputError: an unknown name, or an object that is not a graph.
    """
    if isinstance(graph, GraphInput):
        return graph
    if isinstance(graph, str) and not is_path(graph):
        return open_named(graph, progress=progress)
    user = graph if isinstance(graph, UserGraph) else UserGraph(graph, ReadOptions())
    source = GraphInput(_read(user))
    if source.reading is not None and source.reading.lost and source.graph is not graph:
        warnings.warn(source.reading.line(), ReadingWarning, stacklevel=2)
    return source


def _read(user: UserGraph) -> Graph:
    """Read a file or convert an object; messages name the Python arguments."""
    from graphvae_data.readers.any_graph import read_graph_file

    features, labels = (_path_or_table(table) for table in (user.features, user.labels))
    if not isinstance(user.graph, str | Path):
        return as_graph(user.graph, user.options, features=features, labels=labels, prep=user.prep)
    path = Path(user.graph)
    try:
        return read_graph_file(path, user.options, features=features, labels=labels, prep=user.prep)
    except InputError as error:
        name = isinstance(user.graph, str) and not path.exists()
        hint = "; dataset names have no extension" if name else ""
        raise InputError(python_words(str(error)) + hint) from None


def _path_or_table(table: Any) -> Any:
    return Path(table) if isinstance(table, str) else table


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
    options: ReadOptions | None = None,
    *,
    features: Path | None = None,
    labels: Path | None = None,
    prep: FeaturePrep | None = None,
) -> GraphInput:
    """Read a graph file, optionally with features and labels.

    Args:
        path: an edge list, GraphML, GML, GEXF, matrix or PyG file.
        options: columns, direction, weights, ….
        features: a table or array of node features.
        labels: a table or array of node labels.
        prep: the feature preparation of the training graph; None chooses one.

    Raises:
        InputError: an invalid file; the message names the file and the line.
    """
    from graphvae_data.readers.any_graph import read_graph_file

    return GraphInput(
        read_graph_file(path, options or ReadOptions(), features=features, labels=labels, prep=prep)
    )


def read_presplit_input(
    paths: Sequence[Path],
    options: ReadOptions | None = None,
    *,
    features: Path | None = None,
    labels: Path | None = None,
) -> GraphInput:
    """Read a graph whose train, val and test edges are in three files; see `read_input`."""
    from graphvae_data.readers.presplit import read_presplit

    read = read_presplit(paths, options or ReadOptions(), features=features, labels=labels)
    return GraphInput(read.graph, parts=read.parts)


def is_dataset(name: str) -> bool:
    """Return whether a dataset has this name."""
    return name in GRAPHS or name in OGB


def check_name(name: str) -> None:
    """Raise `InputError` with the nearest names unless a dataset has this name."""
    if not is_dataset(name):
        names = [*GRAPHS, *OGB]
        raise InputError(
            f"dataset: expected one of {', '.join(names)}, got {name!r}{nearest(name, names)}"
        )


def input_name(graph: Any) -> str:
    """Return the name that a run records: that of a dataset only for the dataset itself."""
    if isinstance(graph, UserGraph):
        return input_name(graph.graph)
    if isinstance(graph, str) and is_path(graph):
        return Path(graph).name
    if isinstance(graph, str):
        if not names_import(graph):
            check_name(graph)
            return graph
        return user_graph_name(graph.split(":")[1])
    if isinstance(graph, Path):
        return graph.name
    name = name_of(graph.graph if isinstance(graph, GraphInput) else graph) or "own-graph"
    return user_graph_name(name)


def user_graph_name(name: str) -> str:
    """Return the name of a user's graph, prefixed if a dataset has the same name."""
    return f"my-{name}" if is_dataset(name) else name


NodeName = str | int | np.integer[Any]
Nodes = NodeName | Sequence[NodeName] | np.ndarray | torch.Tensor
"""Names of nodes, as text or integers; one name is a list of one."""


def node_numbers(names: list[str], nodes: Nodes) -> torch.Tensor:
    """Return the indices of nodes by name; `InputError` names the first unknown one.

    An integer stands for the name with its digits: 35 is the node "35". A single node is a list of
    one.
    """
    if isinstance(nodes, torch.Tensor):
        nodes = nodes.tolist()
    several = [nodes] if isinstance(nodes, str | int | np.integer) else nodes
    requested = [str(name) if isinstance(name, int | np.integer) else name for name in several]
    numbers = {name: number for number, name in enumerate(names)}
    for name in requested:
        if name not in numbers:
            raise InputError(f"node: the graph has no node {name!r}{nearest(name, names)}")
    return torch.tensor([numbers[name] for name in requested], dtype=torch.int64)
