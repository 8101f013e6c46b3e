"""Probes: prediction of node labels from an embedding, raw features or a spectral embedding.

Nodes labelled −1 are left out. Each column is standardised to mean 0 and variance 1, with the
statistics of the training nodes for classification; sparse features are only scaled, to stay
sparse. An embedding is useful if it beats both the raw features and the spectral embedding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse
from jaxtyping import Float, Int
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    adjusted_rand_score,
    f1_score,
    normalized_mutual_info_score,
)
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from graphvae.baselines.spectral import spectral_embedding
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.core.errors import InputError
from graphvae_data.core.rng import numpy_seed
from graphvae_data.graphs.features import to_csr
from graphvae_data.graphs.graph import Graph

INVERSE_PENALTY = 1.0
"""C of the logistic regression."""
MAX_STEPS = 5_000
"""Maximum iterations of L-BFGS; standardised inputs need a few hundred."""
INITIALISATIONS = 10
"""Initialisations of k-means; the best by its objective is kept."""
TRAIN_FRACTIONS = (0.1, 0.5, 0.8)

Inputs: TypeAlias = Float[np.ndarray, "_ _"] | scipy.sparse.csr_array  # [node, column]
Labels = Int[np.ndarray, " _"]  # [node]


@dataclass(frozen=True)
class Spread:
    """A mean over repeats and its standard deviation."""

    mean: float
    """The mean."""
    std: float
    """The sample standard deviation; 0 for a single repeat."""

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Summarise."""
        std = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
        return cls(float(np.mean(values)), std)

    def to_dict(self) -> dict[str, float]:
        """Return plain values."""
        return {"mean": self.mean, "std": self.std}


@dataclass(frozen=True)
class ClassificationScore:
    """Scores of logistic regression with one share of training nodes."""

    train_fraction: float
    """Share of the labelled nodes for training; the others are for testing."""
    accuracy: Spread
    """Accuracy."""
    macro_f1: Spread
    """F1 averaged over classes."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "train_fraction": self.train_fraction,
            "accuracy": self.accuracy.to_dict(),
            "macro_f1": self.macro_f1.to_dict(),
        }


@dataclass(frozen=True)
class ClusteringScore:
    """Scores of k-means with one cluster per class."""

    nmi: float
    """Normalised mutual information of clusters and classes, arithmetic mean of the entropies."""
    ari: float
    """Adjusted Rand index: 0 for chance, 1 for the same partition."""

    def to_dict(self) -> dict[str, float]:
        """Return plain values."""
        return {"nmi": self.nmi, "ari": self.ari}


@dataclass(frozen=True)
class ProbeRow:
    """Both probes of one kind of input."""

    inputs: str
    """`embedding`, `raw features` or `spectral`."""
    columns: int
    """Number of columns."""
    classification: tuple[ClassificationScore, ...]
    """One score per share of training nodes."""
    clustering: ClusteringScore
    """k-means."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "inputs": self.inputs,
            "columns": self.columns,
            "classification": [score.to_dict() for score in self.classification],
            "clustering": self.clustering.to_dict(),
        }


@dataclass(frozen=True)
class ProbeTable:
    """Probes of an embedding and its baselines."""

    rows: tuple[ProbeRow, ...]
    """The embedding, then raw features if there are any, then the spectral embedding."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, by the name of the inputs."""
        return {row.inputs: row.to_dict() for row in self.rows}


def probe_classification(
    z: Inputs,
    labels: Labels,
    *,
    train_fractions: Sequence[float] = TRAIN_FRACTIONS,
    repeats: int = 5,
    seed: int = 0,
) -> tuple[ClassificationScore, ...]:
    """Fit logistic regressions (L2, C = 1) on stratified shares of the nodes; score on the others.

    Args:
        z: embedding or features, dense or sparse.
        labels: class of each node, −1 for unlabelled nodes.
        train_fractions: shares of labelled nodes for training.
        repeats: random splits for each share.
        seed: seed of the splits, which are the same for every input.

    Raises:
        InputError: fewer than two classes, a class of one node, or a share that leaves a side with
            fewer nodes than classes.
    """
    inputs, classes = _labelled(z, labels)
    results = []
    for fraction in train_fractions:
        _check_fraction(fraction, classes)
        splitter = StratifiedShuffleSplit(
            repeats, train_size=fraction, random_state=numpy_seed(seed)
        )
        scores = [
            fit_probe(inputs, classes, train, test)
            for train, test in splitter.split(classes[:, None], classes)
        ]
        accuracy, macro_f1 = (Spread.of(column) for column in zip(*scores, strict=True))
        results.append(ClassificationScore(fraction, accuracy, macro_f1))
    return tuple(results)


