"""Ranking metrics over scores of positives and negatives, with a shared rank for ties.

Notation: positives are edges (label 1), negatives non-edges (label 0); a higher score means "more
likely an edge". Pairs of equal score form one group, and no metric depends on the order of equal
scores: ranks are averaged over a group, and precision and average precision include all of a group
or none.

A metric is one registered class in `ranking_metrics`. All users share it: the scores of a fit,
`--select`, `evaluate`, `compare`, the report and the audit. It is computed from a `RankingCurve`
(positives among shared negatives), from `GroupedRanks` (each positive among its own negatives) or
from `SourceRanks` (each node's neighbours among its non-neighbours). `intervals` computes their
uncertainty. This package, `metric` and `ranking_metrics` do not import NumPy.

>>> import numpy as np
>>> from graphvae.metrics import Hits, find_metric
>>> positives, negatives = np.array([3.0, 1.0]), np.array([2.0, 1.0, 0.0])
>>> find_metric("auc").score(positives, negatives)
0.75
>>> Hits(k=2).score(positives, negatives)
0.5

**Where other evaluators differ.** Tests compare these metrics with `ogb` 1.3.6 and PyTorch
Geometric 2.8: all agree on scores without ties. They differ in these cases, also tested:

- `ogb` Hits@K returns 1.0 when there are fewer than K negatives. Here it is an error.
- `ogb` MRR on NumPy arrays fails (`sum(dim=1)`, and the names optimistic and pessimistic are
  swapped); on tensors it is the tie-averaged MRR of `Mrr` over `GroupedRanks`.
- `ogb` has two Hits@K: ogbl-ddi's "strictly above the K-th negative", which is used here, and, with
MRR, "mean rank at most K", which also counts a positive that ties with the K-th negative
  or even with all of them.
- PyG metrics take lists of predicted nodes, not scores, so ties are broken when the list is made
(`torch.topk`: by position in memory) and a constant score can get any value.
- PyG encodes a predicted node as `row · M + node`. A list padded with −1, as short lists are, wraps
  into the row before and counts as a hit whenever that row's true neighbour is node M − 1.
- PyG `LinkPredMRR` uses only the first true neighbour; `mrr-per-source` here averages over all.
- PyG `LinkPredPrecision@K` divides by K even if a list has fewer than K nodes; `precision@k`
  here raises an error for a K larger than the number of scores. `LinkPredMAP@K` divides by the
  smaller of K and the number of true neighbours; with all candidates as K it equals
  `map-per-source` if the list of a source has exactly its non-neighbours and true neighbours.
- PyG counts a true neighbour that occurs twice as two, so a perfect list scores below 1 in
  recall and MAP. `LinkPredDiversity(k=1)` divides by zero.
"""

from graphvae.metrics.metric import (
    AtK,
    MeanOverPositives,
    Metric,
    MetricLike,
    find_metric,
    find_metrics,
    headline_metrics,
    interval_methods,
    metric_label,
    metric_names,
    recommendation_metrics,
    recorded_metrics,
    selection_metric,
)
from graphvae.metrics.ranking_metrics import (
    Auc,
    AucAp,
    AveragePrecision,
    Hits,
    MeanAveragePrecision,
    Mrr,
    NdcgAtK,
    PrecisionAtK,
    RecallAtK,
)

__all__ = [
    "AtK",
    "Auc",
    "AucAp",
    "AveragePrecision",
    "Hits",
    "MeanAveragePrecision",
    "MeanOverPositives",
    "Metric",
    "MetricLike",
    "Mrr",
    "NdcgAtK",
    "PrecisionAtK",
    "RecallAtK",
    "find_metric",
    "find_metrics",
    "headline_metrics",
    "interval_methods",
    "metric_label",
    "metric_names",
    "recommendation_metrics",
    "recorded_metrics",
    "selection_metric",
]
