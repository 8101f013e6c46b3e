"""Scorers: functions from pairs of nodes to scores; higher means more likely an edge.

Evaluation uses models only through scorers. A scorer may also return whole rows, a source with
every node, for exact evaluation over all non-edges; otherwise rows are scored as pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.baselines.heuristics import Heuristic, heuristic
from graphvae.baselines.proximity import ProximityGraph
from graphvae.graph.propagation import MessageGraph
from graphvae.nn.decoders import PairDecoder, decode_rows
from graphvae.nn.models import GAE
from graphvae_data.core.errors import InputError

Scorer = Callable[[Int[Tensor, "2 pair"]], Float[np.ndarray, " pair"]]
PAIRS_AT_ONCE = 1 << 20


@runtime_checkable
class RowScorer(Protocol):
    """A scorer that can also score a source with every node at once."""

    def __call__(self, pairs: Int[Tensor, "2 pair"]) -> Float[np.ndarray, " pair"]:
        """Score pairs."""
        ...

    def rows(self, sources: Int[Tensor, " source"]) -> Float[np.ndarray, "source node"]:
        """Score every node with each source."""
        ...


@dataclass(frozen=True)
class ModelScorer:
    """A model's logits at the posterior mean."""

    z: Float[Tensor, "node latent"]
    """The embedding."""
    decoder: PairDecoder
    """Maps embeddings and pairs to logits."""

    def __call__(self, pairs: Int[Tensor, "2 pair"]) -> Float[np.ndarray, " pair"]:
        """Return the logits of pairs."""
        with torch.no_grad():
            parts: list[Tensor] = [
                self.decoder(self.z, part.to(self.z.device)).double().cpu()
                for part in pairs.split(PAIRS_AT_ONCE, 1)
            ]
        return torch.cat(parts).numpy()

    def rows(self, sources: Int[Tensor, " source"]) -> Float[np.ndarray, "source node"]:
        """Return the logits of each source with every node, in the model's precision."""
        with torch.no_grad():
            block: Tensor = decode_rows(self.decoder, self.z, sources)
        return block.cpu().numpy()


@dataclass(frozen=True)
class HeuristicScorer:
    """A heuristic over the training graph."""

    heuristic: Heuristic
    """The heuristic."""
    graph: ProximityGraph
    """The training graph."""

    def __call__(self, pairs: Int[Tensor, "2 pair"]) -> Float[np.ndarray, " pair"]:
        """Return the heuristic's scores of pairs."""
        return self.heuristic.pairs(self.graph, pairs.cpu().numpy())

    def rows(self, sources: Int[Tensor, " source"]) -> Float[np.ndarray, "source node"]:
        """Return the heuristic's scores of each source with every node."""
        return self.heuristic.rows(self.graph, sources.cpu().numpy())


def model_scorer(model: GAE, graph: MessageGraph) -> ModelScorer:
    """Return the scorer of a model: decoder logits at the posterior mean, embedded once."""
    return ModelScorer(model.embed(graph), model.decoder_on(graph))


def heuristic_scorer(name: str, graph: ProximityGraph) -> HeuristicScorer:
    """Return the scorer of a heuristic over a training graph; `InputError` if there is none."""
    return HeuristicScorer(heuristic(name), graph)


def score_together(
    scorer: Scorer, positives: Int[Tensor, "2 positive"], negatives: Int[Tensor, "2 negative"]
) -> tuple[Float[np.ndarray, " positive"], Float[np.ndarray, " negative"]]:
    """Return the scores of edges and of their negatives, from one call as in validation.

    In two calls, pairs with the same logit may be rounded differently, which changes their order.
    """
    scores = scorer(torch.cat([positives, negatives], 1))
    return scores[: positives.size(1)], scores[positives.size(1) :]


def score_rows(
    scorer: Scorer, sources: Int[Tensor, " source"], num_nodes: int
) -> Float[np.ndarray, "source node"]:
    """Score every node with each source; the result is a writable copy.

    Raises:
        InputError: a score is NaN or infinite.
    """
    if isinstance(scorer, RowScorer):
        scores = scorer.rows(sources)
    else:
        every = torch.arange(num_nodes)
        scores = scorer(torch.cartesian_prod(sources, every).T).reshape(len(sources), num_nodes)
    if not np.isfinite(scores).all():
        raise InputError("scores: expected finite scores, got NaN or infinity")
    return np.array(scores)
