"""Can a model tell u → v from v → u? Scored on the test edges that go one way only."""

from __future__ import annotations

import numpy as np

from graphvae.evaluation.scores import Scorer
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.graphs.graph import Graph


def direction_score(scorer: Scorer, split: EdgeSplit, graph: Graph) -> float | None:
    """Share of one-way test edges u → v that score above v → u; equal scores count half.

    0.5 is chance, and what every symmetric decoder gets. None where the graph is undirected or no
    test edge is one-way in the whole graph.
    """
    if not split.directed:
        return None
    reverse = split.test.flip(0)
    one_way = graph.find_edges(reverse) < 0
    if not bool(one_way.any()):
        return None
    forward, back = scorer(split.test[:, one_way]), scorer(reverse[:, one_way])
    return float(np.mean((forward > back) + 0.5 * (forward == back)))
