"""Defaults that depend on the size of the graph, where the user chose none.

The loss over all pairs costs N² a step, and a step over all edges holds them all at once: neither
suits a large graph. What is taken instead is said before the run and written to `config.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphvae.specs.config import FitConfig

ALL_PAIRS_NODES = 50_000
"""Above this many nodes the loss `paper` is not taken unasked."""
ONE_STEP_EDGES = 2_000_000
"""Above this many edges they are not taken in one step unasked."""
BATCH, STEPS = 1_000_000, 10
"""Edges in a step then, at least, and steps in an epoch, at most. Each step passes messages over
all edges, so that a bounded number of steps keeps an epoch's cost linear in the edges."""


@dataclass(frozen=True)
class Sized:
    """A configuration that suits a graph."""

    config: FitConfig
    """The settings."""
    notes: tuple[str, ...] = ()
    """A line for each setting that the graph's size decided."""


def for_size(config: FitConfig, given: Mapping[str, Any], num_nodes: int, num_edges: int) -> Sized:
    """Settle the loss and the batches that neither the user nor the model has chosen.

    Args:
        config: settings with the model's own where the user gave none.
        given: what the user gave, by name.
        num_nodes: N.
        num_edges: E.

    >>> made = for_size(FitConfig(dataset="mine"), {}, num_nodes=10**6, num_edges=10**7)
    >>> made.config.loss, made.config.batch_size
    ('sampled', 1000000)
    """
    changed: dict[str, Any] = {}
    notes = []
    unasked = given.get("loss") is None and config.decode_nodes is None
    if unasked and config.loss == "paper" and num_nodes > ALL_PAIRS_NODES:
        changed["loss"] = "sampled"
        notes.append(
            f"loss: sampled, as the graph has more than {ALL_PAIRS_NODES:,} nodes; "
            "--loss paper scores all pairs"
        )
    sampled = changed.get("loss", config.loss) == "sampled"
    if sampled and config.batch_size is None and num_edges > ONE_STEP_EDGES:
        changed["batch_size"] = batch = max(BATCH, -(-num_edges // STEPS))
        notes.append(
            f"batch-size: {batch:,}, as the graph has more than {ONE_STEP_EDGES:,} edges; "
            f"--batch-size {num_edges} takes them in one step"
        )
    return Sized(FitConfig.from_dict({**config.to_dict(), **changed}), tuple(notes))
