"""Options of an evaluation by name: negatives, parts of a split, strata."""

from __future__ import annotations

from typing import Literal

from graphvae_data.core.errors import check_name

Part = Literal["val", "test"]
PARTS: dict[Part, str] = {"val": "validation", "test": "test"}
"""Parts of a split that are scored, and their names."""
NegativeKind = Literal["uniform", "degree", "heart", "all"]
NEGATIVES: dict[NegativeKind, str] = {
    "uniform": "those of the split",
    "degree": "ends drawn in proportion to their degrees",
    "heart": "hard negatives for each edge",
    "all": "every non-edge, exactly",
}
"""Kinds of negatives and their descriptions."""
STRATA = {
    "seen": "whether both ends have a training edge",
    "degree": "the lower training degree of the two ends",
    "distance": "the length of the shortest path in the training graph",
}
"""Ways to stratify pairs and their criteria."""
Messages = Literal["all", "train"]
MESSAGES: dict[Messages, str] = {
    "all": "every known edge, with the weights trained on the training edges",
    "train": "training edges only, as for the scores of the run",
}
"""Message edges for the outputs of a finished run, and their descriptions."""
By = Literal["cosine", "dot", "euclidean", "decoder"]
"""Ways to compare the embeddings of two nodes."""
SEEN = {"seen": "both ends seen in training", "unseen": "an end unseen in training"}
"""Labels of the strata of `seen`, which every run reports."""


def check_messages(messages: str) -> None:
    """Raise `InputError` unless it names a kind of message edges."""
    check_name("messages", messages, MESSAGES)