def probe_clustering(z: Inputs, labels: Labels, *, seed: int = 0) -> ClusteringScore:
    """Cluster the labelled nodes by k-means, k the number of classes, and compare with the classes.

    Raises:
        InputError: fewer than two classes.
    """
    inputs, classes = _labelled(z, labels)
    scaled = StandardScaler(with_mean=not scipy.sparse.issparse(inputs)).fit_transform(inputs)
    distinct = inputs.shape[0] if scipy.sparse.issparse(scaled) else len(np.unique(scaled, axis=0))
    # A collapsed embedding may have fewer distinct points than there are classes.
    means = KMeans(
        min(len(np.unique(classes)), distinct),
        n_init=INITIALISATIONS,
        random_state=numpy_seed(seed),
    )
    clusters = means.fit_predict(scaled)
    return ClusteringScore(
        float(normalized_mutual_info_score(classes, clusters)),
        float(adjusted_rand_score(classes, clusters)),
    )


def probe_table(
    data: Graph,
    split: EdgeSplit,
    z: Float[np.ndarray, "node latent"],
    *,
    train_fractions: Sequence[float] = TRAIN_FRACTIONS,
    repeats: int = 5,
    seed: int = 0,
) -> ProbeTable:
    """Probe an embedding, the raw features (if any) and a spectral embedding of as many columns.

    Raises:
        InputError: the graph has no labels, or too few for the probes.
    """
    if data.labels is None:
        raise InputError("probe: the graph has no labels; pass some with --labels")
    labels = _label_numbers(data.labels)
    inputs: dict[str, Inputs] = {"embedding": z}
    if data.features is not None:
        inputs["raw features"] = scipy.sparse.csr_array(to_csr(data.features))
    columns = min(z.shape[1], split.num_nodes - 2)
    inputs["spectral"] = spectral_embedding(split.train, split.num_nodes, columns, seed=seed)
    rows = []
    for name, matrix in inputs.items():
        scores = probe_classification(
            matrix, labels, train_fractions=train_fractions, repeats=repeats, seed=seed
        )
        clusters = probe_clustering(matrix, labels, seed=seed)
        rows.append(ProbeRow(name, int(matrix.shape[1]), scores, clusters))
    return ProbeTable(tuple(rows))


def _rows(inputs: Inputs, nodes: Int[np.ndarray, " n"]) -> Inputs:
    """Select rows of nodes; sparse rows with 32-bit indices, as scikit-learn requires."""
    chosen = inputs[nodes]
    if scipy.sparse.issparse(chosen):
        chosen.indices = chosen.indices.astype(np.int32)
        chosen.indptr = chosen.indptr.astype(np.int32)
    return chosen


def _label_numbers(y: Tensor) -> Labels:
    return y.cpu().numpy().astype(np.int64)


def _labelled(z: Inputs, labels: Labels) -> tuple[Inputs, Labels]:
    """Select the labelled nodes."""
    nodes = z.shape[0]
    if nodes != len(labels):
        raise InputError(f"probe: expected a label for each of {nodes} nodes, got {len(labels)}")
    known = np.flatnonzero(labels >= 0)
    classes = labels[known]
    count = len(np.unique(classes))
    if count < 2:
        raise InputError(f"probe: expected at least two classes among the labels, got {count}")
    return _rows(z, known), classes


def _check_fraction(fraction: float, classes: Labels) -> None:
    if not 0 < fraction < 1:
        raise InputError(f"train fraction: expected a number between 0 and 1, got {fraction:g}")
    sizes = np.unique(classes, return_counts=True)[1]
    test = int(np.ceil((1 - fraction) * len(classes)))
    smaller = min(len(classes) - test, test)
    if sizes.min() < 2 or smaller < len(sizes):
        raise InputError(
            f"train fraction {fraction:g}: {len(classes)} labelled nodes are too few for "
            f"{len(sizes)} classes, the smallest with {sizes.min()}"
        )


def fit_probe(
    inputs: Inputs, classes: Labels, train: Int[np.ndarray, " n"], test: Int[np.ndarray, " m"]
) -> tuple[float, float]:
    """Return accuracy and macro-F1 of one split."""
    scale = StandardScaler(with_mean=not scipy.sparse.issparse(inputs))
    model = make_pipeline(scale, LogisticRegression(C=INVERSE_PENALTY, max_iter=MAX_STEPS))
    model.fit(_rows(inputs, train), classes[train])
    predicted = model.predict(_rows(inputs, test))
    f1 = f1_score(classes[test], predicted, average="macro", zero_division=0.0)
    return float(accuracy_score(classes[test], predicted)), float(f1)
