"""A custom dataset: a function that returns a graph.

    graphvae fit --dataset examples.graph_dataset:communities

or in Python `graphvae.fit(communities())`. Any graph object is supported: NetworkX, SciPy, PyG, an
array of edges. The graph is saved in the run folder, so other commands do not need the function.
"""

from __future__ import annotations

import networkx as nx

import graphvae


def communities() -> nx.Graph[int]:
    """Return twelve groups of ten people; most acquaintances are within a group."""
    return nx.planted_partition_graph(12, 10, p_in=0.6, p_out=0.01, seed=0)


if __name__ == "__main__":
    result = graphvae.fit(communities(), model="gae", epochs=50)
    print(result)
    for link in result.predict(top_k=3):
        print(link)
