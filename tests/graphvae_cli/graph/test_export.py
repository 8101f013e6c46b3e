"""`graphvae export`: runs, datasets and the user's graphs as Parquet; errors."""

import json

import numpy as np
import pandas as pd
import pytest

SAME = ("--seed", 3, "--val-fraction", 0.1)
"""What the run of all tests was split by."""


def written(invoke, *arguments, says=""):
    result = invoke("export", *arguments, "--json")
    assert result.exit_code == 0
    assert says in result.stderr if says else not result.stderr
    return json.loads(result.stdout)


def test_a_run_has_the_embedding_that_its_scores_are_from(invoke, karate_run, here):
    schema = written(invoke, karate_run.folder, "--to", "parquet", "-o", "tables")
    assert schema == json.loads((here / "tables" / "schema.json").read_text())
    assert schema["split"]["fingerprint"] == json.loads(karate_run.printed)["split"]
    assert invoke("embed", karate_run.folder, "-o", "z.npy", "--messages", "train").exit_code == 0
    nodes = pd.read_parquet(here / "tables" / "nodes.parquet")
    assert np.array_equal(np.stack(list(nodes["embedding"])), np.load(here / "z.npy"))


def test_a_dataset_is_split_as_fit_splits_it(invoke, karate_run, here):
    of_run = written(invoke, karate_run.folder, "-o", "run")
    schema = written(invoke, "karate", "--with-split", *SAME, "-o", "dataset")
    assert schema["split"] == of_run["split"]
    for name in ("edges.parquet", "negatives.parquet"):
        assert (here / "run" / name).read_bytes() == (here / "dataset" / name).read_bytes()


def test_a_dataset_without_a_split(invoke, here):
    result = invoke("export", "karate", "--out", "tables")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("34 nodes, 78 edges in tables  (nodes.parquet, edges.parquet, ")
    assert len(pd.read_parquet(here / "tables" / "edges.parquet")) == 78


def test_an_own_graph_keeps_its_names(invoke, here):
    (here / "g.csv").write_text("from,to,weight\nann,bob,2\nbob,cem,0.5\ncem,dot,1\n")
    (here / "x.csv").write_text("id,a,b\nann,1,2\nbob,3,4\ncem,5,6\ndot,7,8\n")
    features = ("--features", "x.csv", "--feature-prep", "none")
    schema = written(invoke, "--graph", "g.csv", *features, "-o", "tables", says="read 3 rows: 4")
    assert (schema["name"], schema["feature_width"]) == ("g", 2)
    edges = pd.read_parquet(here / "tables" / "edges.parquet")
    rows = edges[["source_name", "target_name", "weight"]].to_numpy().tolist()
    assert rows == [["ann", "bob", 2.0], ["bob", "cem", 0.5], ["cem", "dot", 1.0]]
    nodes = pd.read_parquet(here / "tables" / "nodes.parquet").set_index("node")
    assert nodes.loc["cem", "features"].tolist() == [5, 6]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("-o", "t"), "expected RUN, DATASET or --graph FILE, got neither"),
        (("karate", "--graph", "g.csv", "-o", "t"), "got both"),
        (
            ("karat", "-o", "t"),
            "expected a run folder or the name of a dataset, got 'karat' (did you mean kar",
        ),
        (("karate", "--seed", 1, "-o", "t"), "seed: requires --with-split"),
        (("karate", "--directed", "-o", "t"), "directed: requires --graph"),
        (("karate",), "--out"),
        (("karate", "--to", "csv", "-o", "t"), "csv"),
        (("karate", "--with-split", "--val-fraction", 2, "-o", "t"), "val-fraction"),
        (("karate", "-o", "."), "already exists; replace it with --overwrite"),
    ],
)
def test_refusals(refused, arguments, line):
    assert line in refused("export", *arguments)


def test_a_folder_that_is_not_an_export_is_not_replaced(refused, own_run, here):
    assert "not a folder written by export" in refused(
        "export", "karate", "-o", own_run, "--overwrite"
    )
    assert "has its own split" in refused("export", own_run, "--with-split", "-o", "t")
    (own_run / "metrics.json").unlink()
    assert "not finished" in refused("export", own_run, "-o", "t")
