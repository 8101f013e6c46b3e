"""Selection by a metric under chosen negatives: the same kind as the test's, without its edges."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import graphvae.evaluation.selection as module
from graphvae.baselines.proximity import ProximityGraph
from graphvae.evaluation.evaluator import evaluate_with, make_negatives
from graphvae.evaluation.negative_sets import known_edges
from graphvae.evaluation.scorers import Scorer, heuristic_scorer
from graphvae.evaluation.selection import Selection
from graphvae.metrics import Mrr, find_metric
from graphvae.specs.evaluation import NegativeKind
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
