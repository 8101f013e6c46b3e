"""Export of a graph as Parquet tables, for engines that process larger graphs.

Notation: N nodes, index i = 0 … N - 1; a *pair* is an edge or a non-edge, listed once in an
undirected graph. Tables are written in chunks of rows, to avoid a second copy of the graph; sparse
features are converted to dense ones chunk by chunk.
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

MAX_ROWS = 1 << 18
"""Maximum number of rows in a chunk."""
CHUNK_BYTES = 1 << 26
"""Maximum number of bytes of the vectors in a chunk, which has at least one row."""
UNLABELLED = -1
"""The label of an unlabelled node, written as null."""

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
    """Write one row per node, by index, and return the number of rows.

    Columns: `node` (name), `index`, `label` and `label_name` if known, and fixed-size lists of
    float32 `features` and `embedding`.
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
    fields += [(name, pa.list_(pa.float32(), each.shape[1])) for name, each in vectors.items()]

    def columns(part: slice) -> dict[str, Any]:
        chunk: dict[str, Any] = {"node": pa.array(names[part], pa.string())}
        chunk["index"] = pa.array(np.arange(part.start, part.stop))
        if labels is not None:
            chunk |= _labels(labels[part].cpu().numpy(), class_names)
        return chunk | {name: _lists(each[part]) for name, each in vectors.items()}

    width = sum(each.shape[1] for each in vectors.values())
    rows = max(1, min(MAX_ROWS, CHUNK_BYTES // (4 * max(width, 1))))
    return _write(path, pa.schema(fields), map(columns, _chunks(len(names), rows)))


@dataclass(frozen=True)
class PairRows:
    """A part of the pairs of a table."""

    name: str | None
    """The value in the column `split`; None in all parts omits the column."""
    pairs: Int[Tensor, "2 pair"]
    """The pairs, by index."""
    values: Mapping[str, np.ndarray]
    """Additional columns, the same in all parts; NaN becomes null."""


def write_pairs(
    path: Path, parts: Iterable[PairRows], *, names: Sequence[str] | None = None
) -> int:
    """Write one row per pair, part after part, and return the number of rows.

    Columns: `source`, `target` (indices), `source_name`, `target_name` with `names`, `split` if
    the parts have names, and those of their values.
    """
    first, *others = parts
    name_array = None if names is None else pa.array(names, pa.string())
    fields = [("source", pa.int64()), ("target", pa.int64())]
    fields += [] if names is None else [("source_name", pa.string()), ("target_name", pa.string())]
    fields += [] if first.name is None else [("split", pa.string())]
    fields += [(key, pa.from_numpy_dtype(each.dtype)) for key, each in first.values.items()]

    def columns() -> Iterator[dict[str, Any]]:
        for part in (first, *others):
            for rows in _chunks(part.pairs.size(1), MAX_ROWS):
                source, target = (pa.array(end[rows].cpu().numpy()) for end in part.pairs)
                chunk = {"source": source, "target": target}
                if name_array is not None:
                    chunk["source_name"] = name_array.take(source)
                    chunk["target_name"] = name_array.take(target)
                chunk["split"] = pa.array([part.name] * len(source), pa.string())
                chunk |= {k: pa.array(v[rows], from_pandas=True) for k, v in part.values.items()}
                yield chunk

    return _write(path, pa.schema(fields), columns())


def _chunks(count: int, rows: int) -> Iterator[slice]:
    return (slice(start, min(start + rows, count)) for start in range(0, count, rows))


def _write(path: Path, schema: pa.Schema, chunks: Iterable[Mapping[str, Any]]) -> int:
    """Write each chunk as a row group, and return the number of rows."""
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
    columns = {"label": pa.array(labels, pa.int64(), mask=labels == UNLABELLED)}
    if class_names:
        columns["label_name"] = pa.array(class_names, pa.string()).take(columns["label"])
    return columns


def _lists(rows: Matrix) -> pa.Array:
    dense = rows.toarray() if isinstance(rows, csr_array) else rows
    flat = np.ascontiguousarray(dense, dtype=np.float32).reshape(-1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), dense.shape[1])
