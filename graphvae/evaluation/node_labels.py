"""Accuracy of node labels, compared with classifiers on the features and on the embedding."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from graphvae.evaluation.probes import Inputs, fit_probe
from graphvae.splits.label_split import LabelSplit
from graphvae_data.graphs.features import to_csr
from graphvae_data.graphs.graph import Graph


def node_label_scores(
    decoder: nn.Linear, z: Float[Tensor, "node latent"], graph: Graph, split: LabelSplit
) -> dict[str, Any]:
    """Return the accuracies of p(y | z) at the embedding, and of its baselines on test nodes.

    The baselines are logistic regressions trained on the same labels: of the raw features, and of
    the embedding (a probe).

    Args:
        decoder: p(y | z).
        z: the embedding.
        graph: its labels and features.
        split: the nodes for training, validation and testing.
    """
    assert graph.labels is not None
    labels = graph.labels.cpu().numpy().astype(np.int64)
    with torch.no_grad():
        predicted = decoder(z).argmax(-1).cpu().numpy()
    scores: dict[str, Any] = {
        "public": split.public,
        "train": len(split.train),
        "test": len(split.test),
        "digest": split.digest,
        "accuracy": _accuracy(predicted, labels, split.test),
        "probe": _probe(z.cpu().numpy(), labels, split),
    }
    if len(split.val):
        scores["val_accuracy"] = _accuracy(predicted, labels, split.val)
    if graph.features is not None:
        scores["features"] = _probe(scipy.sparse.csr_array(to_csr(graph.features)), labels, split)
    return scores


def _accuracy(
    predicted: Int[np.ndarray, " node"], labels: Int[np.ndarray, " node"], nodes: np.ndarray
) -> float:
    return float((predicted[nodes] == labels[nodes]).mean())


def _probe(inputs: Inputs, labels: Int[np.ndarray, " node"], split: LabelSplit) -> float:
    return fit_probe(inputs, labels, split.train, split.test)[0]
