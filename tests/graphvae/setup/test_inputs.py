"""Inputs of `fit`: names, files, objects, and benchmarks with their official splits."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import torch
from torch_geometric.data import Data

import graphvae
from graphvae.runs.fit import plan
from graphvae.setup.inputs import open_input, open_named, read_input
from graphvae_data.core.errors import InputError
from graphvae_data.core.reading import ReadingWarning
from graphvae_data.datasets.ogb_quiet import quiet_ogb
from graphvae_data.registry.ogb import OGB
from tests.small_ogb import HELD, TRAIN, Small


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Small]:
    """A function from a benchmark's name to a small one that `fit` finds."""
    monkeypatch.setenv("GRAPHVAE_OGB", str(tmp_path / "ogb"))

    def make(name: str) -> Small:
        made = Small(tmp_path / "ogb", name, negatives=120)
        monkeypatch.setitem(OGB, name, replace(OGB[name], facts=made.facts))
        return made

    return make


@pytest.mark.slow
@pytest.mark.parametrize("name", OGB)
def test_a_benchmark_is_fitted_on_its_official_split_by_its_own_metric(
    name: str, small: Callable[[str], Small], tmp_path: Path
) -> None:
    made = small(name)
    result = graphvae.fit(name, epochs=2, baselines=False, out=tmp_path / "run")
    split = result.split
    assert split.made == "official"
    assert [p.size(1) for p in (split.train, split.val, split.test)] == [TRAIN, HELD, HELD]
    held = {frozenset(pair) for pair in made.edges[TRAIN : TRAIN + HELD].tolist()}
    assert {frozenset(pair) for pair in split.val.T.tolist()} == held
    assert result.config.split.select == OGB[name].metric == result.metrics["benchmark"]["metric"]
    loaded = graphvae.load(tmp_path / "run")
    assert loaded.evaluate().to_dict()["benchmark"] == result.metrics["benchmark"]
    assert not (tmp_path / "run" / "graph.npz").exists()


@pytest.mark.parametrize("name", OGB)
def test_the_benchmarks_number_is_that_of_ogbs_evaluator(
    name: str, small: Callable[[str], Small]
) -> None:
    small(name)
    result = graphvae.fit(name, epochs=2, baselines=False)
    z, split = torch.from_numpy(result.embeddings("train")), result.split
    positives, negatives = (
        (z[pairs[0]] * z[pairs[1]]).sum(-1) for pairs in (split.test, split.test_negatives)
    )
    with quiet_ogb(progress=False):
        from ogb.linkproppred import Evaluator

        judge = Evaluator(name=name)
    if name == "ogbl-citation2":
        scores = {"y_pred_pos": positives, "y_pred_neg": negatives.reshape(HELD, -1)}
        expected = float(judge.eval(scores)["mrr_list"].mean())
    else:
        answer = judge.eval({"y_pred_pos": positives, "y_pred_neg": negatives})
        expected = answer[OGB[name].metric]
    assert result.metrics["benchmark"]["test"] == pytest.approx(expected, abs=1e-6)


def test_validation_edges_as_messages_are_an_option_of_collab(
    small: Callable[[str], Small],
) -> None:
    small("ogbl-collab")
    told = graphvae.fit("ogbl-collab", epochs=2, baselines=False, val_edges=True)
    adjacency = told.experiment.test_messages.adjacency.csr.to_dense()
    assert adjacency[told.split.val[0], told.split.val[1]].all()
    before = told.experiment.messages.adjacency.csr.to_dense()
    assert not before[told.split.val[0], told.split.val[1]].any()


def test_links_of_a_benchmark_are_no_edges_of_any_part(small: Callable[[str], Small]) -> None:
    small("ogbl-ddi")
    result = graphvae.fit("ogbl-ddi", epochs=1, baselines=False)
    split = result.split
    known = {
        frozenset(result.node_names[node] for node in pair)
        for pair in torch.cat([split.train, split.val, split.test], 1).T.tolist()
    }
    assert not known & {frozenset((x.source, x.target)) for x in result.predict(500)}


