"""`graphvae fit --graph`: the user's own graph, valid and malformed."""

import json

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse

pytestmark = pytest.mark.usefixtures("blank_graph_pictures")

QUICK = ("--epochs", 3, "--no-baselines", "--val-fraction", 0.1, "--test-fraction", 0.2)
GRAPH = nx.les_miserables_graph()


@pytest.fixture
def edges(here):
    rows = [
        (u, v, data["weight"], 1800 + k) for k, (u, v, data) in enumerate(GRAPH.edges(data=True))
    ]
    frame = pd.DataFrame(rows, columns=["who", "whom", "times", "year"])
    frame.to_csv("novel.csv", index=False)
    return here / "novel.csv"


def config_of(run):
    return json.loads((run / "config.json").read_text())


def test_names_come_back_in_every_output(invoke, here, edges):
    result = invoke("fit", "--graph", edges, *QUICK, "--out", "run")
    assert result.exit_code == 0, result.stderr
    assert "read 254 rows: 77 nodes, 254 undirected edges" in result.stderr
    table = pd.read_csv(here / "run" / "embeddings.csv")
    assert set(table["node"]) == set(GRAPH)
    links = json.loads(invoke("predict", "run", "-k", 5, "--json").stdout)
    ends = [(link["source"], link["target"]) for link in links]
    assert all(u in GRAPH and v in GRAPH and not GRAPH.has_edge(u, v) for u, v in ends)
    near = json.loads(invoke("predict", "run", "--node", "Valjean", "-k", 3, "--json").stdout)
    assert {link["source"] for link in near} == {"Valjean"}


@pytest.mark.slow
def test_the_run_does_not_need_the_file(invoke, here, edges):
    assert invoke("fit", "--graph", edges, *QUICK, "--out", "run").exit_code == 0
    before = json.loads(invoke("evaluate", "run", "--json").stdout)
    edges.unlink()
    assert json.loads(invoke("evaluate", "run", "--json").stdout) == before


@pytest.mark.slow
def test_named_columns_and_weights_are_used(invoke, here, edges):
    columns = ("--source-col", "who", "--target-col", "whom", "--weight-col", "times")
    result = invoke("fit", "--graph", edges, *columns, *QUICK, "--out", "run")
    assert "weight times" in result.stderr
    plain = invoke("fit", "--graph", edges, "--out", "plain", *QUICK)
    assert plain.exit_code == 0
    tables = [pd.read_csv(here / name / "embeddings.csv") for name in ("run", "plain")]
    assert not np.allclose(tables[0]["z0"], tables[1]["z0"])


@pytest.mark.slow
def test_a_temporal_split_trains_on_the_past(invoke, here, edges):
    time = ("--time-col", "year", "--split-by", "time")
    assert invoke("fit", "--graph", edges, *time, *QUICK, "--out", "run").exit_code == 0
    from graphvae_data.graphs.graphfile import read_graph

    data = read_graph(here / "run" / "graph.npz")
    year = {
        frozenset(pair): float(when)
        for pair, when in zip(data.edges.T.tolist(), data.times, strict=True)
    }
    with np.load(here / "run" / "split.npz") as split:
        years = {
            part: [year[frozenset(pair)] for pair in split[part].T.tolist()]
            for part in ("train", "val", "test")
        }
    assert max(years["train"]) < min(years["val"])
    assert max(years["val"]) < min(years["test"])


@pytest.mark.slow
def test_a_directed_graph_is_scored_on_direction(invoke, here, edges):
    model = ("--directed", "--model", "st-gae")
    result = invoke("fit", "--graph", edges, *model, *QUICK, "--out", "run", "--json")
    assert result.exit_code == 0, result.stderr
    assert 0 <= json.loads(result.stdout)["direction"] <= 1
    links = json.loads(invoke("predict", "run", "-k", 300, "--json").stdout)
    pairs = {(link["source"], link["target"]) for link in links}
    assert any((v, u) in pairs for u, v in pairs)


