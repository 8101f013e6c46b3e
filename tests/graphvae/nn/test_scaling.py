"""Feature scaling against scikit-learn's, for sparse and dense features."""

import torch
from sklearn.feature_extraction.text import TfidfTransformer

import graphvae
from graphvae.graph.propagation import feature_operator
from graphvae.graph.sparse import SparseMatrix
from graphvae.nn.scaling import TfIdf
from graphvae_data.graphs.graph import Graph


def test_tf_idf_is_scikit_learns(cora: Graph) -> None:
    dense = cora.features.to_dense()
    expected = torch.from_numpy(TfidfTransformer().fit_transform(dense.numpy()).toarray())
    sparse = feature_operator(cora.features)
    assert isinstance(sparse, SparseMatrix)
    found = TfIdf(sparse)(sparse)
    assert isinstance(found, SparseMatrix)
    torch.testing.assert_close(found.csr.to_dense(), expected.float())
    torch.testing.assert_close(found.csr_transposed.to_dense(), expected.float().T)
    torch.testing.assert_close(TfIdf(dense)(dense), expected.float())


def test_a_node_without_features_stays_finite() -> None:
    x = torch.tensor([[0.0, 0.0], [2.0, 0.0]])
    assert torch.equal(TfIdf(x)(x), torch.tensor([[0.0, 0.0], [1.0, 0.0]]))


def test_new_graphs_are_scaled_by_the_rarity_of_the_training_graph(cora: Graph) -> None:
    result = graphvae.fit("cora", "strong-gae", epochs=1, baselines=False, threads=1)
    scaling = result.experiment.model.encoder.scaling
    x = cora.features.to_dense()[:5]
    few = Graph.from_edges(torch.tensor([[0], [1]]), 5, features=x)
    words = x * scaling.idf
    torch.testing.assert_close(scaling(x), words / words.norm(dim=1, keepdim=True))
    assert result.embed_new(few).shape[0] == 5
