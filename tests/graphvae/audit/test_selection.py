"""The audit names epochs that were not selected by validation."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphvae.audit import audit_run
from graphvae.setup.experiment import GraphExperiment
from graphvae_data.training.weights import Best, copy_weights
from tests.graphvae.audits import (
    NAME,
    SELECTION,
    SETTINGS,
    edit,
    edit_history,
    finish,
    named,
)
from tests.graphvae.configs import make_experiment


def chosen_by_test(experiment: GraphExperiment) -> Best:
    """Train once, and keep the epoch of the best test score."""
    best, trainer = Best(0, -1.0, {}), experiment.trainer
    while not trainer.finished:
        epoch = trainer.run_epoch().epoch
        score = experiment.evaluate().test["auc"]
        if score > best.score:
            best = Best(epoch, score, copy_weights(experiment.model))
    return best


@pytest.fixture(scope="module")
def hard_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that validation MRR against hard negatives selected."""
    hard = {"select": "mrr", "select_negatives": "heart", "epochs": 10}
    experiment = make_experiment(NAME, "gae", **{**SETTINGS, **hard})
    return finish(experiment, tmp_path_factory.mktemp("hard") / "run")


@pytest.fixture(scope="module")
def by_test() -> Best:
    best = chosen_by_test(make_experiment(NAME, "gae", **SETTINGS))
    again = make_experiment(NAME, "gae", **SETTINGS)
    again.trainer.run(lambda record: None)
    assert again.trainer.best.epoch != best.epoch  # or the fault would be none
    return best


def trained() -> GraphExperiment:
    return make_experiment(NAME, "gae", **SETTINGS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fingerprint": "0" * 64}, "the fingerprint of the selection is"),
        ({"negatives": "degree"}, "the negatives of the selection is heart, recorded degree"),
        ({"val": 0.99}, "val mrr is"),
        ({"test": 0.99}, "test mrr is"),
    ],
    ids=lambda case: "-".join(case) if isinstance(case, dict) else "",
)
def test_an_edited_selection_by_hard_negatives_is_named(
    hard_run: Path, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    folder = Path(shutil.copytree(hard_run, tmp_path / "run"))
    edit(folder / "metrics.json", lambda metrics: metrics["benchmark"].update(change))
    assert said in named(audit_run(folder))[SELECTION]


@pytest.mark.slow
def test_scores_of_other_negatives_in_the_history_are_named(hard_run: Path, tmp_path: Path) -> None:
    """As if easier negatives had selected the epoch: the weights do not give these scores."""
    folder = Path(shutil.copytree(hard_run, tmp_path / "run"))
    lines = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    for line in lines:
        line["val_score"] += 0.1
    (folder / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert "mrr of the weights is" in named(audit_run(folder))[SELECTION]


@pytest.mark.slow
def test_an_epoch_chosen_by_test_is_named(by_test: Best, tmp_path: Path) -> None:
    found = named(
        audit_run(finish(make_experiment(NAME, "gae", **SETTINGS), tmp_path / "run", by_test))
    )
    assert found.keys() == {SELECTION}
    assert f"best_epoch is {by_test.epoch} " in found[SELECTION]
    assert "not chosen by validation" in found[SELECTION]


@pytest.mark.slow
def test_its_weights_under_the_name_of_the_validation_epoch_are_named(
    by_test: Best, run: Path, tmp_path: Path
) -> None:
    honest = json.loads((run / "metrics.json").read_text())["best_epoch"]
    lie = replace(by_test, epoch=honest)
    found = named(
        audit_run(finish(make_experiment(NAME, "gae", **SETTINGS), tmp_path / "lie", lie))
    )
    assert found.keys() == {SELECTION}
    assert f"the weights are not those of epoch {honest}" in found[SELECTION]


@pytest.mark.slow
def test_a_history_edited_to_fit_is_named(by_test: Best, tmp_path: Path) -> None:
    folder = finish(make_experiment(NAME, "gae", **SETTINGS), tmp_path / "run", by_test)
    edit_history(folder, by_test.epoch, val_score=0.999)
    assert f"val_score of epoch {by_test.epoch} is not" in named(audit_run(folder))[SELECTION]
    edit_history(folder, by_test.epoch, val_auc=0.999, val_ap=0.999)
    assert "the weights are not those of epoch" in named(audit_run(folder))[SELECTION]


def test_training_stopped_by_hand_is_named(run: Path) -> None:
    edit(run / "config.json", lambda config: config["training"].update(epochs=100))
    found = named(audit_run(run))
    assert "stopped after 30 of 100 epochs" in found[SELECTION]


def test_missing_epochs_are_named(run: Path) -> None:
    lines = (run / "history.jsonl").read_text().splitlines(keepends=True)
    (run / "history.jsonl").write_text("".join(lines[:10] + lines[11:]))
    assert "does not hold the epochs" in named(audit_run(run))[SELECTION]
