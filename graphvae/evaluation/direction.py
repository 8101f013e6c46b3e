"""Can a model tell u → v from v → u? Scored on the test edges that go one way only."""

from __future__ import annotations

import numpy as np
import torch
from torch_geometric.data import Data

from graphvae.evaluation.scores import Scorer
from graphvae.graph.pairs import pair_keys
from graphvae.splits.edge_split import EdgeSplit


def direction_score(scorer: Scorer, split: EdgeSplit, data: Data) -> float | None:
    """Share of one-way test edges u → v that score above v → u; equal scores count half.

    0.5 is chance, and what every symmetric decoder gets. None where the graph is undirected or no
    test edge is one-way in the whole graph.
    """
    if not split.directed:
        return None
    reverse = split.test.flip(0)
    known = pair_keys(data.edge_index, split.num_nodes)
    one_way = ~torch.isin(pair_keys(reverse, split.num_nodes), known)
    if not bool(one_way.any()):
        return None
    forward, back = scorer(split.test[:, one_way]), scorer(reverse[:, one_way])
    return float(np.mean((forward > back) + 0.5 * (forward == back)))
