"""A graph's identity in 64 characters, the same on every machine and for every way of storing it.

`graph_fingerprint` covers structure alone (nodes, edges, and whether edges have a direction),
`content_fingerprint` the features, weights and times too. Integers enter as little-endian int64,
features as little-endian float32 of their non-zeros.
"""

import hashlib
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data import Data

from graphvae_data.graphs.features import to_csr
from graphvae_data.graphs.pairs import canonical_pairs, ordered_edges


def graph_fingerprint(data: Data) -> str:
    """The sha256 (hex) of the number of nodes, then of the canonical pairs, row by row.

    Of a directed graph: of the number of nodes, the word `directed`, then the ordered edges.
    """
    return _structure(data).hexdigest()


def content_fingerprint(data: Data) -> str:
    """The sha256 (hex) of structure and features; equal for sparse and dense forms of `x`."""
    digest = _structure(data)
    if data.x is None:
        digest.update(b"featureless")
    else:
        matrix = to_csr(data.x)
        for integers in (np.array(matrix.shape), matrix.indptr, matrix.indices):
            digest.update(_bytes(integers, "<i8"))
        digest.update(_bytes(matrix.data, "<f4"))
    for key, kind in (("edge_weight", "<f4"), ("edge_time", "<f8")):
        if data.get(key) is not None:
            digest.update(key.encode())
            digest.update(_bytes(_by_edge(data, data[key]), kind))
    return digest.hexdigest()


def _structure(data: Data) -> "hashlib._Hash":
    digest = hashlib.sha256(_bytes(np.array(data.num_nodes), "<i8"))
    if data.get("directed"):
        digest.update(b"directed")
        edges = ordered_edges(data.edge_index, data.num_nodes)
    else:
        edges = canonical_pairs(data.edge_index, data.num_nodes)
    digest.update(_bytes(edges.cpu().numpy(), "<i8"))
    return digest


def _by_edge(data: Data, values: Tensor) -> NDArray[Any]:
    """Values of edges in the order of (source, target), whatever order the data holds."""
    order = torch.argsort(data.edge_index[0] * data.num_nodes + data.edge_index[1], stable=True)
    found: NDArray[Any] = values[order].cpu().numpy()
    return found


def _bytes(values: NDArray[Any], dtype: str) -> bytes:
    return np.ascontiguousarray(values, dtype=dtype).tobytes()
