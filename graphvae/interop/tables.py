"""Export of a graph, its split and its embedding to Parquet, for engines for larger graphs.

A folder of tables that GraphStorm, GiGL, cuGraph-PyG and any data frame read, with a `schema.json`
that describes them. The split keeps its order, so that its fingerprint can be recomputed from the
tables, and scores from other tools can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.runs.result import GraphFitResult
from graphvae.splits.edge_split import PARTS, EdgeSplit
from graphvae_data.files.files import plain, write_json
from graphvae_data.files.folders import Kind, build_folder, check_folder
from graphvae_data.graphs.graph import Graph
from graphvae_data.registry.graphs import GRAPHS

NODES, EDGES, NEGATIVES = "nodes.parquet", "edges.parquet", "negatives.parquet"
SCHEMA = "schema.json"
FILES = {
    NODES: "one row per node, in the order of index: node (its name), index, and if there are any "
    "label, label_name, features, embedding (float32 lists of equal length, dense even if the "
    "graph has sparse features)",
    EDGES: "one row per edge: source and target (indices), and if there are any source_name, "
    "target_name, split (train, val or test; train edges are for training and for messages), "
    "weight, time",
    NEGATIVES: "one row per non-edge, for evaluation: as edges.parquet, split val or test; if "
    "each edge has its own negatives, positive is the row of that edge in edges.parquet",
}
"""Description of each table."""
READERS = {
    "GraphStorm": "gconstruct or GSProcessing: format parquet, node_id_col index, feature_col "
    "features, source_id_col source, dest_id_col target; --add-reverse-edges of gconstruct adds "
    "the reverse of each edge; without this split, edges are split again",
    "GiGL": "load the tables into BigQuery (bq load --source_format=PARQUET); in a "
    "DataPreprocessorConfig, index identifies nodes, source and target the ends of edges",
    "cuGraph-PyG": "as tensors: source and target into GraphStore.put_edge_index (coo; add the "
    "reverse of each edge of an undirected graph), features into a FeatureStore by index",
}
"""How other engines read the tables."""

EXPORT = Kind(
    "a folder written by export",
    "replace it with --overwrite or name another folder",
    lambda path: (
        (path / SCHEMA).is_file()
        and {entry.name for entry in path.iterdir()} <= {NODES, EDGES, NEGATIVES, SCHEMA}
    ),
)


@dataclass(frozen=True)
class ExportSchema:
    """The content of `schema.json`."""

    name: str
    """The graph's name."""
    num_nodes: int
    """N; node indices are 0 … N - 1."""
    num_edges: int
    """Rows of `edges.parquet`: each undirected edge once, its smaller index first."""
    directed: bool
    """Whether edges go from source to target only."""
    named: bool
    """Whether nodes have names other than their index."""
    feature_width: int
    """Length of each list in `features`; 0 if there are none."""
    embedding_width: int
    """Length of each list in `embedding`; 0 if there are none."""
    graph_fingerprint: str
    """SHA-256 of the graph's structure."""
    split: Mapping[str, Any] | None
    """Fingerprint, origin and sizes of the split; None without a split."""
    files: Mapping[str, str]
    """Description of each file."""
    readers: Mapping[str, str]
    """How other engines read them."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, the content of `schema.json`."""
        content: Any = plain(self)
        return dict(content)


def export_graph(
    graph: Graph,
    out: str | Path,
    *,
    split: EdgeSplit | None = None,
    embedding: Float[np.ndarray, "node latent"] | None = None,
    class_names: Sequence[str] | None = None,
    overwrite: bool = False,
) -> ExportSchema:
    """Write a graph as a folder of Parquet tables.

    Args:
        graph: the graph.
        out: the folder, which is written atomically.
        split: a split, whose edges and negatives are written.
        embedding: one vector per node.
        class_names: names of the labels 0, 1, …; by default those of the graph.
        overwrite: replace a folder written by an earlier export.

    Raises:
        InputError: the folder exists or cannot be written, or the split belongs to another graph.
    """
    check_folder(Path(out), EXPORT, overwrite=overwrite)
    if split is not None:
        split.check_graph(graph)
    tables = _Tables(graph, split, embedding, class_names or graph.class_names)
    schema = tables.schema()

    def write(folder: Path) -> None:
        tables.write_nodes(folder / NODES)
        tables.write_edges(folder / EDGES)
        if split is not None:
            tables.write_negatives(folder / NEGATIVES, split)
        write_json(folder / SCHEMA, schema)

    build_folder(Path(out), EXPORT, write, overwrite=overwrite)
    return schema


