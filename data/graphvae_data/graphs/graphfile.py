"""One graph in one `.npz` file, for runs on a person's own graph; holds no pickle.

Arrays: `num_nodes`, `pairs` [2, pair], `name`, `node_names`, and where the graph has them `y`,
`class_names`, either `x` (dense) or `x_data`, `x_indices`, `x_indptr`, `x_shape` (CSR), and
`edge_weight` and `edge_time`, a value for each pair. `directed` is there where the graph says
whether it is; in a directed graph a pair is an edge from its first node to its second.
"""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor
from torch_geometric.data import Data

from graphvae_data.core.errors import InputError
from graphvae_data.files.files import write_atomic
from graphvae_data.graphs.features import csr_tensor, to_csr
from graphvae_data.graphs.pairs import both_directions, canonical_pairs, ordered_edges

_DAMAGE = (
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)

Arrays = dict[str, NDArray[Any]]

_PER_EDGE = ("edge_weight", "edge_time")
_CSR_PARTS = ("x_data", "x_indices", "x_indptr", "x_shape")


def save_graph(path: Path, data: Data) -> None:
    """Write the graph to `path` (ending .npz), atomically. Other attributes are not kept."""
    if path.suffix != ".npz":
        raise InputError(f"expected a graph file ending in .npz, got {path}; rename it")
    arrays: Arrays = {
        "num_nodes": np.array(data.num_nodes, dtype=np.int64),
        "pairs": _pairs(data).cpu().numpy(),
        "name": np.array(data.get("name") or "", dtype=str),
        "node_names": np.array(data.get("node_names") or _numbers(data.num_nodes), dtype=str),
    }
    if data.x is not None:
        arrays |= _feature_arrays(data.x)
    if data.y is not None:
        arrays["y"] = data.y.cpu().numpy()
    if data.get("class_names") is not None:
        arrays["class_names"] = np.array(list(data.class_names), dtype=str)
    if data.get("directed") is not None:
        arrays["directed"] = np.array(bool(data.directed))
    for key in _PER_EDGE:
        if data.get(key) is not None:
            arrays[key] = _by_pair(data, key)
    write_atomic(
        path, lambda temporary: np.savez_compressed(temporary, allow_pickle=False, **arrays)
    )


def read_graph(path: Path) -> Data:
    """Read a graph that `save_graph` wrote; equal in every tensor.

    `InputError` when the file is missing, damaged, holds pickled objects, or disagrees in itself.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return _from_arrays({key: archive[key] for key in archive.files})
    except FileNotFoundError:
        raise InputError(f"expected a graph file {path}, found none; check the path") from None
    except InputError as error:
        raise InputError(f"cannot read the graph file {path}: {error}") from None
    except _DAMAGE as error:
        raise InputError(
            f"cannot read the graph file {path}: expected .npz as save_graph writes it, got {error}"
        ) from error


def _from_arrays(arrays: Arrays) -> Data:
    num_nodes = int(arrays["num_nodes"])
    pairs = torch.from_numpy(_checked_pairs(arrays["pairs"]))
    _check_rows(arrays, num_nodes)
    directed = bool(arrays.get("directed", False))
    edge_index, order = _edge_index(pairs, num_nodes, directed)
    optional: dict[str, Any] = {"directed": directed} if "directed" in arrays else {}
    for key in _PER_EDGE:
        if key in arrays:
            optional[key] = _in_order(arrays[key], order, pairs, key)
    if "class_names" in arrays:
        optional["class_names"] = tuple(arrays["class_names"].tolist())
    if "x" in arrays or "x_data" in arrays:
        optional["x"] = _feature_tensor(arrays, num_nodes)
    if "y" in arrays:
        optional["y"] = torch.from_numpy(arrays["y"])
    return Data(
        edge_index=edge_index,
        num_nodes=num_nodes,
        name=str(arrays["name"]),
        node_names=arrays["node_names"].tolist(),
        **optional,
    )


def _pairs(data: Data) -> Tensor:
    reduce = ordered_edges if data.get("directed") else canonical_pairs
    return reduce(data.edge_index, data.num_nodes)


def _by_pair(data: Data, key: str) -> NDArray[Any]:
    """The value of each pair; `InputError` if some edge comes twice."""
    values: Tensor = data[key]
    source, target = data.edge_index
    once = source != target if data.get("directed") else source < target
    keys = source[once] * data.num_nodes + target[once]
    if len(values) != len(source) or len(keys) != _pairs(data).shape[1]:
        raise InputError(f"expected each edge once with a value in `{key}`; coalesce the graph")
    chosen: NDArray[Any] = values[once][keys.argsort()].detach().cpu().numpy()
    return chosen


def _edge_index(pairs: Tensor, num_nodes: int, directed: bool) -> tuple[Tensor, Tensor]:
    """The edges of stored pairs, and for each edge the pair it is of."""
    reduce = ordered_edges if directed else canonical_pairs
    reduced = reduce(pairs, num_nodes)
    if directed:
        return reduced, torch.arange(reduced.shape[1])
    edge_index = both_directions(reduced, num_nodes)
    keys = edge_index.amin(0) * num_nodes + edge_index.amax(0)
    return edge_index, torch.searchsorted(reduced[0] * num_nodes + reduced[1], keys)


def _in_order(values: NDArray[Any], order: Tensor, pairs: Tensor, key: str) -> Tensor:
    if values.shape != (pairs.shape[1],):
        raise InputError(f"expected {pairs.shape[1]} values in `{key}`, got {values.shape}")
    return torch.from_numpy(values)[order]


def _checked_pairs(pairs: NDArray[Any]) -> NDArray[Any]:
    if pairs.dtype.kind != "i" or pairs.ndim != 2 or len(pairs) != 2:
        raise InputError(f"expected integers [2, pair] in `pairs`, got {pairs.dtype} {pairs.shape}")
    return pairs


def _check_rows(arrays: Arrays, num_nodes: int) -> None:
    for key in ("node_names", "y", "x"):
        if key in arrays and len(arrays[key]) != num_nodes:
            raise InputError(f"expected {num_nodes} rows in `{key}`, got {len(arrays[key])}")


def _feature_arrays(x: Tensor) -> Arrays:
    if x.layout == torch.strided:
        return {"x": x.detach().cpu().numpy()}
    matrix = to_csr(x)
    parts = (matrix.data, matrix.indices, matrix.indptr, np.array(matrix.shape, dtype=np.int64))
    return dict(zip(_CSR_PARTS, parts, strict=True))


def _feature_tensor(arrays: Arrays, num_nodes: int) -> Tensor:
    if "x" in arrays:
        return torch.from_numpy(arrays["x"])
    values, indices, indptr, shape = (arrays[key] for key in _CSR_PARTS)
    matrix = csr_array((values, indices, indptr), shape=tuple(shape.tolist()))
    matrix.check_format(full_check=True)
    if matrix.shape[0] != num_nodes:
        raise InputError(f"expected {num_nodes} rows in `x`, got {matrix.shape[0]}")
    return csr_tensor(matrix)


def _numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]
