"""The metrics of link prediction, one class each. Does not import NumPy.

Notation: P positives, N negatives; for a group g of equal scores, tp_g and fp_g are the positives
and the negatives at or above it. The influences are derivatives with respect to the share of a
group, used for intervals.
"""

# mypy: disable-error-code="no-any-return"
# Arithmetic of arrays of any type is Any to mypy, and np.asarray would import NumPy.
from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from graphvae.metrics.metric import AtK, MeanOverPositives, Metric
from graphvae_data.core.errors import InputError
from graphvae_data.settings.settings import register

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Float

    from graphvae.metrics.ranking_curve import RankingCurve
    from graphvae.metrics.ranks import GroupedRanks, SourceRanks


@register
class Auc(Metric):
    """Area under the ROC curve: P(positive above negative) + ½ P(equal).

    >>> import numpy as np
    >>> Auc().score(np.array([2.0, 1.0]), np.array([1.0, 0.0]))
    0.875
    """

    name = "auc"
    label = "AUC"
    source = "Hanley & McNeil 1982, The meaning and use of the area under a ROC curve"
    closed_form = "DeLong"
    headline = True

    def of_ranking(self, curve: RankingCurve) -> Float[np.ndarray, "*resample"]:
        """Sum trapezoids: each group of negatives under the mean of tp before and after it."""
        twice = curve.true_positives + curve.positives_above
        return (curve.negatives * twice / 2).sum(-1) / (curve.num_positives * curve.num_negatives)

    def of_groups(self, groups: GroupedRanks) -> Float[np.ndarray, " positive"]:
        """Share of its own negatives that each positive beats, ties counted half."""
        return 1 - (groups.ranks - 1) / groups.per_positive

    def influences(
        self, curve: RankingCurve
    ) -> tuple[Float[np.ndarray, " group"], Float[np.ndarray, " group"]]:
        """The share of the other class that a score beats, minus the AUC (DeLong et al. 1988)."""
        area = self.of_ranking(curve)
        beaten = 1 - (curve.negatives_above + curve.negatives / 2) / curve.num_negatives
        beaten_by = (curve.positives_above + curve.positives / 2) / curve.num_positives
        return beaten - area, beaten_by - area

    def from_auc_ap(self, auc: float, ap: float) -> float:
        """Return `auc`."""
        return auc


@register
class AveragePrecision(Metric):
    """AP = Σ_g (R_g − R_{g−1}) P_g over groups g of equal scores, recall R and precision P.

    Equal scores are added to the curve together.

    >>> import numpy as np
    >>> AveragePrecision().score(np.array([2.0, 1.0]), np.array([0.0]))
    1.0
    """

    name = "ap"
    label = "AP"
    source = "Manning, Raghavan & Schütze 2008, Introduction to Information Retrieval, §8.4"
    headline = True

    def of_ranking(self, curve: RankingCurve) -> Float[np.ndarray, "*resample"]:
        """Sum precision over the positives."""
        return (curve.positives * curve.precision).sum(-1) / curve.num_positives

    def of_groups(self, groups: GroupedRanks) -> Float[np.ndarray, " positive"]:
        """AP of each positive's own list, with a single positive: 1 / its worst rank."""
        return 1 / (1.0 + groups.above + groups.equal)

    def influences(
        self, curve: RankingCurve
    ) -> tuple[Float[np.ndarray, " group"], Float[np.ndarray, " group"]]:
        """A score adds its own precision and changes that of every group at or below it.

        With q_g = p_g P_g (1 − P_g), p_g the positives in g and C = Σ q_g / P: a positive in h adds
        P_h − AP + Σ_{g ≥ h} q_g / tp_g − C, a negative C − (N / P) Σ_{g ≥ h} q_g / fp_g.
        """
        precision = curve.precision
        change = curve.positives * precision * (1 - precision)
        constant = change.sum() / curve.num_positives
        by_positive = change / curve.true_positives.clip(1)
        by_negative = change / curve.false_positives.clip(1)
        share = curve.num_negatives / curve.num_positives
        positive = precision - self.of_ranking(curve) + _suffix_sums(by_positive) - constant
        return positive, constant - share * _suffix_sums(by_negative)

    def from_auc_ap(self, auc: float, ap: float) -> float:
        """Return `ap`."""
        return ap


