"""`fit`, `save`, `load`, `resume` from Python."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import graphvae
from graphvae.runs.fit import fit_layers
from graphvae.runs.repeats import fit_repeats, resume_repeats
from graphvae.runs.result import GraphFitResult
from graphvae.training.trainer import GraphTrainer
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.runs.history import read_history
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.recorder import Recorder

FILES = {
    "config.json", "environment.json", "split.npz", "history.jsonl", "model.safetensors",
    "metrics.json", "embeddings.csv", "links.csv",
    "curves.png", "roc_pr.png", "embedding.png",
}  # fmt: skip


def same_scores(one: GraphFitResult, two: GraphFitResult) -> bool:
    keys = ("val", "test", "strata", "baselines", "best_epoch", "split")
    return all(one.metrics[key] == two.metrics[key] for key in keys)


def test_a_saved_run_is_loaded_with_the_same_embedding(
    karate_run: GraphFitResult, tmp_path: Path
) -> None:
    path = karate_run.save(tmp_path / "run")
    loaded = graphvae.load(path)
    assert {file.name for file in path.iterdir()} == FILES
    assert np.array_equal(loaded.embeddings(), karate_run.embeddings())
    assert loaded.predict(5) == karate_run.predict(5)
    assert loaded.evaluate().to_dict()["test"] == karate_run.metrics["test"]
    assert [r.loss for r in loaded.history] == [r.loss for r in karate_run.history]


@pytest.mark.slow
def test_a_run_in_memory_and_one_in_a_folder_are_the_same(
    karate_run: GraphFitResult, tmp_path: Path
) -> None:
    other = graphvae.fit("karate", epochs=20, baselines=False, out=tmp_path / "run")
    assert same_scores(karate_run, other)


def test_a_split_given_is_the_split_used(karate_run: GraphFitResult, tmp_path: Path) -> None:
    karate_run.split.save(tmp_path / "s.npz")
    other = graphvae.fit("karate", epochs=2, seed=9, split=tmp_path / "s.npz", baselines=False)
    assert other.metrics["split"] == karate_run.split.fingerprint


@pytest.mark.slow
def test_ones_own_graph_travels_with_its_run(karate: Graph, tmp_path: Path) -> None:
    own = Graph.from_edges(karate.edges, 34, features=torch.eye(34) * 2)
    result = graphvae.fit(own, epochs=3, out=tmp_path / "run")
    loaded = graphvae.load(tmp_path / "run")
    assert loaded.config.dataset == "own-graph"
    assert loaded.node_names[:3] == ["0", "1", "2"]
    assert np.array_equal(loaded.embeddings(), result.embeddings())
    assert "features-only MLP" in loaded.metrics["baselines"]


@pytest.mark.slow
def test_a_changed_copy_of_a_dataset_is_not_taken_for_it(karate: Graph, tmp_path: Path) -> None:
    changed = replace(karate, edges=karate.edges[:, 5:])
    graphvae.fit(changed, epochs=2, baselines=False, out=tmp_path / "run")
    assert graphvae.load(tmp_path / "run").config.dataset == "my-karate"


@pytest.mark.slow
def test_resuming_a_finished_run_gives_its_result(
    karate_run: GraphFitResult, tmp_path: Path
) -> None:
    path = karate_run.save(tmp_path / "run")
    assert same_scores(graphvae.resume(path), karate_run)


@pytest.mark.slow
def test_an_interrupted_run_is_resumed_to_the_same_bits(tmp_path: Path) -> None:
    """Interrupted at any epoch: here after a checkpoint, two epochs on, as Ctrl-C would."""
    options = FitOptions(checkpoint_seconds=0.0)
    whole = graphvae.fit("karate", epochs=30, baselines=False, out=tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("graphvae.training.trainer.GraphTrainer.advance", stopping_after(12))
        with pytest.raises(KeyboardInterrupt):
            graphvae.fit(
                "karate", epochs=30, baselines=False, out=tmp_path / "cut", options=options
            )
    assert not (tmp_path / "cut" / "metrics.json").exists()
    resumed = graphvae.resume(tmp_path / "cut", options=options)
    assert same_scores(resumed, whole)
    losses = [[record.loss for record in run.history] for run in (resumed, whole)]
    assert losses[0] == losses[1]
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "cut")]
    assert weights[0] == weights[1]


@pytest.mark.slow
@pytest.mark.parametrize("checkpoint", [7, 10])
def test_a_run_killed_between_two_validations_leaves_no_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkpoint: int
) -> None:
    """The checkpoint falls on an epoch whose losses still wait, or on one that is validated."""
    settings = {"epochs": 23, "validate_every": 5, "baselines": False}
    whole = graphvae.fit("karate", **settings)
    with monkeypatch.context() as patch:
        patch.setattr(
            "graphvae.training.trainer.GraphTrainer.advance", stopping_after(12, SystemExit)
        )
        patch.setattr(Recorder, "due", property(lambda self: self.trainer.epoch == checkpoint))
        with pytest.raises(SystemExit):
            graphvae.fit("karate", **settings, out=tmp_path / "cut")
    lines = read_history(tmp_path / "cut" / "history.jsonl")
    assert [line["epoch"] for line in lines] == list(range(1, 11))
    resumed = graphvae.resume(tmp_path / "cut")
    assert same_scores(resumed, whole)
    for found in (resumed.history, graphvae.load(tmp_path / "cut").history):
        assert [record.epoch for record in found] == list(range(1, 24))
        assert [record.loss for record in found] == [record.loss for record in whole.history]
        assert [record.validation["score"] for record in found] == [
            r.validation["score"] for r in whole.history
        ]


def test_a_fault_between_two_validations_is_written_up_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Losses that a checkpoint finds to be wrong are named, and nothing is saved from them."""
    step = GraphTrainer.step

    def breaking(self: GraphTrainer):  # type: ignore[no-untyped-def]
        if self.epoch == 6:
            with torch.no_grad():
                self.model.encoder.first.weight.fill_(float("nan"))
        return step(self)

    monkeypatch.setattr(GraphTrainer, "step", breaking)
    monkeypatch.setattr(Recorder, "due", property(lambda self: self.trainer.epoch in (6, 8)))
    with pytest.raises(graphvae.TrainingError, match=r"epoch 7 .* best .* are those of epoch 5"):
        graphvae.fit("karate", epochs=20, validate_every=5, out=tmp_path / "run")
    lines = read_history(tmp_path / "run" / "history.jsonl")
    assert [line["epoch"] for line in lines] == list(range(1, 7))
    assert torch.load(tmp_path / "run" / "resume.pt", weights_only=True)["epoch"] == 6


