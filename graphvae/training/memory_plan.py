"""The memory of a run as a function of its sizes.

Notation: N nodes, E edges, T of them for training and P for validation and test, S stored values of
the features, D their columns (N without features), h and o the widths of an encoder's hidden and
last layer (o is twice the latent width d for a VGAE), W weights, B edges in a step, each with k
negatives, C the components of a prior, K the draws of a bound. Sizes are in bytes. Some parts exist
throughout, the others belong to one phase each, so the peak is the sum of the former plus the
largest phase.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from graphvae.nn.models import count_weights, heads_of
from graphvae.specs.recipe import FitConfig
from graphvae_data.graphs.graph import Graph

Phase = Literal["always", "reading", "splitting", "building", "training", "evaluating"]
INTERPRETER, PYG = 300 << 20, 220 << 20
"""Python with torch, SciPy and matplotlib, and the additional memory of PyG, measured on Linux."""
SORTED_PAIR = 64
"""Bytes of a pair whose inner product is computed without rows of codes, sorted by both ends."""
SCORED_AT_ONCE = 1 << 20
"""Number of pairs that evaluation scores at once."""


@dataclass(frozen=True)
class Term:
    """One contribution to the memory."""

    name: str
    """What is stored."""
    phase: Phase
    """When it is in memory."""
    formula: str
    """Its size, in the notation above."""
    bytes: int
    """Its size in this run."""


@dataclass(frozen=True)
class Sizes:
    """The sizes that determine the cost of a run, in the notation above."""

    nodes: int
    """N."""
    edges: int
    """E."""
    train: int
    """T."""
    held_out: int
    """P."""
    features: int
    """D."""
    stored: int
    """S: stored values of the features, D · N if they are dense."""
    dense: bool
    """Whether the features are dense."""
    hidden: int
    """h, 0 without a hidden layer."""
    outputs: int
    """o."""
    weights: int
    """W."""

    @classmethod
    def of(cls, config: FitConfig, graph: Graph) -> Sizes:
        """Compute the sizes without building the model."""
        nodes, edges = graph.num_nodes, graph.num_edges
        held_out = int(edges * config.split.val_fraction) + int(edges * config.split.test_fraction)
        x = graph.features if config.inputs.features else None
        features = 0 if x is None else int(x.size(1))
        return cls(
            nodes=nodes,
            edges=edges,
            train=edges - held_out,
            held_out=held_out,
            features=features,
            stored=_stored(x),
            dense=x is None or x.layout == torch.strided,
            hidden=config.encoder.hidden_width,
            outputs=heads_of(config) * config.latent,
            weights=count_weights(config, nodes, features),
        )


def _stored(x: torch.Tensor | None) -> int:
    if x is None:
        return 0
    return x.numel() if x.layout == torch.strided else int(x.values().numel())


def memory_terms(config: FitConfig, sizes: Sizes) -> tuple[Term, ...]:
    """List the parts of a run's memory."""
    return (
        *_always(sizes),
        *_before_training(sizes),
        *_training(config, sizes),
        *_evaluating(config, sizes),
    )


def _always(sizes: Sizes) -> tuple[Term, ...]:
    n, e, p, s = sizes.nodes, sizes.edges, sizes.held_out, sizes.stored
    features = ("4 S", 4 * s) if sizes.dense else ("36 S", 36 * s)  # sparse: with the transpose
    return (
        Term("interpreter and libraries", "always", str(INTERPRETER), INTERPRETER),
        Term("graph: edges and names", "always", "16 E + 64 N", 16 * e + 64 * n),
        Term("features", "always", *features),
        Term("split", "always", "16 E + 16 P", 16 * e + 16 * p),
    )


def _before_training(sizes: Sizes) -> tuple[Term, ...]:
    n, e, t = sizes.nodes, sizes.edges, sizes.train
    splitting, building = 152 * e + 48 * n, 72 * (2 * t + n)
    return (
        Term("sorted keys", "reading", "56 E", 56 * e),
        Term("pairs and their keys", "splitting", "152 E + 48 N", splitting),
        Term("adjacency and its construction", "building", "72 (2 T + N)", building),
    )


def _training(config: FitConfig, sizes: Sizes) -> tuple[Term, ...]:
    n, t, w, h, o = sizes.nodes, sizes.train, sizes.weights, sizes.hidden, sizes.outputs
    entries = 2 * t + n
    terms = [
        Term("adjacency", "training", "8 (2 T + N)", 8 * entries),
        Term("weights, gradient, Adam, best", "training", "24 W", 24 * w),
        Term("states and gradients", "training", "4 N (3 h + 5 o)", 4 * n * (3 * h + 5 * o)),
        _pairs(config, sizes),
    ]
    if config.training.ema:
        terms.append(Term("averages of the weights", "training", "8 W", 8 * w))
    components = config.prior.densities(n)
    if components > 1:
        size = 16 * n * components
        terms.append(Term("densities of the prior", "training", "16 N C", size))
    if config.bound.samples > 1:
        size = 32 * n * config.latent * config.bound.samples
        terms.append(Term("draws of the bound", "training", "32 N d K", size))
    if config.loss.negatives:
        terms.append(Term("negatives' keys", "training", "12 (2 T + N)", 12 * entries))
    if config.encoder.propagated_once:
        terms.append(Term("features propagated", "training", "4 N D", 4 * n * sizes.features))
    if config.training.masked:
        terms.append(Term("masking", "training", "88 (2 T + N)", 88 * entries))
    if config.encoder.edge_rows:
        terms.append(Term("PyTorch Geometric", "training", str(PYG), PYG))
        terms.append(Term("messages", "training", "24 T (h + o)", 24 * t * (h + o)))
        terms.append(Term("dense features", "training", "4 N D", 4 * n * (sizes.features or n)))
    return tuple(terms)


def _pairs(config: FitConfig, sizes: Sizes) -> Term:
    """Return the memory of the pairs of a step; the loss over all pairs works in blocks."""
    loss, t = config.loss, sizes.train
    if loss.nodes_per_step is not None:
        return Term("edges of a step", "training", "32 T", 32 * t)
    if not loss.negatives:
        formula, size = _pair(config, 16)
        return Term("pairs of a step", "training", f"{formula} T", size * t)
    formula, size = _pair(config, 40)
    edges = min(loss.edges_per_step or t, t)
    pairs = (1 + loss.negatives) * edges
    return Term("pairs of a step", "training", f"{formula} (1 + k) B", size * pairs)


def _pair(config: FitConfig, with_rows: int) -> tuple[str, int]:
    """Return the bytes of a pair, with rows of codes only where the decoder needs them."""
    on_cpu = torch.device(config.run.device).type == "cpu"
    if on_cpu and config.decoder.products_of_codes:
        return str(SORTED_PAIR), SORTED_PAIR
    named = f"({with_rows} + 12 d)" if with_rows else "12 d"
    return named, with_rows + 12 * config.latent


def _evaluating(config: FitConfig, sizes: Sizes) -> tuple[Term, ...]:
    n, t, w, p = sizes.nodes, sizes.train, sizes.weights, sizes.held_out
    o, (rows, size) = sizes.outputs, _pair(config, 0)
    scores = 96 * p + size * min(p, SCORED_AT_ONCE)
    return (
        Term("adjacency and weights", "evaluating", "20 (2 T + N + W)", 20 * (2 * t + n + w)),
        Term("scores", "evaluating", f"96 P + {rows} min(P, {SCORED_AT_ONCE})", scores),
        Term("embedding and its export", "evaluating", "16 N o + 40 N", 16 * n * o + 40 * n),
    )
