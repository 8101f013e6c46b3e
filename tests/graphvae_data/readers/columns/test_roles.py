"""Columns get the role their reader meant, or a line says which option decides."""

import re
from pathlib import Path

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.any_graph import read_graph_file

PEOPLE = ("Ana Öz", "Bo Li", "Cy Roe", "Di Ek", "Ed Ola", "Flo Ark")
RING = [(PEOPLE[i], PEOPLE[(i + 1) % 6]) for i in range(6)]
NUMBERS = [(i, (i + step) % 12) for i in range(12) for step in (1, 4)]


def read(folder: Path, content: str, name: str = "g.csv", **options: object) -> Graph:
    (folder / name).write_text(content, encoding="utf-8")
    return read_graph_file(folder / name, ReadOptions(**options))


def roles(graph: Graph) -> dict[str, str]:
    assert graph.reading is not None
    return dict(graph.reading.roles)


def rows(header: str, row: str, edges: list[tuple[object, object]]) -> str:
    """A header and a row for each edge; {i} is its number, {d} a day, {r} one of two words."""
    lines = [
        row.format(u=u, v=v, i=i, d=f"{i % 28 + 1:02}", r=("knows", "likes")[i % 2])
        for i, (u, v) in enumerate(edges)
    ]
    return "\n".join([header, *lines] if header else lines) + "\n"


FOUND = {
    "date first": ("date,Follower,Followee,note", "2024-01-{d},{u},{v},met at work", RING, "time"),
    "names nobody knows": ("Datum,Von,An,Wort", "{d}.01.2024,{u},{v},ja", RING, ""),
    "date first, no header": ("", "2024-01-{d},{u},{v}", RING, "time"),
    "Unix time last": ("", "{u} {v} 10{i}2040961", [("a", "b"), ("b", "c"), ("c", "a")], "time"),
    "Unix time first": ("", "1082040{d}0 {u} {v}", NUMBERS, "time"),
    "milliseconds": ("", "{u} {v} 10820409610{d}", NUMBERS, "time"),
    "seconds since a start": ("", "{u} {v} 10{d}055", NUMBERS, "time"),
    "weight": ("", "{u} {v} 0.{i}", NUMBERS, "weight"),
    "weight and time": ("", "{u} {v} {i} 1082040{d}1.7", NUMBERS, "weight time"),
    "weight by name": ("Source;Target;Weight", "{u};{v};{i},5", RING, "weight"),
    "known pair": ("protein1 protein2 combined_score", "P{u} P{v} 15{i}", NUMBERS, ""),
    "ports beside": ("src_ip,src_port,dst_ip,dst_port", "a{u},{i},a{v},80", NUMBERS, ""),
    "ids beside": ("idx,n1,n2", "{i},{u},{v}", NUMBERS, ""),
    "times of names": ("id1,id2,start_time,end_time", "{u},{v},1082{i},1083{i}", NUMBERS, ""),
    "Neo4j": (":START_ID,role,:END_ID,:TYPE", "{u},Neo {i},{v},ACTED_IN", RING, "relation"),
    "Gephi": ("Source,Target,Type,Id", "{u},{v},Undirected,{i}", RING, "direction"),
    "e-mails": ("ID,Date,From,To,Subject", '<{i}>,"Mon, {d} Jan",{u},{v},"a, b"', RING, ""),
}  # fmt: skip


@pytest.mark.parametrize(("header", "row", "edges", "others"), FOUND.values(), ids=FOUND)
def test_the_ends_are_found_among_other_columns(
    header: str, row: str, edges: list[tuple[str, str]], others: str, tmp_path: Path
) -> None:
    graph = read(tmp_path, rows(header, row, edges))
    assert graph.num_edges == len(edges)
    assert graph.num_nodes == len({str(end) for edge in edges for end in edge})
    assert set(roles(graph)) == {"source", "target", *others.split()}
    assert (graph.weights is not None, graph.times is not None) == (
        "weight" in others,
        "time" in others,
    )
    first = graph.reading and graph.reading.first
    assert first is not None
    assert first[0].endswith(str(edges[0][0]))
    assert first[1].endswith(str(edges[0][1]))


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("", "{u}\t{r}\t{v}"),
        ("", "{r}\t{u}\t{v}"),
        ("", "{u}\t{v}\t{r}"),
        ("head\trelation\ttail", "{u}\t{r}\t{v}"),
        ("subject;predicate;object;confidence", "{u};{r};{v};0.{i}"),
    ],
)
def test_triples_are_recognised_wherever_the_relation_stands(
    header: str, row: str, tmp_path: Path
) -> None:
    content = rows(header, row, RING)
    with pytest.raises(InputError, match=r"2 relations: knows \(3 rows\).*--relation TYPE"):
        read(tmp_path, content)
    one = read(tmp_path, content, relation="knows")
    assert one.num_edges == 3
    assert one.reading is not None
    assert one.reading.dropped == (("of other relations", 3),)
    assert read(tmp_path, content, relations="merge").num_edges == 6
    with pytest.raises(InputError, match=r"no relation 'know'.*mean knows"):
        read(tmp_path, content, relation="know")


