"""`GraphVAE` follows scikit-learn's conventions for estimators, on every kind of graph."""

import copy
import pickle
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch_geometric.data import Data
from torch_geometric.nn import SAGEConv

import graphvae
from graphvae.interop.estimator import GraphVAE, validation_auc
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.read_options import ReadOptions

QUICK = {"epochs": 8, "latent": 4, "hidden": 8, "val_fraction": 0.1}


@pytest.fixture(scope="module")
def with_features(cora: Graph) -> Graph:
    """The first papers of Cora, with a few of their features, dense."""
    edges = cora.edges[:, (cora.edges < 400).all(0)]
    features = cora.features.to_dense()[:400, :50]
    return Graph.from_edges(edges, 400, features=features, labels=cora.labels[:400])


@pytest.fixture(scope="module")
def fitted(with_features: Graph) -> GraphVAE:
    return GraphVAE(**QUICK).fit(with_features)


def test_parameters_are_kept_as_given_and_copied_by_clone() -> None:
    vae = GraphVAE(model="no such", latent=-3, random_state=None)  # wrong only when fitted
    copy = clone(vae.set_params(epochs=7))
    assert copy.get_params() == vae.get_params()
    assert (copy.model, copy.latent, copy.epochs) == ("no such", -3, 7)
    assert repr(copy) == "GraphVAE(epochs=7, latent=-3, model='no such', random_state=None)"


def test_it_gives_what_fit_gives(karate: Graph) -> None:
    vae = GraphVAE(model="gae", latent=5, random_state=3, epochs=9, val_fraction=0.1)
    embedding = vae.fit_transform(karate)
    result = graphvae.fit(
        karate, "gae", latent=5, seed=3, epochs=9, val_fraction=0.1, baselines=False, device="cpu"
    )
    assert np.array_equal(embedding, result.embeddings())
    assert np.array_equal(vae.embedding_, embedding)
    assert vae.score() == vae.score(karate) == result.metrics["test"]["auc"]
    assert vae.predict(5) == result.predict(5)
    assert vae.node_names_ == result.node_names
    assert vae.get_feature_names_out().tolist() == ["z0", "z1", "z2", "z3", "z4"]


