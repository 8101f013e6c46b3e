"""What validation says of an epoch: the numbers by which it is chosen and shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from graphvae.metrics.metrics import rank
from graphvae.metrics.selection import selection_score
from graphvae.specs.select import AUC_AP


@dataclass(frozen=True)
class ValidationScores:
    """The scores of one epoch on the validation pairs."""

    auc: float
    """Area under the ROC curve."""
    ap: float
    """Average precision."""
    score: float
    """What selection compares."""


def measure(
    select: str,
    positives: Float[np.ndarray, " positive"],
    negatives: Float[np.ndarray, " negative"],
    per_positive: int,
) -> ValidationScores:
    """Measure an epoch; arguments are those of `selection_score`."""
    ranking = rank(positives, negatives)
    auc, ap = float(ranking.auc()), float(ranking.average_precision())
    if select == AUC_AP:
        return ValidationScores(auc, ap, (auc + ap) / 2)
    score = selection_score(select, positives, negatives, per_positive)
    return ValidationScores(auc, ap, score)
