"""A graph in an `.npz` file, without pickles; used by runs on a user-supplied graph.

Arrays: `num_nodes`, `pairs` [2, edge] in the order of `Graph.edges`, `name`, `node_names` and
`directed` (if absent, undirected). Optional: `y` (labels), `class_names`, features as `x` (dense)
or `x_data`, `x_indices`, `x_indptr`, `x_shape` (CSR), `edge_weight` and `edge_time` (one value per
edge), `sides` (one value per node of a bipartite graph), and `reading` (its summary, as JSON).
"""

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.core.reading import Reading
from graphvae_data.files.arrays import save_arrays
from graphvae_data.files.files import require_regular, write_atomic
from graphvae_data.files.sparse import check_sparse
from graphvae_data.graphs.features import csr_tensor, to_csr
from graphvae_data.graphs.graph import Graph

_READ_ERRORS = (
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,  # torch, or JSON that is nested too deeply
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)

Arrays = dict[str, NDArray[Any]]

_CSR_PARTS = ("x_data", "x_indices", "x_indptr", "x_shape")


def save_graph(path: Path, graph: Graph) -> None:
    """Write a graph to a .npz file atomically."""
    if path.suffix != ".npz":
        raise InputError(f"expected a graph file ending in .npz, got {path}; rename it")
    arrays: Arrays = {
        "num_nodes": np.array(graph.num_nodes, dtype=np.int64),
        "pairs": graph.edges.numpy(),
        "name": np.array(graph.name, dtype=str),
        "node_names": np.array(graph.node_names, dtype=str),
    }
    if graph.features is not None:
        arrays |= _feature_arrays(graph.features)
    if graph.labels is not None:
        arrays["y"] = graph.labels.numpy()
    if graph.class_names is not None:
        arrays["class_names"] = np.array(graph.class_names, dtype=str)
    arrays["directed"] = np.array(graph.directed)
    if graph.weights is not None:
        arrays["edge_weight"] = graph.weights.numpy()
    if graph.times is not None:
        arrays["edge_time"] = graph.times.numpy()
    if graph.sides is not None:
        arrays["sides"] = graph.sides.numpy()
    if graph.reading is not None:
        arrays["reading"] = np.array(json.dumps(graph.reading.to_dict()))
    write_atomic(path, lambda temporary: save_arrays(temporary, arrays))


def read_graph(path: Path) -> Graph:
    """Read a graph written by `save_graph`.

    Raises:
        InputError: the file is missing or damaged, or has pickled objects or inconsistent arrays.
    """
    require_regular(path)
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return _from_arrays({key: archive[key] for key in archive.files})
    except FileNotFoundError:
        raise InputError(f"expected a graph file {path}, found none; check the path") from None
    except InputError as error:
        raise InputError(f"cannot read the graph file {path}: {error}") from None
    except _READ_ERRORS as error:
        raise InputError(
            f"cannot read the graph file {path}: expected .npz as save_graph writes it, got {error}"
        ) from error


def _from_arrays(arrays: Arrays) -> Graph:
    num_nodes, names = int(arrays["num_nodes"]), arrays.get("class_names")
    pairs = arrays["pairs"]
    if pairs.dtype.kind != "i" or pairs.ndim != 2 or len(pairs) != 2:
        raise InputError(f"expected integers [2, edge] in `pairs`, got {pairs.dtype} {pairs.shape}")
    return Graph(
        num_nodes=num_nodes,
        edges=torch.from_numpy(pairs),
        directed=bool(arrays.get("directed", False)),
        features=_features(arrays, num_nodes),
        labels=_rows(arrays, "y", num_nodes, axes=1),
        weights=_rows(arrays, "edge_weight", pairs.shape[1], axes=1),
        times=_rows(arrays, "edge_time", pairs.shape[1], axes=1),
        sides=_rows(arrays, "sides", num_nodes, axes=1),
        node_names=arrays["node_names"].tolist(),
        class_names=None if names is None else names.tolist(),
        name=str(arrays["name"]),
        reading=Reading.from_dict(json.loads(str(arrays["reading"])))
        if "reading" in arrays
        else None,
    )


def _rows(arrays: Arrays, key: str, count: int, *, axes: int) -> Tensor | None:
    if key not in arrays:
        return None
    values = arrays[key]
    if values.ndim != axes or len(values) != count:
        raise InputError(f"expected {count} rows in `{key}`, got {values.shape}")
    return torch.from_numpy(values)


def _feature_arrays(x: Tensor) -> Arrays:
    if x.layout == torch.strided:
        return {"x": x.detach().numpy()}
    matrix = to_csr(x)
    parts = (matrix.data, matrix.indices, matrix.indptr, np.array(matrix.shape, dtype=np.int64))
    return dict(zip(_CSR_PARTS, parts, strict=True))


def _features(arrays: Arrays, num_nodes: int) -> Tensor | None:
    if "x_data" not in arrays:
        return _rows(arrays, "x", num_nodes, axes=2)
    values, indices, indptr, shape = (arrays[key] for key in _CSR_PARTS)
    matrix = csr_array((values, indices, indptr), shape=tuple(shape.tolist()))
    check_sparse(matrix)
    if matrix.shape[0] != num_nodes:
        raise InputError(f"expected {num_nodes} rows in `x`, got {matrix.shape[0]}")
    return csr_tensor(matrix)
