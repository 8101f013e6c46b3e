"""Probes: perfect and random embeddings, and the known accuracy of Cora's features."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse
import torch

from graphvae.baselines.spectral import spectral_embedding
from graphvae.evaluation.probes import probe_classification, probe_clustering, probe_table
from graphvae.runs.result import GraphFitResult
from graphvae.splits.splitting import split_edges
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph

LABELS = np.repeat([0, 1, 2, -1], [60, 50, 40, 30])


def test_an_embedding_that_holds_the_labels_is_perfect() -> None:
    z = np.eye(4)[LABELS] + np.random.default_rng(0).normal(0, 0.01, (180, 4))
    for score in probe_classification(z, LABELS):
        assert (score.accuracy.mean, score.accuracy.std, score.macro_f1.mean) == (1, 0, 1)
    clusters = probe_clustering(z, LABELS)
    assert (clusters.nmi, clusters.ari) == pytest.approx((1, 1))


def test_noise_is_chance() -> None:
    z = np.random.default_rng(0).normal(size=(180, 2))
    (score,) = probe_classification(z, LABELS, train_fractions=[0.5], repeats=20)
    assert score.accuracy.mean == pytest.approx(60 / 150, abs=0.08)
    assert abs(probe_clustering(z, LABELS).ari) < 0.05


def test_unlabelled_nodes_change_nothing() -> None:
    z = np.random.default_rng(0).normal(size=(180, 3)) + np.eye(3)[LABELS % 3]
    other = z.copy()
    other[LABELS < 0] = 1e6
    assert probe_classification(z, LABELS) == probe_classification(other, LABELS)
    assert probe_clustering(z, LABELS) == probe_clustering(other, LABELS)


def test_sparse_inputs_and_dense_agree_on_classes() -> None:
    x = (np.random.default_rng(0).random((180, 40)) < 0.05 + 0.3 * np.eye(3, 40)[LABELS % 3]) * 1.0
    dense, sparse = (
        probe_classification(form, LABELS, train_fractions=[0.5])[0]
        for form in (x, scipy.sparse.csr_array(x))
    )
    assert sparse.accuracy.mean == pytest.approx(dense.accuracy.mean, abs=0.02)


@pytest.mark.slow
def test_the_seed_decides() -> None:
    z = np.random.default_rng(0).normal(size=(180, 3)) + np.eye(3)[LABELS % 3]
    one, again, other = (
        probe_classification(z, LABELS, seed=seed)[0].accuracy for seed in (1, 1, 2)
    )
    assert one == again != other


def test_a_seed_may_be_of_any_size() -> None:
    z = np.random.default_rng(0).normal(size=(len(LABELS), 4))
    scores = [probe_classification(z, LABELS, seed=seed)[0] for seed in (3, 3 + 2**40)]
    assert scores[0] == scores[1]


def test_a_collapsed_embedding_is_probed_without_a_warning() -> None:
    z = np.zeros((180, 3))
    assert probe_clustering(z, LABELS).ari == 0
    assert probe_classification(z, LABELS)[0].accuracy.mean == pytest.approx(0.4, abs=0.01)


@pytest.mark.parametrize(
    ("labels", "fraction", "message"),
    [
        (np.zeros(180, np.int64), 0.5, "at least two classes"),
        (LABELS[:-1], 0.5, "a label for each of 180 nodes, got 179"),
        (LABELS, 1.0, "between 0 and 1"),
        (LABELS, 0.01, "too few for 3 classes"),
        (np.where(np.arange(180) == 0, 3, LABELS), 0.5, "the smallest with 1"),
    ],
)
def test_labels_that_cannot_be_probed_are_refused(
    labels: np.ndarray, fraction: float, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        probe_classification(np.zeros((180, 2)), labels, train_fractions=[fraction])


@pytest.mark.slow
def test_cora_features_classify_as_they_are_known_to(cora: Graph) -> None:
    """Logistic regression on Cora's words is right on 70 to 78 %; the spectrum knows less."""
    generator = torch.Generator().manual_seed(0)
    split = split_edges(cora, val_fraction=0.05, test_fraction=0.1, generator=generator)
    z = np.random.default_rng(0).normal(size=(2708, 16))
    table = probe_table(cora, split, z, train_fractions=[0.5], repeats=2)
    blind, words, spectrum = table.rows
    assert [row.inputs for row in table.rows] == ["embedding", "raw features", "spectral"]
    assert (words.columns, spectrum.columns) == (1433, 16)
    assert 0.68 < words.classification[0].accuracy.mean < 0.8
    assert 0.5 < spectrum.classification[0].accuracy.mean < 0.8
    assert blind.classification[0].accuracy.mean < 0.35
    assert set(table.to_dict()) == {"embedding", "raw features", "spectral"}


def test_raw_features_are_absent_where_there_are_none(karate_run: GraphFitResult) -> None:
    found = probe_table(
        karate_run.experiment.graph,
        karate_run.split,
        karate_run.embeddings(),
        train_fractions=[0.5],
    ).to_dict()
    assert set(found) == {"embedding", "spectral"}
    assert found["spectral"]["columns"] == 16


def test_a_graph_without_labels_is_refused(karate_run: GraphFitResult) -> None:
    bare = replace(karate_run.graph, labels=None)
    with pytest.raises(InputError, match="no labels"):
        probe_table(bare, karate_run.split, karate_run.embeddings())


@pytest.mark.parametrize("limit", [0, 500])
def test_a_spectral_embedding_holds_the_laplacians_lowest_eigenvectors(
    limit: int, karate: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graphvae.baselines.spectral.DENSE_NODES", limit)
    edges = karate.edges
    z = spectral_embedding(edges, 35, 5)  # node 34 has no edge
    assert not z[34].any()
    adjacency = np.zeros((34, 34))
    adjacency[tuple(edges)] = 1
    adjacency += adjacency.T
    degree = adjacency.sum(1)
    laplacian = np.eye(34) - adjacency / degree[:, None]  # random walk: eigenvectors D^-½ u
    values = np.sort(np.linalg.eigvals(laplacian).real)[:5]
    for column, value in enumerate(values):
        assert laplacian @ z[:34, column] == pytest.approx(value * z[:34, column], abs=1e-8)
    assert np.ptp(z[:34, 0]) < 1e-10