def export_run(result: GraphFitResult, out: str | Path, *, overwrite: bool = False) -> ExportSchema:
    """Write a run's graph, split, negatives and embedding; errors are those of `export_graph`."""
    experiment = result.experiment
    return export_graph(
        experiment.graph,
        out,
        split=experiment.split,
        embedding=result.embeddings("train"),
        class_names=class_names_of(experiment.config.dataset),
        overwrite=overwrite,
    )


def class_names_of(dataset: str) -> Sequence[str] | None:
    """Return the names of a dataset's labels; None for other graphs."""
    return GRAPHS[dataset].class_names if dataset in GRAPHS else None


@dataclass(frozen=True)
class _Tables:
    """The content to write, and a method per table."""

    graph: Graph
    """The graph."""
    split: EdgeSplit | None
    """The split; None for a graph without one."""
    embedding: Float[np.ndarray, "node latent"] | None
    """One vector per node."""
    class_names: Sequence[str] | None
    """Names of the labels."""

    @cached_property
    def parts(self) -> dict[str | None, Int[Tensor, "2 pair"]]:
        """The edges, each once, by part of the split and in its order."""
        split = self.split
        if split is None:
            return {None: self.graph.edges}
        return {"train": split.train, "val": split.val, "test": split.test}

    @cached_property
    def shown_names(self) -> Sequence[str] | None:
        """The names of the nodes; None if they are the indices."""
        names = self.graph.node_names
        return None if all(name == str(node) for node, name in enumerate(names)) else names

    def schema(self) -> ExportSchema:
        """Return the description of all tables."""
        z = self.embedding
        return ExportSchema(
            name=self.graph.name or "own-graph",
            num_nodes=self.graph.num_nodes,
            num_edges=sum(pairs.size(1) for pairs in self.parts.values()),
            directed=self.graph.directed,
            named=self.shown_names is not None,
            feature_width=self.graph.num_features,
            embedding_width=0 if z is None else z.shape[1],
            graph_fingerprint=self.graph.fingerprint,
            split=None if self.split is None else _about(self.split),
            files={name: FILES[name] for name in FILES if self.split or name != NEGATIVES},
            readers=READERS,
        )

    def write_nodes(self, path: Path) -> None:
        """Write `nodes.parquet`."""
        # pyarrow is slow to import, and errors above need not wait for it; likewise below.
        from graphvae_data.export.parquet import write_nodes

        write_nodes(
            path,
            self.graph.node_names,
            features=self.graph.features,
            embedding=self.embedding,
            labels=self.graph.labels,
            class_names=self.class_names,
        )

    def write_edges(self, path: Path) -> None:
        """Write `edges.parquet`, with weights and times if there are any."""
        from graphvae_data.export.parquet import PairRows, write_pairs

        parts = (
            PairRows(name, pairs, _attributes(self.graph, pairs))
            for name, pairs in self.parts.items()
        )
        write_pairs(path, parts, names=self.shown_names)

    def write_negatives(self, path: Path, split: EdgeSplit) -> None:
        """Write `negatives.parquet`, with `positive` if each edge has its own negatives."""
        from graphvae_data.export.parquet import PairRows, write_pairs

        start, parts = split.train.size(1), []
        for name, edges, pairs in (
            ("val", split.val, split.val_negatives),
            ("test", split.test, split.test_negatives),
        ):
            owner = start + np.arange(pairs.size(1)) // max(split.per_positive, 1)
            parts.append(PairRows(name, pairs, {"positive": owner} if split.per_positive else {}))
            start += edges.size(1)
        write_pairs(path, parts, names=self.shown_names)


def _about(split: EdgeSplit) -> dict[str, Any]:
    """Return the fingerprint, the origin and the sizes of a split."""
    sizes = {name: getattr(split, name).size(1) for name in PARTS}
    about = {"fingerprint": split.fingerprint, "made": split.made}
    return {**about, "negatives_per_positive": split.per_positive, **sizes}


def _attributes(
    graph: Graph, pairs: Int[Tensor, "2 pair"]
) -> dict[str, Float[np.ndarray, " pair"]]:
    """Return weights and times of edges in the order of `pairs`; NaN for other pairs.

    The graph of a benchmark has its training edges only.
    """
    columns = {"weight": graph.weights, "time": graph.times}
    present = {name: values for name, values in columns.items() if values is not None}
    index = graph.find_edges(pairs) if present else pairs[0]
    return {
        name: torch.where(index >= 0, values[index], torch.nan).numpy()
        for name, values in present.items()
    }
