"""Export: the tables read back to the graph, the split and the embedding."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import graphvae
from graphvae.interop.tables import export_graph, export_run
from graphvae.runs.result import GraphFitResult
from graphvae.setup.inputs import open_named, read_input
from graphvae.splits.edge_split import EdgeSplit
from graphvae.splits.splitting import split_by_time, split_edges
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.registry.ogb import OGB
from tests.small_ogb import Small


def pairs_of(table: pd.DataFrame) -> torch.Tensor:
    return torch.from_numpy(table[["source", "target"]].to_numpy().T.copy())


def read_split(folder: Path) -> EdgeSplit:
    """Build the split anew from nothing but the exported files."""
    about = json.loads((folder / "schema.json").read_text(encoding="utf-8"))
    edges = dict(list(pd.read_parquet(folder / "edges.parquet").groupby("split")))
    negatives = dict(list(pd.read_parquet(folder / "negatives.parquet").groupby("split")))
    return EdgeSplit(
        num_nodes=about["num_nodes"],
        graph=about["graph_fingerprint"],
        train=pairs_of(edges["train"]),
        val=pairs_of(edges["val"]),
        test=pairs_of(edges["test"]),
        val_negatives=pairs_of(negatives["val"]),
        test_negatives=pairs_of(negatives["test"]),
        directed=about["directed"],
        made=about["split"]["made"],
        per_positive=about["split"]["negatives_per_positive"],
    )


def stacked(column: pd.Series) -> np.ndarray:
    return np.stack(list(column))


@pytest.mark.slow
def test_a_run_comes_back_whole(cora: Graph, tmp_path: Path) -> None:
    run = graphvae.fit("cora", model="gae", epochs=1, baselines=False)
    schema = export_run(run, tmp_path / "tables")
    assert read_split(tmp_path / "tables").fingerprint == run.split.fingerprint
    nodes = pd.read_parquet(tmp_path / "tables" / "nodes.parquet")
    assert nodes["node"].tolist() == list(cora.node_names)
    assert nodes["index"].tolist() == list(range(2708))
    assert nodes["label"].tolist() == cora.labels.tolist()
    assert np.array_equal(stacked(nodes["features"]), cora.features.to_dense().numpy())
    assert np.array_equal(stacked(nodes["embedding"]), run.embeddings("train"))
    assert nodes.groupby("label")["label_name"].nunique().tolist() == [1] * 7
    assert (schema.feature_width, schema.embedding_width, schema.num_edges) == (1433, 16, 5278)
    read = json.loads((tmp_path / "tables" / "schema.json").read_text(encoding="utf-8"))
    assert read == schema.to_dict()


def test_names_stand_beside_the_indices(tmp_path: Path) -> None:
    data = open_named("les-miserables").graph
    schema = export_graph(data, tmp_path / "tables")
    edges = pd.read_parquet(tmp_path / "tables" / "edges.parquet")
    assert torch.equal(pairs_of(edges), data.edges)
    for end in ("source", "target"):
        assert edges[f"{end}_name"].tolist() == [data.node_names[i] for i in edges[end]]
    assert "split" not in edges
    assert (schema.split, schema.named) == (None, True)
    there = {path.name for path in (tmp_path / "tables").iterdir()}
    assert (
        there == {"nodes.parquet", "edges.parquet", "schema.json"} == {*schema.files, "schema.json"}
    )


def test_nodes_without_names_of_their_own_need_no_name_columns(
    karate: Graph, tmp_path: Path
) -> None:
    assert not export_graph(karate, tmp_path / "tables").named
    edges = pd.read_parquet(tmp_path / "tables" / "edges.parquet")
    assert list(edges.columns) == ["source", "target"]
    nodes = pd.read_parquet(tmp_path / "tables" / "nodes.parquet")
    assert list(nodes.columns) == ["node", "index", "label"]


def test_weights_times_and_direction_follow_their_edges(
    tmp_path: Path, generator: torch.Generator
) -> None:
    rows = [(u, v, 1.5 * u + v, 100 * v - u) for u in range(12) for v in range(12) if (u + v) % 3]
    table = pd.DataFrame(rows, columns=["source", "target", "weight", "when"])
    table.to_csv(tmp_path / "g.csv", index=False)
    data = read_input(tmp_path / "g.csv", ReadOptions(time="when", directed=True)).graph
    shares = {"val_fraction": 0.1, "test_fraction": 0.2, "generator": generator}
    split = split_by_time(data, **shares)
    assert export_graph(data, tmp_path / "tables", split=split).directed
    edges = pd.read_parquet(tmp_path / "tables" / "edges.parquet")
    expected = {(u, v): (weight, time) for u, v, weight, time in rows if u != v}
    assert len(edges) == len(expected)
    found = zip(edges["source"], edges["target"], edges["weight"], edges["time"], strict=True)
    assert {(u, v): (weight, time) for u, v, weight, time in found} == expected
    latest = edges.groupby("split")["time"].agg(["min", "max"])
    assert latest.loc["train", "max"] <= latest.loc["val", "min"]
    assert read_split(tmp_path / "tables").fingerprint == split.fingerprint


@pytest.mark.parametrize("name", ["ogbl-collab", "ogbl-citation2"])
def test_a_benchmark_brings_its_split(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Small(tmp_path / "root", name)
    monkeypatch.setitem(OGB, name, replace(OGB[name], facts=made.facts))
    monkeypatch.setenv("GRAPHVAE_OGB", str(tmp_path / "root"))
    given = open_named(name)
    assert given.official is not None
    export_graph(given.graph, tmp_path / "tables", split=given.official)
    assert read_split(tmp_path / "tables").fingerprint == given.official.fingerprint
    edges = pd.read_parquet(tmp_path / "tables" / "edges.parquet")
    negatives = pd.read_parquet(tmp_path / "tables" / "negatives.parquet")
    if name == "ogbl-citation2":
        owners = edges.loc[negatives["positive"], "split"].tolist()
        assert owners == negatives["split"].tolist()
        assert negatives["positive"].value_counts().nunique() == 1
    else:  # the graph, and so every weight, is that of the training edges
        train = edges["split"] == "train"
        assert edges.loc[train, "weight"].notna().all()
        assert edges.loc[~train, "weight"].isna().all()


def test_unknown_labels_are_null(tmp_path: Path) -> None:
    edges = torch.tensor([[0, 1], [1, 2]])
    data = Graph.from_edges(edges, 3, labels=torch.tensor([1, -1, 0]))
    export_graph(data, tmp_path / "tables", class_names=("red", "blue"))
    nodes = pd.read_parquet(tmp_path / "tables" / "nodes.parquet")
    assert nodes["label"].isna().tolist() == [False, True, False]
    assert nodes["label_name"].fillna("?").tolist() == ["blue", "?", "red"]


def test_the_split_of_another_graph_is_refused(
    karate: Graph, cora: Graph, tmp_path: Path, generator: torch.Generator
) -> None:
    split = split_edges(cora, val_fraction=0.05, test_fraction=0.1, generator=generator)
    with pytest.raises(InputError, match="made from another graph"):
        export_graph(karate, tmp_path / "tables", split=split)


def test_only_an_export_is_replaced(karate_run: GraphFitResult, tmp_path: Path) -> None:
    place = tmp_path / "tables"
    export_run(karate_run, place)
    with pytest.raises(InputError, match="already exists; replace it with --overwrite"):
        export_run(karate_run, place)
    export_run(karate_run, place, overwrite=True)
    (place / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not a folder written by export"):
        export_run(karate_run, place, overwrite=True)
    assert (place / "mine.txt").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["tables"]


def test_the_fingerprint_is_the_graphs(karate: Graph, tmp_path: Path) -> None:
    schema = export_graph(karate, tmp_path / "tables")
    edges = pairs_of(pd.read_parquet(tmp_path / "tables" / "edges.parquet"))
    again = Graph.from_edges(edges, schema.num_nodes)
    assert again.fingerprint == schema.graph_fingerprint
