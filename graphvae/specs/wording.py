"""Words that the library, the page and the command use alike; light, so that the command can."""

from __future__ import annotations

from typing import Literal

By = Literal["cosine", "dot", "euclidean", "decoder"]
"""How two nodes' embeddings are compared."""


STRATA = {"seen": "both ends seen in training", "unseen": "an end unseen in training"}
"""What the strata of the test edges are called."""
NAMES = {"auc": "AUC", "ap": "AP", "mrr": "MRR"}


def metric_name(key: str) -> str:
    """Return how a metric is written.

    >>> metric_name("hits@20"), metric_name("auc")
    ('Hits@20', 'AUC')
    """
    return NAMES.get(key, key[:1].upper() + key[1:])