@pytest.mark.slow
def test_three_files_are_the_split(invoke, here, edges):
    frame = pd.read_csv(edges)
    for name, rows in (("train", slice(40, None)), ("val", slice(0, 15)), ("test", slice(15, 40))):
        frame[rows][["who", "whom"]].to_csv(f"{name}.csv", index=False)
    files = ("--split-edges", "train.csv", "val.csv", "test.csv", "--header")
    result = invoke("fit", *files, "--epochs", 2, "--no-baselines", "--out", "run")
    assert result.exit_code == 0, result.stderr
    with np.load(here / "run" / "split.npz") as split:
        sizes = [split[part].shape[1] for part in ("train", "val", "test")]
        assert str(split["made"]) == "given"
    assert sizes == [214, 15, 25]
    assert "user-supplied split 214 / 15 / 25 (seed 0" in result.stdout
    table = pd.read_csv(here / "run" / "embeddings.csv")
    assert set(table["node"]) == set(GRAPH)


def test_an_edge_in_two_files_is_refused(refused, edges):
    frame = pd.read_csv(edges)[["who", "whom"]]
    frame[:200].to_csv("train.csv", index=False)
    frame[199:220].rename(columns={"who": "whom", "whom": "who"}).to_csv("val.csv", index=False)
    frame[220:].to_csv("test.csv", index=False)
    line = refused(
        "fit", "--header", "--split-edges", "train.csv", "val.csv", "test.csv", "--out", "run"
    )
    assert "expected each edge in one file" in line


@pytest.mark.slow
def test_features_and_labels_by_name(invoke, here, edges):
    names = sorted(GRAPH)
    rows = np.random.default_rng(0).normal(size=(len(names), 4))
    frame = pd.DataFrame(rows, columns=list("abcd"))
    frame.insert(0, "node", names)
    frame.to_csv("features.csv", index=False)
    labels = pd.DataFrame(
        {"node": names, "house": ["odd" if len(n) % 2 else "even" for n in names]}
    )
    labels.to_csv("labels.csv", index=False)
    options = ("--features", "features.csv", "--labels", "labels.csv")
    assert invoke("fit", "--graph", edges, *options, *QUICK, "--out", "run").exit_code == 0
    probed = invoke("evaluate", "run", "--probe", "classification", "--json")
    assert probed.exit_code == 0, probed.stderr
    assert set(json.loads(probed.stdout)) == {"embedding", "raw features", "spectral"}
    labelled = ("--graph", edges, "--labels", "labels.csv", "--no-features")
    without = invoke("fit", *labelled, *QUICK, "--out", "without")
    assert without.exit_code == 0
    assert config_of(here / "without")["inputs"]["features"] is False


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["graphml", "gml", "gexf", "npz", "mat", "tsv", "txt.gz"])
def test_every_form_trains(invoke, here, ending):
    path = here / f"novel.{ending}"
    adjacency = scipy.sparse.csr_array(nx.to_scipy_sparse_array(GRAPH, weight=None, dtype=float))
    writers = {
        "graphml": lambda: nx.write_graphml(GRAPH, path),
        "gml": lambda: nx.write_gml(GRAPH, path),
        "gexf": lambda: nx.write_gexf(GRAPH, path),
        "npz": lambda: scipy.sparse.save_npz(path, adjacency),
        "mat": lambda: scipy.io.savemat(path, {"net": adjacency}),
        "tsv": lambda: nx.write_edgelist(GRAPH, path, delimiter="\t", data=False),
        "txt.gz": lambda: nx.write_edgelist(GRAPH, path, delimiter="|", data=False),
    }
    if ending == "txt.gz":
        numbered = nx.convert_node_labels_to_integers(GRAPH)
        writers[ending] = lambda: nx.write_edgelist(numbered, path, data=False)
    writers[ending]()
    result = invoke("fit", "--graph", path, *QUICK, "--out", "run")
    assert result.exit_code == 0, result.stderr
    assert "77 nodes, 254 undirected edges" in result.stderr


