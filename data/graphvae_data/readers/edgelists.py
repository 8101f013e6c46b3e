"""Edge lists from text or Parquet, with one edge per row and ids as text."""

import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from graphvae_data.core.errors import InputError
from graphvae_data.files.packed import inner_name
from graphvae_data.files.tabular import Table, is_number, read_parquet, table_of
from graphvae_data.files.textfiles import read_text, rows_of
from graphvae_data.graphs.edges import Edges
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.columns.codes import factorized
from graphvae_data.readers.columns.headers import first_row, has_header
from graphvae_data.readers.columns.konect import Konect, konect_of
from graphvae_data.readers.columns.names import words_of
from graphvae_data.readers.columns.relations import relation_mask
from graphvae_data.readers.columns.roles import Roles, choose_roles
from graphvae_data.readers.formats.text_matrices import matrix_of_rows
from graphvae_data.readers.text_forms import read_text_form


def read_edge_list(path: Path, options: ReadOptions) -> Edges:
    """Read an edge list.

    Other text formats are detected: N-Triples, adjacency lists, matrices, and networkx's edge lists
    with attributes.

    Raises:
        InputError: invalid content; the message names the first such line.
    """
    if inner_name(path).lower().endswith(".parquet"):
        return edges_of_table(read_parquet(path), options)
    text = read_text(path, options.encoding)
    other = read_text_form(text, path, options)
    if isinstance(other, Table):
        return edges_of_table(other, options)
    if other is not None:
        return other
    rows = rows_of(text, path, options.text_format)
    columns = rows.columns()
    matrix = matrix_of_rows(columns, path, options)
    if matrix is not None:
        return matrix
    header = has_header(rows, columns, options)
    table = table_of(rows, columns, header=header)
    if table.names and rows.marked_header:
        table = replace(table, names=first_row(rows, columns))
    konect = konect_of(rows.comments)
    return edges_of_table(table, options if konect is None else konect.applied(options), konect)


def edges_of_table(table: Table, options: ReadOptions, konect: Konect | None = None) -> Edges:
    """Return the edges of a table, from columns chosen by the user or detected."""
    if len(table.columns) < 2:
        raise InputError(
            f"{table.path}, {table.row_name(0)}: expected at least two columns, source and target, "
            "got one; fields are separated by tabs, commas, semicolons, pipes or blanks: pass "
            "another delimiter with --delimiter"
        )
    table, empty = _drop_node_rows(table)
    roles = choose_roles(table, options)
    if konect is not None and options.weight is None:
        weight_column = None if konect.unweighted else roles.weight
        roles = replace(
            roles, weight=weight_column, rated=konect.rated and weight_column is not None
        )
    dropped = [("without ends", empty)] if empty else []
    if roles.relation is None and (options.relation or options.relations):
        raise InputError(
            f"{table.path}: expected a column of relations, found none; name it with --relation-col"
        )
    if roles.relation is not None:
        mask = relation_mask(_text(table, roles.relation), options, str(table.path))
        table, dropped = _filtered(table, mask, "of other relations", dropped)
    weight, keep = _weight_of(table, roles, options)
    table, dropped = _filtered(
        table, keep, f"with a weight below {options.min_weight or 0:g}", dropped
    )
    names, source, target, sides = _numbered_ends(
        table, roles, bipartite=_is_bipartite(table, roles, options)
    )
    time = None if roles.time is None else _time_of(table, roles, options)
    used = _used(roles, weight is not None, time is not None, options)
    unused = _unused(table, used)
    return Edges(
        names=names,
        source=source,
        target=target,
        weight=None if weight is None else weight[keep],
        time=time,
        directed=_directed(table, roles, options),
        float_ids=str(table.columns[roles.source][0].as_py()) != names[source[0]],
        sides=sides,
        side_titles=_side_titles(table, roles),
        comments=len(table.comments),
        roles=tuple((role, table.title(i)) for role, i in used.items()),
        unused=tuple(table.title(i) for i in unused),
        dropped=tuple(dropped),
        notes=_weight_hint(table, roles, unused),
    )


