"""OGB's link-prediction datasets with their official splits, read from OGB's folders.

The tables are read with the reader of the `ogb` package, offline, without output or written files.
(Its dataset class would prompt on the terminal, write into the folder, and unpickle.) The graph has
the training edges only; validation and test edges are in the split.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from graphvae_data.core.errors import FetchError, InputError
from graphvae_data.datasets.ogb_folder import ogb_folder
from graphvae_data.datasets.ogb_quiet import quiet_ogb
from graphvae_data.datasets.ogb_split import OfficialSplit, read_split
from graphvae_data.files.textfiles import one_line
from graphvae_data.graphs.cleaning import clean
from graphvae_data.graphs.edges import Edges, numbered
from graphvae_data.graphs.graph import Graph
from graphvae_data.registry.ogb import OGB, OgbDataset, ogb_dataset

__all__ = ["OGB", "OfficialSplit", "OgbGraph", "load_ogb", "ogb_dataset"]


@dataclass(frozen=True)
class OgbGraph:
    """An OGB dataset with its official split and metric."""

    graph: Graph
    """The training graph."""
    split: OfficialSplit
    """The official split."""
    metric: str
    """The metric of its leaderboard: `hits@20`, `hits@50`, `hits@100` or `mrr`."""


def load_ogb(name: str, *, root: Path | None = None, progress: bool = False) -> OgbGraph:
    """Load `ogbl-ddi`, `ogbl-collab`, `ogbl-ppa` or `ogbl-citation2`.

    Args:
        name: the name of the dataset.
        root: the folder that contains `ogbl_ddi` etc. (default: see `ogb_folder`).
        progress: whether to show progress bars on stderr.

    Raises:
        InputError: an unknown name, or damaged files.
        FetchError: the files cannot be downloaded, or differ from the registry entry.
    """
    dataset = ogb_dataset(name)
    folder = ogb_folder(dataset, root, progress=progress)
    raw = _read_raw(folder / "raw", dataset, progress)
    split = read_split(folder / "split" / dataset.split, dataset, raw["num_nodes"])
    _check_facts(dataset, raw["num_nodes"], split)
    return OgbGraph(_graph(raw, folder, dataset), split, dataset.metric)


def _read_raw(raw: Path, dataset: OgbDataset, progress: bool) -> dict[str, Any]:
    """Read the tables of the graph with `ogb`; each edge once."""
    with quiet_ogb(progress=progress):
        from ogb.io.read_graph_raw import (  # type: ignore[import-untyped]
            read_csv_graph_raw,
        )

        extra = ["edge_weight", "edge_year"] if dataset.name == "ogbl-collab" else []
        try:
            (graph,) = read_csv_graph_raw(
                str(raw), add_inverse_edge=False, additional_edge_files=extra
            )
        except Exception as error:  # pandas and ogb may raise anything on damaged tables
            raise InputError(
                f"{raw}: expected OGB's tables of {dataset.name}, got {one_line(error)}"
            ) from None
    tables: dict[str, Any] = graph
    return tables


def _graph(raw: dict[str, Any], folder: Path, dataset: OgbDataset) -> Graph:
    source, target = raw["edge_index"]
    weight, year = raw.get("edge_weight"), raw.get("edge_year")
    features = raw["node_feat"]
    edges = Edges(
        names=_node_names(folder / "mapping", raw["num_nodes"]),
        source=source,
        target=target,
        weight=None if weight is None else weight.reshape(-1).astype(np.float64),
        time=None if year is None else year.reshape(-1).astype(np.float64),
        directed=dataset.directed,
        complete=True,
        features=None if features is None else torch.from_numpy(features.astype(np.float32)),
    )
    return clean(edges, dataset.name, str(folder))


def _node_names(mapping: Path, count: int) -> list[str]:
    """Return the ids in OGB's table of nodes, or the node numbers if there is no such table."""
    import pandas as pd

    for path in sorted(mapping.glob("nodeidx2*.csv.gz")):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        names = [str(name) for name in table.iloc[:, 1]] if table.shape[1] > 1 else []
        in_order = table.iloc[:, 0].tolist() == numbered(count)
        if in_order and len(set(names)) == count:
            return names
    return numbered(count)


def _check_facts(dataset: OgbDataset, nodes: int, split: OfficialSplit) -> None:
    sizes = {
        "nodes": nodes,
        "train": split.train.shape[1],
        "val": split.val.shape[1],
        "test": split.test.shape[1],
        "val_negatives": split.negatives_per_positive or split.val_negatives.shape[1],
        "test_negatives": split.negatives_per_positive or split.test_negatives.shape[1],
    }
    for fact, expected in vars(dataset.facts).items():
        if sizes[fact] != expected:
            raise FetchError(
                f"dataset {dataset.name} differs from its registry entry: expected {fact} "
                f"{expected:,}, got {sizes[fact]:,}; restore OGB's folder"
            )