def _suffix_sums(values: Float[np.ndarray, " group"]) -> Float[np.ndarray, " group"]:
    return values[::-1].cumsum()[::-1]


@register
class AucAp(Metric):
    """The mean of AUC and AP, the default metric for selecting the epoch."""

    name = "auc+ap"
    label = "Mean of AUC and AP"

    def of_ranking(self, curve: RankingCurve) -> Float[np.ndarray, "*resample"]:
        """Average the two."""
        return (Auc().of_ranking(curve) + AveragePrecision().of_ranking(curve)) / 2

    def influences(
        self, curve: RankingCurve
    ) -> tuple[Float[np.ndarray, " group"], Float[np.ndarray, " group"]]:
        """Average the influences of the two."""
        of_auc, of_ap = Auc().influences(curve), AveragePrecision().influences(curve)
        return (of_auc[0] + of_ap[0]) / 2, (of_auc[1] + of_ap[1]) / 2

    def from_auc_ap(self, auc: float, ap: float) -> float:
        """Average the two."""
        return (auc + ap) / 2


@register
class Mrr(MeanOverPositives):
    """Mean reciprocal rank: the mean of 1 / (1 + negatives above + ½ negatives equal).

    >>> import numpy as np
    >>> Mrr().score(np.array([2.0, 0.0]), np.array([1.0, 1.0]), per_positive=1)
    0.75
    """

    name = "mrr"
    label = "MRR"
    source = "Hu et al. 2020, Open Graph Benchmark (ogbl-citation2)"
    every_run = True

    def of_ranks(
        self, above: Float[np.ndarray, "*item"], equal: Float[np.ndarray, "*item"]
    ) -> Float[np.ndarray, "*item"]:
        """1 / rank; ties share the mean rank."""
        return 1 / (1 + above + equal / 2)


@register
class Hits(AtK, MeanOverPositives):
    """Share of the positives scored strictly above the K-th highest negative.

    Fewer than K negatives are an error here, where OGB's evaluator returns 1.0.

    >>> import numpy as np
    >>> Hits(k=2).score(np.array([3.0, 1.0]), np.array([2.0, 1.0, 0.0]))
    0.5
    """

    name = "hits"
    label = "Hits"
    source = "Hu et al. 2020, Open Graph Benchmark (ogbl-ddi)"
    every_run_at = (10, 20, 50)

    def check_size(self, positives: int, negatives: int) -> None:
        """Hits@K needs K negatives."""
        if self.k > negatives:
            raise InputError(f"{self.key}: expected at least {self.k} negatives, got {negatives}")

    def of_ranks(
        self, above: Float[np.ndarray, "*item"], equal: Float[np.ndarray, "*item"]
    ) -> Float[np.ndarray, "*item"]:
        """1 if fewer than K negatives score at least as high, else 0."""
        return (above + equal < self.k).astype(float)


