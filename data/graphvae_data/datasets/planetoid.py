"""Planetoid's files: Cora, Citeseer and Pubmed as most papers use them.

`allx`, `ally` contain the words and one-hot labels of nodes 0, 1, …; row k of `tx`, `ty` belongs to
the node in line k of `test.index`; `graph` lists each node's neighbours. (`x`, `y` repeat the first
rows of `allx`, `ally`.) Node ids are those of PyTorch Geometric.
Source: Yang, Cohen, Salakhutdinov, ICML 2016; https://github.com/kimiyoung/planetoid
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from scipy.sparse import coo_array, csr_array

from graphvae_data.core.errors import InputError
from graphvae_data.files.unpickle import load_adjacency, load_array, load_csr
from graphvae_data.graphs.graph import Graph
from graphvae_data.registry.dataset import GraphDataset

UNKNOWN = -1
"""Label of a node without a class."""


def read_planetoid(files: Mapping[str, Path], dataset: GraphDataset) -> Graph:
    """Read one Planetoid graph from its eight files.

    Test ids missing in `test.index` (15 in Citeseer) are nodes without words, with label -1.

    Raises:
        InputError: a damaged file, or one with other objects than arrays and lists.
    """
    part = {name.split(".", 2)[2]: path for name, path in files.items()}
    test = _test_index(part["test.index"])
    num_nodes = int(test.max()) + 1
    adjacency = load_adjacency(part["graph"])
    return Graph.from_edges(
        _edge_index(adjacency),
        num_nodes,
        features=_stack_rows(load_csr(part["allx"]), load_csr(part["tx"]), test),
        labels=_labels(load_array(part["ally"]), load_array(part["ty"]), test),
        node_names=dataset.node_names() or (),
        name=dataset.name,
    )


def _test_index(path: Path) -> Int[np.ndarray, " test"]:
    try:
        return np.array([int(line) for line in path.read_text().split()], dtype=np.int64)
    except ValueError as error:
        raise InputError(f"{path}: expected one node id per line, got {error}") from None


def _edge_index(adjacency: Mapping[int, list[int]]) -> Int[torch.Tensor, "2 edge"]:
    degrees = [len(neighbours) for neighbours in adjacency.values()]
    sources = np.repeat(np.array(list(adjacency), dtype=np.int64), degrees)
    targets = [node for neighbours in adjacency.values() for node in neighbours]
    return torch.from_numpy(np.stack([sources, np.array(targets, dtype=np.int64)]))


def _stack_rows(allx: csr_array, tx: csr_array, test: Int[np.ndarray, " test"]) -> csr_array:
    """Return `allx` followed by the rows of `tx` at their nodes; missing nodes have empty rows."""
    top, bottom = allx.tocoo(), tx.tocoo()
    row = np.concatenate([top.row, test[bottom.row]])
    column = np.concatenate([top.col, bottom.col])
    values = np.concatenate([top.data, bottom.data]).astype(np.float32)
    matrix = coo_array((values, (row, column)), shape=(int(test.max()) + 1, allx.shape[1])).tocsr()
    matrix.sort_indices()
    return matrix


def _labels(
    ally: Int[np.ndarray, "train label"],
    ty: Int[np.ndarray, "test label"],
    test: Int[np.ndarray, " test"],
) -> Int[np.ndarray, " node"]:
    one_hot = np.zeros((int(test.max()) + 1, ally.shape[1]), dtype=np.int64)
    one_hot[: len(ally)] = ally
    one_hot[test] = ty
    return np.where(one_hot.any(axis=1), one_hot.argmax(axis=1), UNKNOWN)
