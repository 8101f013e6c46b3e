"""A custom metric: the mean rank of the edges (lower is better, 1 is the best).

    graphvae fit --dataset cora --select examples.mean_rank:MeanRank --out run
    graphvae evaluate run --metrics auc,examples.mean_rank:MeanRank --negatives heart

The same from Python, for a finished run:

    >>> import graphvae
    >>> result = graphvae.fit("karate", epochs=5, baselines=False)
    >>> scores = graphvae.evaluate(result, metrics=["auc", MeanRank()], baselines=False)
    >>> scores["vgae"].overall["mean-rank"] > 1
    True

`of_ranks` returns the value of a positive from the numbers of negatives with a higher and an equal
score; the metric is the mean over positives. Other metrics derive from `Metric` and implement
`of_ranking`, `of_groups` or `of_sources` (see `graphvae.metrics.ranking_metrics`).
"""

from typing import Any

from graphvae.metrics import MeanOverPositives


class MeanRank(MeanOverPositives):
    """The mean of 1 + negatives above + ½ negatives equal."""

    name = "mean-rank"
    label = "Mean rank"
    higher_is_better = False
    bounds = (1.0, float("inf"))

    def of_ranks(self, above: Any, equal: Any) -> Any:
        return 1 + above + equal / 2