def stopping_after(epochs: int, stop: type[BaseException] = KeyboardInterrupt):  # type: ignore[no-untyped-def]
    original = GraphTrainer.advance

    def advance(self: GraphTrainer, *given):  # type: ignore[no-untyped-def]
        if self.epoch == epochs:
            raise stop
        return original(self, *given)

    return advance


@pytest.mark.slow
def test_a_folder_is_taken_only_when_told_to(karate_run: GraphFitResult, tmp_path: Path) -> None:
    path = karate_run.save(tmp_path / "run")
    with pytest.raises(InputError, match="already exists"):
        graphvae.fit("karate", epochs=2, out=path)
    assert graphvae.load(path).config.training.epochs == 20
    graphvae.fit("karate", epochs=2, baselines=False, out=path, overwrite=True)
    assert graphvae.load(path).config.training.epochs == 2


def test_settings_are_checked_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="threads"):
        graphvae.fit("karate", threads=0, out=tmp_path / "run")
    with pytest.raises(InputError, match="did you mean cora"):
        graphvae.fit("coar", out=tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_features_can_be_left_out(cora: Graph) -> None:
    result = graphvae.fit("cora", epochs=1, features=False, baselines=False)
    assert result.experiment.messages.features is None
    assert result.experiment.messages.num_features == 2708


@pytest.mark.slow
def test_repeats_are_runs_with_following_seeds(tmp_path: Path) -> None:
    summary = fit_repeats(
        "karate", repeats=3, seed=5, epochs=4, baselines=False, out=tmp_path / "r"
    )
    values = [
        graphvae.fit("karate", seed=5 + n, epochs=4, baselines=False).metrics["test"]["auc"]
        for n in range(3)
    ]
    assert summary["test"]["auc"]["values"] == values
    assert summary["test"]["auc"]["mean"] == pytest.approx(np.mean(values))
    assert json.loads((tmp_path / "r" / "summary.json").read_text()) == summary


@pytest.mark.slow
def test_interrupted_repeats_are_continued(tmp_path: Path) -> None:
    settings = {"repeats": 3, "epochs": 6, "baselines": False}
    whole = fit_repeats("karate", **settings)
    calls = iter(range(100))
    with pytest.MonkeyPatch.context() as patch:
        original = fit_layers

        def failing(*args: object, **more: object) -> GraphFitResult:
            if next(calls) == 2:
                raise KeyboardInterrupt
            return original(*args, **more)

        patch.setattr("graphvae.runs.repeats.fit_layers", failing)
        with pytest.raises(KeyboardInterrupt):
            fit_repeats("karate", **settings, out=tmp_path / "r")
    assert not json.loads((tmp_path / "r" / "summary.json").read_text())["finished"]
    again = resume_repeats(tmp_path / "r")
    for part in ("val", "test", "strata"):
        assert again[part] == whole[part]


def test_the_interval_over_repeats_is_students() -> None:
    import scipy.stats

    from graphvae.runs.repeats import Summary

    values = [0.1, 0.4, 0.35, 0.8]
    low, high = scipy.stats.t.interval(0.95, 3, loc=np.mean(values), scale=scipy.stats.sem(values))
    interval = Summary.of(values).interval
    assert (interval.low, interval.high) == pytest.approx((low, high))
