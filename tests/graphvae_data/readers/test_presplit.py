"""Three files of edges: one set of columns, one set of nodes, each edge in one place."""

from pathlib import Path

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.presplit import PresplitGraph, read_presplit


def read(folder: Path, *contents: str, **options: object) -> PresplitGraph:
    paths = [folder / f"{name}.tsv" for name in ("train", "val", "test")]
    for path, content in zip(paths, contents, strict=True):
        path.write_text(content)
    return read_presplit(paths, ReadOptions(**options))


def test_the_first_file_says_whether_there_is_a_header(tmp_path: Path) -> None:
    train = "uk\tusa\nusa\tchina\nchina\tuk\nuk\tindia\n"
    split = read(tmp_path, train, "india\tperu\nchile\tcuba\n", "usa\tindia\n")
    assert [part.shape[1] for part in split.parts] == [4, 2, 1]
    head = "source\ttarget\n"
    headed = read(tmp_path, head + train, head + "india\tperu\n", head + "usa\tindia\n")
    assert [part.shape[1] for part in headed.parts] == [4, 1, 1]


def test_an_edge_in_two_files_is_refused_by_name_and_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'uk' and 'usa' in .*train.*val") as error:
        read(tmp_path, "uk\tusa\nusa\tchina\n", "usa\tuk\n", "china\tuk\n")
    assert "1 such edge in either direction" in str(error.value)
    whole = read(tmp_path, "uk\tusa\nusa\tchina\n", "usa\tuk\n", "china\tuk\n", directed=True)
    assert [part.shape[1] for part in whole.parts] == [2, 1, 1]


def test_triples_in_three_files(tmp_path: Path) -> None:
    files = ("a\tknows\tb\nb\tlikes\tc\nc\tknows\td\n", "a\tknows\tc\n", "b\tlikes\td\n")
    with pytest.raises(InputError, match="2 relations"):
        read(tmp_path, *files)
    merged = read(tmp_path, *files, relations="merge")
    assert merged.graph.node_names == ("a", "b", "c", "d")
    assert [part.shape[1] for part in merged.parts] == [3, 1, 1]


def test_both_sides_stay_apart_over_all_files(tmp_path: Path) -> None:
    split = read(tmp_path, "1\t7\n2\t8\n", "7\t7\n", "1\t8\n", bipartite=True)
    names = split.graph.node_names
    assert names == ("source:1", "source:2", "source:7", "target:7", "target:8")
    assert [[names[u] for u in part[1].tolist()] for part in split.parts] == [
        ["target:7", "target:8"],
        ["target:7"],
        ["target:8"],
    ]


TRAIN = "1,2\n2,3\n3,4\n4,5\n"
HEAD = "source,target\n"


@pytest.mark.parametrize(
    ("contents", "counts"),
    [
        ((TRAIN, HEAD + "1,3\n", "1,4\n"), [4, 1, 1]),
        ((TRAIN, HEAD + "1,3\n", HEAD + "1,4\n"), [4, 1, 1]),
        ((HEAD + TRAIN, "1,3\n", HEAD.title() + "1,4\n"), [4, 1, 1]),
        ((TRAIN, "to,from\n1,3\n2,4\n", "score,u,v\n0.5,1,4\n"), [4, 2, 1]),
        (("uk,us\nus,cn\ncn,uk\n", HEAD + "uk,in\n", "in,us\n"), [3, 1, 1]),
        (("u,x\nx,y\ny,v\nv,w\n", "u,v\n", "a,b\nx,v\n"), [4, 1, 2]),
        (("gene_a,gene_b,s\nP1,P2,1\nP2,P3,2\n", "gene_a,gene_b\nP1,P3\n", "P1,P4\n"), [2, 1, 1]),
    ],
)
def test_each_file_has_a_header_or_not(
    contents: tuple[str, ...], counts: list[int], tmp_path: Path
) -> None:
    split = read(tmp_path, *(content.replace(",", "\t") for content in contents))
    assert [part.shape[1] for part in split.parts] == counts
    assert not {"source", "Source", "to", "gene_a"} & set(split.graph.node_names)


@pytest.mark.parametrize("head", [HEAD, HEAD.title(), "source ,target \n", ""])
def test_files_without_the_column_of_weights(head: str, tmp_path: Path) -> None:
    train = "source,target,weight\n1,2,5\n2,3,6\n3,4,7\n"
    files = [train, head + "1,3\n", "weight,target,source\n9,1,4\n"]
    split = read(tmp_path, *(content.replace(",", "\t") for content in files))
    assert split.graph.weights is not None
    assert split.graph.edges.tolist() == [[0, 0, 0, 1, 2], [1, 2, 3, 2, 3]]
    assert split.graph.weights.tolist() == [5, 1, 9, 6, 7]
    assert "1 edge of validation or test files without weights count as 1" in (
        split.graph.reading.notes
    )


def test_columns_chosen_by_name_in_files_without_a_header(tmp_path: Path) -> None:
    files = ("n\tu\tv\n7\t1\t2\n7\t2\t3\n", "7\t1\t3\n", "N\tV\tU\n7\t1\t4\n")
    split = read(tmp_path, *files, source="u", target="v", directed=True)
    assert split.graph.edges.T.tolist() == [[0, 1], [0, 2], [1, 2], [3, 0]]


@pytest.mark.parametrize("head", ["weight\tsource\ttarget\n", "w\tfrom\tto\n"])
@pytest.mark.parametrize("other", ["", "u\tv\n", "x_a\tx_b\n"])
def test_a_column_before_the_ends_may_be_left_out(head: str, other: str, tmp_path: Path) -> None:
    train = head + "5\tuk\tus\n6\tus\tcn\n7\tcn\tin\n"
    split = read(tmp_path, train, other + "uk\tcn\n", other + "uk\tin\n")
    assert split.graph.node_names == ("uk", "us", "cn", "in")
    assert split.graph.weights is not None
    assert split.graph.weights.tolist() == [5, 1, 1, 6, 7]


def test_both_sides_are_those_of_the_first_file(tmp_path: Path) -> None:
    train = "userId\tmovieId\n1\t2\n2\t3\n3\t1\n"
    split = read(tmp_path, train, "1\t1\n", "3\t2\n")
    assert [part.shape[1] for part in split.parts] == [3, 1, 1]
    assert split.graph.num_nodes == 6
    split = read(tmp_path, train.partition("\n")[2], "userId\tmovieId\n1\t4\n", "4\t2\n")
    assert [part.shape[1] for part in split.parts] == [3, 1, 1]
    assert split.graph.num_nodes == 4


@pytest.mark.parametrize("weight", ["c", "3"])
def test_chosen_weights_may_be_left_out(weight: str, tmp_path: Path) -> None:
    train = "a\tb\tc\n1\t2\t5\n2\t3\t6\n3\t4\t7\n"
    split = read(tmp_path, train, "a\tb\n1\t3\n", "1\t4\n", weight=weight)
    assert split.graph.weights is not None
    assert split.graph.weights.tolist() == [5, 1, 1, 6, 7]
