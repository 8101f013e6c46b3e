"""Edges between numbered nodes in a `.npy` file: the form for graphs of millions of edges.

The file holds integers [2, edge] or [edge, 2] (of shape [2, 2]: an edge in each row). The nodes are
0, 1, …, up to the highest number, or only those in use where these are far fewer. The file is
mapped into memory, not read as a whole; only the sorted keys that cleaning makes, 8 bytes an edge,
and unsigned integers are copied.
"""

from pathlib import Path

import numpy as np

from graphvae_data.core.errors import InputError
from graphvae_data.files.arrays import map_array
from graphvae_data.graphs.edges import Edges, compacted
from graphvae_data.graphs.read_options import ReadOptions

MOST = np.iinfo(np.int32).max
"""The highest node number: sparse matrices index their columns by int32."""


def read_numbered(path: Path, options: ReadOptions) -> Edges:
    """Map a file of numbered edges; `InputError` for anything but integers from 0."""
    array = map_array(path, "edges")
    if array.ndim != 2 or 2 not in array.shape or array.dtype.kind not in "iu":
        raise InputError(
            f"{path}: expected whole numbers [2, edge] or [edge, 2], "
            f"got {array.dtype} {array.shape}"
        )
    source, target = array.T if array.shape[1] == 2 else array
    if not len(source):
        raise InputError(f"{path}: expected a graph with edges, got 0 edges")
    low, high = int(array.min()), int(array.max())
    if low < 0 or high > MOST:
        raise InputError(
            f"{path}: expected nodes numbered from 0 to at most {MOST}, got {low} to {high}; "
            "write other ids to .csv or .parquet"
        )
    if array.dtype.kind == "u":  # a copy: differences and keys need a sign
        source, target = source.astype(np.int64), target.astype(np.int64)
    names, source, target = compacted(source, target, high + 1)
    return Edges(names=names, source=source, target=target, directed=bool(options.directed))
