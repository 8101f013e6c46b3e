"""One training step beside PyTorch Geometric's GAE example: same graph, split, sizes, threads.

The peers run in turn, a block of steps each, round after round, so that a machine whose speed
drifts slows all of them alike; the ratios are of medians over all steps.

    python tests/benchmarks/step_time.py [--dataset cora] [--threads 1] [--rounds 5] [--steps 20]

Peers
    pyg example   torch_geometric.nn.GAE over two GCNConv layers (bias-free, as in the paper),
                  `recon_loss` with its own negative sampling, Adam: one step of PyG's example.
    pyg cached    the same with `cached=True`.
    sampled       ours, --loss sampled: as many sampled non-edges as edges.
    paper         ours, the default: exact, all N² pairs, weighted.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch_geometric.nn import GAE, GCNConv

from graphvae.metrics import Auc
from graphvae.setup.experiment import make_split, prepare
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.graphs.features import dense
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.graphs import load_graph
from tests.graphvae.configs import make_config

Step = Callable[[], None]


class PygEncoder(torch.nn.Module):
    """The encoder of the example, at the paper's sizes."""

    def __init__(self, inputs: int, cached: bool) -> None:
        super().__init__()
        self.first = GCNConv(inputs, 32, cached=cached, bias=False)
        self.second = GCNConv(32, 16, cached=cached, bias=False)

    def forward(self, x: torch.Tensor, edge_index: torch.Tensor) -> torch.Tensor:
        """Return node embeddings."""
        return self.second(self.first(x, edge_index).relu(), edge_index)


def pyg(
    graph: Graph, split: EdgeSplit, cached: bool, device: str = "cpu"
) -> tuple[Step, Callable[[], torch.Tensor]]:
    """The example's step, and how to embed after it."""
    x = dense(graph.features).to(device)
    index = torch.cat([split.train, split.train.flip(0)], 1).to(device)
    model = GAE(PygEncoder(x.size(1), cached)).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

    def step() -> None:
        model.train()
        optimizer.zero_grad()
        model.recon_loss(model.encode(x, index), index).backward()
        optimizer.step()

    return step, lambda: model.encode(x, index).detach()


def ours(
    graph: Graph, split: EdgeSplit, loss: str, device: str = "cpu"
) -> tuple[Step, Callable[[], torch.Tensor]]:
    """Our step, and how to embed after it."""
    settings = {"dataset": graph.name, "model": "gae", "loss": loss, "device": device}
    config = make_config(**settings)  # type: ignore[arg-type]
    made = prepare(config, graph, split)

    def step() -> None:
        made.trainer.step()

    return step, lambda: made.model.embed(made.messages)


def test_auc(z: torch.Tensor, split: EdgeSplit) -> float:
    """AUC of inner products on the test edges."""
    scores = [
        (z[p[0]] * z[p[1]]).sum(-1).double().numpy() for p in (split.test, split.test_negatives)
    ]
    return Auc().score(*scores)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="cora")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=20, help="steps a round and peer")
    given = parser.parse_args()

    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    graph = load_graph(given.dataset)
    split = make_split(make_config(dataset=given.dataset), graph)
    peers = {
        "pyg example": pyg(graph, split, cached=False),
        "pyg cached": pyg(graph, split, cached=True),
        "sampled": ours(graph, split, "sampled"),
        "paper": ours(graph, split, "paper"),
    }
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(given.rounds):
        for name, (step, _embed) in peers.items():
            for _ in range(given.steps):
                start = time.perf_counter()
                step()
                seconds[name].append(time.perf_counter() - start)

    base = statistics.median(seconds["pyg example"])
    print(
        f"{given.dataset}, {given.threads} thread(s), {given.rounds} x {given.steps} steps a peer"
    )
    print(f"{'':14}{'ms a step':>10}{'speed-up':>10}{'test AUC after them':>22}")
    for name, (_step, embed) in peers.items():
        middle = statistics.median(seconds[name])
        score = test_auc(embed(), split)
        print(f"{name:14}{1000 * middle:10.2f}{base / middle:9.1f}x{score:22.3f}")


if __name__ == "__main__":
    main()