def test_one_relation_needs_no_choice(tmp_path: Path) -> None:
    graph = read(tmp_path, "subject\tpredicate\tobject\nfoo\tx:likes\tbar\nfoo\tx:likes\tbaz\n")
    assert graph.node_names == ("foo", "bar", "baz")


LARGE = [(1000 + u, 1000 + v) for u, v in NUMBERS]
UNSURE = {
    "triples of numbers": rows("", "{u}\t{r}\t{v}", LARGE)
    .replace("knows", "7")
    .replace("likes", "3"),
    "triples or weights": "10280\t50\t51\n51\t51\t10280\n7\t50\t51\n",
    "neighbours in columns": "".join(f"{i} {(i + 1) % 9} {(i + 2) % 9}\n" for i in range(9)),
    "features": "id,age,h\n1,30,True\n2,31,False\n3,32,True\n",
    "prices": "ticker,price,volume\nAAPL,1.5,100\nMSFT,2.5,200\nGOOG,3.5,300\n",
    "dates and people": "2020-01-01,Ana\n2020-01-02,Bo\n2020-01-03,Ana\n",
    "a table of nodes": "id,name\n" + "".join(f"{i},{name}\n" for i, name in enumerate(PEOPLE)),
    "people and numbers": "name,score\nAna,0.5\nBo,0.7\n",
    "city of a person": rows("date,who is it,city,amount", "2024-01-{d},{u},City {i},{i}", RING),
    "three columns that share ids": "a,b,c\nb,c,a\nc,a,b\nd,a,c\n",
}


@pytest.mark.parametrize("content", UNSURE.values(), ids=UNSURE)
def test_a_guess_that_is_not_sure_is_refused_with_the_columns_and_the_option(
    content: str, tmp_path: Path
) -> None:
    with pytest.raises(
        InputError, match=r"cannot tell which columns are .*--source-col and --target-col"
    ):
        read(tmp_path, content, "g.txt", **({"header": False} if "a,b,c" in content else {}))


def test_what_the_user_names_is_taken(tmp_path: Path) -> None:
    triples = "10280\t50\t51\n51\t51\t10280\n7\t50\t51\n"
    by_number = {"source": 1, "target": 3, "relation_col": 2, "relations": "merge"}
    assert read(tmp_path, triples, **by_number).num_edges == 2
    assert read(tmp_path, triples, weight="3").weights is not None
    numbers = read(tmp_path, "v,w\n1,2\n2,3\n3,1\n", source="v", target="w")
    assert numbers.weights is None
    by_position = read(tmp_path, "when,who,whom\n3,a,b\n4,b,c\n", source="2", target="3", time="1")
    assert by_position.times is not None
    assert by_position.node_names == ("a", "b", "c")


def test_one_end_that_is_named_finds_the_other(tmp_path: Path) -> None:
    content = rows("date,Follower,Followee,note", "2024-01-{d},{u},{v},x", RING)
    assert roles(read(tmp_path, content, source="Followee"))["target"] == "Follower"
    assert roles(read(tmp_path, content, target="Followee"))["source"] == "Follower"


SIGNED = "6,2,4,1289241911.7\n6,5,2,1289241941.5\n1,15,-1,1289243140.3\n"


