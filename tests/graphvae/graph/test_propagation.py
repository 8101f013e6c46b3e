"""Sparse operators against dense algebra."""

import torch
from hypothesis import given, settings
from torch_geometric.nn.conv.gcn_conv import gcn_norm

from graphvae.graph.propagation import feature_operator, message_graph, normalised_adjacency
from graphvae.graph.sparse import SparseMatrix
from graphvae.splits.splitting import split_edges
from graphvae_data.graphs.graph import Graph
from tests.graphvae.graphs import random_graphs


@settings(max_examples=40, deadline=None)
@given(random_graphs())
def test_the_normalised_adjacency_is_the_dense_formula(data: Graph) -> None:
    n = data.num_nodes
    pairs = data.edges
    loops = torch.eye(n, dtype=torch.float64)
    loops[pairs[0], pairs[1]] = loops[pairs[1], pairs[0]] = 1
    scale = loops.sum(1).rsqrt()
    expected = scale[:, None] * loops * scale
    found = normalised_adjacency(pairs, n, dtype=torch.float64).csr.to_dense()
    torch.testing.assert_close(found, expected)


def test_the_normalised_adjacency_is_that_of_pyg(karate: Graph) -> None:
    index, weight = gcn_norm(karate.to_pyg().edge_index, num_nodes=34)
    expected = torch.zeros(34, 34).index_put((index[0], index[1]), weight)
    found = normalised_adjacency(karate.edges, 34).csr.to_dense()
    torch.testing.assert_close(found, expected)


def test_sparse_features_stay_sparse(cora: Graph) -> None:
    operator = feature_operator(cora.features)
    assert isinstance(operator, SparseMatrix)
    assert operator.values.numel() == 49_216


def test_messages_pass_over_training_edges_only(cora: Graph, generator: torch.Generator) -> None:
    split = split_edges(cora, val_fraction=0.05, test_fraction=0.1, generator=generator)
    adjacency = message_graph(cora, split.train).adjacency.csr.to_dense()
    for part in (split.val, split.test, split.val_negatives, split.test_negatives):
        assert not adjacency[part[0], part[1]].any()
        assert not adjacency[part[1], part[0]].any()
    assert adjacency[split.train[0], split.train[1]].all()
