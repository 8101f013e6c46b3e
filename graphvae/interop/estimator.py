"""A graph auto-encoder as a scikit-learn transformer, from a graph to node embeddings.

>>> import networkx as nx
>>> vae = GraphVAE(latent=8, epochs=20)
>>> vae.fit_transform(nx.karate_club_graph()).shape
(34, 8)
>>> 0.4 < vae.score() <= 1
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn import get_config
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from graphvae.runs.fit import fit
from graphvae.runs.result import GraphFitResult
from graphvae.setup.inputs import GraphInput, UserGraph, is_path, open_input, with_reading
from graphvae_data.core.errors import InputError
from graphvae_data.export.tables import Link
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.read_options import ReadOptions

Embedding = Float[np.ndarray, "node latent"]
READ_OPTIONS = tuple(name for name in ReadOptions.model_fields if name != "label")
"""Parameters for reading a graph."""
SLICE_MESSAGE = (
    "graph: expected a square adjacency or a graph, got some rows of one; cross-validation "
    "cannot split a graph by its nodes: use GridSearchCV(vae, grid, cv=[([0], [0])], "
    "scoring=validation_auc).fit([graph]), or set bipartite=True for a rectangular matrix"
)


class GraphVAE(TransformerMixin, BaseEstimator, auto_wrap_output_keys=None):  # type: ignore[call-arg,misc]
    """Embeds the nodes of a graph; its score is the AUC of link prediction on held-out edges.

    A graph is whatever `graphvae.fit` takes: the path of a file, a DataFrame of edges, a NetworkX
    graph, a PyG `Data`, an adjacency (SciPy, NumPy, torch), an array of edges [edge, 2] or
    [2, edge], or the name of a dataset; a list of one graph means that graph. The nodes are the
    samples, in the order of the input: `fit(graph, y)` ignores y, and in a `Pipeline` the next
    steps get one row per node.

    Cross-validation would split the nodes, and with them the graph. A grid search therefore takes
    a list of one graph, `GridSearchCV(GraphVAE(), grid, cv=[([0], [0])],
    scoring=validation_auc).fit([graph])`, where `validation_auc` scores the validation edges.

    Args:
        model: a preset, such as `gae` or `vgae`; directed graphs need one such as `st-vgae`.
        latent: width of the embedding; None means the preset's value, here and below.
        hidden: width of the encoder's hidden layer.
        epochs: maximum number of epochs.
        lr: learning rate.
        dropout: dropout rate of each layer's inputs.
        patience: stop after this many epochs without a better validation score.
        loss: `paper`, `elbo` or `sampled`.
        features: whether to use the node features of the graph, if any; or node features as a path,
            a DataFrame or an array.
        encoder: a PyG module in place of the preset's encoder (see `graphvae.fit`).
        val_fraction: share of the edges for validation, which selects the epoch.
        test_fraction: share of the edges for testing, which `score` uses.
        random_state: a seed, a NumPy `RandomState`, or None for a different seed each time.
        device: `auto`, `cpu`, `cuda`, `cuda:n` or `mps`.
        threads: CPU threads; None chooses by the graph's size.
        source: column of an edge's first end. This and all following parameters say how a graph
            is read, as in `graphvae.fit`.
        target: column of its second end.
        weight: column or attribute of the weight.
        time: column or attribute of the time.
        relation_col: column of the relation, in triples.
        weights: whether to use edge weights, if there are any.
        min_weight: keep edges with at least this weight.
        relation: keep this one relation of triples.
        relations: `merge` treats all relations as one.
        directed: whether edges have a direction; None detects it, as for the
            following parameters.
        bipartite: whether the two ends of an edge are nodes of two kinds.
        header: whether the first row of a file names the columns.
        delimiter: separator of the fields of a file.
        comment: prefix of comment lines.
        encoding: the encoding of a text file.
        mat_variable: the variable of a .mat file.
        feature_prep: `auto` or `none`.

    Source: Kipf & Welling 2016, "Variational Graph Auto-Encoders", for the default.

    >>> from sklearn.base import clone
    >>> clone(GraphVAE(model="gae", latent=4)).get_params()["latent"]
    4
    """

    embedding_: Embedding
    """The embedding of the fitted graph, one row per node."""
    result_: GraphFitResult
    """The result of the fit: metrics, split, history, `save`."""
    node_names_: list[str]
    """Names of the nodes, in the order of the rows."""
    n_features_in_: int
    """Features per node; 0 if the encoder uses none."""

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
        features: Any = True,
        encoder: Any = None,
        val_fraction: float = 0.05,
        test_fraction: float = 0.1,
        random_state: Any = 0,
        device: str = "cpu",
        threads: int | None = None,
        *,
        source: str | int | None = None,
        target: str | int | None = None,
        weight: str | int | None = None,
        time: str | int | None = None,
        relation_col: str | int | None = None,
        weights: bool = True,
        min_weight: float | None = None,
        relation: str | None = None,
        relations: str | None = None,
        directed: bool | None = None,
        bipartite: bool | None = None,
        header: bool | None = None,
        delimiter: str | None = None,
        comment: str | None = None,
        encoding: str | None = None,
        mat_variable: str | None = None,
        feature_prep: str = "auto",
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
        self.source = source
        self.target = target
        self.weight = weight
        self.time = time
        self.relation_col = relation_col
        self.weights = weights
        self.min_weight = min_weight
        self.relation = relation
        self.relations = relations
        self.directed = directed
        self.bipartite = bipartite
        self.header = header
        self.delimiter = delimiter
        self.comment = comment
        self.encoding = encoding
        self.mat_variable = mat_variable
        self.feature_prep = feature_prep

    def fit(self, graph: Any, y: Any = None) -> GraphVAE:
        """Train on a graph; y is ignored.

        Raises:
            InputError: a graph or a parameter that cannot be used.
        """
        name, source = self._opened(graph)
        self.result_ = self._fit(source if name is None else name)
        self.embedding_ = self.result_.embeddings()
        self.node_names_ = self.result_.node_names
        messages = self.result_.experiment.messages
        self.n_features_in_ = 0 if messages.features is None else messages.num_features
        self._content = source.graph.content_fingerprint
        return self

    def _fit(self, graph: str | GraphInput) -> GraphFitResult:
        settings = {n: v for n, v in self.get_params(deep=False).items() if n not in READ_OPTIONS}
        settings["features"] = self.features is not False
        settings = {n: v for n, v in settings.items() if v is not None}
        settings.pop("random_state", None)
        try:
            return fit(graph, baselines=False, seed=_seed(self.random_state), **settings)
        except InputError as error:
            seed, _, rest = str(error).partition("seed:")
            raise InputError(f"random_state:{rest}" if not seed else str(error)) from error

    def _opened(self, graph: Any) -> tuple[str | None, GraphInput]:
        """Return the name if the graph is a named dataset, else None, and the graph."""
        if isinstance(graph, list) and len(graph) == 1 and not _is_pair(graph[0]):
            (graph,) = graph
        if _is_part(graph) and self.bipartite is None:
            raise InputError(SLICE_MESSAGE)
        if isinstance(graph, Graph):
            return None, GraphInput(graph)
        values = {name: getattr(self, name) for name in READ_OPTIONS}
        reading = {n: v for n, v in values.items() if v != ReadOptions.model_fields[n].default}
        opened, _ = with_reading(graph, {**reading, "features": self.features})
        if isinstance(opened, UserGraph) and hasattr(self, "result_"):
            read = self.result_.reading
            opened = replace(opened, prep=None if read is None else read.features)
        named = isinstance(graph, str) and not is_path(graph)
        return (graph if named else None), open_input(opened)

    def transform(self, graph: Any = None) -> Any:
        """Return the embedding [node, latent] of a graph; by default of the fitted one.

        Another graph is read with the parameters of this estimator. Pass a graph that contains its
        node features, as the parameter `features` belongs to the fitted graph.

        Raises:
            NotFittedError: `fit` was not called.
            InputError: another graph, and a model that was fitted without features.
        """
        check_is_fitted(self)
        if graph is None:
            return self._output(self.embedding_.copy(), self.node_names_)
        new_graph = self._opened(graph)[1].graph
        same = new_graph.content_fingerprint == self._content
        z = self.embedding_.copy() if same else self.result_.embed_new(new_graph)
        return self._output(z, list(new_graph.node_names))

    def set_output(self, *, transform: Any = None) -> GraphVAE:
        """Choose what `transform` returns: `default`, an array, or `pandas`, a DataFrame.

        The index of the DataFrame has the names of the nodes.

        Raises:
            InputError: any other value.
        """
        if transform not in (None, "default", "pandas"):
            raise InputError(f"transform: expected default or pandas, got {transform!r}")
        if transform is not None:
            self._sklearn_output_config = {"transform": transform}
        return self

    def _output(self, z: Embedding, names: list[str]) -> Any:
        """Return an embedding in the form chosen by `set_output` or scikit-learn's settings."""
        output = getattr(self, "_sklearn_output_config", {})
        if output.get("transform", get_config()["transform_output"]) != "pandas":
            return z
        from pandas import DataFrame

        return DataFrame(z, index=names, columns=self.get_feature_names_out())

    def score(self, graph: Any = None, y: Any = None) -> float:
        """Return the AUC on the test edges of the fitted graph, which are not used for training.

        Raises:
            NotFittedError: `fit` was not called.
            InputError: another graph, which has no test edges.
        """
        check_is_fitted(self)
        if graph is not None and self._opened(graph)[1].graph.content_fingerprint != self._content:
            raise InputError(
                "graph: expected the fitted graph, got another, which has no test edges"
            )
        return float(self.result_.metrics["test"]["auc"])

    def predict(self, top_k: Any = 20, nodes: Any = None) -> list[Link]:
        """Return the most likely missing links of the fitted graph (see `GraphFitResult.predict`).

        Args:
            top_k: number of links, or of links for each of `nodes`.
            nodes: a list or an array of names, as text or integers.
        """
        check_is_fitted(self)
        if isinstance(top_k, bool) or not isinstance(top_k, int | np.integer):
            raise InputError(f"top_k: expected a whole number, got {type(top_k).__name__}")
        return self.result_.predict(int(top_k), None if nodes is None else list(nodes))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the columns of the embedding: z0, z1, …."""
        check_is_fitted(self)
        return np.array([f"z{axis}" for axis in range(self.embedding_.shape[1])], dtype=object)


def validation_auc(estimator: GraphVAE, graph: Any = None, y: Any = None) -> float:
    """Return the AUC on the validation edges: the `scoring` of a grid search.

    The score of an estimator is on the test edges, which must not select a parameter.
    """
    check_is_fitted(estimator)
    return float(estimator.result_.metrics["val"]["auc"])


def _is_pair(value: Any) -> bool:
    """Return whether a value is an edge (a pair of ids) rather than a graph."""
    return isinstance(value, tuple | list) or (isinstance(value, np.ndarray) and value.ndim == 1)


def _is_part(graph: Any) -> bool:
    """Return whether a graph is a part made by cross-validation: some rows of an adjacency."""
    if isinstance(graph, list):
        return bool(graph) and isinstance(graph[0], Mapping)
    shape: tuple[int, ...] = getattr(graph, "shape", ())
    if len(shape) != 2 or shape[0] == shape[1]:
        return False
    edges = isinstance(graph, np.ndarray) and 2 in shape
    return issparse(graph) or (isinstance(graph, np.ndarray) and not edges)


def _seed(random_state: Any) -> Any:
    """Return the seed of the fit; an integer is returned unchanged."""
    if isinstance(random_state, int | np.integer):
        return random_state if isinstance(random_state, bool) else int(random_state)
    try:
        return int(check_random_state(random_state).randint(2**31 - 1))
    except ValueError as error:
        raise InputError(f"random_state: {error}") from error
