"""Intersections of sparse rows are those of dense ones, in any chunks."""

import pytest
import scipy.sparse
import torch

import graphvae.graph.intersections as module
from graphvae.graph.intersections import SparseRows
from graphvae.graph.sparse import SparseMatrix


def rows_of(dense: torch.Tensor) -> SparseRows:
    matrix = SparseMatrix.from_scipy(scipy.sparse.csr_array(dense.numpy()))
    return SparseRows.of_csr(matrix.csr)


def random_rows(
    rows: int, columns: int, generator: torch.Generator
) -> tuple[SparseRows, torch.Tensor]:
    dense = torch.randn(rows, columns, generator=generator)
    dense *= torch.rand(rows, columns, generator=generator) < 0.3
    return rows_of(dense), dense


@pytest.mark.parametrize("chunk", [1, 7, 1 << 21])
def test_dot_and_common_columns_are_those_of_dense_rows(
    chunk: int, generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", chunk)
    (left, a), (right, b) = (random_rows(rows, 9, generator) for rows in (12, 8))
    pairs = torch.cartesian_prod(torch.arange(12), torch.arange(8)).T
    torch.testing.assert_close(left.dot(right, pairs), (a @ b.T).flatten())
    common = left.common(right, pairs)
    both = ((a != 0)[:, None] & (b != 0)[None]).flatten(0, 1)
    assert torch.equal(torch.stack([common.pair, common.column], 1), both.nonzero())


def test_no_pairs_have_nothing_in_common(generator: torch.Generator) -> None:
    rows, _ = random_rows(5, 5, generator)
    none = torch.empty(2, 0, dtype=torch.int64)
    assert rows.dot(rows, none).numel() == rows.common(rows, none).pair.numel() == 0


def test_entries_of_value_zero_are_in_no_intersection() -> None:
    rows = rows_of(torch.tensor([[0.0, 1, 1], [1, 0, 1], [1, 1, 0]]))
    hidden = SparseRows(rows.starts, rows.columns, rows.values * (rows.columns != 2), rows.width)
    pairs = torch.tensor([[0], [1]])
    assert rows.dot(rows, pairs).item() == 1
    assert hidden.dot(hidden, pairs).item() == 0


def test_sums_and_their_gradient_are_those_of_a_product(
    generator: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK", 3)
    rows, dense = random_rows(7, 7, generator)
    pairs = torch.cartesian_prod(torch.arange(7), torch.arange(7)).T
    states = torch.randn(7, 4, generator=generator).double().requires_grad_()
    common = rows.common(rows, pairs)
    mask = ((dense != 0)[pairs[0]] & (dense != 0)[pairs[1]]).double()
    torch.testing.assert_close(common.sums(states, 49), mask @ states)
    assert torch.autograd.gradcheck(lambda s: common.sums(s, 49), states)


def test_unsorted_columns_are_sorted() -> None:
    rows = SparseRows(
        torch.tensor([0, 2, 3]), torch.tensor([2, 0, 1]), torch.tensor([5.0, 6.0, 7.0]), 3
    ).sorted()
    assert rows.columns.tolist() == [0, 2, 1]
    assert rows.values.tolist() == [6.0, 5.0, 7.0]
