"""Random graphs for property tests, and a split of a graph in one line."""

import random

import torch
from hypothesis import strategies as st

from graphvae.splits.edge_split import EdgeSplit
from graphvae.splits.splitting import split_edges
from graphvae_data.graphs.graph import Graph


@st.composite
def random_graphs(draw: st.DrawFn, min_nodes: int = 16, max_nodes: int = 28) -> Graph:
    """Graphs made of edge lists with loops, duplicates and reversed edges."""
    nodes = draw(st.integers(min_nodes, max_nodes))
    pair = st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1))
    edges = draw(st.lists(pair, max_size=3 * nodes))
    ring = [(node, (node + 1) % nodes) for node in range(nodes)]
    chords = [(node, (node + 3) % nodes) for node in range(nodes)]
    index = torch.tensor(ring + chords + edges).T
    state = random.getstate()  # the type checker draws an element to look at; hypothesis forbids it
    graph = Graph.from_edges(index, nodes)
    random.setstate(state)
    return graph


def split_of(data: Graph, seed: int = 0, test: float = 0.2) -> EdgeSplit:
    generator = torch.Generator().manual_seed(seed)
    return split_edges(data, val_fraction=0.15, test_fraction=test, generator=generator)
