"""The order of the list of missing links, chosen on the validation edges.

The loss of a graph auto-encoder optimises AUC: an edge above a random non-edge. Precision at the
top of a list differs: with the inner product, the highest logits belong to codes with large norms,
so the top of the list has pairs of a few hubs, and on many graphs counting common neighbours finds
more edges. So three orders are compared, all functions of the same features of a pair
(`pair_features`):

- `model`: the decoder's logit.
- `neighbours`: the number of common neighbours; ties are ordered by the cosine of the codes, which
  does not grow with the degree.
- `combined`: the log-odds of a logistic regression on logit, cosine, log(1 + common neighbours),
  log(1 + 10 · resource allocation) and the two degrees, fitted to the validation edges and a sample
  of all non-edges: stacking (Ghasemian et al. 2020, "Stacking models for nearly optimal link
  prediction in complex networks").

Each order ranks the non-edges of the training graph, with messages over training edges. The order
with the highest mean of precision@20 and precision@100 on the validation edges is chosen, the first
in case of a tie. This is a two-fold cross-validation: precision is measured on one half of the
edges, with the regression fitted to the other half. Test edges are not used.

The probability of a pair depends on the rank r of its score in the validation list: log-odds
a + b log r, fitted to which of the first 1,000 pairs are validation edges, with Platt's targets
(Platt 1999, "Probabilistic Outputs for Support Vector Machines"). It assumes as many missing edges
as validation edges; a score below the first 1,000 pairs has no probability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from graphvae.baselines.proximity import ProximityGraph
from graphvae.evaluation.negative_sets import non_edge_sampler
from graphvae.nn.decoders import PairDecoder
from graphvae.prediction.logistic import fit_logistic
from graphvae.prediction.missing_links import DecodedPairs, TopPairs, top_lists
from graphvae.prediction.pair_features import Columns, PairFeatures
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.core.rng import generator_of
from graphvae_data.graphs.pairs import pair_keys

Order = Literal["model", "neighbours", "combined"]
ORDERS: tuple[Order, ...] = get_args(Order)
DEPTHS = (20, 100)
"""Lengths of the lists whose precision is compared."""
MIN_EDGES = 50
"""Minimum number of validation edges; below, the model's order is used, without probabilities."""
SAMPLED_NON_EDGES = 50_000
"""Number of non-edges sampled for a regression."""
MEANINGS: dict[Order, str] = {
    "model": "the model's logit",
    "neighbours": "common neighbours, plus a quarter of the cosine of the embeddings",
    "combined": "log-odds of a regression on the model's logit, the cosine of the embeddings, "
    "common neighbours, resource allocation and degrees",
}
"""The meaning of the score of each order."""
HEAD = 1000
"""Number of pairs at the top of a list to which probabilities are fitted."""


