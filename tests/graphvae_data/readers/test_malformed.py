"""Malformed graph files and objects: one line that names the file and the row."""

import gzip
import random
import re
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import torch
from torch_geometric.data import Data

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graphfile import save_graph
from graphvae_data.graphs.graphs import load_graph
from graphvae_data.readers.any_graph import read_graph_file
from graphvae_data.readers.objects import as_graph
from tests.graphvae_data.readers.malformed import (
    BAD,
    TRIANGLE,
    Bad,
    dumped,
    frame,
    mat,
    matrix,
    put,
    put_all,
    weighted_graphml,
)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.what.replace(" ", "-"))
def test_bad_files_give_one_clear_line(bad: Bad, tmp_path: Path) -> None:
    paths = put_all(bad, tmp_path)
    with pytest.raises(InputError) as caught:
        read_graph_file(paths.graph, bad.options, features=paths.features, labels=paths.labels)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 700
    assert re.search(bad.says, message), message
    assert paths.faulty in message, message
    assert caught.value.__cause__ is None


def test_there_are_enough_of_them_and_each_is_one_of_a_kind() -> None:
    assert len(BAD) >= 40
    assert len({bad.what for bad in BAD}) == len(BAD)


def test_a_damaged_graph_file_of_ours_is_named(tmp_path: Path) -> None:
    path = tmp_path / "g.npz"
    save_graph(path, load_graph("karate"))
    with np.load(path) as archive:
        held = dict(archive)
    np.savez(path, **{**held, "edge_weight": np.ones(3)})
    with pytest.raises(InputError, match=r"g\.npz: expected 78 rows in `edge_weight`"):
        read_graph_file(path)


@pytest.mark.parametrize(
    ("graph", "says"),
    [
        (None, "expected a networkx Graph.*got NoneType"),
        ("edges.csv", "got str"),
        ({"a": ["b"]}, "got dict"),
        (np.ones((3, 4)), "array of edges"),
        (np.ones((3, 2)), "text or integers, got float64"),
        (np.array([[1.5, "a"]], dtype=object), "got float 1.5"),
        ([(1, 2, 3)], "edge 1: expected a pair"),
        ([("a", None)], "got NoneType None"),
        ([], "got no edges"),
        (pd.DataFrame({"when": ["2020-01-02"], "who": ["a"]}), "name them with source and target"),
        (pd.DataFrame({"source": [], "target": []}), "empty one"),
        (
            pd.DataFrame({"source": [1.5], "target": [2.0]}),
            "cannot tell which columns are the two ends",
        ),
        (
            pd.DataFrame({"source": ["a", 1, {}], "target": list("bcd")}),
            "numbers or text in source",
        ),
        (
            pd.DataFrame({"source": [0, 1], "target": [1, 2], "weight": [1.0, -1.0]}),
            "row 2: expected a weight, not negative.*min_weight=1.*weights=False",
        ),
        (torch.zeros(2, 2, 2).to_sparse(), "square"),
        (nx.empty_graph(4), "0 edges"),
        (Data(), "edge_index, got none"),
        (nx.Graph([("1", 1)]), "distinct node names"),
    ],
)
def test_bad_objects_give_one_clear_line(graph: object, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        as_graph(graph)
    assert "\n" not in str(caught.value)


FORMS = {
    "g.csv": lambda path: path.write_text('id,to,w\n"a",b,1\nb,c,2\n'),
    "g.csv.gz": lambda path: path.write_bytes(gzip.compress(TRIANGLE.encode())),
    "g.parquet": frame(u=["a", "b"], v=["b", "c"], weight=[1.0, 2.0]),
    "g.graphml": weighted_graphml(2.0),
    "g.gml": lambda path: nx.write_gml(nx.path_graph(3), path),
    "g.gexf": lambda path: nx.write_gexf(nx.path_graph(3), path),
    "g.npz": matrix([[0, 1], [1, 0]]),
    "own.npz": lambda path: save_graph(path, load_graph("karate")),
    "g.mat": mat(net=np.ones((3, 3))),
    "g.pt": dumped(Data(edge_index=torch.tensor([[0], [1]]))),
}


@pytest.mark.parametrize("name", FORMS)
def test_damage_anywhere_is_read_or_refused_but_never_crashes(name: str, tmp_path: Path) -> None:
    path = put(tmp_path / name, FORMS[name])
    whole = path.read_bytes()
    chance = random.Random(0)
    for _ in range(60):
        content = bytearray(whole[: chance.choice([len(whole), chance.randrange(len(whole))])])
        for _ in range(chance.choice([0, 1, 8])):
            if content:
                content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content)
        try:
            read_graph_file(path)
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017 - reading may also succeed
            assert name in str(error)  # noqa: PT017
