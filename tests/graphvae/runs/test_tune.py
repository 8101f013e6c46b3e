"""Searches on graphs: trials, the choice, resuming, the audit."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

import graphvae
from graphvae.runs import tune as tuning
from graphvae_data.core.errors import InputError
from graphvae_data.settings.search import Choices, Search
from graphvae_data.tuning.study import Trial
from graphvae_data.tuning.tune import TunePlan

pytest.importorskip("optuna")
SMALL: dict[str, Any] = {"epochs": 6, "baselines": False, "val_fraction": 0.2}


def tuned(out: Path, models: Any = "gae", **settings: Any) -> graphvae.runs.tune.Tuned[Any]:
    return graphvae.tune("karate", models, out=out, **{"trials": 4, **SMALL, **settings})


@pytest.mark.usefixtures("drawn_pictures")
@pytest.mark.slow
def test_trials_are_tabulated_and_the_best_is_fit(tmp_path: Path) -> None:
    told: list[Trial] = []
    out = tmp_path / "t"
    result = tuned(out, select="mrr", on_trial=told.append)
    assert tuple(told) == result.trials
    assert [trial.number for trial in told] == [0, 1, 2, 3]
    plain = graphvae.fit("karate", "gae", select="mrr", **SMALL)
    score = max(record.validation["score"] or 0 for record in plain.history)
    assert told[0].score == score  # the first trial has the settings of the model
    assert told[0].settings["lr"] == 0.01
    assert result.best is not None
    assert result.best.score == max(t.score or 0 for t in told if t.state == "complete")
    run = result.result
    assert max(record.validation["score"] or 0 for record in run.history) == result.best.score
    assert run.config.trials == 4
    assert run.config.training.lr == result.best.settings["lr"]
    with (out / "trials.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["score"]) for row in rows if row["state"] == "complete"] == [
        trial.score for trial in told if trial.state == "complete"
    ]
    assert (out / "tune.png").stat().st_size > 1_000


@pytest.mark.slow
def test_the_chosen_settings_are_a_config_and_the_audit_knows_the_trials(tmp_path: Path) -> None:
    result = tuned(tmp_path / "t")
    again = graphvae.fit("karate", config=result.config, seed=0, out=tmp_path / "again")
    assert again.metrics["test"] == result.result.metrics["test"]
    audit = graphvae.audit_run(tmp_path / "again")
    assert audit.passed
    (check,) = [each for each in audit.checks if each.name == "settings chosen among trials"]
    assert "the best of 4 trials by validation" in check.detail
    assert json.loads(result.config.read_text())["trials"] == 4


@pytest.mark.slow
def test_a_search_is_continued_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tuned(tmp_path / "whole", trials=6)

    def stop(trial: Trial) -> None:
        if trial.number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tuned(tmp_path / "t", trials=6, on_trial=stop)
    again = tuned(tmp_path / "t", trials=6)
    assert [(t.score, t.settings) for t in again.trials] == [
        (t.score, t.settings) for t in whole.trials
    ]
    assert again.result.metrics["test"] == whole.result.metrics["test"]
    monkeypatch.setattr(tuning, "train_trial", None)  # finished trials are only read
    assert tuned(tmp_path / "t", trials=6).trials == again.trials


def test_a_search_of_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="models: expected names of presets, got none"):
        graphvae.tune("karate", [], out=tmp_path / "t")


@pytest.mark.slow
def test_more_trials_may_choose_again(tmp_path: Path) -> None:
    first = tuned(tmp_path / "t", trials=1)
    more = tuned(tmp_path / "t", trials=3)
    assert more.trials[0] == first.trials[0]
    assert more.result.config.trials == 3


@pytest.mark.slow
def test_models_and_parts_are_searched_together(tmp_path: Path) -> None:
    result = tuned(
        tmp_path / "t",
        ["gae", "gnae"],
        trials=5,
        search={"decoder": Choices(("inner-product",)), "lr": Search(0.01, 0.02)},
    )
    assert {trial.model for trial in result.trials[:2]} == {"gae", "gnae"}
    assert all(0.01 <= trial.settings["lr"] <= 0.02 for trial in result.trials)
    assert result.trials[1].settings["lr"] == 0.01  # the nearest to gnae's own 0.005


@pytest.mark.slow
def test_a_trial_without_a_usable_setting_is_pruned(tmp_path: Path) -> None:
    search = {"decoder": Choices(("inner-product", "hadamard-mlp"))}
    result = tuned(tmp_path / "t", trials=6, search=search)
    refused = [trial for trial in result.trials if "needs the decoder" in trial.note]
    assert refused
    assert {trial.state for trial in refused} == {"pruned"}


@pytest.mark.slow
def test_a_model_that_the_graph_cannot_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="model: st-vgae does not support undirected graphs"):
        tuned(tmp_path / "t", ["gae", "st-vgae"], trials=5)


@pytest.mark.slow
def test_another_study_in_the_folder_is_refused(tmp_path: Path) -> None:
    tuned(tmp_path / "t", trials=1)
    with pytest.raises(InputError, match="holds a study of other settings"):
        tuned(tmp_path / "t", trials=1, latent=8)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("mine")
    with pytest.raises(InputError, match="exists and holds no study"):
        tuned(tmp_path / "notes")


WRONG_TYPES: list[tuple[dict[str, Any], str]] = [
    ({"search": {"lr": 0.1}}, "search: expected a Search, Choices or a list of values, got"),
    ({"trials": 2.5}, "trials: expected a whole number of at least 1, got 2.5"),
    ({"timeout": "30m"}, "timeout: expected a positive time in seconds, got '30m'"),
]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trials": 0}, "trials: expected a whole number of at least 1"),
        ({"timeout": -1.0}, "timeout: expected a positive time in seconds, got -1.0"),
        ({"models": ["gae", "gae"]}, "model: expected different models"),
        ({"models": ["gae", "vgea"]}, "did you mean vgae"),
        ({"search": {"lrr": Search(1, 2)}}, "did you mean lr"),
        ({"search": {"lr": Search(-1.0, 1.0)}}, "lr: expected a positive number"),
        ({"search": {"decoder_hidden": Search(8, 9)}}, "no model of this search has"),
        ({"search": {"decoder": ["inner-product", "foo"]}}, "set: decoder: expected one of "),
        ({"search": {"hidden": [8, 16]}, "hidden": 8}, "hidden: has a value and is searched"),
        ({"select": "mr"}, "select: "),
        *(pytest.param(*case, marks=pytest.mark.wrong_types) for case in WRONG_TYPES),
    ],
)
def test_what_cannot_be_searched_is_refused_before_a_trial(
    settings: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        tuned(tmp_path / "t", **settings)
    assert not (tmp_path / "t").exists()


@pytest.mark.slow
def test_a_time_limit_starts_no_more_trials(tmp_path: Path) -> None:
    result = tuned(tmp_path / "t", timeout=1e-9)
    assert result.trials == ()
    assert result.best is result.result is None
    assert TunePlan(["gae"], tmp_path).trials == 50
