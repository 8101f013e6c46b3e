"""A graph whose edges come already split into train, val and test: three files."""

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
from graphvae_data.files.tabular import TEXT_ENDINGS
from graphvae_data.files.textfiles import read_rows
from graphvae_data.graphs.cleaning import clean
from graphvae_data.graphs.edges import Edges, told_apart
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.any_graph import read_edges, stem_of
from graphvae_data.readers.columns.headers import has_header
from graphvae_data.readers.nodetables import TableLike, with_tables

_ANY = ReadOptions()


@dataclass(frozen=True)
class PresplitGraph:
    """A graph and the parts its edges came in."""

    graph: Graph
    """The whole graph."""
    parts: tuple[Int[Tensor, "2 train"], Int[Tensor, "2 val"], Int[Tensor, "2 test"]]
    """Edges of each file by node index: no self-loops, each once, u < v unless directed."""


def read_presplit(
    paths: Sequence[Path],
    options: ReadOptions = _ANY,
    *,
    features: TableLike | None = None,
    labels: TableLike | None = None,
) -> PresplitGraph:
    """Read the files of train, val and test edges; equal ids are the same node.

    Which columns are what, and whether there is a header, the first file decides for all.

    Raises:
        InputError: any fault of a file, in one line that names it; or a pair that stands in two of
            them, as where a relation and its inverse are in different files.
    """
    first = read_edges(paths[0], options)
    later = (_as_first(first, paths[0], path, options) for path in paths[1:])
    edges = [first, *map(read_edges, paths[1:], later)]
    index = _index(edges)
    ends = [_ends(part, index) for part in edges]
    joined = told_apart(_joined(edges, index, ends))
    whole = with_tables(joined, features, labels, options)
    graph = clean(whole, f"{stem_of(paths[0])}-parts", ", ".join(map(str, paths)))
    node = {name: number for number, name in enumerate(graph.node_names)}
    moved = np.array([node[name] for name in joined.names])
    train, val, test = (_pairs(moved[each], graph.directed) for each in ends)
    parts = train, val, test
    _check_disjoint(parts, paths, graph)
    return PresplitGraph(graph, parts)


def _as_first(edges: Edges, first: Path, path: Path, options: ReadOptions) -> ReadOptions:
    """Return the options for a later file: the columns that the first file's edges are from.

    It has a header if the first file has one and begins with the same row.
    """
    if path.suffix != first.suffix or first.suffix.lower() not in TEXT_ENDINGS:
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
"""The number of each node, by its side (0 where there are none) and its name."""


def _index(parts: Sequence[Edges]) -> Index:
    """Number the nodes of all parts, those of a first side before those of a second."""
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
    """One list of edges over the nodes of all parts."""
    source, target = np.concatenate(ends, axis=1)
    two_sides = parts[0].sides is not None
    return replace(
        parts[0],
        names=[name for _, name in index],
        sides=np.array([side for side, _ in index]) if two_sides else None,
        source=source,
        target=target,
        weight=_all_or_none([part.weight for part in parts]),
        time=_all_or_none([part.time for part in parts]),
        directed=any(part.directed for part in parts),
        comments=sum(part.comments for part in parts),
        dropped=tuple(each for part in parts for each in part.dropped),
    )


def _all_or_none(columns: Sequence[np.ndarray | None]) -> np.ndarray | None:
    held = [column for column in columns if column is not None]
    return np.concatenate(held) if len(held) == len(columns) else None


def _pairs(ends: Int[np.ndarray, "2 _"], directed: bool) -> Int[Tensor, "2 pair"]:
    pairs = torch.from_numpy(ends)
    pairs = pairs[:, pairs[0] != pairs[1]]
    unique: Tensor = torch.unique(pairs if directed else pairs.sort(0).values, dim=1)
    return unique


def _check_disjoint(
    parts: Sequence[Int[Tensor, "2 _"]], paths: Sequence[Path], graph: Graph
) -> None:
    """Refuse a pair of nodes that stands in two files, by name."""
    keys = [part[0] * graph.num_nodes + part[1] for part in parts]
    for (a, first), (b, second) in combinations(enumerate(keys), 2):
        twice = second[torch.isin(second, first)]
        if len(twice):
            u, v = divmod(int(twice[0]), graph.num_nodes)
            names = graph.node_names
            way = "" if graph.directed else " either way round"
            count = counted(len(twice), "such edge") + way
            other = "" if graph.directed else ", or give --directed if the directions differ"
            raise InputError(
                f"split-edges: expected each edge in one place, got {names[u]!r} and {names[v]!r} "
                f"in more than one place: {paths[a]} and {paths[b]} ({count}); leave them out of "
                f"one file{other}"
            )
