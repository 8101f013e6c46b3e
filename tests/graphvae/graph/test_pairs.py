"""Pairs of nodes: each edge once, each with a key of its own."""

import torch
from torch_geometric.data import Data

from graphvae.graph.pairs import edge_pairs, is_directed, pair_keys
from graphvae_data.graphs.graphs import canonical_pairs


def graph(*edges: tuple[int, int], directed: bool) -> Data:
    return Data(edge_index=torch.tensor(edges).T, num_nodes=3, directed=directed)


def test_an_undirected_edge_is_one_pair_however_often_it_is_listed() -> None:
    listed = graph((1, 0), (0, 1), (1, 0), (2, 2), (2, 1), directed=False)
    assert edge_pairs(listed).tolist() == [[0, 1], [1, 2]]


def test_a_directed_graph_keeps_both_ways_of_an_edge() -> None:
    listed = graph((1, 0), (0, 1), (1, 0), (2, 2), (2, 1), directed=True)
    assert is_directed(listed)
    assert edge_pairs(listed).tolist() == [[0, 1, 2], [1, 0, 1]]


def test_a_graph_that_says_nothing_has_no_direction(karate: Data) -> None:
    assert not is_directed(karate)


def test_keys_tell_pairs_apart(karate: Data) -> None:
    pairs = canonical_pairs(karate.edge_index, 34)
    assert pair_keys(pairs, 34).unique().numel() == pairs.size(1)
