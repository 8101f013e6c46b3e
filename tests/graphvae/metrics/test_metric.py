"""Metrics by name, and metrics of a user's own."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphvae.metrics import (
    Auc,
    Hits,
    MeanAveragePrecision,
    MeanOverPositives,
    Metric,
    Mrr,
    PrecisionAtK,
    find_metric,
    headline_metrics,
    metric_label,
    metric_names,
    recorded_metrics,
    selection_metric,
)
from graphvae_data.core.errors import InputError


@pytest.mark.parametrize("name", metric_names())
def test_a_name_is_read_and_written_alike(name: str) -> None:
    assert find_metric(name).key == name
    assert find_metric(f" {name.upper().replace('-PER-SOURCE', '-per-source')} ").key == name


def test_names_hold_every_metric_with_its_usual_k_for_every_kind_of_input() -> None:
    assert metric_names() == [
        *("auc", "ap", "auc+ap", "mrr", "hits@20", "precision@100"),
        *("mrr-per-source", "hits@20-per-source", "precision@100-per-source"),
        *("map-per-source", "recall@20-per-source", "ndcg@20-per-source"),
    ]


@pytest.mark.parametrize(
    ("bad", "hint"),
    [
        ("acu", "did you mean auc"),
        ("hits@", "did you mean hits@20"),
        ("hits", "expected a name"),
        ("hits@0", "K at least 1"),
        ("auc@5", "expected a name"),
        ("auc-per-source", "expected a name"),
        ("map", "did you mean"),
        ("ap-per-source", "did you mean map-per-source"),
        ("", "got ''"),
        ("nowhere:Metric", "cannot import nowhere:Metric"),
        ("graphvae.metrics:find_metric", "derived from Metric"),
    ],
)
def test_anything_else_is_refused_with_the_nearest(bad: str, hint: str) -> None:
    with pytest.raises(InputError, match=hint):
        find_metric(bad)


def test_labels() -> None:
    keys = ("auc", "ap", "mrr", "hits@20", "hits@10-per-source", "map-per-source", "kappa")
    labels = ("AUC", "AP", "MRR", "Hits@20", "Hits@10 per source", "MAP per source", "Kappa")
    assert tuple(map(metric_label, keys)) == labels


def test_a_run_records_what_metrics_json_has_always_held() -> None:
    assert [m.key for m in recorded_metrics()] == [
        "auc",
        "ap",
        "mrr",
        "hits@10",
        "hits@20",
        "hits@50",
    ]
    assert [m.key for m in headline_metrics()] == ["auc", "ap"]


@pytest.mark.parametrize("name", ["hits@0", "hits@", "mrr@5", "", "map-per-source", "acu"])
def test_selection_takes_metrics_of_a_ranking(name: str) -> None:
    with pytest.raises(InputError, match=r"^select: "):
        selection_metric(name)
    assert selection_metric("auc+ap").from_auc_ap(0.5, 1.0) == 0.75
    assert selection_metric("precision@5") == PrecisionAtK(k=5)


def test_a_metric_refuses_an_input_it_is_not_computed_from() -> None:
    with pytest.raises(InputError, match="auc cannot be computed per source"):
        Auc(per_source=True)
    with pytest.raises(InputError, match="map is computed per source only"):
        MeanAveragePrecision(per_source=False)
    with pytest.raises(InputError, match="k: expected a whole number of at least 1, got 0"):
        Hits(k=0)


class MeanRank(MeanOverPositives):
    """The mean rank of the positives, 1 the best."""

    name = "mean-rank"
    label = "Mean rank"
    higher_is_better = False
    bounds = (1.0, float("inf"))

    def of_ranks(self, above: Any, equal: Any) -> Any:
        """Rank of each positive."""
        return 1 + above + equal / 2


POSITIVES, NEGATIVES = np.array([3.0, 1.0]), np.array([2.0, 1.0, 0.0])


def test_one_formula_serves_every_input_of_a_users_metric() -> None:
    assert MeanRank().score(POSITIVES, NEGATIVES) == (1 + 2.5) / 2
    assert MeanRank().score(POSITIVES, np.array([4.0, 1.0]), per_positive=1) == (2 + 1.5) / 2
    assert MeanRank(per_source=True).key == "mean-rank-per-source"
    assert MeanRank().gain(3.0) == -3.0
    assert MeanRank.takes_ranking()
    assert MeanRank.takes_groups()
    assert MeanRank.takes_sources()
    assert find_metric(own := MeanRank()) is own
    with pytest.raises(InputError, match="expected a name"):
        find_metric("mean-rank")  # it is not registered


def test_a_users_metric_is_found_by_module_and_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    body = text[text.index("class MeanRank") : text.index("POSITIVES,")]
    (tmp_path / "ranks_of_mine.py").write_text(
        "from typing import Any\nfrom graphvae.metrics import Hits, MeanOverPositives\n"
        + body
        + "class Top(Hits):\n    name = 'top'\n"
    )
    monkeypatch.chdir(tmp_path)
    assert find_metric("ranks_of_mine:MeanRank").score(POSITIVES, NEGATIVES) == 1.75
    assert find_metric("ranks_of_mine:Top@2").score(POSITIVES, NEGATIVES) == 0.5
    assert find_metric("ranks_of_mine:Top@2-per-source").key == "top@2-per-source"


def test_names_and_labels_need_no_numpy() -> None:
    code = (
        "import sys, graphvae.metrics as m, graphvae.specs.evaluation\n"
        "m.metric_names(), m.metric_label('hits@5')\n"
        "sys.exit(', '.join({'numpy', 'torch', 'scipy'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_metric_says_where_it_is_defined() -> None:
    for metric in recorded_metrics():
        assert metric.label
        assert metric.source
    assert isinstance(Mrr(), Metric)