def test_signed_edges_are_refused_with_the_ways_out(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 3.*'-1'.*--min-weight 2.*--no-weights"):
        read(tmp_path, SIGNED)
    plain = read(tmp_path, SIGNED, weights=False)
    assert (plain.num_edges, plain.weights) == (3, None)
    positive = read(tmp_path, SIGNED, min_weight=1)
    assert positive.weights is not None
    assert positive.weights.tolist() == [2, 4] or positive.weights.tolist() == [4, 2]
    assert read(tmp_path, SIGNED, min_weight=1, weights=False).weights is None
    with pytest.raises(InputError, match="signed edges"):
        read(tmp_path, SIGNED, min_weight=-5)
    with pytest.raises(InputError, match=r"column of weights for --min-weight"):
        read(tmp_path, "a,b\nb,c\n", min_weight=1)


RATINGS = (
    "userId,movieId,rating,timestamp\n1,3,3.5,1083766655\n1,2,1,1087860618\n2,1,5,1086529431\n"
)


def test_ratings_are_refused_and_both_sides_stay_apart(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ratings, from 1 to 5.*--min-weight 3.*--no-weights"):
        read(tmp_path, RATINGS)
    liked = read(tmp_path, RATINGS, min_weight=3)
    assert liked.node_names == ("userId:1", "userId:2", "movieId:1", "movieId:3")
    assert liked.sides is not None
    assert liked.sides.tolist() == [0, 0, 1, 1]
    assert liked.edges.T.tolist() == [[0, 3], [1, 2]]
    merged = read(tmp_path, RATINGS, weights=False, bipartite=False)
    assert merged.sides is None
    assert merged.node_names == ("1", "2", "3")


def test_ratings_without_names_are_told_by_their_values(tmp_path: Path) -> None:
    lines = [f"{i % 30}\t{i % 41}\t{(3, 4, 4, 5, 1)[i % 5]}\t88125{i:04}\n" for i in range(150)]
    with pytest.raises(InputError, match=r"column 3 seems to contain ratings.*--bipartite"):
        read(tmp_path, "".join(lines), "u.data")


def test_sides_that_share_no_id_keep_their_names(tmp_path: Path) -> None:
    graph = read(tmp_path, "user,hashtag\nu1,#a\nu2,#a\nu1,#b\n")
    assert graph.node_names == ("u1", "u2", "#a", "#b")
    assert graph.reading is not None
    assert graph.reading.bipartite
    asked = read(tmp_path, "1,1\n1,2\n2,3\n", bipartite=True)
    assert asked.node_names[:3] == ("source:1", "source:2", "target:1")


def test_merging_most_rows_is_said_loudly(tmp_path: Path) -> None:
    content = rows("from,to,x", "{u},{v},{i}", RING * 8)
    graph = read(tmp_path, content)
    assert graph.reading is not None
    assert graph.reading.line().startswith("WARNING: 88% of the rows repeat an edge")


def test_memory_follows_the_rows_not_the_largest_id(tmp_path: Path) -> None:
    graph = read(tmp_path, "1,50000000\n50000000,3\n3,1\n")
    assert graph.node_names == ("1", "3", "50000000")


def test_gephis_word_for_direction_counts_unless_the_user_says_otherwise(tmp_path: Path) -> None:
    content = "Source,Target,Type\na,b,Directed\nb,a,Directed\nb,c,Directed\n"
    assert read(tmp_path, content).directed
    assert not read(tmp_path, content, directed=False).directed


def test_rows_of_nodes_in_neo4js_export_are_left_out(tmp_path: Path) -> None:
    content = '"_id","name","_start","_end","_type"\n"0","Ana",,,\n"1","Bo",,,\n,,"0","1","KNOWS"\n'
    graph = read(tmp_path, content)
    assert (graph.node_names, graph.num_edges) == (("0", "1"), 1)
    grouped = read(tmp_path, ":START_ID(Person),:END_ID(Movie),:TYPE\n1,1,ACTED\n2,1,ACTED\n")
    assert grouped.node_names == ("Person:1", "Person:2", "Movie:1")


def test_whole_numbers_written_as_fractions_are_ids(tmp_path: Path) -> None:
    assert read(tmp_path, "0.0e+00 1.0e+00\n1.0e+00 2.0e+00\n").node_names == ("0", "1", "2")


def test_options_without_their_column_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"column of relations, found none.*--relation-col"):
        read(tmp_path, "a,b\nb,c\n", relations="merge")
    with pytest.raises(InputError, match="--directed or a bipartite graph"):
        read(tmp_path, "user,item\n1,2\n2,3\n", directed=True)


@pytest.mark.parametrize("title", ["weight", "Edge_Weight", "rating", "wt"])
@pytest.mark.parametrize("bad", ["NA", "?", "-", "unknown", "null"])
@pytest.mark.parametrize("row", [0, 3])
def test_a_missing_weight_in_any_row_is_an_error(
    title: str, bad: str, row: int, tmp_path: Path
) -> None:
    lines = [f"{u},{v},{bad if i == row else i}" for i, (u, v) in enumerate(RING)]
    with pytest.raises(
        InputError, match=rf"line {row + 2}: expected a finite weight.*got '{re.escape(bad)}'"
    ):
        read(tmp_path, "\n".join([f"source,target,{title}", *lines]))
    if bad != "unknown":
        with pytest.raises(InputError, match=rf"line {row + 1}: expected a finite weight"):
            read(tmp_path, "\n".join(lines))


def test_weights_of_words_alone_are_not_used(tmp_path: Path) -> None:
    lines = [f"{u},{v},{'NA' if i == 0 else 'high'}" for i, (u, v) in enumerate(RING)]
    graph = read(tmp_path, "\n".join(["source,target,weight", *lines]))
    assert graph.weights is None


def test_quoted_weights_have_decimal_commas(tmp_path: Path) -> None:
    lines = [f'{u},{v},"{i},5"' for i, (u, v) in enumerate(RING)]
    graph = read(tmp_path, "\n".join(["source,target,weight", *lines]))
    assert graph.weights is not None
    assert sorted(graph.weights.tolist()) == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
