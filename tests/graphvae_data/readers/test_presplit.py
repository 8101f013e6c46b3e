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
