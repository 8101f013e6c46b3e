"""The audit names every fault in the pairs of a split."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import graphvae
from graphvae.audit import audit_run, audit_split
from graphvae.setup.experiment import make_split
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.graphs.graph import Graph
from graphvae_data.graphs.graphs import load_graph
from tests.graphvae.audits import (
    DATA,
    MESSAGES,
    METRICS,
    NAME,
    SELECTION,
    SETTINGS,
    SPLIT,
    START,
    named,
    said,
)
from tests.graphvae.configs import make_config


def with_pairs(part: str, *pairs: torch.Tensor) -> EdgeSplit:
    """The split with pairs added to one part."""
    return replace(SPLIT, **{part: torch.cat([getattr(SPLIT, part), *pairs], 1)})


FAULTS = {
    "reversed edge in train": (with_pairs("train", SPLIT.test[:, :1].flip(0)), "no reversed pairs"),
    "reversed negative": (
        with_pairs("val_negatives", SPLIT.train[:, :1].flip(0)),
        "no reversed pairs",
    ),
    "test edge in train": (with_pairs("train", SPLIT.test[:, :2]), "disjoint parts"),
    "val edge in test": (with_pairs("test", SPLIT.val[:, :1]), "disjoint parts"),
    "duplicated pair": (with_pairs("train", SPLIT.train[:, :1]), "no duplicated pairs"),
    "duplicated test pair": (with_pairs("test", SPLIT.test[:, :1]), "no duplicated pairs"),
    "negative that is an edge": (
        with_pairs("test_negatives", SPLIT.train[:, 3:4]),
        "negatives are non-edges",
    ),
    "negative that is an edge backwards": (
        with_pairs("val_negatives", SPLIT.test[:, :1].flip(0)),
        "negatives are non-edges",
    ),
    "negative twice": (
        with_pairs("test_negatives", SPLIT.test_negatives[:, :1]),
        "distinct negatives",
    ),
    "val negative in test": (
        with_pairs("test_negatives", SPLIT.val_negatives[:, :1]),
        "distinct negatives",
    ),
    "val negative in test backwards": (
        with_pairs("test_negatives", SPLIT.val_negatives[:, :1].flip(0)),
        "distinct negatives",
    ),
    "edge left out": (replace(SPLIT, train=SPLIT.train[:, 1:]), "every edge in one part"),
    "pair that is no edge": (
        replace(SPLIT, train=torch.cat([SPLIT.train, torch.tensor([[0], [76]])], 1)),
        "every edge in one part",
    ),
}


@pytest.mark.parametrize(("split", "check"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_split_is_named(split: EdgeSplit, check: str, tmp_path: Path) -> None:
    split.save(tmp_path / "split.npz")
    found = audit_split(tmp_path / "split.npz", DATA)
    assert check in named(found)
    assert said(found, "fingerprint")[0]  # the file itself is consistent
    assert named(audit_split(split, DATA)) == named(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    ["reversed edge in train", "duplicated pair", "negative twice", "negative that is an edge"],
)
def test_a_run_made_from_a_faulty_split_is_named(fault: str, tmp_path: Path) -> None:
    split, check = FAULTS[fault]
    graphvae.fit(NAME, "gae", out=tmp_path / "run", split=split, **SETTINGS)
    found = audit_run(tmp_path / "run")
    assert check in named(found)
    # Nothing else is wrong with the run: it was made from this split, honestly.
    later = (MESSAGES, METRICS, SELECTION, START)
    assert all(said(found, name)[0] for name in later)


def test_a_clean_split_passes_and_says_what_it_was_not_asked() -> None:
    with_graph, alone = audit_split(SPLIT, DATA), audit_split(SPLIT)
    assert with_graph.passed
    assert alone.passed
    assert all(check.passed for check in with_graph.checks)
    assert [check.name for check in alone.checks if check.passed is None] == [
        "every edge in one part"
    ]


def test_a_pair_outside_the_graph_is_named() -> None:
    assert named(audit_split(with_pairs("val", torch.tensor([[5], [77]])), DATA)) == {
        "well-formed pairs": "val has 1 pairs outside the graph"
    }
    assert (
        "loops"
        in named(audit_split(with_pairs("val", torch.tensor([[5], [5]]))))["well-formed pairs"]
    )


def test_a_split_file_that_was_changed_is_named(tmp_path: Path) -> None:
    SPLIT.save(tmp_path / "split.npz")
    with np.load(tmp_path / "split.npz") as stored:
        content = dict(stored)
    content["test_negatives"] = content["test_negatives"][:, 1:]
    np.savez(tmp_path / "split.npz", **content)
    found = audit_split(tmp_path / "split.npz", DATA)
    assert named(found).keys() == {"fingerprint"}
    assert SPLIT.fingerprint[:12] in named(found)["fingerprint"]


def test_a_split_of_another_graph_is_named() -> None:
    found = audit_split(SPLIT, load_graph("karate"))
    assert named(found).keys() == {"fingerprint"}
    assert said(found, "every edge in one part")[0] is None


def test_an_official_split_is_taken_as_it_is_with_its_counts() -> None:
    split = replace(FAULTS["test edge in train"][0], made="official")
    found = audit_split(split, DATA)
    assert found.passed
    assert said(found, "disjoint parts")[1].startswith("official split, used unchanged: train and")
    assert "2 pairs" in said(found, "disjoint parts")[1]


def test_directed_pairs_may_stand_both_ways() -> None:
    data = Graph.from_edges(DATA.both_directions()[0], DATA.num_nodes, directed=True)
    split = make_split(make_config(dataset="mine", model="st-gae"), data)
    assert audit_split(split, data).passed
    undirected = replace(split, directed=False)
    assert {"no reversed pairs", "disjoint parts"} <= named(audit_split(undirected, DATA)).keys()
