"""The audit names scores over forbidden messages, and edited ones."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import graphvae
from graphvae.audit import audit_run
from graphvae.audit.scores import ROUNDING, agrees
from graphvae.graph.propagation import message_graph
from graphvae.metrics import Auc, AveragePrecision
from graphvae.setup.experiment import GraphExperiment
from graphvae.training.trainer import GraphTrainer
from graphvae_data.runs.weights import save_weights
from graphvae_data.training.weights import copy_weights
from tests.graphvae.audits import (
    MESSAGES,
    METRICS,
    NAME,
    SELECTION,
    SETTINGS,
    SPLIT,
    START,
    edit,
    finish,
    named,
)
from tests.graphvae.configs import make_experiment

# Runs: messages.


def leaky_experiment() -> tuple[GraphExperiment, Any]:
    experiment = make_experiment(NAME, "gae", **SETTINGS)
    return experiment, message_graph(experiment.graph, experiment.graph.edges)


@pytest.mark.slow
def test_messages_over_the_full_graph_are_named(tmp_path: Path) -> None:
    experiment, everything = leaky_experiment()
    experiment.trainer.graph = experiment.trainer.validator.graph = everything
    leaky = replace(experiment, messages=everything, test_messages=everything)
    found = named(audit_run(finish(leaky, tmp_path / "run")))
    assert "the recorded test AUC is that of messages over test edges" in found[MESSAGES]
    assert found.keys() == {MESSAGES, METRICS, SELECTION, START}


@pytest.mark.slow
def test_test_scores_over_test_edges_alone_are_named(tmp_path: Path) -> None:
    experiment = make_experiment(NAME, "gae", **SETTINGS)
    split = experiment.split
    edges = torch.cat([split.train, split.test], 1)
    leaky = replace(experiment, test_messages=message_graph(experiment.graph, edges))
    found = named(audit_run(finish(leaky, tmp_path / "run")))
    assert "the recorded test AUC is that of messages over test edges" in found[MESSAGES]
    assert found.keys() == {MESSAGES, METRICS}


@pytest.mark.slow
def test_validation_edges_let_in_without_a_word_are_named(tmp_path: Path) -> None:
    graphvae.fit(NAME, "gae", out=tmp_path / "run", val_edges=True, **SETTINGS)
    edit(tmp_path / "run" / "config.json", lambda config: config["split"].update(val_edges=False))
    assert "validation edges" in named(audit_run(tmp_path / "run"))[MESSAGES]


@pytest.mark.slow
def test_training_over_the_full_graph_with_honest_scores_is_named(tmp_path: Path) -> None:
    """Only the first steps from the seed can tell: every recorded score is reproducible."""
    experiment, everything = leaky_experiment()
    trainer, own = experiment.trainer, experiment.messages

    def honest() -> Any:
        trainer.graph = own
        try:
            return GraphTrainer.validation_scores(trainer)
        finally:
            trainer.graph = everything

    trainer.graph, trainer.validation_scores = everything, honest  # type: ignore[method-assign]
    assert named(audit_run(finish(experiment, tmp_path / "run"))).keys() == {START}


@pytest.mark.slow
def test_scores_that_no_message_moves_are_named(run: Path) -> None:
    weights = copy_weights(graphvae.load(run).experiment.model)
    save_weights(run / "model.safetensors", {k: torch.zeros_like(v) for k, v in weights.items()})
    assert (
        "do not change when messages also pass over test edges" in named(audit_run(run))[MESSAGES]
    )


# Runs: metrics.


@pytest.mark.slow
@pytest.mark.parametrize(
    "place",
    [
        ("test", "auc"),
        ("test", "mrr"),
        ("test", "hits@10"),
        ("val", "ap"),
        ("strata", "seen", "auc"),
        ("baselines", "Katz", "auc"),
    ],
    ids=".".join,
)
def test_an_edited_metric_is_named_with_both_values(run: Path, place: tuple[str, ...]) -> None:
    *above, last = place
    old: list[float] = []

    def change(metrics: Any) -> None:
        for name in above:
            metrics = metrics[name]
        old.append(metrics[last])
        metrics[last] += 0.01

    edit(run / "metrics.json", change)
    found = named(audit_run(run))
    assert found[METRICS].startswith(
        f"{'.'.join(place)} is {old[0] + 0.01:.6f}, recomputed {old[0]:.6f} (1 of "
    )
    assert found.keys() <= {METRICS, MESSAGES}
    assert (MESSAGES in found) == (place == ("test", "auc"))


@pytest.mark.slow
def test_metrics_without_the_least_are_named(run: Path) -> None:
    edit(run / "metrics.json", lambda metrics: metrics["val"].clear())
    assert "lacks val.auc, val.ap" in named(audit_run(run))[METRICS]


def test_rounding_is_no_fault_and_more_than_rounding_is(generator: torch.Generator) -> None:
    pairs = torch.cat([SPLIT.test, SPLIT.test_negatives], 1)
    plain = 1 + torch.rand(pairs.size(1), generator=generator, dtype=torch.float64) * 1e-4
    held = dict(zip(map(tuple, pairs.T.tolist()), plain.tolist(), strict=True))

    def scorer(noise: float) -> Any:
        draw = np.random.default_rng(0)

        def score(asked: torch.Tensor) -> Any:
            known = np.array([held.get(tuple(pair), 0.0) for pair in asked.T.tolist()])
            return known + noise * draw.uniform(-1, 1, len(known))

        return score

    def recorded(noise: float) -> dict[str, float]:
        score = scorer(noise)
        positives, negatives = score(SPLIT.test), score(SPLIT.test_negatives)
        return {
            "auc": Auc().score(positives, negatives),
            "ap": AveragePrecision().score(positives, negatives),
        }

    exact, rounded, other = (recorded(noise) for noise in (0.0, ROUNDING / 2, 1e-3))
    assert len({exact["auc"], rounded["auc"], other["auc"]}) == 3
    assert agrees(exact, scorer(0.0), SPLIT, "test")
    assert agrees(rounded, scorer(0.0), SPLIT, "test")
    assert not agrees(other, scorer(0.0), SPLIT, "test")
