"""One of the workers that train the cases of `test_workers.py` together.

    python distributed_worker.py RANK COUNT FOLDER

Worker 0 writes the history of every case to FOLDER/histories.json; each worker writes its weights
and the cases that it scored to FOLDER/about-RANK.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

CASES: dict[str, dict[str, Any]] = {
    "gae, all edges": {"model": "gae", "loss": "sampled"},
    "vgae in batches": {"model": "vgae", "loss": "sampled", "batch_size": 25, "dropout": 0.2},
    "more negatives, clipped": {
        "model": "gnae",
        "negative_ratio": 3,
        "clip_grad": 0.01,
        "batch_size": 40,
    },
    "batches of one edge": {"model": "gae", "loss": "sampled", "batch_size": 67},
    "paper": {"model": "vgae", "loss": "paper"},
    "elbo": {"model": "vgae", "loss": "elbo"},
    "masked": {"model": "strong-gae", "batch_size": 25},
    "directed decoder's network": {"model": "strong-gae", "dropout": 0.0},
    "sampled nodes": {"model": "vgae", "loss": "paper", "decode_nodes": 15},
    "propagated once": {
        "graph": "ring",
        "model": "linear-gae",
        "loss": "sampled",
        "batch_size": 100,
        "propagate": "once",
    },
    "mixture, warm-up": {"model": "vgae", "loss": "elbo", "prior": "mog", "warmup": 100},
    "pseudo-nodes, free bits": {
        "model": "vgae",
        "loss": "sampled",
        "batch_size": 25,
        "prior": "vamp",
        "penalty": "free-bits",
    },
    "validated seldom": {"model": "vgae", "loss": "sampled", "epochs": 7, "validate_every": 3},
    "patience": {"model": "vgae", "loss": "sampled", "epochs": 300, "patience": 5},
}
"""Arguments of `fit`, beside `COMMON`; the karate club has 68 training edges, `ring` 255."""
COMMON: dict[str, Any] = {"graph": "karate", "epochs": 4, "threads": 1, "baselines": False}


def ring() -> Any:
    """Return a graph with features, in which each node has its three next as neighbours."""
    import torch

    from graphvae_data.graphs.graph import Graph

    nodes = torch.arange(100).repeat(3)
    ends = (nodes + torch.arange(1, 4).repeat_interleave(100)) % 100
    features = torch.randn(100, 8, generator=torch.Generator().manual_seed(0))
    return Graph.from_edges(torch.stack([nodes, ends]), 100, features=features)


def train(name: str) -> Any:
    import graphvae

    settings = {**COMMON, **CASES[name]}
    if settings["graph"] == "ring":
        settings["graph"] = ring()
    return graphvae.fit(**settings)


def work(rank: int, count: int, folder: Path) -> None:
    import torch.distributed as dist

    dist.init_process_group(
        "gloo", init_method=f"file://{folder / 'meet'}", rank=rank, world_size=count
    )
    results = {name: train(name) for name in CASES}
    weights = {name: result.experiment.model.state_dict() for name, result in results.items()}
    about = {
        "scored": [name for name, result in results.items() if result.metrics],
        "weights": {
            name: [value.numpy().tobytes().hex() for value in state.values()]
            for name, state in weights.items()
        },
    }
    (folder / f"about-{rank}.json").write_text(json.dumps(about))
    if rank == 0:
        histories = {
            name: [record.to_dict() for record in result.history]
            for name, result in results.items()
        }
        (folder / "histories.json").write_text(json.dumps(histories))
    dist.destroy_process_group()


if __name__ == "__main__":
    work(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
