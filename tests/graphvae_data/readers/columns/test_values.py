"""Columns of any type are inspected; lists, structs and bytes have no role."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from graphvae_data.core.errors import InputError
from graphvae_data.graphs.read_options import ReadOptions
from graphvae_data.readers.any_graph import read_graph_file

NESTED = [
    pa.array([["x", "y"]] * 6),
    pa.array([{"x": 1}] * 6),
    pa.array([[0.5, 1.5]] * 6, pa.list_(pa.float32(), 2)),
    pa.array([[1]] * 6, pa.large_list(pa.int64())),
    pa.array([[("x", 1)]] * 6, pa.map_(pa.string(), pa.int64())),
    pa.array([b"\xff\xfe"] * 6),
    pa.array([b"\xff\xfe"] * 6, pa.binary(2)),
]


def write(folder: Path, title: str, values: Any) -> Path:
    ids = pa.array([f"p{i}" for i in range(7)])
    table = pa.table({"source": ids[:-1], "target": ids[1:], title: values})
    parquet.write_table(table, folder / "g.parquet")
    return folder / "g.parquet"


@pytest.mark.parametrize("title", ["tags", "weight", "type", "time"])
@pytest.mark.parametrize("values", NESTED, ids=lambda values: str(values.type))
def test_nested_columns_are_not_used(title: str, values: Any, tmp_path: Path) -> None:
    reading = read_graph_file(write(tmp_path, title, values)).reading
    assert reading is not None
    assert reading.line().endswith(f"did not use {title}")


@pytest.mark.parametrize("role", ["source", "weight", "time", "relation_col"])
@pytest.mark.parametrize("values", NESTED, ids=lambda values: str(values.type))
def test_nested_columns_of_a_role_are_refused(role: str, values: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"in tags, got|columns are the other end"):
        read_graph_file(write(tmp_path, "tags", values), ReadOptions(**{role: "tags"}))


def test_empty_lists_and_decimals(tmp_path: Path) -> None:
    nothing = pa.array([None] * 6, pa.list_(pa.int64()))
    reading = read_graph_file(write(tmp_path, "tags", nothing)).reading
    assert reading is not None
    assert "did not use" not in reading.line()
    weights = read_graph_file(write(tmp_path, "weight", pa.array([Decimal("1.5")] * 6))).weights
    assert weights is not None
    assert weights.tolist() == [1.5] * 6
