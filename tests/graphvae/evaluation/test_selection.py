"""Selection by a metric under chosen negatives: the same kind as the test's, without its edges."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import graphvae
import graphvae.evaluation.selection as module
from graphvae.audit import audit_run
from graphvae.audit.selection import NAME as SELECTED
from graphvae.baselines.proximity import ProximityGraph
from graphvae.evaluation.evaluator import evaluate_with, make_negatives
from graphvae.evaluation.heart import heart_size
from graphvae.evaluation.negative_sets import known_edges
from graphvae.evaluation.scorers import Scorer, heuristic_scorer
from graphvae.evaluation.selection import Selection
from graphvae.metrics import Mrr, find_metric
from graphvae.specs.evaluation import NegativeKind, Part
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from tests.graphvae.configs import make_config, make_experiment
from tests.graphvae.graphs import split_of

KINDS: dict[NegativeKind, str] = {"heart": "mrr", "degree": "hits@5", "all": "precision@20"}


@pytest.fixture(scope="module")
def split(karate: Graph) -> EdgeSplit:
    return split_of(karate)


@pytest.fixture(scope="module")
def scorer(split: EdgeSplit) -> Scorer:
    return heuristic_scorer("Katz", ProximityGraph.of(split.train, split.num_nodes))


@pytest.mark.parametrize(("kind", "metric"), KINDS.items())
def test_a_selection_scores_as_the_evaluation_of_validation_does(
    karate: Graph, split: EdgeSplit, scorer: Scorer, kind: NegativeKind, metric: str
) -> None:
    selection = Selection.of(find_metric(metric), kind, split, karate, seed=3)
    found = selection.score(scorer)
    expected = evaluate_with(
        scorer, split, karate, metrics=[metric], part="val", bootstrap=0, chosen=selection.negatives
    )
    assert found == pytest.approx(expected.overall[metric])
    if selection.listed:
        scores = np.split(scorer(selection.pairs), [split.val.size(1)])
        assert selection.of_scores(*scores) == pytest.approx(found)


def test_negatives_do_not_depend_on_which_edges_are_for_the_test(karate: Graph) -> None:
    """Proximities and degrees are of training edges; known edges are only kept out."""
    split = split_of(karate)
    keys = known_edges(split)
    for kind in ("heart", "degree"):
        pairs = make_negatives(kind, split, karate, part="val", degrees="train").pairs
        joined = {frozenset(pair) for pair in keys.T.tolist()}
        assert not joined & {frozenset(pair) for pair in pairs.T.tolist()}
    ends = make_negatives("degree", split, karate, part="val", degrees="train").pairs.unique()
    assert set(ends.tolist()) <= set(split.train.unique().tolist())


def test_a_fixed_sample_of_the_edges_is_scored_where_there_are_many(
    karate: Graph, split: EdgeSplit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_EDGES", 4)
    one, again = (Selection.of(Mrr(), "heart", split, karate, seed=1) for _ in range(2))
    assert one.fingerprint == again.fingerprint
    assert one.positives.size(1) == 4
    assert one.negatives.pairs.size(1) == 4 * one.negatives.per_positive
    assert "4 sampled edges" in one.note
    inside = set(map(tuple, split.val.T.tolist()))
    assert set(map(tuple, one.positives.T.tolist())) <= inside


def test_fewer_hard_negatives_than_asked_are_announced(karate: Graph, split: EdgeSplit) -> None:
    note = Selection.of(Mrr(), "heart", split, karate, seed=0).note
    assert "500 per positive lowered to" in note


def test_too_few_negatives_for_the_metric_are_refused(karate: Graph, split: EdgeSplit) -> None:
    with pytest.raises(InputError, match="hits@400: expected at least 400 negatives"):
        Selection.of(find_metric("hits@400"), "heart", split, karate, seed=0)
    with pytest.raises(InputError, match="select_negatives: validation: hits@400"):
        make_experiment("karate", select="hits@400", select_negatives="heart")


@pytest.mark.parametrize(
    ("kind", "select", "fractions"),
    [
        ("heart", "hits@33", (0.2, 0.2)),  # validation has 34 negatives per edge, test 32
        ("degree", "hits@10", (0.3, 0.1)),
        ("degree", "precision@40", (0.3, 0.1)),
        ("uniform", "hits@10", (0.3, 0.1)),
        ("all", "hits@500", (0.1, 0.1)),
    ],
)
def test_too_few_negatives_for_the_test_edges_are_refused_before_training(
    kind: NegativeKind, select: str, fractions: tuple[float, float]
) -> None:
    val, test = fractions
    with pytest.raises(InputError, match=f"{select}: expected at least"):
        make_experiment(
            "karate", select=select, select_negatives=kind, val_fraction=val, test_fraction=test,
            seed=2,
        )  # fmt: skip


@pytest.mark.parametrize("part", ["val", "test"])
def test_hard_negatives_are_counted_without_choosing_them(karate: Graph, part: Part) -> None:
    for seed in range(3):
        split = split_of(karate, seed)
        for k in (10, 30, 500):
            chosen = make_negatives("heart", split, karate, part=part, per_positive=k)
            assert heart_size(split, k=k, part=part) == chosen.per_positive


def test_pairs_with_the_same_logit_select_as_they_do_in_training(tmp_path: Path) -> None:
    """On a path many pairs have the same surroundings, and rounding decides their order."""
    path = Graph.from_edges(torch.stack([torch.arange(15), torch.arange(1, 16)]), 16)
    result = graphvae.fit(
        path, model="ncn", epochs=5, val_fraction=0.2, test_fraction=0.2, out=tmp_path / "run"
    )
    best = max(record.validation.get("score") or 0 for record in result.history)
    assert result.metrics["benchmark"]["val"] == best
    checks = {check.name: check for check in audit_run(tmp_path / "run").checks}
    assert checks[SELECTED].passed, checks[SELECTED].detail


@pytest.mark.parametrize(
    ("kind", "select", "message"),
    [
        ("heart", "auc+ap", r"select: negatives heart need a metric of each edge"),
        ("heart", "precision@20", r"select: negatives heart need a metric of each edge"),
    ],
)
def test_a_metric_of_the_other_form_is_refused(
    kind: NegativeKind, select: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        make_config("karate", select=select, select_negatives=kind)


def test_a_directed_graph_takes_the_negatives_of_its_split(karate: Graph) -> None:
    with pytest.raises(InputError, match="select_negatives: a directed graph"):
        make_experiment(
            replace(karate, directed=True), "st-gae", select="mrr", select_negatives="heart"
        )


def test_the_best_epoch_is_that_of_the_highest_selected_metric() -> None:
    experiment = make_experiment(
        "karate", "wide-gae", epochs=6, validate_every=1, latent=8, threads=1, device="cpu"
    )
    selection = experiment.trainer.validator.selection
    assert selection is not None
    scores = []
    for _ in range(6):
        experiment.trainer.run_epoch()
        model = experiment.model
        model.eval()
        z = model.embed(experiment.messages)
        logits = (z[selection.pairs[0]] * z[selection.pairs[1]]).sum(-1).double().numpy()
        parts = np.split(logits, [selection.positives.size(1)])
        scores.append(selection.of_scores(*parts))
    best = experiment.trainer.best
    assert best.score == pytest.approx(max(scores))
    assert best.epoch == 1 + int(np.argmax(scores))
    assert torch.isfinite(z).all()
