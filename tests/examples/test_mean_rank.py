"""The example of a metric: it ranks, evaluates in Python and has the known answer."""

import doctest
from pathlib import Path

import numpy as np
import pytest

import graphvae
from examples import mean_rank
from examples.mean_rank import MeanRank
from graphvae.audit import audit_run
from graphvae.comparison.compare import compare
from graphvae.metrics import Metric, metric_names
from graphvae.report.page import report_html
from graphvae.runs.result import GraphFitResult


def test_the_mean_rank_is_that_of_the_scores() -> None:
    positives, negatives = np.array([3.0, 1.0]), np.array([2.0, 1.0, 0.0])
    assert MeanRank().score(positives, negatives) == (1 + 2.5) / 2


def test_an_object_is_evaluated_beside_names() -> None:
    result: GraphFitResult = graphvae.fit("karate", epochs=3, baselines=False)
    options = {"metrics": ["mrr", MeanRank()], "bootstrap": 50, "baselines": False}
    for negatives in ("uniform", "heart", "all"):
        scores = graphvae.evaluate(result, negatives=negatives, **options)["vgae"].overall
        interval = scores.values["mean-rank"].interval
        assert interval is not None
        assert 1 <= interval.low <= scores["mean-rank"] * 1.5
        assert scores["mean-rank"] >= 1 / scores["mrr"]  # by Jensen's inequality


def test_the_docstring_runs() -> None:
    done = doctest.testmod(mean_rank)
    assert done.attempted > done.failed == 0


@pytest.mark.slow
def test_registered_it_stands_in_runs_reports_audits_and_comparisons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A metric is one class: nothing else knows its name."""

    class Recorded(MeanRank):
        """Recorded by every run."""

        every_run = True

    monkeypatch.setitem(Metric.family, Recorded.name, Recorded)
    assert "mean-rank" in metric_names()
    folders = [tmp_path / model for model in ("gae", "vgae")]
    for folder in folders:
        result = graphvae.fit("karate", folder.name, epochs=4, out=folder, baselines=False)
        assert result.metrics["test"]["mean-rank"] >= 1
    assert "Mean rank" in report_html(result)
    assert audit_run(folders[0]).passed
    table = compare(folders, metrics=["mean-rank"], against="best")
    means = {row.model: row.mean for row in table.rows}
    assert table.reference == min(means, key=lambda model: means[model])
    assert "Mean rank" in table.to_text()
