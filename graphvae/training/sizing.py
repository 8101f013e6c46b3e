"""Defaults that depend on the size of the graph, for settings that the user did not choose.

The loss over all pairs costs N² per step, and a step over all edges holds all of them in memory:
neither suits a large graph. A replacement is announced before the run and saved in `config.json`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphvae.specs.recipe import CATALOGUE, FitConfig
from graphvae_data.settings.layers import Layer, overridden

ALL_PAIRS_NODES = 50_000
"""Above this many nodes, a loss over all pairs is used only on request."""
ONE_STEP_EDGES = 2_000_000
"""Above this many edges, full-batch steps are used only on request."""
BATCH, STEPS = 1_000_000, 10
"""Minimum edges per step and maximum steps per epoch above that. Each step passes messages over
all edges, so a bounded number of steps keeps the cost of an epoch linear in the edges."""


@dataclass(frozen=True)
class Sized:
    """A configuration adapted to the size of a graph."""

    config: FitConfig
    """The settings."""
    notes: tuple[str, ...] = ()
    """A line for each setting chosen by the size of the graph."""


def for_size(config: FitConfig, layers: Sequence[Layer], num_nodes: int, num_edges: int) -> Sized:
    """Choose the loss and batch size if neither the user nor the preset chose them.

    Args:
        config: the settings of preset and user.
        layers: the user's settings.
        num_nodes: N.
        num_edges: E.

    >>> sized = for_size(FitConfig(dataset="mine"), [], num_nodes=10**6, num_edges=10**7)
    >>> sized.config.loss
    SampledLoss(negative_ratio=1, batch_size=1000000)
    """
    notes = []
    chosen = any(layer.sets("loss", name) for layer in layers for name in ("kind", "decode_nodes"))
    decoded = config.loss.nodes_per_step or num_nodes
    if config.loss.all_pairs and not chosen and decoded > ALL_PAIRS_NODES:
        config = overridden(config, [Layer({"loss": "sampled"})], CATALOGUE)
        notes.append(
            f"loss: sampled, as the graph has more than {ALL_PAIRS_NODES:,} nodes; "
            "the loss paper scores all pairs"
        )
    loss = config.loss
    if loss.negatives and loss.edges_per_step is None and num_edges > ONE_STEP_EDGES:
        batch = max(BATCH, -(-num_edges // STEPS))
        config = overridden(config, [Layer({"loss": {"batch_size": batch}})], CATALOGUE)
        notes.append(
            f"batch_size: {batch:,}, as the graph has more than {ONE_STEP_EDGES:,} edges; "
            f"batch_size {num_edges} uses one step per epoch"
        )
    return Sized(config, tuple(notes))
