"""Links of nodes that came after training: the run's weights, with their edges and features."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch_geometric.data import Data

import graphvae
from graphvae.graph.propagation import message_graph
from graphvae.runs.result import GraphFitResult
from graphvae_data.core.errors import InputError

AGES = np.random.default_rng(0).integers(18, 80, 34)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> GraphFitResult:
    folder = tmp_path_factory.mktemp("new")
    edges = graphvae.load_graph("karate").edges.T.tolist()
    lines = [f"n{u},n{v}" for u, v in edges]
    (folder / "edges.csv").write_text("source,target\n" + "\n".join(lines))
    people = pd.DataFrame({"id": [f"n{i}" for i in range(34)], "age": AGES, "tall": AGES % 2})
    people.to_csv(folder / "people.csv", index=False)
    return graphvae.fit(
        folder / "edges.csv",
        "gae",
        features=folder / "people.csv",
        epochs=5,
        latent=4,
        baselines=False,
        device="cpu",
        out=folder / "run",
    )


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "edges.csv").write_text("source,target\nnew,n3\nnewer,new\nn0,n1\n")
    (tmp_path / "new.csv").write_text("id,age,tall\nnew,40,1\nnewer,70,0\nalone,30,0\n")
    return tmp_path / "edges.csv", tmp_path / "new.csv"


def test_a_pyg_graph_is_embedded_like_a_graph(run: GraphFitResult) -> None:
    trained = run.graph
    assert trained.features is not None
    both_ways = torch.cat([trained.edges, trained.edges.flip(0)], 1)
    data = Data(x=trained.features, edge_index=both_ways)
    assert np.allclose(run.embed_new(data), run.embed_new(trained), atol=1e-6)
    with pytest.raises(InputError, match=r"expected a networkx Graph .* got int"):
        run.embed_new(34)


def test_links_are_those_of_the_whole_graph_with_the_weights_of_the_run(
    run: GraphFitResult, files: tuple[Path, Path]
) -> None:
    links = run.predict_new(files[0], 4, features=files[1])
    assert [link.source for link in links] == ["new"] * 4 + ["newer"] * 4 + ["alone"] * 4
    assert not {("new", "n3"), ("new", "newer")} & {(k.source, k.target) for k in links}
    names = [*run.node_names, "new", "newer", "alone"]
    number = {name: index for index, name in enumerate(names)}
    mean, deviation = AGES.mean(), AGES.std()
    trained = run.graph.features
    ages = AGES[[int(name[1:]) for name in run.node_names]]
    assert trained[:, 0].numpy() == pytest.approx((ages - mean) / deviation, abs=1e-5)
    new_ages = (torch.tensor([40, 70, 30]) - mean) / deviation
    tall = trained[:, 1:].unique(dim=0)  # of people of even age, and of odd age
    new = torch.cat([new_ages[:, None].float(), tall[[1, 0, 0]]], 1)
    more = torch.tensor([[number["n3"], 34], [34, 35]])
    graph = graphvae.Graph.from_edges(
        torch.cat([run.graph.edges, more], 1), 37, features=torch.cat([trained, new])
    )
    z = run.experiment.model.embed(message_graph(graph, graph.edges))
    for link in links:
        logit = z[number[link.source]] @ z[number[link.target]]
        assert link.score == pytest.approx(float(logit), abs=1e-5)
        assert link.probability is None
    of_known = run.predict_new(files[0], 2, ["n5"], features=files[1])
    assert [link.source for link in of_known] == ["n5", "n5"]


def test_tables_and_objects_are_taken_as_in_fit(
    run: GraphFitResult, files: tuple[Path, Path]
) -> None:
    frame = pd.read_csv(files[0]).rename(columns={"source": "a", "target": "b"})
    table = pd.read_csv(files[1])
    links = run.predict_new(frame, 3, features=table, source="a", target="b")
    assert links == run.predict_new(str(files[0]), 3, features=str(files[1]))


def test_what_cannot_be_joined_is_refused(run: GraphFitResult, files: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match="features of the 2 new nodes such as 'new'"):
        run.predict_new(files[0])
    with pytest.raises(InputError, match="expected a row for every node, got none for 'newest'"):
        run.predict_new([("newest", "n1")], features=files[1])
    with pytest.raises(InputError, match="edges that are not in the run's graph, got none"):
        run.predict_new([("n0", "n1")])
    with pytest.raises(InputError, match="got only those of the run"):
        run.predict_new([("n0", "n9")])
    with pytest.raises(InputError, match="directed: new edges join a graph that is undir"):
        run.predict_new(files[0], features=files[1], directed=True)
    plain = graphvae.fit("karate", "gae", epochs=2, baselines=False, device="cpu")
    with pytest.raises(InputError, match="trained without features"):
        plain.predict_new([("0", "x")])


@pytest.mark.wrong_types
def test_half_a_link_is_refused(run: GraphFitResult) -> None:
    with pytest.raises(InputError, match=r"top-k: expected a whole number of at least 1, got 2\.5"):
        run.predict(2.5)  # type: ignore[arg-type]


def test_weights_that_training_did_not_have_are_not_used(run: GraphFitResult) -> None:
    weights = torch.rand(run.graph.edges.size(1), generator=torch.Generator().manual_seed(0))
    weighted = replace(run.graph, weights=weights)
    assert (run.embed_new(weighted) == run.embed_new(run.graph)).all()


def test_new_users_of_a_bipartite_graph_get_items() -> None:
    users = np.repeat([f"u{i}" for i in range(20)], 5)
    items = [f"i{(7 * n) % 12}" for n in range(100)]
    frame = pd.DataFrame({"user": users, "item": items})
    result = graphvae.fit(
        frame,
        "gae",
        epochs=2,
        baselines=False,
        device="cpu",
        features=pd.DataFrame(np.eye(32)[:, :6], index=list(dict.fromkeys([*users, *items]))),
    )
    assert result.graph.sides is not None
    new = pd.DataFrame({"user": ["u99", "u99"], "item": ["i0", "i1"]})
    table = pd.DataFrame(np.ones((1, 6)), index=["u99"])
    links = result.predict_new(new, 20, features=table)
    assert {link.target for link in links} == {f"i{n}" for n in range(2, 12)}
