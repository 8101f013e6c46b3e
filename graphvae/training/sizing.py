"""Defaults that depend on the size of the graph, where the user chose none.

The loss over all pairs costs N² a step, and a step over all edges holds them all at once: neither
suits a large graph. What is taken instead is announced before the run and stands in `config.json`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphvae.specs.recipe import CATALOGUE, FitConfig
from graphvae_data.core.layers import Layer, overridden

ALL_PAIRS_NODES = 50_000
"""Above this many nodes, all pairs are scored only if asked for."""
ONE_STEP_EDGES = 2_000_000
"""Above this many edges, a step takes all of them only if asked to."""
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


def for_size(config: FitConfig, layers: Sequence[Layer], num_nodes: int, num_edges: int) -> Sized:
    """Settle the loss and the batches that neither the user nor the preset has chosen.

    Args:
        config: the settings, of preset and user.
        layers: what the user chose.
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
            f"a batch_size of {num_edges} takes them in one step"
        )
    return Sized(config, tuple(notes))
