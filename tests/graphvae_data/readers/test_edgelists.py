"""The line on an edge list hints at options that work."""

from pathlib import Path

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.any_graph import read_graph_file

RING = [(f"p{i}", f"p{(i + 1) % 6}") for i in range(6)]


def read(folder: Path, content: str, **options: object) -> Graph:
    (folder / "g.csv").write_text(content)
    return read_graph_file(folder / "g.csv", ReadOptions(**options))


@pytest.mark.parametrize(
    ("header", "column", "hint"),
    [
        (",source,target", "{i}", None),
        (",source,target", "{next}", None),
        (",source,target", "{double}", None),
        ("row,source,target", "{i}", None),
        ("Unnamed: 0,source,target", "{next}", None),
        ("#,source,target", "{next}", None),
        ("edge_id,source,target", "{next}", None),
        ("minutes,source,target", "{next}", "minutes"),
        (",source,target", "0.{i}", "1"),
        ("my score,source,target", "0.{i}", "'my score'"),
    ],
)
def test_the_hint_names_a_column_that_can_be_weights(
    header: str, column: str, hint: str | None, tmp_path: Path
) -> None:
    cells = [column.format(i=i, next=i + 1, double=2 * i) for i in range(6)]
    content = "\n".join([header, *(f"{c},{u},{v}" for c, (u, v) in zip(cells, RING, strict=True))])
    graph = read(tmp_path, content)
    assert graph.reading is not None
    notes = [] if hint is None else [f"--weight-col {hint} would read it as weights"]
    assert list(graph.reading.notes) == notes
    if hint is not None:
        assert read(tmp_path, content, weight=hint.strip("'")).weights is not None


def test_an_untitled_column_by_number_or_by_its_name_in_messages(tmp_path: Path) -> None:
    content = "\n".join([",source,target", *(f"{i + 1},{u},{v}" for i, (u, v) in enumerate(RING))])
    for name in ("1", "column 1"):
        assert read(tmp_path, content, weight=name).weights is not None
    with pytest.raises(
        InputError, match=r"no column 'column 9'.* expected one of column 1, source"
    ):
        read(tmp_path, content, weight="column 9")
    with pytest.raises(InputError, match=r"did you mean column 1"):
        read(tmp_path, content, weight="colum 1")