@pytest.mark.slow
def test_repeats_of_a_graph_file_are_resumed(invoke, here, edges):
    options = ("fit", "--graph", edges, *QUICK, "--repeats", 3, "--out", "runs")
    assert invoke(*options).exit_code == 0
    whole = json.loads((here / "runs" / "summary.json").read_text())
    import shutil

    shutil.rmtree(here / "runs" / "002")
    unfinished = {"repeats": 3, "fit": whole["fit"], "finished": False}
    (here / "runs" / "summary.json").write_text(json.dumps(unfinished))
    edges.unlink()
    result = invoke("fit", "--resume", "--out", "runs")
    assert result.exit_code == 0, result.stderr
    again = json.loads((here / "runs" / "summary.json").read_text())
    assert again["test"] == whole["test"]


MALFORMED = {
    "short row": (["--graph", "short.csv"], "short.csv, line 3: expected 2 fields"),
    "no such column": (
        ["--graph", "edges.csv", "--source-col", "form", "--target-col", "to"],
        "no column 'form' (did you mean from?) for --source-col",
    ),
    "NaN feature": (
        ["--graph", "edges.csv", "--features", "features.csv"],
        "features.csv, line 3: expected a finite number in x, got 'inf'",
    ),
    "label twice": (
        ["--graph", "edges.csv", "--labels", "labels.csv"],
        "labels.csv, line 2: expected each node once",
    ),
    "no MATLAB file": (["--graph", "graph.mat"], "graph.mat: expected a MATLAB file"),
}
"""A few of the files that `tests/graphvae_data/readers/test_malformed.py` gives to the reader."""


@pytest.mark.parametrize(("arguments", "message"), MALFORMED.values(), ids=MALFORMED)
def test_the_error_for_a_malformed_file_is_one_line(refused, here, arguments, message):
    (here / "short.csv").write_text("a,b\n\nc\n")
    (here / "edges.csv").write_text("from,to\na,b\nb,c\nc,a\n")
    (here / "features.csv").write_text("id,x\na,1\nb,inf\nc,3\n")
    (here / "labels.csv").write_text("a,red\na,blue\n")
    (here / "graph.mat").write_text("hello")
    assert message in refused("fit", *arguments, "--out", "run")


OTHERS = {
    "no graph": ([], ["--graph", "--dataset", "karate"]),
    "two graphs": (["--dataset", "karate", "--graph", "novel.csv"], ["--dataset and --graph"]),
    "columns of a dataset": (["--dataset", "karate", "--source-col", "who"], ["source-col"]),
    "features of a dataset": (["--dataset", "karate", "--features", "f.csv"], ["features"]),
    "labels of a dataset": (["--dataset", "karate", "--labels", "l.csv"], ["labels"]),
    "features and none": (
        ["--graph", "novel.csv", "--features", "--no-features"],
        ["--features", "--no-features"],
    ),
    "directed and undirected model": (
        ["--graph", "novel.csv", "--directed", "--model", "vgae"],
        ["directed", "vgae", "st-vgae"],
    ),
    "undirected and directed model": (
        ["--graph", "novel.csv", "--model", "st-gae"],
        ["undirected", "st-gae", "vgae"],
    ),
    "directed model, exact loss": (
        ["--graph", "novel.csv", "--directed", "--model", "st-gae", "--loss", "paper"],
        ["loss", "sampled"],
    ),
    "time without times": (["--graph", "novel.csv", "--split-by", "time"], ["--time-col"]),
    "no validation edges": (
        ["--graph", "novel.csv", "--val-fraction", "0.001"],
        ["--val-fraction: 0.001 of", "less than one"],
    ),
    "split of another graph": (["--graph", "novel.csv", "--split", "s.npz"], ["another graph"]),
    "a selection that is none": (["--graph", "novel.csv", "--select", "test-auc"], ["select"]),
    "more hits than negatives": (["--graph", "novel.csv", "--select", "hits@5000"], ["hits@5000"]),
    "two split files": (["--split-edges", "novel.csv", "novel.csv"], ["argument"]),
    "features that are not there": (
        ["--graph", "novel.csv", "--features", "none.csv"],
        ["none.csv", "found none"],
    ),
}


