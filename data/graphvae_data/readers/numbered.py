"""Edges between numbered nodes in a `.npy` file, for graphs of millions of edges.

The file contains integers [2, edge] or [edge, 2] (shape [2, 2] means one edge per row). The nodes
are 0, 1, …, up to the highest number, or only those with an edge if these are far fewer. The file
is memory-mapped; only the sorted keys for cleaning (8 bytes per edge) and unsigned integers are
copies.
"""

from pathlib import Path

import numpy as np

from graphvae_data.core.errors import InputError
from graphvae_data.files.arrays import map_array
from graphvae_data.graphs.edges import Edges, compacted
from graphvae_data.graphs.read_options import ReadOptions

MAX_NODE = np.iinfo(np.int32).max
"""The highest node number: sparse matrices index their columns by int32."""


def read_numbered(path: Path, options: ReadOptions) -> Edges:
    """Memory-map a file of numbered edges; `InputError` for anything but integers from 0."""
    array = map_array(path, "edges")
    if array.ndim != 2 or 2 not in array.shape or array.dtype.kind not in "iu":
        raise InputError(
            f"{path}: expected integers [2, edge] or [edge, 2], got {array.dtype} {array.shape}"
        )
    source, target = array.T if array.shape[1] == 2 else array
    if not len(source):
        raise InputError(f"{path}: expected a graph with edges, got 0 edges")
    low, high = int(array.min()), int(array.max())
    if low < 0 or high > MAX_NODE:
        raise InputError(
            f"{path}: expected nodes numbered from 0 to at most {MAX_NODE}, got {low} to {high}; "
            "write other ids to .csv or .parquet"
        )
    if array.dtype.kind == "u":  # a copy, as keys and differences need signed integers
        source, target = source.astype(np.int64), target.astype(np.int64)
    names, source, target = compacted(source, target, high + 1)
    return Edges(names=names, source=source, target=target, directed=bool(options.directed))
