"""A heuristic that beats the model is named, with the paired difference and what to try."""

from dataclasses import replace

import pytest

import graphvae
from graphvae.baselines.heuristics import HEURISTICS
from graphvae.comparison.heuristics import better_heuristic
from graphvae.runs.result import GraphFitResult


@pytest.fixture(scope="module")
def weak() -> GraphFitResult:
    return graphvae.fit("les-miserables", epochs=1, latent=2)


def test_the_difference_is_that_of_the_recorded_scores(weak: GraphFitResult) -> None:
    beaten = better_heuristic(weak)
    assert beaten is not None
    best = max(row["auc"] for name, row in weak.metrics["baselines"].items() if name in HEURISTICS)
    assert weak.metrics["baselines"][beaten.name]["auc"] == best
    expected = best - weak.metrics["test"]["auc"]
    assert beaten.difference.mean == pytest.approx(expected, abs=1e-9)
    assert f"AUC {expected:+.3f} [" in beaten.line
    assert "try --model optimized-gae" in beaten.line
    assert ("is better than this model" in beaten.line) == (beaten.difference.interval.low > 0)


def test_a_model_at_least_as_good_is_not_remarked_on(weak: GraphFitResult) -> None:
    rows = {"Katz": {"auc": weak.metrics["test"]["auc"], "ap": 1.0}}
    assert better_heuristic(replace(weak, metrics={**weak.metrics, "baselines": rows})) is None
    assert better_heuristic(replace(weak, metrics={**weak.metrics, "baselines": {}})) is None
