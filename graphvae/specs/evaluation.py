"""The choices of an evaluation by name: negatives, parts of a split, strata. Light."""

from __future__ import annotations

from typing import Literal

Part = Literal["val", "test"]
NegativeKind = Literal["uniform", "degree", "heart", "all"]
NEGATIVES: dict[NegativeKind, str] = {
    "uniform": "the split's own",
    "degree": "ends drawn in proportion to their degrees",
    "heart": "hard ones for each edge",
    "all": "every non-edge, exactly",
}
"""Kinds of negatives and what they are."""
STRATA = {
    "seen": "whether both ends have a training edge",
    "degree": "the lower training degree of the two ends",
    "distance": "the length of the shortest path in the training graph",
}
"""Ways to stratify pairs and what they go by."""
By = Literal["cosine", "dot", "euclidean", "decoder"]
"""Ways to compare the embeddings of two nodes."""
SEEN = {"seen": "both ends seen in training", "unseen": "an end unseen in training"}
"""Labels of the strata of `seen`, which every run reports."""
