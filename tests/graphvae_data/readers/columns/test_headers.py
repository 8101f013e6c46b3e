"""Whether the first row is a header: by names, by kinds of values, by ids that do not recur."""

from pathlib import Path

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.any_graph import read_graph_file

BOSSES = "boss,minion\nana1,bo2\nbo2,cy3\ncy3,di4\ndi4,ana1\nana1,cy3\n"


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("protein1,protein2\nBRCA1,TP53\nTP53,MDM2\n", "BRCA1 TP53 MDM2"),
        ("v;w\nOak St;Elm St\nElm St;Ash St\n", "Oak St|Elm St|Ash St"),
        ("person,friend\nAna,Bo\nBo,Cy\n", "Ana Bo Cy"),
        ("follower,followee\n1234567890123456789,12\n12,13\n", "1234567890123456789 12 13"),
        ("a_id;b_id\n1234567890123456789;1234567890123456790\n", None),
        (":START_ID,:END_ID,:TYPE\nkeanu,tt01,IN\nanne,tt01,IN\n", "keanu tt01 anne"),
        ("boss,minion\n1,2\n2,3\n", "1 2 3"),
        (BOSSES, "ana1 bo2 cy3 di4"),
        ("#source\ttarget\na\tb\nb\tc\n", "a b c"),
        ("from,to,weight\nfrom Oslo,b,1\nb,c,2\n", "from Oslo|b|c"),
        ("a,b,when\na,b,2020-01-01\nb,c,2020-01-02\n", "a b c"),
    ],
)
def test_headers_are_no_edges(content: str, names: str | None, tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text(content)
    graph = read_graph_file(tmp_path / "g.csv")
    if names is None:
        assert graph.num_nodes == 2
    else:
        assert set(graph.node_names) == set(names.split("|" if "|" in names else " "))


@pytest.mark.parametrize(
    "content",
    [
        "a,b\nb,c\n",
        "person1,person2\nperson2,person3\n",
        "Ana,Bo\nBo,Cy\nCy,Di\n",
        "1,2\n2,3\n",
        "a,a\nb,c\n",
        "/m/a,/m/b\n/m/b,/m/c\n",
        "u,v\nv,w\nw,u\n",
        "#python,#java\n#java,#rust\n",
        "%50off,%20off\n%20off,%10off\n",
    ],
)
def test_rows_of_ids_are_no_headers(content: str, tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text(content)
    graph = read_graph_file(tmp_path / "g.csv")
    assert graph.reading is not None
    assert graph.reading.rows == content.count("\n")


@pytest.mark.parametrize("content", ["ab,cd\nef,gh\n", "source,target\nsource,b\nb,c\n"])
def test_doubt_is_refused_and_an_option_decides(content: str, tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text(content)
    with pytest.raises(InputError, match=r"line 1: .* header or an edge.*--header or --no-header"):
        read_graph_file(tmp_path / "g.csv")
    rows = [
        read_graph_file(tmp_path / "g.csv", ReadOptions(header=header)).reading
        for header in (False, True)
    ]
    count = content.count("\n")
    assert [reading.rows for reading in rows if reading] == [count, count - 1]
