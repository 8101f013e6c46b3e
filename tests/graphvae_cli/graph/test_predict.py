"""`graphvae predict` lists exactly the most likely pairs, by name."""

import json

import numpy as np
import pandas as pd
import pytest

from graphvae.runs.result import load
from graphvae_data.graphs.graphs import load_graph


@pytest.fixture(scope="module")
def brute(karate_run):
    """z_uᵀ z_v of every pair u < v that is no edge of the whole graph."""
    z = load(karate_run.folder).embeddings().astype(np.float64)
    edges = set(map(tuple, load_graph("karate").edges.T.tolist()))
    return {
        (str(u), str(v)): float(z[u] @ z[v])
        for u in range(34)
        for v in range(u + 1, 34)
        if (u, v) not in edges
    }


def links(invoke, *arguments):
    result = invoke("predict", *arguments, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    output = json.loads(result.stdout)
    assert all(set(link) == {"source", "target", "score", "probability"} for link in output)
    assert all(link["probability"] is None for link in output)  # too few validation edges
    return [((link["source"], link["target"]), link["score"]) for link in output]


@pytest.mark.parametrize("k", [1, 25, 100_000])
def test_the_list_is_the_top_of_all_pairs(invoke, karate_run, brute, k):
    output = links(invoke, karate_run.folder, "--top-k", k)
    assert len(brute) == 34 * 33 // 2 - 78
    best = sorted(brute.values(), reverse=True)[:k]
    assert [score for _, score in output] == pytest.approx(best, abs=1e-5)
    assert len({pair for pair, _ in output}) == len(output)
    for pair, score in output:  # raises KeyError on a known edge or a pair turned round
        assert brute[pair] == pytest.approx(score, abs=1e-5)
    assert [p for _, p in output] == sorted((p for _, p in output), reverse=True)


def test_a_node_gets_its_own_list(invoke, karate_run, brute):
    output = links(invoke, karate_run.folder, "-k", 4, "--node", "33", "--node", "5")
    assert [source for (source, _), _ in output] == ["33"] * 4 + ["5"] * 4
    for node, part in (("33", output[:4]), ("5", output[4:])):
        of_node = [value for pair, value in brute.items() if node in pair]
        best = sorted(of_node, reverse=True)[:4]
        assert [score for _, score in part] == pytest.approx(best, abs=1e-5)
        for pair, score in part:
            u, v = sorted(pair, key=int)
            assert brute[u, v] == pytest.approx(score, abs=1e-5)


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet", ".json", ".jsonl"])
def test_a_file_holds_what_json_prints(invoke, karate_run, here, ending):
    path = here / f"links{ending}"
    printed = links(invoke, karate_run.folder, "-k", 7, "--out", path)
    text = {"source": str, "target": str}
    frame = {
        ".csv": lambda: pd.read_csv(path, dtype=text),
        ".tsv": lambda: pd.read_csv(path, sep="\t", dtype=text),
        ".parquet": lambda: pd.read_parquet(path),
        ".json": lambda: pd.DataFrame(json.loads(path.read_text())),
        ".jsonl": lambda: pd.DataFrame(map(json.loads, path.read_text().splitlines())),
    }[ending]()
    assert list(frame.columns) == ["source", "target", "score", "probability"]
    rows = [((u, v), p) for u, v, p, _ in frame.itertuples(index=False)]
    assert rows == printed
    assert [entry.name for entry in here.iterdir()] == [path.name]


def test_a_table_or_the_path_of_the_file_is_printed(invoke, karate_run, here):
    shown = invoke("predict", karate_run.folder, "-k", 3)
    header, *rows = (line.split() for line in shown.stdout.splitlines()[:4])
    assert header == ["source", "target", "score", "probability"]
    assert "it is not a probability" in shown.stdout
    assert "messages: over all 78 known edges" in shown.stdout
    old = invoke("predict", karate_run.folder, "-k", 3, "--messages", "train")
    assert "messages: over the 64 training edges only" in old.stdout
    printed = links(invoke, karate_run.folder, "-k", 3)
    assert [(u, v) for u, v, *_ in rows] == [pair for pair, _ in printed]
    written = invoke("predict", karate_run.folder, "-k", 3, "-o", "links.csv")
    assert written.stdout.startswith("3 links in links.csv\n")


def test_the_run_folder_has_the_first_hundred_links(invoke, karate_run):
    frame = pd.read_csv(karate_run.folder / "links.csv", dtype={"source": str, "target": str})
    rows = [((u, v), p) for u, v, p, _ in frame.itertuples(index=False)]
    assert rows == links(invoke, karate_run.folder, "-k", 100)
