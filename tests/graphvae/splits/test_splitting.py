"""Splits by time and from given edges; weights; validation edges as messages."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import graphvae
from graphvae.graph.propagation import message_graph, normalised_adjacency
from graphvae.setup.experiment import seeded
from graphvae.splits.edge_split import EdgeSplit
from graphvae.splits.splitting import SplitWarning, split_by_time, split_from_parts
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.pairs import pair_keys
from tests.parameters import slow_except


def timed(karate: Graph) -> Graph:
    """Karate, where an edge is the later the larger its key."""
    return replace(karate, times=pair_keys(karate.edges, 34).double())


def test_a_temporal_split_trains_on_the_past(karate: Graph) -> None:
    split = split_by_time(
        timed(karate), val_fraction=0.1, test_fraction=0.2, generator=seeded(0, "split")
    )
    parts = [pair_keys(part, 34) for part in (split.train, split.val, split.test)]
    assert parts[0].max() < parts[1].min()
    assert parts[1].max() < parts[2].min()
    assert split.made == "temporal"


def test_a_day_at_the_boundary_stays_in_one_part(karate: Graph) -> None:
    shares = {"val_fraction": 0.1, "test_fraction": 0.2}
    days = torch.arange(78).div(10, rounding_mode="floor").double()  # 78 edges of 8 days
    daily = replace(karate, times=days)
    with pytest.warns(SplitWarning, match="have 50, 10 and 18 edges instead of 56, 7 and 15"):
        split = split_by_time(daily, **shares, generator=seeded(0, "split"))
    parts = [daily.times[daily.find_edges(part)] for part in (split.train, split.val, split.test)]
    assert parts[0].max() < parts[1].min()
    assert parts[1].max() < parts[2].min()
    assert sum(map(len, parts)) == 78


def test_one_day_for_all_is_divided_with_a_word(karate: Graph) -> None:
    same = replace(karate, times=torch.zeros(78).double())
    with pytest.warns(SplitWarning, match=r"78 edges with time 0 are in two parts"):
        split = split_by_time(
            same, val_fraction=0.1, test_fraction=0.2, generator=seeded(0, "split")
        )
    assert [split.train.size(1), split.val.size(1), split.test.size(1)] == [56, 7, 15]


def test_a_temporal_split_needs_times(karate: Graph) -> None:
    with pytest.raises(InputError, match="--time-col"):
        graphvae.fit(karate, split_by="time", epochs=1)


def test_fit_splits_by_time_when_asked(karate: Graph) -> None:
    result = graphvae.fit(timed(karate), split_by="time", epochs=2, baselines=False)
    assert result.split.made == "temporal"


def given(karate: Graph, *, repeat: bool = False, reverse: bool = False) -> EdgeSplit:
    pairs = karate.edges
    train, val, test = pairs[:, :60], pairs[:, 60:68], pairs[:, 68:]
    if repeat:
        val = torch.cat([val, train[:, :1].flip(0)], 1)
    return split_from_parts(
        karate, (train.flip(0) if reverse else train, val, test), seeded(0, "split")
    )


def test_given_edges_are_taken_as_they_are(karate: Graph) -> None:
    split = given(karate)
    assert torch.equal(split.train, karate.edges[:, :60])
    assert given(karate, reverse=True).fingerprint == split.fingerprint
    negatives = pair_keys(torch.cat([split.val_negatives, split.test_negatives], 1), 34)
    assert not torch.isin(negatives, pair_keys(karate.edges, 34)).any()


def test_a_given_edge_in_two_parts_is_refused_either_way_round(karate: Graph) -> None:
    with pytest.raises(InputError, match="occurs more than once"):
        given(karate, repeat=True)


def test_an_official_split_is_taken_with_its_overlaps(karate: Graph) -> None:
    split = given(karate)
    fields = {name: getattr(split, name) for name in split.__dataclass_fields__}
    repeated = torch.cat([split.test, split.train[:, :3]], 1)
    official = EdgeSplit(**{**fields, "test": repeated, "made": "official"})
    official.check()
    with pytest.raises(InputError, match="occurs more than once"):
        EdgeSplit(**{**fields, "test": repeated}).check()


def weighted(karate: Graph) -> Graph:
    return replace(karate, weights=(pair_keys(karate.edges, 34) % 7 + 1).float())


def test_weights_weigh_the_messages(karate: Graph) -> None:
    data = weighted(karate)
    pairs = data.edges
    dense = torch.eye(34, dtype=torch.float64)
    for u, v in (pairs, pairs.flip(0)):
        dense[u, v] = data.weights.double()
    scale = dense.sum(1).rsqrt()
    found = message_graph(data, pairs).adjacency.csr.to_dense()
    torch.testing.assert_close(found, (scale[:, None] * dense * scale).float())


def test_equal_weights_of_one_are_no_weights(karate: Graph) -> None:
    pairs = karate.edges
    ones = normalised_adjacency(pairs, 34, weights=np.ones(pairs.size(1)))
    assert torch.equal(ones.csr.to_dense(), normalised_adjacency(pairs, 34).csr.to_dense())


def test_validation_edges_carry_messages_only_when_told_to_and_only_for_the_test(
    karate: Graph,
) -> None:
    plain = graphvae.fit("karate", epochs=10, baselines=False)
    told = graphvae.fit("karate", epochs=10, baselines=False, val_edges=True)
    assert told.metrics["val"] == plain.metrics["val"]
    assert not np.array_equal(told.embeddings("train"), plain.embeddings("train"))
    adjacency = told.experiment.test_messages.adjacency.csr.to_dense()
    assert adjacency[told.split.val[0], told.split.val[1]].all()
    assert not adjacency[told.split.test[0], told.split.test[1]].any()


@pytest.mark.parametrize("select", slow_except(["hits@3", "mrr", "auc+ap"], "mrr"))
def test_the_epoch_is_the_one_that_the_chosen_score_likes_best(select: str) -> None:
    result = graphvae.fit("karate", epochs=25, baselines=False, select=select)
    best = max(result.history, key=lambda record: record.validation["score"])
    assert result.metrics["best_epoch"] == best.epoch


def test_an_unknown_selection_is_refused() -> None:
    with pytest.raises(InputError, match="select"):
        graphvae.fit("karate", select="test-auc")
