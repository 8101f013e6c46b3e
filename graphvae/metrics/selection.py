"""The one number by which validation chooses an epoch, and by which a benchmark is judged.

`auc+ap` is the mean of AUC and AP; `hits@K` and `mrr` are those of the OGB benchmarks, where each
positive may have negatives of its own.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from graphvae.metrics.metrics import auc, average_precision, hits_at, mean_reciprocal_rank
from graphvae.metrics.ranks import GroupedRanks
from graphvae.specs.select import AUC_AP
from graphvae_data.core.errors import InputError


def check_negatives(name: str, negatives: int) -> None:
    """Raise `InputError` if `hits@K` asks for more than the negatives that each positive meets."""
    if name.startswith("hits@") and int(name.removeprefix("hits@")) > negatives:
        raise InputError(f"select: {name} needs K negatives at least, validation has {negatives}")


def selection_score(
    name: str,
    positives: Float[np.ndarray, " positive"],
    negatives: Float[np.ndarray, " negative"],
    per_positive: int = 0,
) -> float:
    """Return the number called `name`; higher is better.

    Args:
        name: `auc+ap`, `mrr` or `hits@K`.
        positives: scores of the edges.
        negatives: scores of the non-edges; k to a positive, in their order, if `per_positive` = k.
        per_positive: 0 where all positives share the negatives.

    >>> selection_score("mrr", np.array([2.0, 0.0]), np.array([1.0, 1.0]), per_positive=1)
    0.75
    """
    if name == AUC_AP:
        return (auc(positives, negatives) + average_precision(positives, negatives)) / 2
    if not per_positive:
        if name == "mrr":
            return mean_reciprocal_rank(positives, negatives)
        return hits_at(int(name.removeprefix("hits@")), positives, negatives)
    check_negatives(name, per_positive)
    grouped = GroupedRanks.of(positives, negatives.reshape(len(positives), per_positive))
    return grouped.mrr() if name == "mrr" else grouped.hits_at(int(name.removeprefix("hits@")))