def _is_bipartite(table: Table, roles: Roles, options: ReadOptions) -> bool:
    bipartite = roles.bipartite if options.bipartite is None else options.bipartite
    if bipartite and options.directed:
        raise InputError(
            f"{table.path}: expected --directed or a bipartite graph, got both; pass --undirected "
            "or --no-bipartite"
        )
    return bipartite


def times_of(table: Table, column: int) -> Float[np.ndarray, " row"]:
    """Return a column of times: numbers unchanged, ISO dates as seconds since 1970 (UTC)."""
    values = table.as_floats(column)
    if np.isfinite(values).all():
        return values
    import pandas as pd

    texts = pd.Series(table.columns[column].to_pylist(), dtype=object)
    if is_number(str(texts.iloc[0])):
        return table.numbers(column, "a finite number as time")
    dates = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True)
    if dates.isna().any():
        raise table.error(int(dates.isna().to_numpy().argmax()), column, "a number or ISO date")
    seconds = (dates - pd.Timestamp(0, tz="UTC")).dt.total_seconds()
    return np.asarray(seconds, dtype=np.float64)


def _time_of(table: Table, roles: Roles, options: ReadOptions) -> Any:
    """Return the times; None for a detected column whose format is not supported."""
    assert roles.time is not None
    try:
        return times_of(table, roles.time)
    except InputError:
        if options.time is not None:
            raise
        return None


def _drop_node_rows(table: Table) -> tuple[Table, int]:
    """Drop rows without ends: Neo4j's export of a whole database mixes nodes and edges."""
    names = [name.strip().lower() for name in table.names or ()]
    if not {"_start", "_end"} <= set(names):
        return table, 0
    is_edge = np.array(
        [value not in (None, "") for value in table.columns[names.index("_start")].to_pylist()]
    )
    if is_edge.all() or not is_edge.any():
        return table, 0
    return table.filtered(is_edge), int((~is_edge).sum())


def _filtered(
    table: Table, mask: Bool[np.ndarray, " row"], what: str, dropped: list[tuple[str, int]]
) -> tuple[Table, list[tuple[str, int]]]:
    if mask.all():
        return table, dropped
    if not mask.any():
        raise InputError(f"{table.path}: expected edges, got only rows {what}")
    return table.filtered(mask), [*dropped, (what, int((~mask).sum()))]


def _weight_of(
    table: Table, roles: Roles, options: ReadOptions
) -> tuple[Float[np.ndarray, " row"] | None, Bool[np.ndarray, " row"]]:
    """Return the weights, if they are used, and which edges have at least the minimum weight."""
    keep = np.ones(len(table), dtype=bool)
    minimum = options.min_weight
    if roles.weight is None:
        if minimum is not None:
            raise InputError(
                f"{table.path}: expected a column of weights for --min-weight, found none; pass "
                "it with --weight-col"
            )
        return None, keep
    if not options.weights and minimum is None:
        return None, keep
    values = table.numbers(roles.weight, "a finite weight, not negative,")
    if minimum is not None:
        keep = values >= minimum
    if (values[keep] < 0).any():
        raise _signed(table, roles.weight, values, keep)
    if roles.rated and minimum is None:
        raise _rated(table, roles.weight, values)
    return (values if options.weights else None), keep


def _signed(table: Table, column: int, values: Any, keep: Any) -> InputError:
    error = table.error(int((keep & (values < 0)).argmax()), column, "a weight, not negative,")
    minimum = values[values > 0].min() if (values > 0).any() else 1.0
    return InputError(
        f"{error}; for signed edges, keep the positive ones with --min-weight {minimum:g}, or "
        "ignore the weights with --no-weights"
    )


def _rated(table: Table, column: int, values: Any) -> InputError:
    title = table.title(column)
    sides = "; if users rate items, add --bipartite" if table.names is None else ""
    return InputError(
        f"{table.path}: {title} seems to contain ratings, from {values.min():g} to "
        f"{values.max():g}, and a low rating is not a weak edge; keep ratings of at least 3 with "
        "--min-weight 3, ignore them with --no-weights, or use them as weights with --weight-col "
        f"{title.removeprefix('column ')}{sides}"
    )


