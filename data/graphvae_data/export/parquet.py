"""A graph as Parquet tables, the form that engines for bigger graphs read.

Notation: N nodes, index i = 0 … N - 1; a *pair* is an edge or a non-edge, of an undirected graph
once. Tables are written in row chunks, so that no second copy of the graph is held: of sparse
features only a chunk at a time is dense.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from jaxtyping import Float, Int
from scipy.sparse import csr_array
from torch import Tensor

from graphvae_data.graphs.features import to_csr

ROWS = 1 << 18
"""Rows of a chunk, at most."""
CHUNK_BYTES = 1 << 26
"""Bytes of the vectors of a chunk, at most (but one row there must be)."""
ABSENT = -1
"""The label of a node without one; null in the table."""

Matrix: TypeAlias = Float[np.ndarray, "node column"] | csr_array


def write_nodes(
    path: Path,
    names: Sequence[str],
    *,
    features: Tensor | None = None,
    embedding: Float[np.ndarray, "node latent"] | None = None,
    labels: Int[Tensor, " node"] | None = None,
    class_names: Sequence[str] | None = None,
) -> int:
    """Write a row a node, in the order of the index, and return how many.

    Columns: `node` (name), `index`, `label` and `label_name` where known, and float32 lists of one
    length `features` and `embedding`.
    """
    vectors: dict[str, Matrix] = {}
    if features is not None and features.size(1):
        dense = features.layout == torch.strided
        vectors["features"] = features.cpu().numpy() if dense else to_csr(features)
    if embedding is not None:
        vectors["embedding"] = embedding
    fields = [("node", pa.string()), ("index", pa.int64())]
    fields += [("label", pa.int64())] if labels is not None else []
    fields += [("label_name", pa.string())] if labels is not None and class_names else []
    fields += [(name, pa.list_(pa.float32(), held.shape[1])) for name, held in vectors.items()]

    def columns(part: slice) -> dict[str, Any]:
        found: dict[str, Any] = {"node": pa.array(names[part], pa.string())}
        found["index"] = pa.array(np.arange(part.start, part.stop))
        if labels is not None:
            found |= _labels(labels[part].cpu().numpy(), class_names)
        return found | {name: _lists(held[part]) for name, held in vectors.items()}

    width = sum(held.shape[1] for held in vectors.values())
    rows = max(1, min(ROWS, CHUNK_BYTES // (4 * max(width, 1))))
    return _write(path, pa.schema(fields), map(columns, _chunks(len(names), rows)))


@dataclass(frozen=True)
class PairRows:
    """Some of the pairs of a table."""

    name: str | None
    """What stands in `split`; None leaves the column out, of all parts alike."""
    pairs: Int[Tensor, "2 pair"]
    """The pairs, by index."""
    values: Mapping[str, np.ndarray]
    """Further columns, the same for all parts; NaN becomes null."""


def write_pairs(
    path: Path, parts: Iterable[PairRows], *, names: Sequence[str] | None = None
) -> int:
    """Write a row a pair, part after part in the order given, and return how many.

    Columns: `source`, `target` (indices), `source_name`, `target_name` if `names` are given,
    `split` if the parts have names, and those of their values.
    """
    first, *others = parts
    words = None if names is None else pa.array(names, pa.string())
    fields = [("source", pa.int64()), ("target", pa.int64())]
    fields += [] if names is None else [("source_name", pa.string()), ("target_name", pa.string())]
    fields += [] if first.name is None else [("split", pa.string())]
    fields += [(key, pa.from_numpy_dtype(held.dtype)) for key, held in first.values.items()]

    def columns() -> Iterator[dict[str, Any]]:
        for part in (first, *others):
            for rows in _chunks(part.pairs.size(1), ROWS):
                source, target = (pa.array(end[rows].cpu().numpy()) for end in part.pairs)
                found = {"source": source, "target": target}
                if words is not None:
                    found |= {"source_name": words.take(source), "target_name": words.take(target)}
                found["split"] = pa.array([part.name] * len(source), pa.string())
                found |= {k: pa.array(v[rows], from_pandas=True) for k, v in part.values.items()}
                yield found

    return _write(path, pa.schema(fields), columns())


def _chunks(count: int, rows: int) -> Iterator[slice]:
    return (slice(start, min(start + rows, count)) for start in range(0, count, rows))


def _write(path: Path, schema: pa.Schema, chunks: Iterable[Mapping[str, Any]]) -> int:
    """Write chunk after chunk, each a group of rows."""
    count = 0
    with pq.ParquetWriter(path, schema) as writer:
        for columns in chunks:
            batch = pa.record_batch([columns[name] for name in schema.names], schema=schema)
            writer.write_batch(batch)
            count += batch.num_rows
    return count


def _labels(
    labels: Int[np.ndarray, " row"], class_names: Sequence[str] | None
) -> dict[str, pa.Array]:
    found = {"label": pa.array(labels, pa.int64(), mask=labels == ABSENT)}
    if class_names:
        words = pa.array(class_names, pa.string())
        found["label_name"] = words.take(found["label"])
    return found


def _lists(rows: Matrix) -> pa.Array:
    dense = rows.toarray() if isinstance(rows, csr_array) else rows
    flat = np.ascontiguousarray(dense, dtype=np.float32).reshape(-1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), dense.shape[1])
