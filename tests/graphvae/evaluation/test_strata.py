"""Strata against networkx."""

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from graphvae.baselines import proximity
from graphvae.baselines.proximity import ProximityGraph
from graphvae.evaluation.strata import STRATA, strata_of, stratify
from graphvae.specs import evaluation
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from tests.graphvae.graphs import random_graphs


def expected_label(name: str, graph: nx.Graph, u: int, v: int) -> str:
    degree = min(graph.degree[u], graph.degree[v])
    if name == "seen":
        return "seen" if degree else "unseen"
    if name == "degree":
        bars = {"0": 0, "1-2": 2, "3-5": 5, "6-10": 10}
        return next((label for label, bar in bars.items() if degree <= bar), "11+")
    if not nx.has_path(graph, u, v):
        return "none"
    length = nx.shortest_path_length(graph, u, v)
    return next((label for label, bar in (("2", 2), ("3", 3), ("4-5", 5)) if length <= bar), "6+")


@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("name", STRATA)
def test_strata_are_what_their_names_say(
    name: str, dense: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proximity, "DENSE_SHARE", 0.0 if dense else 1.0)
    monkeypatch.setattr(proximity, "BLOCK_ENTRIES", 100)

    @settings(max_examples=10, deadline=None)
    @given(random_graphs(min_nodes=20, max_nodes=30))
    def run(data: Graph) -> None:
        n = data.num_nodes + 8  # a path far from the rest, and a node alone
        path = torch.stack([torch.arange(n - 8, n - 2), torch.arange(n - 7, n - 1)])
        edges = torch.cat([data.edges[:, ::3], path], 1)
        graph = nx.Graph(edges.T.tolist())
        graph.add_nodes_from(range(n))
        pairs = torch.triu_indices(n, n, 1)
        found = stratify(name, ProximityGraph.of(edges, n), pairs)
        labels = np.array(strata_of(name).labels)[found]
        assert labels.tolist() == [expected_label(name, graph, u, v) for u, v in pairs.T.tolist()]

    run()


def test_an_unknown_way_of_parting_is_refused() -> None:
    with pytest.raises(InputError, match="did you mean distance"):
        strata_of("distances")


def test_the_light_declarations_name_the_same_strata() -> None:
    assert list(evaluation.STRATA) == list(STRATA)
    assert tuple(evaluation.SEEN) == strata_of("seen").labels
