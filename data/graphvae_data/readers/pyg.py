"""PyTorch Geometric's `Data` as a list of edges.

An `edge_index` with both directions of every edge is an undirected graph, another a directed one;
an attribute `directed` decides where there is one.
"""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.edges import Edges, ReadOptions, numbered
from graphvae_data.graphs.features import to_csr, to_tensor

if TYPE_CHECKING:
    from torch_geometric.data import Data


def edges_of_data(data: "Data", where: str, options: ReadOptions) -> Edges:
    """Return the edges, node names, features and labels of a `Data`."""
    edge_index = _edge_index(data, where)
    count = _num_nodes(data, edge_index, where)
    source, target = edge_index.cpu().numpy().astype(np.int64)
    weight = _per_edge(data, "edge_weight", len(source), where)
    if weight is not None and (weight < 0).any():
        row = int((weight < 0).argmax())
        raise InputError(
            f"{where}, edge {row + 1}: expected a finite weight, not negative, got {weight[row]}"
        )
    return Edges(
        names=_names(data, count, where),
        source=source,
        target=target,
        weight=weight,
        time=_per_edge(data, "edge_time", len(source), where),
        directed=_is_directed(data, options, source, target, count),
        complete=True,
        weight_from=None if weight is None else "edge_weight",
        features=None if data.get("x") is None else _features(data.x, count, where),
        labels=_labels(data, count),
        class_names=_class_names(data),
    )


def _edge_index(data: "Data", where: str) -> Tensor:
    edge_index = data.get("edge_index")
    if not isinstance(edge_index, Tensor):
        raise InputError(f"{where}: expected a graph with edge_index, got none")
    whole = not (edge_index.is_floating_point() or edge_index.dtype == torch.bool)
    if edge_index.ndim != 2 or edge_index.shape[0] != 2 or not whole:
        raise InputError(
            f"{where}: expected edge_index [2, edge] of integers, "
            f"got {edge_index.dtype} {tuple(edge_index.shape)}"
        )
    return edge_index


def _num_nodes(data: "Data", edge_index: Tensor, where: str) -> int:
    """As `data` states it, else inferred from features, labels or the largest id."""
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


def _names(data: "Data", count: int, where: str) -> list[str]:
    names = data.get("node_names")
    if names is None:
        return numbered(count)
    names = [str(name) for name in names] if isinstance(names, list | tuple) else []
    if len(names) != count or len(set(names)) != count:
        raise InputError(
            f"{where}: expected {count} different node_names, got {len(names)} "
            f"({len(set(names))} different)"
        )
    return names


def _per_edge(data: "Data", key: str, count: int, where: str) -> Any:
    values = data.get(key)
    if values is None:
        return None
    if not isinstance(values, Tensor) or values.numel() != count:
        raise InputError(f"{where}: expected {key} with a value for each of {count} edges")
    array = values.detach().cpu().double().reshape(-1).numpy()
    if not np.isfinite(array).all():
        row = int((~np.isfinite(array)).argmax())
        raise InputError(f"{where}, edge {row + 1}: expected a finite {key}, got {array[row]}")
    return array


def _is_directed(data: "Data", options: ReadOptions, source: Any, target: Any, count: int) -> bool:
    stated = data.get("directed")
    if isinstance(stated, bool | int):
        return bool(stated) or options.directed
    forth = np.unique(source * count + target)
    back = np.unique(target * count + source)
    return options.directed or not np.array_equal(forth, back)


def _labels(data: "Data", count: int) -> Tensor | None:
    """One whole number for each node; anything else in `y` is no class."""
    labels = data.get("y")
    if isinstance(labels, Tensor) and labels.numel() == count and not labels.is_floating_point():
        return labels.detach().cpu().reshape(-1).long()
    return None


def _class_names(data: "Data") -> tuple[str, ...] | None:
    names = data.get("class_names")
    return tuple(map(str, names)) if isinstance(names, list | tuple) else None


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
