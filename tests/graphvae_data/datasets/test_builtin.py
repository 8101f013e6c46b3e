"""The built-in graphs against published facts."""

import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors

from graphvae_data.datasets.builtin import NEIGHBOURS
from graphvae_data.graphs.graphs import load_graph


def test_karate_splits_into_two_clubs_of_17() -> None:
    data = load_graph("karate")
    assert torch.bincount(data.labels).tolist() == [17, 17]
    assert data.node_names == tuple(map(str, range(34)))
    assert data.labels[0] == 0
    assert data.labels[33] == 1


def test_valjean_is_the_hub_of_les_miserables() -> None:
    data = load_graph("les-miserables")
    degree = torch.bincount(data.edges.flatten())
    assert data.node_names[int(degree.argmax())] == "Valjean"
    assert int(degree.max()) == 36


def test_digits_are_joined_to_their_nearest() -> None:
    data = load_graph("digits-knn")
    assert data.features.layout == torch.strided
    assert (float(data.features.min()), float(data.features.max())) == (0.0, 1.0)
    pixels = data.features.numpy().astype(np.float64)
    distances, _ = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(pixels).kneighbors(pixels)
    source, target = data.both_directions()[0].numpy()
    lengths = np.linalg.norm(pixels[source] - pixels[target], axis=1)
    reach = np.maximum(distances[source, -1], distances[target, -1])
    assert (lengths <= reach + 1e-9).all()
    assert np.bincount(source).min() >= NEIGHBOURS
    assert float((data.labels[source] == data.labels[target]).float().mean()) > 0.95
