"""Parquet tables written in chunks: the same rows for every chunk size."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from scipy.sparse import csr_array

from graphvae_data.export import parquet
from graphvae_data.export.parquet import PairRows, write_nodes, write_pairs
from graphvae_data.graphs.features import csr_tensor


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
@pytest.mark.parametrize("sparse", [False, True])
def test_nodes_in_many_chunks_are_those_in_one(
    sparse: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generator: torch.Generator
) -> None:
    x = torch.randn(50, 3, generator=generator).clamp(min=0)
    monkeypatch.setattr(parquet, "CHUNK_BYTES", 7 * 4 * 3)
    names = [f"node {number}" for number in range(50)]
    path = tmp_path / "nodes.parquet"
    assert (
        write_nodes(path, names, features=csr_tensor(csr_array(x.numpy())) if sparse else x) == 50
    )
    assert pq.ParquetFile(path).num_row_groups == 8
    table = pq.read_table(path)
    assert table["node"].to_pylist() == names
    assert table["index"].to_pylist() == list(range(50))
    kind = table.schema.field("features").type
    assert (str(kind.value_type), kind.list_size) == ("float", 3)
    assert np.array_equal(np.stack(table["features"].to_numpy()), x.numpy())


def test_pairs_in_many_chunks_are_those_in_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "MAX_ROWS", 4)
    weight = np.array([0.5, np.nan, 2, 3, 4, 5], dtype=np.float32)
    ends = torch.stack([torch.arange(6), 5 - torch.arange(6)])
    parts = [
        PairRows("train", ends, {"weight": weight}),
        PairRows("val", ends[:, :2], {"weight": weight}),
    ]
    path = tmp_path / "edges.parquet"
    assert write_pairs(path, parts, names=list("abcdef")) == 8
    table = pq.read_table(path)
    assert table.column_names == [
        "source",
        "target",
        "source_name",
        "target_name",
        "split",
        "weight",
    ]
    assert table["source"].to_pylist() == [0, 1, 2, 3, 4, 5, 0, 1]
    assert "".join(table["target_name"].to_pylist()) == "fedcbafe"
    assert table["split"].to_pylist() == ["train"] * 6 + ["val"] * 2
    assert table["weight"].to_pylist() == [0.5, None, 2, 3, 4, 5, 0.5, None]


def test_a_part_may_be_empty(tmp_path: Path) -> None:
    none = torch.empty(2, 0, dtype=torch.long)
    path = tmp_path / "edges.parquet"
    assert write_pairs(path, [PairRows("train", none, {})]) == 0
    assert pq.read_table(path).column_names == ["source", "target", "split"]