@pytest.mark.parametrize(("options", "named"), OTHERS.values(), ids=OTHERS)
def test_options_that_do_not_go_together_end_with_one_line(refused, invoke, edges, options, named):
    assert invoke("split", "s.npz", "--dataset", "karate").exit_code == 0
    line = refused("fit", *options, "--out", "run")
    for word in named:
        assert word in line, line


def test_ogb_names_the_folder_of_its_files(invoke, monkeypatch, here):
    monkeypatch.setenv("GRAPHVAE_HOME", str(here / "cache"))
    monkeypatch.setenv("GRAPHVAE_OGB", str(here / "ogb"))
    result = invoke("fit", "--dataset", "ogbl-ppa", "--out", "run")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "ogbl_ppa" in result.stderr
    assert "GRAPHVAE_OGB" in result.stderr
    assert not (here / "run").exists()


@pytest.fixture
def two_graphs(here):
    """A graph with features to train on, and another with the same columns."""
    chance = np.random.default_rng(1)
    for name, nodes in (("one", 40), ("two", 25)):
        ring = [(f"{name}{n}", f"{name}{(n + s) % nodes}") for n in range(nodes) for s in (1, 4)]
        pd.DataFrame(ring, columns=["source", "target"]).to_csv(f"{name}.csv", index=False)
        table = pd.DataFrame(chance.random((nodes, 3)), columns=list("xyz"))
        table.insert(0, "node", [f"{name}{n}" for n in range(nodes)])
        table.to_csv(f"{name}-x.csv", index=False)
    return here


@pytest.mark.slow
def test_a_new_graph_is_embedded_by_its_features(invoke, two_graphs):
    options = ("--graph", "one.csv", "--features", "one-x.csv", "--epochs", 3, "--no-baselines")
    assert invoke("fit", *options, "--out", "run").exit_code == 0
    new = ("--graph", "two.csv", "--features", "two-x.csv")
    result = invoke("embed", "run", *new, "--out", "z.csv")
    assert result.exit_code == 0, result.stderr
    table = pd.read_csv("z.csv")
    assert set(table["node"]) == {f"two{n}" for n in range(25)}
    again = invoke("embed", "run", "--graph", "one.csv", "--features", "one-x.csv", "-o", "w.csv")
    assert again.exit_code == 0
    assert len(pd.read_csv("w.csv")) == 40


@pytest.mark.slow
def test_an_encoder_without_features_says_that_it_cannot_embed_a_new_graph(
    invoke, refused, two_graphs
):
    options = ("--graph", "one.csv", "--epochs", 2, "--no-baselines", "--out", "run")
    assert invoke("fit", *options).exit_code == 0
    line = refused("embed", "run", "--graph", "two.csv", "--out", "z.csv")
    assert "features" in line


@pytest.mark.slow
def test_a_split_of_an_own_graph_is_written_used_and_audited(invoke, two_graphs):
    created = invoke("split", "s.npz", "--graph", "one.csv", "--seed", 4, "--json")
    assert created.exit_code == 0, created.stderr
    options = ("--graph", "one.csv", "--split", "s.npz", "--epochs", 2, "--no-baselines")
    assert invoke("fit", *options, "--out", "run").exit_code == 0
    metrics = json.loads((two_graphs / "run" / "metrics.json").read_text())
    assert metrics["split"] == json.loads(created.stdout)["fingerprint"]
    audit = invoke("audit", "s.npz", "--graph", "one.csv")
    assert audit.exit_code == 0, audit.stdout
    assert invoke("audit", "s.npz", "--graph", "two.csv").exit_code == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        ("--directed", "--model", "st-vgae"),
        ("--weight-col", "times"),
        ("--time-col", "year", "--split-by", "time"),
        ("--val-edges",),
    ],
    ids=" ".join,
)
def test_every_kind_of_own_run_passes_the_audit(invoke, edges, model):
    assert invoke("fit", "--graph", edges, *model, *QUICK, "--out", "run").exit_code == 0
    audit = invoke("audit", "run")
    assert audit.exit_code == 0, audit.stdout


