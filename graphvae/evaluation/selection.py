"""The pairs that select an epoch: validation edges and negatives of a chosen kind.

The negatives are of the same kind as in the test evaluation. They are chosen once, from the run's
seed, and scored in each validated epoch. No edge of the whole graph is among them; the proximities
and degrees that make them hard are computed from training edges only. If scoring them all would
take longer than training, a fixed sample of the validation edges is scored with their own
negatives.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.evaluation.evaluator import check_negatives, make_negatives, score_pairs
from graphvae.evaluation.negative_sets import NegativeSet
from graphvae.evaluation.protocols import OwnNegatives, ScoredPairs, SharedNegatives
from graphvae.evaluation.scorers import Scorer
from graphvae.metrics import Metric
from graphvae.metrics.intervals import Resampling
from graphvae.metrics.ranks import GroupedRanks
from graphvae.specs.evaluation import PARTS, NegativeKind, Part
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph

MOST_EDGES = 300
"""Most validation edges if each has its own negatives: 150,000 pairs with 500 to an edge."""


@dataclass(frozen=True)
class Selection:
    """A metric of validation edges against chosen negatives."""

    metric: Metric
    """The metric."""
    positives: Int[Tensor, "2 positive"]
    """The validation edges, or a sample of them."""
    negatives: NegativeSet
    """Their negatives."""
    split: EdgeSplit
    """The split."""

    @classmethod
    def of(
        cls, metric: Metric, kind: NegativeKind, split: EdgeSplit, data: Graph, *, seed: int
    ) -> Selection:
        """Choose the negatives.

        Raises:
            InputError: validation or test has no such negatives, or too few for the metric, with
                which test edges are scored after training.
        """
        part: Part
        for part, name in PARTS.items():
            try:
                check_negatives(metric, kind, split, data, seed=seed, part=part)
            except InputError as error:
                raise InputError(f"{name}: {error}") from None
        negatives = make_negatives(
            kind, split, data, seed=seed, part="val", degrees="train", most=MOST_EDGES
        )
        positives = split.val if negatives.positives is None else negatives.positives
        selection = cls(metric, positives, negatives, split)
        selection.check()
        return selection

    def check(self) -> None:
        """Raise `InputError` unless the metric can be computed from these negatives."""
        if self.listed:
            self.of_scores(
                *(np.zeros(each.size(1)) for each in (self.positives, self.negatives.pairs))
            )

    @property
    def listed(self) -> bool:
        """Whether the negatives are listed; otherwise they are all non-edges of the graph."""
        return self.negatives.pairs.size(1) > 0

    @property
    def pairs(self) -> Int[Tensor, "2 pair"]:
        """The edges, then their negatives."""
        return torch.cat([self.positives, self.negatives.pairs], 1)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the pairs, as hexadecimal digits."""
        return hashlib.sha256(self.pairs.numpy().astype("<i8").tobytes()).hexdigest()

    @property
    def note(self) -> str:
        """What is scored, such as `heart: 500 negatives for each of 263 edges`."""
        edges, per_positive = self.positives.size(1), self.negatives.per_positive
        if per_positive:
            every = "" if edges == self.split.val.size(1) else " sampled"
            text = f"{per_positive} negatives for each of {edges:,}{every} edges"
        elif self.listed:
            text = f"{edges:,} edges and {self.negatives.pairs.size(1):,} negatives"
        else:
            text = f"{edges:,} edges and every non-edge"
        return f"{text}; {self.negatives.note}" if self.negatives.note else text

    def of_scores(
        self, positives: Float[np.ndarray, " positive"], negatives: Float[np.ndarray, " negative"]
    ) -> float:
        """Return the metric of the scores of the listed pairs."""
        if self.negatives.per_positive:
            others = negatives.reshape(len(positives), self.negatives.per_positive)
            return self._measured(OwnNegatives(GroupedRanks.of(positives, others)))
        return self._measured(SharedNegatives(positives, negatives))

    def score(self, scorer: Scorer) -> float:
        """Return the metric of a scorer."""
        return self._measured(score_pairs(scorer, self.negatives, self.positives, self.split))

    def _measured(self, ranked: ScoredPairs) -> float:
        """Return the metric, negated if lower is better."""
        values = ranked.measure([self.metric], Resampling(0, 0))
        return self.metric.gain(float(values[self.metric.key].value))
