"""Nearest nodes: against scikit-learn, with ties, by every similarity."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from graphvae.nn.decoders import InnerProduct, SourceTarget
from graphvae.prediction.neighbors import joined_to, nearest_nodes, similarities
from graphvae.runs.result import GraphFitResult
from graphvae_data.core.errors import InputError


@pytest.mark.parametrize("by", ["cosine", "euclidean"])
def test_the_nearest_are_those_of_scikit_learn(generator: torch.Generator, by: str) -> None:
    z = torch.randn(60, 5, generator=generator)
    search = NearestNeighbors(n_neighbors=11, metric=by, algorithm="brute").fit(z.double().numpy())
    distances, places = search.kneighbors(z[7:8].double().numpy())
    nodes, scores = nearest_nodes(z, InnerProduct(), 7, 10, by)
    assert nodes.tolist() == places[0, 1:].tolist()
    expected = 1 - distances[0, 1:] if by == "cosine" else distances[0, 1:]
    np.testing.assert_allclose(scores, expected, atol=1e-12)


def test_dot_and_decoder_are_the_inner_product(generator: torch.Generator) -> None:
    z = torch.randn(30, 4, generator=generator)
    dots = (z.double() @ z[3].double()).numpy()
    np.testing.assert_allclose(similarities(z, InnerProduct(), 3, "dot"), dots, atol=1e-12)
    np.testing.assert_allclose(similarities(z, InnerProduct(), 3, "decoder"), dots, atol=1e-5)


def test_a_directed_decoder_takes_the_node_as_source(generator: torch.Generator) -> None:
    z = torch.randn(9, 4, generator=generator)
    expected = (z[2, :2] @ z[:, 2:].T).numpy()
    np.testing.assert_allclose(similarities(z, SourceTarget(), 2, "decoder"), expected, atol=1e-6)


@pytest.mark.parametrize("by", ["cosine", "dot", "euclidean", "decoder"])
def test_equal_nodes_come_in_their_order_and_the_node_itself_never(by: str) -> None:
    row = torch.randn(1, 16, generator=torch.Generator().manual_seed(2))
    z = torch.cat([row.expand(50, 16), -row])
    nodes, scores = nearest_nodes(z, InnerProduct(), 20, 100, by)
    assert nodes.tolist() == [*range(20), *range(21, 50), 50]
    assert len(set(scores[:49].tolist())) == 1


def test_a_node_at_the_origin_is_like_no_other() -> None:
    z = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    assert similarities(z, InnerProduct(), 1, "cosine").tolist() == [0.0, 1.0]


def test_edges_in_either_direction_join() -> None:
    pairs = torch.tensor([[0, 3, 1], [3, 2, 2]])
    assert joined_to(pairs, 3, 5).tolist() == [True, False, True, False, False]


def test_a_run_answers_by_name_and_marks_known_neighbours(karate_run: GraphFitResult) -> None:
    found = karate_run.neighbors("33", 33)
    assert {near.node for near in found} == {str(node) for node in range(33)}
    friends = {str(u) for u, v in karate_run.graph.edges.T.tolist() if v == 33}
    assert {near.node for near in found if near.known} == friends
    assert [near.score for near in found] == sorted((n.score for n in found), reverse=True)


def test_new_links_are_the_decoders_neighbours_that_are_not_known(
    karate_run: GraphFitResult,
) -> None:
    near = [near.node for near in karate_run.neighbors("5", 33, by="decoder") if not near.known]
    assert near[:5] == [link.target for link in karate_run.predict(5, ["5"])]


def test_wrong_questions_are_refused(karate_run: GraphFitResult) -> None:
    with pytest.raises(InputError, match=r"no node '333' \(did you mean 33\?\)"):
        karate_run.neighbors("333")
    with pytest.raises(InputError, match="top-k: expected a whole number of at least 1, got 0"):
        karate_run.neighbors("3", 0)
    with pytest.raises(InputError, match="by: expected one of cosine, dot, euclidean, decoder"):
        nearest_nodes(torch.ones(2, 2), InnerProduct(), 0, 1, "taste")
