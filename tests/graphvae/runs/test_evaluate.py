"""A model and its baselines are scored on the same pairs."""

from typing import Any

import pytest
import torch

import graphvae
from graphvae.baselines.heuristics import HEURISTICS
from graphvae.metrics import Auc, Metric
from graphvae.prediction.ranking import MIN_EDGES
from graphvae.runs.evaluate import evaluate
from graphvae.runs.result import GraphFitResult
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph


def test_everyone_meets_the_same_negatives(karate_run: GraphFitResult) -> None:
    reports = evaluate(karate_run, negatives="degree", metrics=["auc"], bootstrap=0)
    assert list(reports) == ["vgae", *HEURISTICS]
    assert (
        len({(r.negatives, r.overall.positives, r.overall.negatives) for r in reports.values()})
        == 1
    )
    again = evaluate(karate_run, negatives="degree", metrics=["auc"], bootstrap=0)
    assert {k: r.to_dict() for k, r in again.items()} == {
        k: r.to_dict() for k, r in reports.items()
    }


def test_uniform_negatives_of_either_part_give_the_recorded_scores(
    karate_run: GraphFitResult,
) -> None:
    for part in ("val", "test"):
        report = evaluate(karate_run, metrics=["auc", "mrr"], part=part, baselines=False)["vgae"]
        found = report.to_dict()
        assert found["auc"] == pytest.approx(karate_run.metrics[part]["auc"])
        assert found["mrr"] == pytest.approx(karate_run.metrics[part]["mrr"])


def test_the_features_only_mlp_stands_beside_a_model_that_has_features() -> None:
    ring = torch.stack([torch.arange(40), (torch.arange(40) + 1) % 40])
    chords = torch.stack([torch.arange(40), (torch.arange(40) + 4) % 40])
    data = Graph.from_edges(torch.cat([ring, chords], 1), 40, features=torch.rand(40, 5))
    result = graphvae.fit(data, epochs=5, baselines=False)
    reports = evaluate(result, metrics=["auc"], bootstrap=0)
    assert "features-only MLP" in reports


def test_hard_negatives_of_a_directed_graph_are_refused() -> None:
    index = torch.stack([torch.arange(39), torch.arange(1, 40)])
    more = torch.stack([torch.arange(37), torch.arange(3, 40)])
    data = Graph.from_edges(torch.cat([index, more], 1), 40, directed=True)
    result = graphvae.fit(data, model="st-gae", epochs=2, baselines=False)
    assert "st-gae" in evaluate(result, metrics=["auc"], bootstrap=0)
    for asked in ({"negatives": "heart"}, {"negatives": "all"}, {"metrics": ["map-per-source"]}):
        with pytest.raises(InputError, match="directed"):
            evaluate(result, **asked)  # type: ignore[arg-type]


def test_a_seed_may_be_of_any_size() -> None:
    result = graphvae.fit("digits-knn", epochs=1, baselines=False, seed=10**24)
    scores = evaluate(result, negatives="degree", strata=["seen"], bootstrap=10, baselines=False)
    assert scores["vgae"].overall.values["auc"].value > 0
    assert result.ranking.edges >= MIN_EDGES


class OwnAuc(Metric):
    """A metric with the name of another."""

    name = "auc"

    def of_ranking(self, curve: Any) -> Any:
        return 0.0


@pytest.mark.wrong_types
@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"part": "tset"}, r"part: expected one of val, test, got 'tset' \(did you mean test\?\)"),
        ({"negatives": "uniformly"}, r"negatives: .* \(did you mean uniform\?\)"),
        ({"bootstrap": -1}, "bootstrap: expected a number of resamples, got -1"),
        ({"metrics": [len]}, "metric: expected a name such as auc.*built-in function len"),
        ({"metrics": "acu"}, r"metric: .* got 'acu' \(did you mean auc\?\)"),
        ({"metrics": ["auc", OwnAuc()]}, "metrics: expected different names, got 'auc' of Auc and"),
    ],
)
def test_unknown_choices_are_refused(
    karate_run: GraphFitResult, asked: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        evaluate(karate_run, baselines=False, **asked)


def test_one_name_stands_for_a_list_of_one(karate_run: GraphFitResult) -> None:
    one = evaluate(karate_run, metrics="auc", strata="seen", baselines=False)["vgae"]
    listed = evaluate(karate_run, metrics=[Auc], strata=["seen"], baselines=False)["vgae"]
    assert one == listed
    assert list(one.overall.values) == ["auc"]


@pytest.mark.wrong_types
def test_runs_and_folders_are_not_mistaken_for_each_other(karate_run: GraphFitResult) -> None:
    with pytest.raises(InputError, match="result: expected a run, got 'runs/a'; `load` reads its"):
        evaluate("runs/a")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="paths: expected folders of runs, got GraphFitResult"):
        graphvae.compare([karate_run, karate_run])  # type: ignore[list-item]
