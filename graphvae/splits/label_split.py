"""Which node labels are known in training, and which are for scoring."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from graphvae_data.core.errors import InputError

PUBLIC = ("cora", "citeseer", "pubmed")
"""Datasets whose node order contains a public split of the labels."""
PER_CLASS, VAL, TEST = 20, 500, 1_000
"""Sizes of that split: Yang et al. 2016, "Revisiting Semi-Supervised Learning with Graph
Embeddings", §5.2."""

Nodes = Int[np.ndarray, " _"]


@dataclass(frozen=True)
class LabelSplit:
    """Nodes by the use of their label: training, validation or testing."""

    train: Nodes
    """Known in training."""
    val: Nodes
    """For validation; empty without a public split."""
    test: Nodes
    """For the score."""
    public: bool
    """Whether it is the public split."""

    @property
    def digest(self) -> str:
        """The sha256 (hex) of the training nodes."""
        return hashlib.sha256(self.train.astype("<i8").tobytes()).hexdigest()


def split_labels(
    labels: Nodes,
    dataset: str,
    *,
    per_class: int | None = None,
    seed: int = 0,
    class_names: Sequence[str] | None = None,
) -> LabelSplit:
    """Return the public split of a dataset, or a few nodes of each class and all others.

    In the public split the first 20 nodes a class are for training, the next 500 for validation and
    the last 1,000 labelled ones for testing.

    Args:
        labels: the class of each node, below 0 if unknown.
        dataset: the name of the graph.
        per_class: nodes of each class; None for the public split if there is one, else 20.
        seed: of the choice of these nodes.
        class_names: names of the classes, for messages.

    Raises:
        InputError: fewer than two classes, or a class with too few labels.
    """
    known = np.flatnonzero(labels >= 0)
    classes = np.unique(labels[known])
    if len(classes) < 2:
        raise InputError(
            f"label_weight: expected at least two classes of nodes, got {len(classes)}"
        )
    if per_class is None and dataset in PUBLIC:
        train = PER_CLASS * len(classes)
        return LabelSplit(np.arange(train), np.arange(train, train + VAL), known[-TEST:], True)
    count, random = per_class or PER_CLASS, np.random.default_rng(seed)
    chosen = []
    for each in classes:
        nodes = np.flatnonzero(labels == each)
        if len(nodes) <= count:
            name = each if class_names is None else repr(class_names[each])
            default = " by default" if per_class is None else ""
            raise InputError(
                f"labels_per_class: expected fewer than the {len(nodes):,} labelled nodes of class "
                f"{name}, got {count:,}{default}"
            )
        chosen.append(random.choice(nodes, count, replace=False))
    train_nodes = np.sort(np.concatenate(chosen))
    test = np.setdiff1d(known, train_nodes)
    return LabelSplit(train_nodes, np.zeros(0, dtype=np.int64), test, False)
