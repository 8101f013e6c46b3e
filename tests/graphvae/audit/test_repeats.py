"""The audit of repeats: their starts, means and splits."""

import shutil
from pathlib import Path
from typing import Any

import pytest

import graphvae
from graphvae.audit import audit, audit_repeats, audit_run
from graphvae.runs.repeats import fit_repeats, resume_repeats
from graphvae_data.training.weights import copy_weights
from tests.graphvae.audits import (
    METRICS,
    NAME,
    SETTINGS,
    SPLIT,
    START,
    edit,
    finish,
    named,
    said,
)
from tests.graphvae.configs import make_experiment

# Long enough for the chosen weights to be trained ones, in 000 at least.
REPEATED: dict[str, Any] = {**SETTINGS, "epochs": 60, "val_fraction": 0.2}


@pytest.fixture(scope="module")
def repeated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit") / "repeats"
    fit_repeats(NAME, "gae", repeats=3, out=folder, **REPEATED)
    return folder


@pytest.fixture
def repeats(repeated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(repeated, tmp_path / "repeats"))


def warm(folder: Path, source: Path, seed: int) -> None:
    """Put a run in place that began with the weights of another."""
    shutil.rmtree(folder)
    experiment = make_experiment(NAME, "gae", **{**REPEATED, "seed": seed})
    experiment.model.load_state_dict(copy_weights(graphvae.load(source).experiment.model))
    finish(experiment, folder)


@pytest.mark.slow
def test_clean_repeats_pass(repeats: Path) -> None:
    found = audit(repeats)
    assert found.passed, named(found)
    assert all(check.passed for check in found.checks)


@pytest.mark.slow
def test_warm_started_repeats_are_named(repeats: Path) -> None:
    for number in (1, 2):
        warm(repeats / f"{number:03d}", repeats / f"{number - 1:03d}", SETTINGS["seed"] + number)
    resume_repeats(repeats)  # means over the runs as they now are
    found = named(audit_repeats(repeats))
    assert found.keys() == {f"001: {START}", f"002: {START}", "fresh starts"}
    assert all("warm start?" in detail for detail in found.values())


@pytest.mark.slow
def test_a_warm_start_is_named_where_bits_cannot_be_compared(repeats: Path) -> None:
    warm(repeats / "001", repeats / "000", SETTINGS["seed"] + 1)
    edit(repeats / "001" / "config.json", lambda config: config["run"].update(device="cuda"))
    edit(repeats / "002" / "config.json", lambda config: config["run"].update(device="cuda"))
    assert "warm start?" in named(audit_run(repeats / "001"))[START]
    assert said(audit_run(repeats / "002"), START)[0] is None


@pytest.mark.slow
def test_an_edited_mean_is_named(repeats: Path) -> None:
    edit(repeats / "summary.json", lambda s: s["test"]["auc"].update(mean=0.99))
    found = named(audit_repeats(repeats))
    assert found.keys() == {"means of the runs"}
    assert "test.auc.mean is 0.990000" in found["means of the runs"]


@pytest.mark.slow
def test_one_run_counted_twice_is_named(repeats: Path) -> None:
    shutil.rmtree(repeats / "002")
    shutil.copytree(repeats / "001", repeats / "002")
    resume_repeats(repeats)
    found = named(audit_repeats(repeats))
    assert found.keys() == {"same settings, different seeds", "splits of the repeats"}
    assert "1, 2, 2" in found["same settings, different seeds"]


@pytest.mark.slow
def test_repeats_over_one_given_split_say_so(tmp_path: Path) -> None:
    SPLIT.save(tmp_path / "given.npz")
    given = {**SETTINGS, "split": tmp_path / "given.npz"}
    fit_repeats(NAME, "gae", repeats=2, out=tmp_path / "repeats", **given)
    found = audit_repeats(tmp_path / "repeats")
    assert found.passed, named(found)
    assert "one split was passed" in said(found, "splits of the repeats")[1]
    edit(tmp_path / "repeats" / "summary.json", lambda summary: summary["fit"].pop("split"))
    assert "splits of the repeats" in named(audit_repeats(tmp_path / "repeats"))


@pytest.mark.slow
def test_a_fault_in_one_run_is_named_with_its_number(repeats: Path) -> None:
    edit(repeats / "001" / "metrics.json", lambda metrics: metrics["val"].update(mrr=0.5))
    found = named(audit_repeats(repeats))
    assert found.keys() == {f"001: {METRICS}", "means of the runs"}