@dataclass(frozen=True)
class Ranking:
    """The order of a list of links, and the meaning of its scores."""

    order: Order
    """The order."""
    edges: int
    """Number of validation edges used to choose it; 0 if there were too few."""
    precision: Mapping[Order, Mapping[int, float]]
    """Cross-validated precision at each depth, by order."""
    weights: tuple[float, ...] = ()
    """Coefficients of `combined`, the constant last."""
    calibration: Calibration | None = None
    """The map from scores to probabilities, if any."""

    def scores(self, features: Columns) -> Float[Tensor, "*pair"]:
        """Return the scores of pairs."""
        return score(self.order, features, self.weights)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on the order of the list, its scores and its probabilities."""
        if not self.edges:
            return (
                f"score: {MEANINGS['model']}; it is not a probability. Other orders and "
                f"probabilities need at least {MIN_EDGES} validation edges and a graph small "
                "enough to score every pair",
            )
        values_by_order = ", ".join(
            f"{order} {' / '.join(f'{values[k]:.3f}' for k in DEPTHS)}"
            for order, values in self.precision.items()
        )
        depths = " / ".join(f"precision@{k}" for k in DEPTHS)
        return (
            f"score: {MEANINGS[self.order]}. Of three orders this one has the best {depths} on "
            f"{self.edges:,} validation edges (cross-validated): {values_by_order}",
            "probability: the share of validation edges among pairs of that rank, if the graph "
            f"misses as many edges as validation has; only for scores of the first {HEAD:,} pairs",
        )

    def probabilities(self, scores: Float[Tensor, " pair"]) -> list[float | None]:
        """Return the calibrated probability of each score; None where there is none."""
        if self.calibration is None:
            return [None] * len(scores)
        return self.calibration.probabilities(scores)


@dataclass(frozen=True)
class Calibration:
    """The probability of an edge by the rank of its score in the validation list."""

    head: Float[Tensor, " rank"]
    """The scores at the top of that list, highest first."""
    slope: float
    """Slope of the log-odds by log rank; at most 0."""
    constant: float
    """Log-odds at rank 1."""

    @classmethod
    def of(cls, head: TopPairs, hit: Bool[Tensor, " rank"]) -> Calibration:
        """Fit the log-odds to the pairs of a list that are edges."""
        edges, others = int(hit.sum()), int((~hit).sum())
        y = np.where(hit.numpy(), (edges + 1) / (edges + 2), 1 / (others + 2))
        x = np.log(np.arange(1, len(hit) + 1))[:, None]
        slope, constant = fit_logistic(x, y, np.ones(len(y)))
        if slope > 0:  # edges are not denser at the top
            slope, constant = 0.0, float(np.log(y.mean() / (1 - y.mean())))
        return cls(head.scores, float(slope), float(constant))

    def probabilities(self, scores: Float[Tensor, " pair"]) -> list[float | None]:
        """Return the probability of each score; None for one below the list."""
        above = torch.searchsorted(-self.head.double(), -scores.double()).double()
        p = torch.sigmoid(self.slope * (above + 1).log() + self.constant)
        lowest = self.head[-1]
        return [float(each) if s >= lowest else None for each, s in zip(p, scores, strict=True)]


@dataclass(frozen=True)
class RankedPairs:
    """The scores of a ranking over the pairs of a graph: `PairScores`, and a scorer."""

    features: PairFeatures
    """The features of the pairs."""
    ranking: Ranking
    """The order."""

    @property
    def num_nodes(self) -> int:
        """N."""
        return self.features.num_nodes

    @property
    def symmetric(self) -> bool:
        """Whether the decoder is symmetric."""
        return self.features.symmetric

    def rows(
        self, sources: Int[Tensor, " source"], start: int = 0
    ) -> Float[Tensor, "source target"]:
        """Return the scores of each source with every node from `start` on.

        `model` needs no heuristics.
        """
        if self.ranking.order == "model":
            return DecodedPairs(self.features.z, self.features.decoder).rows(sources, start)
        return self.ranking.scores(self.features.rows(sources, start))


@dataclass(frozen=True)
class RankedScorer:
    """Ranked pairs as a scorer for evaluation, in NumPy."""

    ranked: RankedPairs
    """The scores."""

    def __call__(self, pairs: Int[Tensor, "2 pair"]) -> Float[np.ndarray, " pair"]:
        """Return the scores of pairs."""
        features = self.ranked.features.pairs(pairs)
        return np.asarray(self.ranked.ranking.scores(features).double())

    def rows(self, sources: Int[Tensor, " source"]) -> Float[np.ndarray, "source node"]:
        """Return the scores of each source with every node."""
        return np.asarray(self.ranked.rows(sources))


def score(order: Order, features: Columns, weights: tuple[float, ...]) -> Float[Tensor, "*pair"]:
    """Return the scores of pairs by an order."""
    if order == "model":
        return features[0]
    if order == "neighbours":
        return features[2] + features[1] / 4  # within ±1/4, so counts keep their order
    return log_odds(combined_inputs(features), weights)


def combined_inputs(features: Columns) -> Columns:
    """Return the inputs of the regression."""
    logit, cosine, common, allocation, degrees = features
    return logit, cosine, common.log1p(), (10 * allocation).log1p(), degrees


def log_odds(inputs: Columns, weights: tuple[float, ...]) -> Float[Tensor, "*pair"]:
    """Return the score of `combined`."""
    *slopes, constant = weights
    total = torch.full_like(inputs[0], constant)
    for slope, column in zip(slopes, inputs, strict=True):
        total.add_(column, alpha=slope)
    return total


@dataclass(frozen=True)
class _Validation:
    """Validation edges and a sample of all non-edges, with the features of both."""

    split: EdgeSplit
    features: PairFeatures
    edges: Int[Tensor, "2 edge"]
    non_edges: Int[Tensor, "2 sampled"]
    total: int
    """Number of all non-edges."""
    of_edges: Columns
    of_non_edges: Columns

    @classmethod
    def of(cls, features: PairFeatures, split: EdgeSplit, seed: int) -> _Validation:
        sampler = non_edge_sampler(split)
        drawn = sampler.sample(SAMPLED_NON_EDGES, generator_of(seed))
        edges = split.val
        if features.symmetric:
            edges, drawn = edges.sort(0).values, drawn.sort(0).values
        total = sampler.total // (1 if split.directed else 2)
        return cls(
            split, features, edges, drawn, total, features.pairs(edges), features.pairs(drawn)
        )

    def lists(self, regressions: Sequence[tuple[float, ...]]) -> list[TopPairs]:
        """Return the tops of the lists by model, by neighbours and by each regression."""

        def scores(rows: Tensor, start: int) -> list[Tensor]:
            block = self.features.rows(rows, start)
            inputs = combined_inputs(block)
            plain = [score("model", block, ()), score("neighbours", block, ())]
            return plain + [log_odds(inputs, weights) for weights in regressions]

        known = torch.cat([self.split.train, self.split.test], 1)
        return top_lists(scores, self.features, known, HEAD, sides=self.split.sides)

    def among(
        self, pairs: Int[Tensor, "2 pair"], edges: Int[Tensor, "2 edge"]
    ) -> Bool[Tensor, " pair"]:
        """Return which pairs are among some edges."""
        return torch.isin(*(pair_keys(each, self.split.num_nodes) for each in (pairs, edges)))

    def regression(
        self, part: slice = slice(None), start: tuple[float, ...] | None = None
    ) -> tuple[float, ...]:
        """Return the coefficients of `combined`, fitted to a part of the validation edges."""
        edges = combined_inputs(tuple(column[part] for column in self.of_edges))
        non_edges = combined_inputs(self.of_non_edges)
        both = [torch.cat(columns) for columns in zip(edges, non_edges, strict=True)]
        x = torch.stack(both, 1).double().numpy()
        y = np.repeat([1.0, 0.0], [len(edges[0]), len(non_edges[0])])
        weights = np.where(y > 0, 1.0, self.total / self.non_edges.size(1))
        begin = None if start is None else np.array(start)
        return tuple(map(float, fit_logistic(x, y, weights, start=begin)))

    def precision(self, lists: Sequence[TopPairs]) -> dict[int, float]:
        """Return the mean precision at each depth, of list i on half i of the edges."""
        hits = []
        for best, half, fitted in zip(lists, HALVES, reversed(HALVES), strict=True):
            remaining = best.pairs[:, ~self.among(best.pairs, self.edges[:, fitted])]
            hits.append(self.among(remaining, self.edges[:, half]).double())
        return {k: float(sum(hit[:k].sum() for hit in hits)) / k / len(hits) for k in DEPTHS}


HALVES = (slice(0, None, 2), slice(1, None, 2))
"""Two halves of the validation edges."""


def choose_ranking(
    z: Float[Tensor, "node latent"], decoder: PairDecoder, split: EdgeSplit, *, seed: int
) -> Ranking:
    """Choose the order of the list of links on the validation edges, and calibrate its scores.

    Args:
        z: the embedding, with messages over training edges.
        decoder: the model's decoder.
        split: the split.
        seed: seed of the sample of non-edges.
    """
    if split.val.size(1) < MIN_EDGES:
        return MODEL
    features = PairFeatures(z, decoder, ProximityGraph.of(split.train, split.num_nodes))
    validation = _Validation.of(features, split, seed)
    coefficients = validation.regression()
    halves = [validation.regression(part, coefficients) for part in reversed(HALVES)]
    model, neighbours, combined, *by_half = validation.lists([coefficients, *halves])
    precision: dict[Order, dict[int, float]] = {
        "model": validation.precision([model, model]),
        "neighbours": validation.precision([neighbours, neighbours]),
        "combined": validation.precision(by_half),
    }
    order = max(ORDERS, key=lambda name: sum(precision[name].values()))
    best = {"model": model, "neighbours": neighbours, "combined": combined}[order]
    hit = validation.among(best.pairs, validation.edges)
    return Ranking(order, split.val.size(1), precision, coefficients, Calibration.of(best, hit))


MODEL = Ranking("model", 0, {})
"""The model's order, used if none can be chosen."""