def _unused(table: Table, used: dict[str, int]) -> list[int]:
    """Return the unused columns that are not empty."""
    others = [i for i in range(len(table.columns)) if i not in used.values()]
    return [i for i in others if _has_values(table, i)]


def _weight_hint(table: Table, roles: Roles, unused: list[int]) -> tuple[str, ...]:
    """Return a note on the first unused column that could be weights, if none was found."""
    if roles.weight is not None or table.names is None:
        return ()
    for i in unused:
        first = table.columns[i][0].as_py()
        if isinstance(first, str) and not is_number(first.replace(",", ".")):
            continue  # words; converting the whole column would import pandas
        values = table.as_floats(i)
        column = table.names[i] or str(i + 1)
        index = _is_index_title(table.names[i]) and _numbers_rows(values)
        if np.isfinite(values).all() and (values >= 0).all() and not index:
            return (f"--weight-col {shlex.quote(column)} would read it as weights",)
    return ()


def _is_index_title(title: str) -> bool:
    """Return whether a column may number the rows: without a title, or `row`, `edge_id`, `#`."""
    words = words_of(title)
    return not words or not _INDEX_WORDS.isdisjoint(words)


_INDEX_WORDS = {
    "row",
    "index",
    "idx",
    "id",
    "no",
    "nr",
    "num",
    "number",
    "line",
    "unnamed",
    "rowid",
}


def _numbers_rows(values: Float[np.ndarray, " row"]) -> bool:
    """Return whether values are 0, 1, 2, … or 1, 2, 3, …, perhaps without some rows."""
    return bool((np.diff(values) >= 1).all()) and bool((values == np.floor(values)).all())


def _has_values(table: Table, column: int) -> bool:
    from pyarrow import compute

    try:
        texts = _text(table, column)
    except InputError:
        return bool(table.columns[column].null_count < len(table))
    return bool({*compute.unique(texts).to_pylist()} - {"", None})


def _used(roles: Roles, weighted: bool, timed: bool, options: ReadOptions) -> dict[str, int]:
    """Return the columns used, by role."""
    used = dict(roles.used)
    if not timed:
        used.pop("time", None)
    if not weighted and "weight" in used:
        weight = used.pop("weight")
        if options.min_weight is not None:
            used["minimum weight"] = weight
    return used


def _directed(table: Table, roles: Roles, options: ReadOptions) -> bool:
    """Return the user's choice, else whether a column has Directed in every row."""
    if options.directed is not None or roles.direction is None:
        return bool(options.directed)
    return set(_text(table, roles.direction).to_pylist()) == {"Directed"}


def _text(table: Table, column: int) -> Any:
    import pyarrow as pa

    values = table.columns[column]
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    try:
        return values.cast(pa.string())
    except pa.ArrowException:
        raise InputError(
            f"{table.path}: expected text or numbers in {table.title(column)}, got {values.type}"
        ) from None


def _side_titles(table: Table, roles: Roles) -> tuple[str, str]:
    if table.names is None:
        return "source", "target"
    titles = (table.title(roles.source), table.title(roles.target))
    groups = [re.search(r"_ID\((.+)\)", title) for title in titles]
    if groups[0] is not None and groups[1] is not None:
        return groups[0][1], groups[1][1]
    return titles


def _numbered_ends(
    table: Table, roles: Roles, *, bipartite: bool
) -> tuple[list[str], Any, Any, Int[np.ndarray, " node"] | None]:
    """Return the names in node order, both ends of each row as indices, and the sides."""
    ends = [table.node_ids(column) for column in (roles.source, roles.target)]
    if not bipartite:
        codes, names = factorized(ends)
        return names, codes[0], codes[1], None
    (source, first), (target, second) = (factorized([column]) for column in ends)
    sides = np.repeat([0, 1], [len(first), len(second)])
    return [*first, *second], source[0], target[0] + len(first), sides
