"""Features as people have them become numbers, and those of new nodes the same way."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from graphvae_data.core.errors import InputError
from graphvae_data.core.reading import Reading
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.graphfile import read_graph, save_graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.any_graph import read_graph_file
from graphvae_data.readers.objects import as_graph

EDGES = "a,b\nb,c\nc,d\nd,e\n"
PEOPLE = (
    "id,age,income,city,member,born\na,20,3000,Oslo,True,2000-01-01\nb,30,,Lagos,False,1990-01-01\n"
    "c,40,1000,Oslo,True,\nd,50,2000,Oslo,,1970-01-01\ne,60,2000,Lagos,False,1960-01-01\n"
)


@pytest.fixture
def people(tmp_path: Path) -> Graph:
    (tmp_path / "g.csv").write_text(EDGES)
    (tmp_path / "p.csv").write_text(PEOPLE)
    return read_graph_file(tmp_path / "g.csv", features=tmp_path / "p.csv")


def test_numbers_words_flags_dates_and_missing_values(people: Graph) -> None:
    x, reading = people.features, people.reading
    assert x is not None
    assert reading is not None
    assert x.shape == (5, 9)
    age, income, no_income, lagos, oslo, member, no_member, born, no_born = x.T
    assert torch.allclose(age, torch.tensor([-20.0, -10, 0, 10, 20]) / 200**0.5)
    assert income[1] == 0
    assert no_income.tolist() == [0, 1, 0, 0, 0]
    assert lagos.tolist() == [0, 1, 0, 0, 1]
    assert (lagos + oslo).tolist() == [1, 1, 1, 1, 1]
    assert member.tolist() == [1, 0, 1, 0.5, 0]
    assert no_member.tolist() == [0, 0, 0, 1, 0]
    assert born[2] == 0
    assert no_born.tolist() == [0, 0, 1, 0, 0]
    assert reading.features is not None
    assert reading.features.line() == (
        "age, income, born standardised; city (2) one-hot encoded; member as 0 and 1; "
        "missing income, member, born imputed with the mean and flagged"
    )


def test_new_nodes_are_prepared_as_those_of_the_training(people: Graph, tmp_path: Path) -> None:
    save_graph(tmp_path / "graph.npz", people)
    reading = read_graph(tmp_path / "graph.npz").reading
    assert reading == people.reading
    assert reading is not None
    (tmp_path / "new.csv").write_text("x,y\ny,z\n")
    (tmp_path / "q.csv").write_text(
        "id,city,age,income,member,born,other\nx,Rome,40,,True,,1\ny,Oslo,20,2000,False,,2\n"
        "z,Oslo,20,2000,False,,3\n"
    )
    files = (tmp_path / "new.csv", ReadOptions())
    graph = read_graph_file(*files, features=tmp_path / "q.csv", prep=reading.features)
    assert graph.features is not None
    assert graph.features[0].tolist() == [0, 0, 1, 0, 0, 1, 0, 0, 1]
    assert people.features is not None
    assert graph.features[1, 0] == people.features[0, 0]
    (tmp_path / "q.csv").write_text("id,age\nx,1\ny,2\nz,3\n")
    with pytest.raises(InputError, match="expected a column income, as in training, got id, age"):
        read_graph_file(*files, features=tmp_path / "q.csv", prep=reading.features)


def test_words_in_a_column_of_numbers_are_named(people: Graph, tmp_path: Path) -> None:
    assert people.reading is not None
    rows = PEOPLE.replace("a,20", "a,old")
    (tmp_path / "p.csv").write_text(rows)
    with pytest.raises(InputError, match=r"p\.csv, line 2: expected a finite number.*'old'"):
        read_graph_file(
            tmp_path / "g.csv", features=tmp_path / "p.csv", prep=people.reading.features
        )


def test_columns_of_many_words_are_left_out_and_named(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text("".join(f"n{i},n{i + 1}\n" for i in range(20)))
    table = "".join(f"n{i},{i},about {i}\n" for i in range(21))
    (tmp_path / "p.csv").write_text("id,age,about\n" + table)
    graph = read_graph_file(tmp_path / "g.csv", features=tmp_path / "p.csv")
    assert graph.num_features == 1
    assert graph.reading is not None
    assert "did not use the features about" in graph.reading.line()


def test_arrays_are_prepared_only_where_they_need_it() -> None:
    edges, rng = [(i, i + 1) for i in range(29)], np.random.default_rng(0)
    plain = rng.normal(size=(30, 2))
    kept = as_graph(edges, features=plain).features
    assert kept is not None
    assert np.allclose(kept, plain)
    wide = plain * 1000
    wide[3, 1] = np.nan
    scaled = as_graph(edges, features=wide)
    assert scaled.features is not None
    assert scaled.features.shape == (30, 3)
    assert scaled.features.abs().max() < 5
    assert scaled.features[3].tolist()[1:] == [0, 1]
    raw = as_graph(edges, ReadOptions(feature_prep="none"), features=plain * 1000).features
    assert raw is not None
    assert np.allclose(raw, plain * 1000)


def test_frames_are_matched_by_index_or_column() -> None:
    edges = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")]
    frame = pd.DataFrame({"id": list("edcba"), "age": [5, 4, 3, 2, 1], "kind": list("xxyyy")})
    indexed = frame.set_index("id")
    graphs = [
        as_graph(edges, features=frame, labels=frame[["id", "kind"]]),
        as_graph(edges, features=indexed, labels=indexed["kind"]),
    ]
    first, second = (graph.features for graph in graphs)
    assert first is not None
    assert second is not None
    assert torch.equal(first, second)
    assert [graph.class_names for graph in graphs] == [("x", "y")] * 2
    assert graphs[0].labels is not None
    assert graphs[0].labels.tolist() == [1, 1, 1, 0, 0]


def test_labels_may_stand_among_other_columns(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text(EDGES)
    (tmp_path / "l.csv").write_text("id,age,group,town\na,1,x,p\nb,2,y,p\nc,3,x,q\n")
    by_name = read_graph_file(tmp_path / "g.csv", labels=tmp_path / "l.csv")
    assert by_name.class_names == ("x", "y")
    options = ReadOptions(label="town")
    assert read_graph_file(tmp_path / "g.csv", options, labels=tmp_path / "l.csv").class_names == (
        "p",
        "q",
    )
    (tmp_path / "l.csv").write_text("id,age,town\na,1,p\nb,2,p\n")
    with pytest.raises(InputError, match="age, town; select the label with --label-col"):
        read_graph_file(tmp_path / "g.csv", labels=tmp_path / "l.csv")


def test_a_reading_is_what_its_json_says(people: Graph) -> None:
    assert people.reading is not None
    assert Reading.from_dict(people.reading.to_dict()) == people.reading


DECIMALS = "id;x;f\na;0,5;1,0\nb;1,125;0,0\nc;NA;\nd;-2,5e-1;1,0\ne;,25;0,0\n"


@pytest.mark.parametrize(
    "content",
    [
        DECIMALS,
        DECIMALS.replace(";", "\t"),
        "".join(f'"{line}"\n'.replace(";", '","') for line in DECIMALS.splitlines()),
        DECIMALS.replace("id", "person"),
        DECIMALS.partition("\n")[2],
    ],
)
def test_decimal_commas_are_numbers(content: str, tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text(EDGES)
    (tmp_path / "p.csv").write_text(content)
    graph = read_graph_file(tmp_path / "g.csv", features=tmp_path / "p.csv")
    assert graph.features is not None
    assert graph.features.shape == (5, 4)
    x, missing, flag, unknown = graph.features.T
    expected = torch.tensor([0.5, 1.125, 0.40625, -0.25, 0.25])
    assert torch.allclose(x * (expected[0] - expected[3]) / (x[0] - x[3]) + 0.40625, expected)
    assert flag.tolist() == [1, 0, 0.5, 1, 0]
    assert missing.tolist() == unknown.tolist() == [0, 0, 1, 0, 0]


def test_rows_of_decimal_commas_by_order(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text("0,1\n1,2\n")
    (tmp_path / "p.csv").write_text("x;y\n0,5;1\n1,5;2\n2,5;3\n")
    graph = read_graph_file(
        tmp_path / "g.csv", ReadOptions(feature_prep="none"), features=tmp_path / "p.csv"
    )
    assert graph.features is not None
    assert graph.features.tolist() == [[0.5, 1], [1.5, 2], [2.5, 3]]


def test_quoted_thousands_are_no_decimals(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text(EDGES)
    (tmp_path / "p.csv").write_text('id,x\na,"1,234"\nb,"1,234"\nc,"2,500"\nd,1\ne,1\n')
    graph = read_graph_file(tmp_path / "g.csv", features=tmp_path / "p.csv")
    assert graph.reading is not None
    assert graph.reading.features is not None
    assert "x (3) one-hot encoded" in graph.reading.features.line()
