"""Conversion of PyTorch Geometric's `Data` to edges.

An `edge_index` with both directions of every edge is an undirected graph, any other a directed one;
an attribute `directed` takes precedence.
"""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.edges import Edges, compacted, numbered
from graphvae_data.graphs.features import to_csr, to_tensor
from graphvae_data.graphs.read_options import ReadOptions

if TYPE_CHECKING:
    from torch_geometric.data import Data


def edges_of_data(data: "Data", where: str, options: ReadOptions) -> Edges:
    """Return the edges, node names, features and labels of a `Data`."""
    edge_index = _edge_index(data, where)
    count = _num_nodes(data, edge_index, where)
    source, target = edge_index.cpu().numpy().astype(np.int64)
    directed = _is_directed(data, options, source, target, count)
    names, source, target = _names(data, source, target, count, where)
    weight = None
    if options.weights:
        weight = _per_edge(data, "edge_weight", len(source), where)
    if weight is not None and (weight < 0).any():
        row = int((weight < 0).argmax())
        raise InputError(
            f"{where}, edge {row + 1}: expected a finite weight, not negative, got {weight[row]}; "
            "ignore the weights with --no-weights"
        )
    return Edges(
        names=names,
        source=source,
        target=target,
        weight=weight,
        time=_per_edge(data, "edge_time", len(source), where),
        directed=directed,
        complete=True,
        roles=() if weight is None else (("weight", "edge_weight"),),
        unused=_unused(data),
        features=None if data.get("x") is None else _features(data.x, len(names), where),
        labels=_labels(data, len(names)),
        class_names=_class_names(data),
    )


_USED = {
    "edge_index", "num_nodes", "x", "y", "edge_weight", "edge_time", "node_names", "class_names",
    "directed", "name", "batch", "ptr", "reading",
}  # fmt: skip


def _unused(data: "Data") -> tuple[str, ...]:
    """Return the unused attributes, except node masks."""
    keys = [str(key) for key in data.keys() if not str(key).endswith("_mask")]  # noqa: SIM118
    return tuple(key for key in keys if key not in _USED)


def _edge_index(data: "Data", where: str) -> Tensor:
    edge_index = data.get("edge_index")
    if not isinstance(edge_index, Tensor):
        raise InputError(f"{where}: expected a graph with edge_index, got none")
    integral = not (edge_index.is_floating_point() or edge_index.dtype == torch.bool)
    if edge_index.ndim != 2 or edge_index.shape[0] != 2 or not integral:
        raise InputError(
            f"{where}: expected edge_index [2, edge] of integers, "
            f"got {edge_index.dtype} {tuple(edge_index.shape)}"
        )
    return edge_index


def _num_nodes(data: "Data", edge_index: Tensor, where: str) -> int:
    """Return the stated number of nodes, or infer it from features, labels or the largest id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        count = data.num_nodes
    if not isinstance(count, int) and not (isinstance(count, Tensor) and count.numel() == 1):
        raise InputError(f"{where}: expected a number as num_nodes, got {type(count).__name__}")
    count = int(count)
    low, high = (int(edge_index.min()), int(edge_index.max())) if edge_index.numel() else (0, -1)
    if low < 0 or high >= count:
        raise InputError(
            f"{where}: expected node ids from 0 to {count - 1} in edge_index, got {low} to {high}"
        )
    return count


def _names(
    data: "Data", source: Any, target: Any, count: int, where: str
) -> tuple[list[str], Any, Any]:
    """Return the node names, and the ends; without names, see `compacted`."""
    names = data.get("node_names")
    if names is None:
        sized = any(data.get(key) is not None for key in ("x", "y", "num_nodes"))
        return (numbered(count), source, target) if sized else compacted(source, target, count)
    names = [str(name) for name in names] if isinstance(names, list | tuple | np.ndarray) else []
    if len(names) != count or len(set(names)) != count:
        raise InputError(
            f"{where}: expected {count} distinct node_names, got {len(names)} "
            f"({len(set(names))} distinct)"
        )
    return names, source, target


def _per_edge(data: "Data", key: str, count: int, where: str) -> Any:
    values = data.get(key)
    if values is None:
        return None
    if not isinstance(values, Tensor) or values.numel() != count:
        raise InputError(f"{where}: expected one value of {key} for each of {count} edges")
    array = values.detach().cpu().double().reshape(-1).numpy()
    if not np.isfinite(array).all():
        row = int((~np.isfinite(array)).argmax())
        raise InputError(f"{where}, edge {row + 1}: expected a finite {key}, got {array[row]}")
    return array


def _is_directed(data: "Data", options: ReadOptions, source: Any, target: Any, count: int) -> bool:
    stated = data.get("directed")
    if options.directed is not None:
        return options.directed
    if isinstance(stated, bool | int):
        return bool(stated)
    forward = np.unique(source * count + target)
    backward = np.unique(target * count + source)
    return not np.array_equal(forward, backward)


def _labels(data: "Data", count: int) -> Tensor | None:
    """Return `y` if it has one integer per node; otherwise it is not a class."""
    labels = data.get("y")
    if isinstance(labels, Tensor) and labels.numel() == count and not labels.is_floating_point():
        return labels.reshape(-1).to("cpu", torch.int64, copy=True)
    return None


def _class_names(data: "Data") -> tuple[str, ...] | None:
    names = data.get("class_names")
    return tuple(map(str, names)) if isinstance(names, list | tuple | np.ndarray) else None


def _features(x: Any, count: int, where: str) -> Tensor:
    if not isinstance(x, Tensor) or x.ndim != 2 or x.shape[0] != count:
        raise InputError(f"{where}: expected features x [{count}, feature], got {_shape(x)}")
    values = to_tensor(x)
    dense = x.layout == torch.strided
    finite = values.isfinite().all(dim=1).numpy() if dense else np.isfinite(to_csr(values).data)
    if not finite.all():
        row = f", row {int((~finite).argmax()) + 1}" if dense else ""
        raise InputError(f"{where}{row}: expected finite features x, got NaN or infinity")
    return values


def _shape(x: Any) -> str:
    return str(tuple(x.shape)) if isinstance(x, Tensor) else type(x).__name__
