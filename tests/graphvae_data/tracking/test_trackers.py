"""Trackers: their files are opened with the trackers' own readers; nothing uses a network."""

import os
from pathlib import Path
from typing import Any

import pytest

import graphvae
from graphvae_data.core.errors import InputError
from graphvae_data.core.nested import flat_scores
from graphvae_data.tracking.trackers import TensorBoard, tracker
from graphvae_data.training.records import EpochRecord

pytestmark = pytest.mark.usefixtures("blank_graph_pictures", "no_image_pictures")

FIT: dict[str, Any] = {"epochs": 4, "baselines": False, "select": "hits@2"}


def fit(name: str, out: Path) -> graphvae.GraphFitResult:
    options = graphvae.FitOptions(callbacks=(tracker(name),))
    return graphvae.fit("karate", "gae", out=out, options=options, **FIT)


@pytest.mark.slow
@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_tensorboard_shows_curves_settings_and_scores(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    result = fit("tensorboard", tmp_path / "run")
    events = EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    points = events.Scalars("val_auc")
    assert [point.step for point in points] == [1, 2, 3, 4]
    expected = [record.validation["auc"] for record in result.history]
    assert [point.value for point in points] == pytest.approx(expected)
    assert "lr" not in events.Tags()["scalars"]  # a constant rate is not in the history
    (score,) = events.Scalars("scores/test.auc")
    assert score.value == pytest.approx(result.metrics["test"]["auc"])
    (text,) = events.Tensors("settings/text_summary")
    assert b'"epochs": 4' in text.tensor_proto.string_val[0]
    assert graphvae.audit_run(tmp_path / "run").passed


@pytest.mark.slow
@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_tensorboard_shows_a_resumed_run_once(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    result = fit("tensorboard", tmp_path / "run")
    (tmp_path / "run" / "metrics.json").unlink()
    os.utime(next((tmp_path / "run").glob("events.*")), (0, 0))
    options = graphvae.FitOptions(callbacks=(TensorBoard(),))
    graphvae.resume(tmp_path / "run", options=options)
    events = EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    assert [point.step for point in events.Scalars("loss")] == [1, 2, 3, 4]
    assert events.Scalars("loss")[-1].value == pytest.approx(result.history[-1].loss)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_mlflow_has_parameters_curves_and_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    result = fit("mlflow", tmp_path / "run")
    client = mlflow.MlflowClient()
    (run,) = client.search_runs([client.get_experiment_by_name("graphvae").experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params["training.epochs"] == "4"
    assert run.data.params["encoder.kind"] == "gcn"
    losses = client.get_metric_history(run.info.run_id, "loss")
    assert [(m.step, m.value) for m in losses] == [(r.epoch, r.loss) for r in result.history]
    assert run.data.metrics["test.auc"] == result.metrics["test"]["auc"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_wandb_logs_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    result = fit("wandb", tmp_path / "run")
    (file,) = (tmp_path / "run" / "wandb").glob("offline-run-*/*.wandb")
    content = file.read_bytes()
    for name in ("val_auc", "training", *flat_scores({"test": {"auc": 0.0}})):
        assert name.encode() in content
    assert str(result.metrics["test"]["auc"]).encode() in content


def test_an_unknown_tracker_is_refused() -> None:
    with pytest.raises(InputError, match=r"track: expected one of .*did you mean mlflow"):
        tracker("mlfow")


def test_a_tracker_without_its_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "wandb", None)
    with pytest.raises(InputError, match=r"track: needs wandb.*pip install 'graphvae\[wandb\]'"):
        tracker("wandb")


def test_tensorboard_needs_a_folder() -> None:
    pytest.importorskip("tensorboard")
    options = graphvae.FitOptions(callbacks=(TensorBoard(),))
    with pytest.raises(InputError, match="track: tensorboard writes into the run folder"):
        graphvae.fit("karate", "gae", options=options, **FIT)


def test_values_that_are_missing_are_left_out() -> None:
    from graphvae_data.tracking.trackers import values_of

    assert values_of(EpochRecord(2, 1.0, {}, {"auc": None})) == {"loss": 1.0, "step_seconds": 0.0}
