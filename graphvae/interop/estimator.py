"""A graph auto-encoder as a scikit-learn transformer, from a graph to node embeddings.

>>> import networkx as nx
>>> vae = GraphVAE(latent=8, epochs=20)
>>> vae.fit_transform(nx.karate_club_graph()).shape
(34, 8)
>>> 0.4 < vae.score() <= 1
True
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from graphvae.runs.fit import fit
from graphvae.runs.result import FitResult
from graphvae_data.core.errors import InputError
from graphvae_data.export.tables import Link
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.graphs import load_graph
from graphvae_data.readers.objects import as_graph

Embedding = Float[np.ndarray, "node latent"]


class GraphVAE(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg,misc]
    """Embeds the nodes of a graph; its score is the AUC of link prediction on held-out edges.

    A graph is a PyG `Data`, a networkx graph, a square SciPy sparse matrix, an array of edges
    [edge, 2] or [2, edge], a DataFrame with columns source, target and maybe weight, or the name
    of a dataset. The nodes are the samples: `fit(graph, y)` ignores y, and in a `Pipeline` the
    steps that follow get a row a node.

    Args:
        model: a preset, such as `gae` or `vgae`; directed graphs need one such as `st-vgae`.
        latent: width of the embedding; None takes the preset's, as with the four that follow.
        hidden: width of the encoder's hidden layer.
        epochs: epochs of training, at most.
        lr: Adam's step size.
        dropout: share of each layer's inputs dropped while training.
        patience: stop after this many epochs without a better validation score; None never does.
        loss: `paper`, `elbo` or `sampled`; None takes the preset's.
        features: whether the encoder sees node features, where the graph has them.
        encoder: a PyG module in place of the preset's encoder (see `graphvae.fit`).
        val_fraction: share of the edges that choose the epoch.
        test_fraction: share of the edges that `score` is taken on.
        random_state: a seed, a NumPy `RandomState`, or None for a seed that differs each time.
        device: `auto`, `cpu`, `cuda`, `cuda:n` or `mps`.
        threads: CPU threads; None chooses by the graph's size.

    Source: Kipf & Welling 2016, "Variational Graph Auto-Encoders", for the default.

    >>> from sklearn.base import clone
    >>> clone(GraphVAE(model="gae", latent=4)).get_params()["latent"]
    4
    """

    embedding_: Embedding
    """The embedding of the graph fitted, a row a node."""
    result_: FitResult
    """All of the fit: metrics, split, history, `save`."""
    node_names_: list[str]
    """Names of the nodes, in the order of the rows."""
    n_features_in_: int
    """Features a node; 0 where the encoder sees none."""

    def __init__(
        self,
        model: str = "vgae",
        latent: int | None = None,
        hidden: int | None = None,
        epochs: int | None = None,
        lr: float | None = None,
        dropout: float | None = None,
        patience: int | None = None,
        loss: str | None = None,
        features: bool = True,
        encoder: Any = None,
        val_fraction: float = 0.05,
        test_fraction: float = 0.1,
        random_state: Any = 0,
        device: str = "cpu",
        threads: int | None = None,
    ) -> None:
        self.model = model
        self.latent = latent
        self.hidden = hidden
        self.epochs = epochs
        self.lr = lr
        self.dropout = dropout
        self.patience = patience
        self.loss = loss
        self.features = features
        self.encoder = encoder
        self.val_fraction = val_fraction
        self.test_fraction = test_fraction
        self.random_state = random_state
        self.device = device
        self.threads = threads

    def fit(self, graph: Any, y: Any = None) -> GraphVAE:
        """Train on a graph; y is ignored.

        Raises:
            InputError: a graph or a parameter that cannot be used.
        """
        name, whole = _named_graph(graph)
        self.result_ = self._fit(whole if name is None else name)
        self.embedding_ = self.result_.embeddings()
        self.node_names_ = self.result_.node_names
        seen = self.result_.experiment.messages
        self.n_features_in_ = 0 if seen.features is None else seen.num_features
        self._content = whole.content_fingerprint
        return self

    def _fit(self, graph: str | Graph) -> FitResult:
        settings = {n: v for n, v in self.get_params(deep=False).items() if v is not None}
        settings.pop("random_state", None)
        try:
            return fit(graph, baselines=False, seed=_seed(self.random_state), **settings)
        except InputError as error:
            seed, _, rest = str(error).partition("seed:")
            raise InputError(f"random_state:{rest}" if not seed else str(error)) from error

    def transform(self, graph: Any = None) -> Embedding:
        """Return the embedding [node, latent] of a graph; of the one fitted if none is given.

        Raises:
            NotFittedError: `fit` was not called.
            InputError: another graph, where the model was fit without features.
        """
        check_is_fitted(self)
        if graph is None:
            return self.embedding_
        _, other = _named_graph(graph)
        same = other.content_fingerprint == self._content
        return self.embedding_ if same else self.result_.embed_new(other)

    def score(self, graph: Any = None, y: Any = None) -> float:
        """Return the AUC on the test edges of the graph fitted, which training never saw.

        Raises:
            NotFittedError: `fit` was not called.
            InputError: another graph, which has no test edges.
        """
        check_is_fitted(self)
        if graph is not None and _named_graph(graph)[1].content_fingerprint != self._content:
            raise InputError("graph: expected the graph fitted, as the test edges are its own")
        return float(self.result_.metrics["test"]["auc"])

    def predict(self, top_k: Any = 20, nodes: Sequence[str] | None = None) -> list[Link]:
        """Return the most likely missing links of the graph fitted (see `FitResult.predict`)."""
        check_is_fitted(self)
        if isinstance(top_k, bool) or not isinstance(top_k, int):
            raise InputError(f"top_k: expected a whole number, got {type(top_k).__name__}")
        return self.result_.predict(top_k, nodes)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return names of the columns of the embedding: z0, z1, …."""
        check_is_fitted(self)
        return np.array([f"z{axis}" for axis in range(self.embedding_.shape[1])], dtype=object)


def _named_graph(graph: Any) -> tuple[str | None, Graph]:
    """Return the name, where the graph is a dataset given by name, and the graph."""
    return (graph, load_graph(graph)) if isinstance(graph, str) else (None, as_graph(graph))


def _seed(random_state: Any) -> Any:
    """Return the seed to fit with; a whole number as it is."""
    if isinstance(random_state, int | np.integer):
        return random_state if isinstance(random_state, bool) else int(random_state)
    try:
        return int(check_random_state(random_state).randint(2**31 - 1))
    except ValueError as error:
        raise InputError(f"random_state: {error}") from error