FOLLOWS = "date,Follower,Followee,note\n" + "".join(
    f"2024-01-{i + 1:02},n{i},n{(i * 7 + 3) % 30},met\n" for i in range(30)
)
READ = "30 nodes, 27 undirected edges; first n0 – n3; source Follower, target Followee, time date"


@pytest.mark.parametrize(
    "command",
    [
        ("fit", "--dry-run"),
        ("fit", *QUICK, "--out", "run"),
        ("split", "s.npz"),
        ("export", "--out", "tables"),
    ],
    ids=lambda command: " ".join(map(str, command[:2])),
)
def test_every_command_prints_what_was_read(invoke, here, command):
    (here / "follows.csv").write_text(FOLLOWS)
    result = invoke(*command, "--graph", "follows.csv")
    assert result.exit_code == 0, result.stderr
    assert READ in result.stderr
    assert "did not use note" in result.stderr


def test_an_unused_column_of_numbers_is_offered_as_weights(invoke, here):
    rows = "\n".join(f"n{i},n{(i * 7 + 3) % 30},met,{i + 1}" for i in range(30))
    (here / "meetings.csv").write_text(f"source,target,note,minutes\n{rows}\n")
    shown = invoke("fit", "--graph", "meetings.csv", "--dry-run").stderr
    assert "did not use note, minutes" in shown
    assert "--weight-col minutes would read it as weights" in shown
    weighted = ("--graph", "meetings.csv", "--weight-col", "minutes", "--dry-run")
    assert "would read" not in invoke("fit", *weighted).stderr


def test_options_override_detection(invoke, refused, here):
    (here / "follows.csv").write_text(FOLLOWS)
    (here / "signed.csv").write_text("1,2,5\n2,3,-1\n3,4,2\n4,1,1\n")
    columns = ("--source-col", 3, "--target-col", "Follower", "--no-weights", "--undirected")
    text = invoke("fit", "--graph", "follows.csv", *columns, "--dry-run").stderr
    assert "first n3 – n0; source Followee, target Follower" in text
    assert "--no-weights" in refused("fit", "--graph", "signed.csv", "--dry-run")
    plain = invoke("fit", "--graph", "signed.csv", "--no-weights", "--dry-run")
    assert "did not use column 3" in plain.stderr
    assert "weights: requires --graph" in refused("fit", "--dataset", "karate", "--no-weights")


@pytest.mark.slow
def test_feature_preprocessing_is_applied_to_new_nodes(invoke, two_graphs):
    people = "node,age,city\n" + "".join(f"one{n},{20 + n},{'xy'[n % 2]}\n" for n in range(40))
    (two_graphs / "people.csv").write_text(people)
    later = "node,city,age\n" + "".join(f"two{n},z,{30 + n}\n" for n in range(25))
    (two_graphs / "later.csv").write_text(later)
    options = ("--graph", "one.csv", "--features", "people.csv", "--epochs", 2, "--no-baselines")
    result = invoke("fit", *options, "--out", "run")
    assert result.exit_code == 0, result.stderr
    assert "features: age standardised; city (2) one-hot encoded" in result.stderr
    new = ("--graph", "two.csv", "--features", "later.csv")
    embedded = invoke("embed", "run", *new, "--out", "z.csv")
    assert embedded.exit_code == 0, embedded.stderr
    assert len(pd.read_csv("z.csv")) == 25