KARATE = nx.karate_club_graph()
EDGES = np.array(KARATE.edges())
FORMS = {
    "networkx": nx.Graph(EDGES.tolist()),
    "scipy": scipy.sparse.csr_array(nx.to_scipy_sparse_array(KARATE, weight=None)),
    "edges": EDGES,
    "edges, a row an end": EDGES.T,
    "frame": pd.DataFrame(EDGES, columns=["source", "target"]),
    "pyg": Data(edge_index=torch.tensor(np.r_[EDGES, EDGES[:, ::-1]].T.copy()), num_nodes=34),
    "name": "karate",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_kind_of_graph_is_taken(form: str) -> None:
    vae = GraphVAE(**QUICK).fit(FORMS[form])
    assert vae.embedding_.shape == (34, 4)
    assert np.isfinite(vae.embedding_).all()
    assert sorted(map(int, vae.node_names_)) == list(range(34))
    split = vae.result_.split
    assert split.train.size(1) + split.val.size(1) + split.test.size(1) == 78
    again = vae.transform(FORMS[form])
    assert np.array_equal(again, vae.embedding_)
    assert not np.shares_memory(again, vae.embedding_)
    assert vae.n_features_in_ == 0


def test_names_weights_and_direction_come_through() -> None:
    graph = nx.DiGraph()
    names = [f"node {number}" for number in range(30)]
    for number, name in enumerate(names):
        for step in (1, 4, 9):
            graph.add_edge(name, names[(number + step) % 30], weight=float(step))
    vae = GraphVAE(**QUICK, model="st-vgae").fit(graph)
    assert set(vae.node_names_) == set(names)
    assert vae.result_.split.directed
    assert set(vae.result_.graph.weights.tolist()) == {1.0, 4.0, 9.0}
    assert {link.source for link in vae.predict(2, ["node 3"])} == {"node 3"}


def test_another_graph_is_embedded_by_its_own_edges_and_features(
    fitted: GraphVAE, with_features: Graph
) -> None:
    assert fitted.n_features_in_ == 50
    seen = Graph.from_edges(with_features.edges, 400, features=with_features.features)
    same = fitted.result_.embed_new(seen)  # the graph comes as a new one, and gives the same
    assert np.allclose(same, fitted.embedding_, rtol=1e-5, atol=1e-6)
    order = torch.randperm(400, generator=torch.Generator().manual_seed(0))
    place = order.argsort()
    renumbered = Graph.from_edges(place[seen.edges], 400, features=seen.features[order])
    moved = fitted.transform(renumbered)
    assert np.allclose(moved, same[order], rtol=1e-4, atol=1e-5)
    few = seen.features[:3].double()
    alone = Data(x=few, edge_index=torch.tensor([[0, 1], [1, 0]]), num_nodes=3)
    assert fitted.transform(alone).shape == (3, 4)


def test_a_graph_unlike_that_in_training_is_refused(fitted: GraphVAE, with_features: Graph) -> None:
    narrow = replace(with_features, features=with_features.features[:, :7])
    with pytest.raises(InputError, match="features: expected 50 per node, as in training, got 7"):
        fitted.transform(narrow)
    with pytest.raises(InputError, match="got a graph without features"):
        fitted.transform(EDGES)
    one_way = replace(with_features, directed=True)
    with pytest.raises(InputError, match="undirected, as in training, got one that is dir"):
        fitted.result_.embed_new(one_way)
    features = with_features.features.clone()
    features[17, 2] = torch.nan
    with pytest.raises(InputError, match="row 17"):
        fitted.result_.embed_new(replace(with_features, features=features))
    with pytest.raises(InputError, match="expected the fitted graph"):
        fitted.score(EDGES)


@pytest.mark.parametrize("features", [True, False])
def test_without_features_there_is_no_other_graph(with_features: Graph, features: bool) -> None:
    graph = EDGES if features else with_features
    vae = GraphVAE(**QUICK, features=features).fit(graph)
    with pytest.raises(InputError, match="trained without features, so it can embed only its"):
        vae.transform(EDGES[5:])


def test_a_weight_or_a_direction_makes_another_graph() -> None:
    frame = pd.DataFrame(EDGES, columns=["source", "target"]).assign(weight=1.0)
    vae = GraphVAE(**QUICK).fit(frame)
    assert vae.score(frame) == vae.score()
    frame.loc[3, "weight"] = 2.0
    with pytest.raises(InputError, match="expected the fitted graph"):
        vae.score(frame)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"latent": 0}, "^latent: expected a whole number of at least 1, got 0"),
        ({"hidden": 0}, "^hidden: expected a whole number of at least 1, got 0"),
        ({"lr": -1.0}, "^lr: expected a positive number"),
        ({"val_fraction": 1.5}, "^val_fraction: expected a number between 0 and 1"),
        ({"random_state": -1}, "^random_state: expected a whole number"),
        ({"random_state": "seed"}, "^random_state: .*'seed' cannot be used"),
        ({"model": "vgea"}, r"^model: .*did you mean vgae"),
        ({"device": "abacus"}, "^device: expected auto, cpu"),
    ],
)
def test_parameters_are_checked_when_fitting(parameters: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        GraphVAE(**{"epochs": 2, **parameters}).fit("karate")


def test_what_is_not_fitted_or_no_graph_says_so() -> None:
    for method in ("transform", "score", "predict", "get_feature_names_out"):
        with pytest.raises(NotFittedError):
            getattr(GraphVAE(), method)()
    with pytest.raises(InputError, match="got dict"):
        GraphVAE().fit({})
    with pytest.raises(InputError, match="top_k: expected a whole number, got ndarray"):
        GraphVAE(**QUICK).fit(EDGES).predict(EDGES)


@pytest.mark.slow
def test_random_states_are_taken_as_scikit_learn_takes_them() -> None:
    def embed(random_state: object) -> np.ndarray:
        return GraphVAE(**QUICK, random_state=random_state).fit_transform("karate")

    assert np.array_equal(embed(np.int64(4)), embed(4))
    drawn = [embed(np.random.RandomState(9)) for _ in range(2)]
    assert np.array_equal(*drawn)
    assert not np.array_equal(embed(None), embed(None))


@pytest.mark.slow
def test_it_stands_in_a_pipeline(karate: Graph) -> None:
    vae = GraphVAE(epochs=60, val_fraction=0.1)
    classifier = make_pipeline(vae, StandardScaler(), LogisticRegression())
    classifier.fit(karate, karate.labels.numpy())
    assert classifier.score(karate, karate.labels.numpy()) > 0.8
    clusters = clone(make_pipeline(vae, KMeans(2, n_init=3, random_state=0))).fit_predict(karate)
    assert clusters.shape == (34,)


@pytest.mark.slow
def test_a_module_of_pygs_is_a_parameter_that_training_leaves_alone() -> None:
    module = SAGEConv(34, 8)
    before = {name: weight.clone() for name, weight in module.state_dict().items()}
    vae = GraphVAE(**{**QUICK, "hidden": None}, encoder=module).fit("karate")
    assert all(torch.equal(before[name], weight) for name, weight in module.state_dict().items())
    again = clone(vae).fit("karate")
    assert np.array_equal(again.embedding_, vae.embedding_)


@pytest.mark.slow
def test_it_reads_files_and_tables_with_the_words_of_fit(tmp_path: Path) -> None:
    assert set(ReadOptions.model_fields) - {"label"} <= set(GraphVAE().get_params())
    frame = pd.DataFrame(EDGES, columns=["Follower", "Who"])
    frame.to_csv(tmp_path / "people.csv", index=False)
    columns = {"source": "Follower", "target": "Who"}
    of_file = GraphVAE(**QUICK, **columns).fit(str(tmp_path / "people.csv"))
    of_frame = GraphVAE(**QUICK, **columns).fit(frame)
    assert np.array_equal(of_file.embedding_, of_frame.embedding_)
    assert of_file.score(tmp_path / "people.csv") == of_frame.score(frame)
    assert clone(of_file).get_params()["target"] == "Who"
    wide = GraphVAE(**QUICK, features=np.eye(34)[:, :5]).fit(KARATE)
    assert wide.n_features_in_ == 5
    assert np.array_equal(wide.transform(KARATE), wide.embedding_)
    with pytest.raises(InputError, match=r"no column .Nobody. for source"):
        GraphVAE(**QUICK, source="Nobody").fit(frame)


@pytest.mark.slow
def test_rows_are_in_the_order_of_the_object(karate: Graph) -> None:
    order = np.random.default_rng(0).permutation(34).tolist()
    graph = nx.Graph()
    graph.add_nodes_from(order)
    graph.add_edges_from(EDGES.tolist())
    vae = GraphVAE(**QUICK).fit(graph)
    assert vae.node_names_ == [str(node) for node in order]
    adjacency = GraphVAE(**QUICK).fit(nx.to_scipy_sparse_array(graph, weight=None))
    assert np.array_equal(adjacency.embedding_, vae.embedding_)


def test_integers_name_nodes() -> None:
    vae = GraphVAE(**QUICK).fit(KARATE)
    assert vae.predict(np.int64(2), [33]) == vae.predict(2, ["33"])
    assert vae.predict(2, np.array([33, 0])) == vae.predict(2, ["33", "0"])
    assert vae.result_.neighbors(33, 3) == vae.result_.neighbors("33", 3)
    with pytest.raises(InputError, match="the graph has no node '99'"):
        vae.predict(2, [99])


@pytest.mark.slow
def test_its_output_is_a_frame_with_the_names_of_the_nodes() -> None:
    vae = GraphVAE(**QUICK).set_output(transform="pandas")
    frame = clone(vae).fit_transform(KARATE)
    assert frame.index.tolist() == [str(node) for node in range(34)]
    assert frame.columns.tolist() == ["z0", "z1", "z2", "z3"]
    assert isinstance(vae.set_output(transform="default").fit_transform(KARATE), np.ndarray)
    scaled = make_pipeline(GraphVAE(**QUICK), StandardScaler()).set_output(transform="pandas")
    assert scaled.fit_transform(KARATE).shape == (34, 4)
    with pytest.raises(InputError, match="transform: expected default or pandas, got 'polars'"):
        vae.set_output(transform="polars")


@pytest.mark.slow
def test_a_grid_search_takes_a_list_of_one_graph() -> None:
    search = GridSearchCV(
        GraphVAE(**QUICK), {"latent": [2, 3]}, cv=[([0], [0])], scoring=validation_auc
    )
    search.fit([KARATE])
    assert search.best_estimator_.latent == search.best_params_["latent"]
    assert search.best_score_ == validation_auc(search.best_estimator_)
    adjacency = nx.to_scipy_sparse_array(KARATE, weight=None)
    for graph in (adjacency[:20], [KARATE[0], KARATE[1]], adjacency.toarray()[:20]):
        with pytest.raises(InputError, match="cross-validation cannot split a graph by its nodes"):
            GraphVAE(**QUICK).fit(graph)
    assert GraphVAE(**QUICK, bipartite=True).fit(adjacency[:20]).embedding_.shape == (54, 4)


def test_deep_copies_give_the_same(fitted: GraphVAE) -> None:
    twin = copy.deepcopy(fitted)
    assert twin.predict(3) == fitted.predict(3)
    assert copy.deepcopy(twin.result_).evaluate() == fitted.result_.evaluate()
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.embedding_, fitted.embedding_)


@pytest.mark.slow
def test_a_run_of_a_users_encoder_is_opened_without_it(tmp_path: Path) -> None:
    module = SAGEConv(34, 8)
    result = graphvae.fit(
        KARATE, "vgae", encoder=module, latent=4, epochs=3, device="cpu", out=tmp_path / "run"
    )
    opened = graphvae.load(tmp_path / "run")
    assert np.array_equal(opened.embeddings(), result.embeddings())
    assert opened.predict(5) == result.predict(5)
    assert opened.evaluate() == result.evaluate()
    checks = graphvae.audit_run(tmp_path / "run").checks
    assert [check.name for check in checks if not check.passed] == ["determinism of the seed"]
    other = replace(graphvae.load_graph("karate"), features=torch.eye(34))
    with pytest.raises(InputError, match="only its states for the run's own graph"):
        opened.experiment.model.embed(graphvae.message_graph(other, other.edges[:, :9]))
    (tmp_path / "run" / "states.npz").write_bytes(b"no states")
    with pytest.raises(InputError, match=r"states.npz: damaged; pass the module"):
        graphvae.load(tmp_path / "run")
    assert graphvae.load(tmp_path / "run", encoder=module).predict(5) == result.predict(5)