@register
class PrecisionAtK(AtK):
    """Share of positives among the K highest of all scores.

    Scores that tie at rank K count in proportion, which is the expectation over random orders of
    the tie.

    >>> import numpy as np
    >>> PrecisionAtK(k=2).score(np.array([3.0, 1.0]), np.array([1.0, 0.0]))
    0.75
    """

    name = "precision"
    label = "Precision"
    source = "Manning, Raghavan & Schütze 2008, Introduction to Information Retrieval, §8.4"
    usual_k = 100
    recommending_at = (20,)

    def check_size(self, positives: int, negatives: int) -> None:
        """Precision@K needs K scores; a source's list may be shorter."""
        if self.k > positives + negatives and not self.per_source:
            got = positives + negatives
            raise InputError(f"{self.key}: expected at least {self.k} scores, got {got}")

    def of_ranking(self, curve: RankingCurve) -> Float[np.ndarray, "*resample"]:
        """Sum the positives of each group, weighted by the share of the group within rank K."""
        above = curve.positives_above + curve.negatives_above
        size = curve.positives + curve.negatives
        within = (above + size).clip(max=self.k) - above.clip(max=self.k)
        return (within / size.clip(1) * curve.positives).sum(-1) / self.k

    def of_sources(self, sources: SourceRanks) -> Float[np.ndarray, " source"]:
        """Divide the true neighbours among the K highest of each source's list by K."""
        return _hits_within(sources, self.k) / self.k


@register
class MeanAveragePrecision(Metric):
    """MAP: the mean over source nodes of the average precision of their true neighbours.

    MAP@K counts only neighbours within rank K, and divides by the smaller of K and the number of
    true neighbours, the maximum count. Equal scores count at the last rank of their
    group.
    """

    name = "map"
    label = "MAP"
    source = "Manning, Raghavan & Schütze 2008, Introduction to Information Retrieval, §8.4"
    per_source: bool = True
    k: int | None = Field(
        default=None, ge=1, description="Number of highest ranks that count; all."
    )

    @classmethod
    def recommending(cls) -> tuple[Metric, ...]:
        """Return MAP@20."""
        return (cls(k=20),)

    def _with_k(self, name: str) -> str:
        return name if self.k is None else f"{name}@{self.k}"

    def of_sources(self, sources: SourceRanks) -> Float[np.ndarray, " source"]:
        """Average the precision down to each true neighbour."""
        if self.k is None:
            return sources.average(sources.precisions())
        above, size = sources.positions()
        counted = sources.precisions() * (above + size <= self.k)
        return sources.total(counted) / sources.positives_per_source().clip(max=self.k)


@register
class RecallAtK(AtK):
    """Share of each source's true neighbours among the K highest of its list.

    Scores that tie at rank K count in proportion, which is the expectation over random orders of
    the tie.
    """

    name = "recall"
    label = "Recall"
    recommending_at = (20,)
    source = "Manning, Raghavan & Schütze 2008, Introduction to Information Retrieval, §8.4"
    per_source: bool = True

    def of_sources(self, sources: SourceRanks) -> Float[np.ndarray, " source"]:
        """Divide the true neighbours among the K highest by the number of all."""
        return _hits_within(sources, self.k) / sources.positives_per_source()


@register
class NdcgAtK(AtK):
    """Normalised discounted cumulative gain of the K highest of each source's list.

    DCG@K = Σ 1 / log₂(1 + rank) over the true neighbours within rank K, divided by that of a
    perfect list. Equal scores share the mean discount of their ranks.
    """

    name = "ndcg"
    label = "NDCG"
    recommending_at = (20,)
    source = (
        "Järvelin & Kekäläinen 2002, Cumulated gain-based evaluation of IR techniques; ties as "
        "McSherry & Najork 2008"
    )
    per_source: bool = True

    def of_sources(self, sources: SourceRanks) -> Float[np.ndarray, " source"]:
        """Divide the gain of each source's list by that of a perfect one."""
        import numpy as np

        gains = np.concatenate([[0.0], (1 / np.log2(np.arange(self.k) + 2)).cumsum()])
        above, size = sources.positions()
        first, last = above.clip(max=self.k), (above + size).clip(max=self.k)
        gained = sources.total((gains[last] - gains[first]) / size)
        return gained / gains[sources.positives_per_source().clip(max=self.k)]


def _hits_within(sources: SourceRanks, k: int) -> Float[np.ndarray, " source"]:
    """Count each source's true neighbours within rank K, ties at rank K in proportion."""
    above, size = sources.positions()
    within = (above + size).clip(max=k) - above.clip(max=k)
    return sources.total(within / size)
