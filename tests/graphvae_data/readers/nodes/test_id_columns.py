"""Tables as pandas writes them: numbered columns beside an index of ids."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.any_graph import read_graph_file

PLAIN = ReadOptions(feature_prep="none")


@pytest.mark.parametrize("width", [1, 2, 3, 5])
@pytest.mark.parametrize("names", [list("bacd"), [7, 5, 9, 6], [7.0, 5.0, 9.0, 6.0]])
@pytest.mark.parametrize("index_label", [None, "id"])
@pytest.mark.parametrize("sep", [",", "\t", ";"])
def test_features_with_numbered_columns(
    width: int, names: list[object], index_label: str | None, sep: str, tmp_path: Path
) -> None:
    (tmp_path / "g.csv").write_text("".join(f"{u},{v}\n" for u, v in pairwise(names)))
    values = np.arange(4.0 * width).reshape(4, width) / 7
    frame = pd.DataFrame(values, index=names)
    frame.to_csv(tmp_path / "x.csv", sep=sep, index_label=index_label)
    graph = read_graph_file(tmp_path / "g.csv", PLAIN, features=tmp_path / "x.csv")
    assert graph.features is not None
    frame.index = pd.Index([str(name).removesuffix(".0") for name in names])
    expected = frame.loc[list(graph.node_names)].to_numpy(np.float32)
    assert np.array_equal(graph.features.numpy(), expected)


def test_numbered_columns_beside_a_title_nobody_knows(tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text("b,a\na,c\n")
    (tmp_path / "x.csv").write_text("gene,0,1,2\na,1,2,3\nb,4,5,6\nc,7,8,9\n")
    graph = read_graph_file(tmp_path / "g.csv", PLAIN, features=tmp_path / "x.csv")
    assert graph.node_names == ("b", "a", "c")
    assert graph.features is not None
    assert graph.features.tolist() == [[4, 5, 6], [1, 2, 3], [7, 8, 9]]
