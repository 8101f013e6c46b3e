"""Splits: disjoint in both directions, complete, reproducible, bound to their graph."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphvae.splits.edge_split import ABOUT, PARTS, EdgeSplit
from graphvae.splits.splitting import split_edges
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from tests.graphvae.graphs import random_graphs


def made(data: Graph, seed: int = 0, val: float = 0.1, test: float = 0.2) -> EdgeSplit:
    generator = torch.Generator().manual_seed(seed)
    return split_edges(data, val_fraction=val, test_fraction=test, generator=generator)


def as_sets(pairs: torch.Tensor) -> set[frozenset[int]]:
    return {frozenset(pair) for pair in pairs.T.tolist()}


@settings(max_examples=60, deadline=None)
@given(random_graphs(), st.integers(0, 2**31))
def test_parts_are_disjoint_in_both_directions_and_cover_the_graph(data: Graph, seed: int) -> None:
    split = made(data, seed)
    parts = [as_sets(part) for part in (split.train, split.val, split.test)]
    whole = as_sets(data.edges)
    assert set.union(*parts) == whole
    assert sum(map(len, parts)) == len(whole)


@settings(max_examples=60, deadline=None)
@given(random_graphs(), st.integers(0, 2**31))
def test_negatives_are_distinct_and_never_edges_in_either_direction(data: Graph, seed: int) -> None:
    split = made(data, seed)
    negatives = [as_sets(split.val_negatives), as_sets(split.test_negatives)]
    edges = as_sets(data.edges)
    assert [len(part) for part in negatives] == [split.val.size(1), split.test.size(1)]
    assert not negatives[0] & negatives[1]
    assert not (negatives[0] | negatives[1]) & edges
    assert all(len(pair) == 2 for pair in negatives[0] | negatives[1])


def test_cora_is_split_as_in_the_paper(cora: Graph) -> None:
    split = made(cora, val=0.05, test=0.1)
    assert [part.size(1) for part in (split.train, split.val, split.test)] == [4488, 263, 527]


def test_a_split_does_not_depend_on_how_the_edges_are_listed(karate: Graph) -> None:
    order = torch.randperm(karate.num_edges, generator=torch.Generator().manual_seed(1))
    shuffled = Graph.from_edges(karate.edges[:, order].flip(0), karate.num_nodes)
    assert made(shuffled).fingerprint == made(karate).fingerprint


def test_the_seed_decides_the_split(karate: Graph) -> None:
    assert made(karate, 3).fingerprint == made(karate, 3).fingerprint
    assert made(karate, 3).fingerprint != made(karate, 4).fingerprint


def test_a_saved_split_comes_back_whole(karate: Graph, tmp_path: Path) -> None:
    split = made(karate)
    split.save(tmp_path / "s.npz")
    again = EdgeSplit.load(tmp_path / "s.npz")
    assert again.fingerprint == split.fingerprint
    assert all(torch.equal(getattr(again, name), getattr(split, name)) for name in PARTS)


def test_a_changed_split_file_is_refused(karate: Graph, tmp_path: Path) -> None:
    path = tmp_path / "s.npz"
    made(karate).save(path)
    with np.load(path) as stored:
        content = dict(stored)
    content["test"] = content["test"][:, :-1]
    np.savez(path, **content)
    with pytest.raises(InputError, match="changed after it was written"):
        EdgeSplit.load(path)


def test_a_pair_in_two_parts_is_refused(karate: Graph) -> None:
    split = made(karate)
    leaky = EdgeSplit(**{**vars_of(split), "train": torch.cat([split.train, split.test[:, :1]], 1)})
    with pytest.raises(InputError, match="occurs more than once"):
        leaky.check()


def test_a_reversed_pair_is_refused(karate: Graph) -> None:
    split = made(karate)
    reversed_pair = split.test[:, :1].flip(0)
    leaky = EdgeSplit(**{**vars_of(split), "train": torch.cat([split.train, reversed_pair], 1)})
    with pytest.raises(InputError, match="u < v"):
        leaky.check()


def vars_of(split: EdgeSplit) -> dict[str, object]:
    return {name: getattr(split, name) for name in (*PARTS, *ABOUT)}


def test_a_split_of_another_graph_is_refused(karate: Graph, cora: Graph) -> None:
    with pytest.raises(InputError, match="another graph"):
        made(karate).check_graph(cora)


@pytest.mark.parametrize(
    ("val", "test", "line"),
    [
        (
            0.5,
            0.5,
            "val_fraction: 0.5 and a test fraction of 0.5 leave none of 78 edges for training",
        ),
        (
            0.9,
            0.2,
            "val_fraction: 0.9 and a test fraction of 0.2 leave none of 78 edges for training",
        ),
        (0.001, 0.1, "val_fraction: 0.001 of 78 edges is less than one; choose a larger one"),
        (0.1, 0.001, "test_fraction: 0.001 of 78 edges is less than one; choose a larger one"),
    ],
)
def test_fractions_that_leave_a_part_empty_are_refused(
    karate: Graph, val: float, test: float, line: str
) -> None:
    with pytest.raises(InputError) as error:
        made(karate, val=val, test=test)
    assert str(error.value).startswith(line)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.1, math.nan])
def test_fractions_outside_zero_to_one_are_refused(karate: Graph, fraction: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        made(karate, val=fraction)
