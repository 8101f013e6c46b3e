"""`graphvae embed`: every format is read back by its own tool, without pickle."""

import numpy as np
import pandas as pd
import pytest

from graphvae.runs.result import load


def read_word2vec(path):
    """Parse word2vec's text form as gensim does: a header, then a word and its vector a line."""
    header, *lines = path.read_text().splitlines()
    count, width = map(int, header.split(" "))
    rows = [line.split(" ") for line in lines]
    assert len(rows) == count
    assert {len(row) for row in rows} == {width + 1}
    return [row[0] for row in rows], np.array([row[1:] for row in rows], dtype=np.float32)


def read_frame(frame):
    assert list(frame.columns) == ["node", *(f"z{axis}" for axis in range(16))]
    return list(frame["node"]), frame.drop(columns="node").to_numpy(dtype=np.float32)


def read(path):
    if path.suffix == ".npy":
        ids = path.with_suffix(".ids.txt").read_text(encoding="utf-8")
        return ids.split("\n")[:-1], np.load(path, allow_pickle=False)
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as stored:
            return stored["names"].tolist(), stored["embedding"]
    if path.suffix == ".txt":
        return read_word2vec(path)
    if path.suffix == ".parquet":
        return read_frame(pd.read_parquet(path))
    separator = "\t" if path.suffix == ".tsv" else ","
    return read_frame(pd.read_csv(path, sep=separator, dtype={"node": str}, keep_default_na=False))


@pytest.mark.parametrize("ending", [".npy", ".npz", ".csv", ".tsv", ".parquet", ".txt"])
def test_names_and_values_are_read_back_exactly(invoke, karate_run, here, ending):
    path = here / f"z{ending}"
    result = invoke("embed", karate_run.folder, "--out", path)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "34 nodes × 16 dimensions" in result.stdout
    names, values = read(path)
    expected = load(karate_run.folder)
    assert names == expected.node_names
    assert values.dtype == np.float32
    assert np.array_equal(values, expected.embeddings())
    beside = ["z.ids.txt"] if ending == ".npy" else []
    assert sorted(entry.name for entry in here.iterdir()) == [*beside, path.name]


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".csv", ".npy", ".npz", ".parquet", ".txt"])
def test_names_with_spaces_and_accents_are_kept(invoke, here, named_run, ending):
    path = here / f"z{ending}"
    assert invoke("embed", named_run, "-o", path).exit_code == 0
    names, values = read(path)
    expected = load(named_run)
    expected_names = expected.node_names
    if ending == ".txt":  # a word of word2vec's form holds no white space
        expected_names = [name.replace(" ", "_") for name in expected_names]
    assert names == expected_names
    assert np.array_equal(values, expected.embeddings())


@pytest.fixture(scope="module")
def named_run(tmp_path_factory):
    """A run on a graph of one's own, whose nodes have difficult names."""
    import torch

    from graphvae.runs.fit import fit
    from graphvae_data.graphs.graph import Graph

    ring = [[node, (node + step) % 20] for node in range(20) for step in (1, 3)]
    names = [
        "Éponine, ou l'autre",
        'the "one"',
        "1e5",
        "007",
        "nan",
        *map("node {}".format, range(15)),
    ]
    data = Graph.from_edges(torch.tensor(ring).T, 20, name="ring", node_names=names)
    folder = tmp_path_factory.mktemp("named") / "run"
    fit(data, epochs=2, val_fraction=0.1, baselines=False, out=folder)
    return folder