@pytest.mark.slow
def test_the_same_graph_in_any_form_gives_the_same_split(tmp_path: Path) -> None:
    graph = nx.karate_club_graph()
    nx.write_edgelist(graph, tmp_path / "k.txt", data=False)
    edges = np.array(list(graph.edges))
    forms = [
        tmp_path / "k.txt",
        graph,
        nx.to_scipy_sparse_array(graph, weight=None),
        Data(edge_index=torch.from_numpy(np.concatenate([edges, edges[:, ::-1]]).T), num_nodes=34),
        edges,
    ]
    prints = {graphvae.fit(form, epochs=1, baselines=False).split.fingerprint for form in forms}
    assert prints == {graphvae.fit("karate", epochs=1, baselines=False).split.fingerprint}


def test_what_was_cleaned_is_told(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text("a,b\nb,a\na,a\nb,c\n")
    reading = read_input(tmp_path / "g.csv").reading
    assert reading is not None
    assert reading.line() == (
        "read 4 rows: 3 nodes, 2 undirected edges; first a – b; source column 1, target column 2; "
        "dropped 1 self-loop; merged 1 reversed duplicate"
    )


@pytest.mark.parametrize("wrong", ["coar", "edges.csv", ""])
def test_a_name_that_no_dataset_has_is_refused(wrong: str) -> None:
    with pytest.raises(InputError, match="dataset"):
        graphvae.fit(wrong, epochs=1)


def test_something_that_is_no_graph_is_refused() -> None:
    with pytest.raises(InputError, match="networkx"):
        open_input(7)


def test_a_dataset_by_name_has_no_split_of_its_own() -> None:
    assert open_named("karate").official is None


FOLLOWS = "date,Follower,Followee,note\n" + "".join(
    f"2024-01-{i + 1:02},n{i},n{(i * 7 + 3) % 30},met\n" for i in range(30)
)


@pytest.mark.slow
def test_python_reads_files_with_the_words_of_the_command(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(FOLLOWS + "2024-02-01,n1,n1,self\n")
    labels = pd.DataFrame({"id": ["n1", "n2"], "kind": ["x", "y"]})
    with pytest.warns(ReadingWarning, match="dropped 1 self-loop") as caught:
        result = graphvae.fit(
            str(path),
            model="st-gae",
            epochs=1,
            baselines=False,
            source="Followee",
            target="Follower",
            directed=True,
            labels=labels,
        )
    assert len(caught) == 1
    assert result.reading is not None
    assert dict(result.reading.roles) == {
        "source": "Followee",
        "target": "Follower",
        "time": "date",
    }
    assert result.config.dataset == "people.csv"
    assert result.graph.class_names == ("x", "y")
    saved = graphvae.load(result.save(tmp_path / "run"))
    assert saved.reading == result.reading


def test_features_are_a_table_or_a_setting(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text(FOLLOWS)
    table = pd.DataFrame({"age": range(30)}, index=[f"n{i}" for i in range(30)])
    quick: dict[str, Any] = {"model": "gae", "epochs": 1, "baselines": False}
    with_table = graphvae.fit(tmp_path / "g.csv", features=table, **quick)
    assert with_table.graph.num_features == 1
    assert with_table.experiment.messages.features is not None
    assert graphvae.fit("karate", features=False, **quick).reading is None
    assert plan(tmp_path / "g.csv", features=table, model="gae").features == 1


@pytest.mark.parametrize(
    ("graph", "keywords", "says"),
    [
        ("karate", {"source": "a"}, "source: is for user-supplied graphs"),
        ("g.csv", {"header": "yes"}, "header: expected true or false"),
        ("g.csv", {"sorce": "a"}, r"sorce: no such setting \(did you mean source"),
        ("g.csv", {"source": "a"}, "no column 'a' for source"),
        ("g.csv", {"min_weight": 3}, "weights for min_weight, found none; pass it with weight"),
    ],
)
def test_messages_name_the_python_argument(
    graph: str,
    keywords: dict[str, Any],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "g.csv").write_text("from,to\na,b\nb,c\n")
    with pytest.raises(InputError, match=says):
        graphvae.fit(graph, **keywords)
