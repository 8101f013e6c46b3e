"""Read a graph whose edges are split into three files: train, val and test."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.core.reading import counted
from graphvae_data.files.tabular import TEXT_SUFFIXES
from graphvae_data.files.textfiles import read_rows
from graphvae_data.graphs.cleaning import clean
from graphvae_data.graphs.edges import Edges, with_unique_names
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.any_graph import read_edges, stem_of
from graphvae_data.readers.columns.headers import has_header
from graphvae_data.readers.nodetables import TableLike, with_tables

_DEFAULTS = ReadOptions()


@dataclass(frozen=True)
class PresplitGraph:
    """A graph and the parts of its edges."""

    graph: Graph
    """The complete graph."""
    parts: tuple[Int[Tensor, "2 train"], Int[Tensor, "2 val"], Int[Tensor, "2 test"]]
    """Edges of each file as node indices: unique, without self-loops, u < v unless directed."""


def read_presplit(
    paths: Sequence[Path],
    options: ReadOptions = _DEFAULTS,
    *,
    features: TableLike | None = None,
    labels: TableLike | None = None,
) -> PresplitGraph:
    """Read the files of train, val and test edges; equal ids are the same node.

    Roles of columns and the header are detected in the first file, and used for all.

    Raises:
        InputError: an invalid file; or an edge in two files, such as a relation and its inverse.
    """
    first = read_edges(paths[0], options)
    options_of = (_as_first(first, paths[0], path, options) for path in paths[1:])
    edges = [first, *map(read_edges, paths[1:], options_of)]
    index = _index(edges)
    ends = [_ends(part, index) for part in edges]
    joined = with_unique_names(_joined(edges, index, ends))
    combined = with_tables(joined, features, labels, options)
    graph = clean(combined, f"{stem_of(paths[0])}-parts", ", ".join(map(str, paths)))
    node = {name: number for number, name in enumerate(graph.node_names)}
    new_index = np.array([node[name] for name in joined.names])
    train, val, test = (_pairs(new_index[each], graph.directed) for each in ends)
    parts = train, val, test
    _check_disjoint(parts, paths, graph)
    return PresplitGraph(graph, parts)


def _as_first(edges: Edges, first: Path, path: Path, options: ReadOptions) -> ReadOptions:
    """Return the options for another file: the columns used in the first one.

    It has a header if the first file has one and both start with the same row.
    """
    if path.suffix != first.suffix or first.suffix.lower() not in TEXT_SUFFIXES:
        return options
    header = options.header
    if header is None:
        rows = [read_rows(each, options.text_format) for each in (first, path)]
        same = rows[0].sample(1) == rows[1].sample(1)
        header = same and has_header(rows[0], rows[0].columns(), options)
    names = {"relation": "relation_col", "minimum weight": "weight"}
    columns = {names.get(role, role): title.removeprefix("column ") for role, title in edges.roles}
    known = {role: title for role, title in columns.items() if role in ReadOptions.model_fields}
    return options.model_copy(update={**known, **options.columns, "header": header})


Index: TypeAlias = dict[tuple[int, str], int]
"""The index of each node by side (0 if there are none) and name."""


def _index(parts: Sequence[Edges]) -> Index:
    """Number the nodes of all parts, the first side before the second."""
    keys = dict.fromkeys(key for part in parts for key in _keys(part))
    if any(part.sides is not None for part in parts):
        keys = dict.fromkeys(sorted(keys, key=lambda key: key[0]))
    return {key: number for number, key in enumerate(keys)}


def _keys(part: Edges) -> list[tuple[int, str]]:
    sides = np.zeros(len(part.names), dtype=np.int64) if part.sides is None else part.sides
    return list(zip(sides.tolist(), part.names, strict=True))


def _ends(part: Edges, index: Index) -> Int[np.ndarray, "2 _"]:
    new = np.array([index[key] for key in _keys(part)], dtype=np.int64)
    return np.stack([new[part.source], new[part.target]])


def _joined(parts: Sequence[Edges], index: Index, ends: Sequence[Int[np.ndarray, "2 _"]]) -> Edges:
    """Concatenate the edges of all parts."""
    source, target = np.concatenate(ends, axis=1)
    bipartite = parts[0].sides is not None
    return replace(
        parts[0],
        names=[name for _, name in index],
        sides=np.array([side for side, _ in index]) if bipartite else None,
        source=source,
        target=target,
        weight=_all_or_none([part.weight for part in parts]),
        time=_all_or_none([part.time for part in parts]),
        directed=any(part.directed for part in parts),
        comments=sum(part.comments for part in parts),
        dropped=tuple(each for part in parts for each in part.dropped),
    )


def _all_or_none(columns: Sequence[np.ndarray | None]) -> np.ndarray | None:
    present = [column for column in columns if column is not None]
    return np.concatenate(present) if len(present) == len(columns) else None


def _pairs(ends: Int[np.ndarray, "2 _"], directed: bool) -> Int[Tensor, "2 pair"]:
    pairs = torch.from_numpy(ends)
    pairs = pairs[:, pairs[0] != pairs[1]]
    unique: Tensor = torch.unique(pairs if directed else pairs.sort(0).values, dim=1)
    return unique


def _check_disjoint(
    parts: Sequence[Int[Tensor, "2 _"]], paths: Sequence[Path], graph: Graph
) -> None:
    """Raise an error that names an edge in two files."""
    keys = [part[0] * graph.num_nodes + part[1] for part in parts]
    for (a, first), (b, second) in combinations(enumerate(keys), 2):
        twice = second[torch.isin(second, first)]
        if len(twice):
            u, v = divmod(int(twice[0]), graph.num_nodes)
            names = graph.node_names
            either = "" if graph.directed else " in either direction"
            count = counted(len(twice), "such edge") + either
            other = "" if graph.directed else ", or pass --directed if their directions differ"
            raise InputError(
                f"split-edges: expected each edge in one file, got {names[u]!r} and {names[v]!r} "
                f"in {paths[a]} and {paths[b]} ({count}); remove them from one file{other}"
            )
