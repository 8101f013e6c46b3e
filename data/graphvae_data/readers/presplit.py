"""Read a graph whose edges are split into three files: train, val and test."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.core.reading import counted
from graphvae_data.files.packed import inner_name
from graphvae_data.files.tabular import TEXT_SUFFIXES, is_number
from graphvae_data.files.textfiles import TextRows, read_text, rows_of
from graphvae_data.graphs.cleaning import clean
from graphvae_data.graphs.edges import Edges, with_unique_names
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.any_graph import read_edges, stem_of
from graphvae_data.readers.columns.headers import MAX_ROWS, first_row, has_header, shape_of
from graphvae_data.readers.columns.names import is_known_name, named_ends
from graphvae_data.readers.nodetables import TableLike, with_tables
from graphvae_data.readers.text_forms import read_text_form

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

    Roles of columns are detected in the first file; in each other file with a header, they are
    found by title, else by position.

    Raises:
        InputError: an invalid file; or an edge in two files, such as a relation and its inverse.
    """
    first = read_edges(paths[0], options)
    layout = _layout(first, paths[0], options)
    others = [_as_first(layout, path, options) for path in paths[1:]]
    edges = [first, *map(read_edges, paths[1:], others)]
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


@dataclass(frozen=True)
class _Layout:
    """The columns of the first file, by which those of the other files are found."""

    columns: dict[str, int]
    """The index of each used column, by its option."""
    titles: list[str] | None
    """The titles of the columns; None without a header."""
    width: int
    """Number of columns."""
    names: list[str]
    """The nodes, which a header does not name."""
    bipartite: bool
    """Whether both ends are nodes of different types."""


def _layout(edges: Edges, path: Path, options: ReadOptions) -> _Layout | None:
    """Return the columns of a text table; None for another format."""
    plain = _plain(path, options) if edges.roles else None
    if plain is None:
        return None
    row = first_row(*plain)
    titles = row if has_header(*plain, options) else None
    columns = {
        role: titles.index(title)
        if titles and title in titles
        else int(title.removeprefix("column ")) - 1
        for role, title in _columns(edges).items()
    }
    return _Layout(columns, titles, len(row), edges.names, edges.sides is not None)


def _columns(edges: Edges) -> dict[str, str]:
    """Return the titles of the used columns by their options."""
    options = {"relation": "relation_col", "minimum weight": "weight"}
    columns = {options.get(role, role): title for role, title in edges.roles}
    return {role: title for role, title in columns.items() if role in ReadOptions.model_fields}


def _plain(path: Path, options: ReadOptions) -> tuple[TextRows, list[Any]] | None:
    """Return the rows and columns of a text table; None for another format."""
    if Path(inner_name(path)).suffix.lower() not in TEXT_SUFFIXES:
        return None
    text = read_text(path, options.encoding)
    if read_text_form(text, path, options) is not None:
        return None
    rows = rows_of(text, path, options.text_format)
    return rows, rows.columns()


def _as_first(first: _Layout | None, path: Path, options: ReadOptions) -> ReadOptions:
    """Return the options for another file: its header, and the columns used in the first one.

    With a header, columns are found by title, else by position.
    """
    plain = None if first is None else _plain(path, options)
    if first is None or plain is None:
        return options
    row = first_row(*plain)
    header = _has_header(first, row, *plain, options)
    found = _by_title(first, row) if header else _by_position(first, len(row))
    known = {role: (header and row[i]) or str(i + 1) for role, i in found.items() if i < len(row)}
    numbers = {role: number for role, number in options.columns.items() if number.isdigit()}
    chosen = {role: number for role, number in numbers.items() if int(number) <= len(row)}
    columns = {**dict.fromkeys(options.columns), **chosen, **known}
    update = {**columns, "header": header, "bipartite": first.bipartite}
    return options.model_copy(update=update)


def _has_header(
    first: _Layout, row: list[str], rows: TextRows, columns: list[Any], options: ReadOptions
) -> bool:
    """Return whether another file has a header: unlike a row of the first file's nodes."""
    if options.header is not None:
        return options.header
    titles = _folded(first.titles or ())
    if 2 * len(_folded(row) & titles) >= len(row):
        return True
    ends = named_ends(row, range(len(row)))
    ids = row if ends is None else [row[ends.source], row[ends.target]]
    if set(ids) & set(first.names):
        return False
    second = rows.sample(2)[-1]
    below = any(is_number(b) and not is_number(a) for a, b in zip(row, second, strict=False))
    known = ends is not None or any(map(is_known_name, row))
    short = {len(field) for field in ids} <= {len(name) for name in first.names} & {1, 2}
    if not below and (short or not known) and _alike(row, first.names):
        return False  # such as a node u and a node v
    try:
        unnamed = options.model_copy(update=dict.fromkeys(options.columns))
        return has_header(rows, columns, unnamed)
    except InputError:  # it may be either
        return False


def _alike(row: Sequence[str], names: Sequence[str]) -> bool:
    """Return whether all fields look like names of nodes, of which the first ones are compared."""
    return {shape_of(field) for field in row} <= {shape_of(name) for name in names[:MAX_ROWS]}


def _by_position(first: _Layout, width: int) -> dict[str, int]:
    """Return the columns of a file without a header; none if it may lack any but the last ones."""
    ends = {first.columns.get("source"), first.columns.get("target")}
    return first.columns if width == first.width or ends == {0, 1} else {}


def _by_title(first: _Layout, titles: Sequence[str]) -> dict[str, int]:
    """Return the columns with the titles of the first file; the ends also by other known names."""
    folded = [title.casefold() for title in titles]
    wanted = {role: first.titles[i].casefold() for role, i in first.columns.items() if first.titles}
    found = {role: folded.index(title) for role, title in wanted.items() if title in folded}
    if {"source", "target"} <= found.keys():
        return found
    named = named_ends(titles, range(len(titles)))
    if named is not None:
        return {**found, "source": named.source, "target": named.target}
    positions = _by_position(first, len(titles))
    return {**found, **{role: i for role, i in positions.items() if role in ("source", "target")}}


def _folded(texts: Sequence[str]) -> set[str]:
    return {text.casefold() for text in texts}


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
        weight=_weights(parts),
        time=_all_or_none([part.time for part in parts]),
        directed=any(part.directed for part in parts),
        comments=sum(part.comments for part in parts),
        dropped=tuple(each for part in parts for each in part.dropped),
        notes=(*parts[0].notes, *_notes(parts)),
    )


def _weights(parts: Sequence[Edges]) -> np.ndarray | None:
    """Return the weights, 1 in a file without; None if the first file has none."""
    if parts[0].weight is None:
        return None
    return np.concatenate(
        [np.ones(len(each.source)) if each.weight is None else each.weight for each in parts]
    )


def _notes(parts: Sequence[Edges]) -> list[str]:
    """Return a note on files without weights."""
    if parts[0].weight is None or all(part.weight is not None for part in parts):
        return []
    without = sum(len(part.source) for part in parts if part.weight is None)
    return [f"{counted(without, 'edge')} of validation or test files without weights count as 1"]


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
