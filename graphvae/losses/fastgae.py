"""FastGAE: each step decodes the pairs among a few sampled nodes only.

Notation: n of N nodes are drawn without replacement, each time with probability p_i ∝ d_i^α among
the remaining ones, with d_i the training degree. Hubs are ends of most edges, so a small sample
contains many edges. Source: Salha et al. 2021, "FastGAE: Scalable Graph Autoencoders with
Stochastic Subgraph Decoding", §3, arXiv:2002.01910. With α = 0 all nodes are equally likely.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae_data.settings.setting_errors import SettingClash


class NodeSampler:
    """Draws the nodes of a step, and finds the training edges among them.

    Args:
        edges: training edges, each once.
        num_nodes: N.
        count: n.
        alpha: α.

    >>> edges = torch.tensor([[0, 0, 1], [1, 2, 2]])
    >>> sampler = NodeSampler(edges, num_nodes=4, count=3, alpha=1.0)
    >>> sampler.draw(torch.Generator().manual_seed(0)).tolist()
    [0, 1, 2]
    """

    def __init__(
        self, edges: Int[Tensor, "2 edge"], num_nodes: int, *, count: int, alpha: float
    ) -> None:
        if not 2 <= count <= num_nodes:
            raise SettingClash(
                ("loss", "decode_nodes"),
                f"expected from 2 to the graph's {num_nodes} nodes, got {count}",
            )
        self.edges = edges
        self.num_nodes = num_nodes
        self.count = count
        degree = torch.bincount(edges.flatten(), minlength=num_nodes)
        self.weight: Float[Tensor, " node"] = degree.float().pow(alpha)
        """d^α; nodes without edges are drawn last unless α = 0."""

    def draw(self, generator: torch.Generator) -> Int[Tensor, " count"]:
        """Draw the nodes of a step, in ascending order.

        The nodes of the n smallest of independent exponential variables with rates d_i^α have this
        distribution.
        """
        clocks = torch.empty_like(self.weight).exponential_(generator=generator) / self.weight
        return clocks.topk(self.count, largest=False).indices.sort().values

    def inside(self, nodes: Int[Tensor, " count"]) -> Int[Tensor, "2 inside"]:
        """Return the training edges with both ends in `nodes`, as indices into `nodes`.

        The number of these edges is known only on the device, so this synchronises.
        """
        index = self.edges.new_full((self.num_nodes,), -1)
        index[nodes] = torch.arange(len(nodes), device=nodes.device)
        ends = index[self.edges]
        return ends[:, (ends >= 0).all(0)]
