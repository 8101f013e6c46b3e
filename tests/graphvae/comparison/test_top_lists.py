"""Precision at the top of a list, against brute force."""

import numpy as np
import pytest
import torch

import graphvae
from graphvae.comparison.top_lists import list_precision
from graphvae.prediction.missing_links import DecodedPairs, top_pairs
from graphvae.runs.result import GraphFitResult


@pytest.mark.slow
def test_precision_counts_test_edges_at_the_top_of_all_non_edges(
    karate_run: GraphFitResult,
) -> None:
    rows, split = list_precision(karate_run), karate_run.split
    assert list(rows)[:3] == ["vgae", "list of predict (model)", "common neighbours"]
    assert rows["vgae"] == rows["list of predict (model)"]
    z = torch.from_numpy(karate_run.embeddings("train"))
    known = torch.cat([split.train, split.val], 1)
    best = top_pairs(DecodedPairs(z, karate_run.experiment.model.decoder), known, 20)
    tests = set(map(tuple, split.test.T.tolist()))
    hits = np.mean([tuple(pair) in tests for pair in best.pairs.T.tolist()])
    assert rows["vgae"]["precision@20"] == pytest.approx(hits, abs=0.051)  # ties share ranks
    assert set(rows["vgae"]) == {"precision@20", "precision@100"}


def test_directed_graphs_have_none() -> None:
    edges = np.array([[i, (i + step) % 20] for i in range(20) for step in (1, 3)])
    result = graphvae.fit(edges, directed=True, epochs=2, baselines=False)
    assert result.config.model == "st-vgae"
    assert list_precision(result) == {}
    assert len(result.predict(5)) == 5
