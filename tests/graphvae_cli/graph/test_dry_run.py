"""`graphvae fit --dry-run` prints the plan and does nothing else."""

import json

import pytest


def test_a_dry_run_prints_the_plan_and_writes_nothing(invoke, here):
    result = invoke("fit", "--dataset", "karate", "--model", "gae", "--dry-run")
    assert result.exit_code == 0
    assert "8 (2 T + N)" in result.stdout
    assert "T for training" in result.stdout  # what the letter means
    for message in ("34 nodes, 78 edges", "paper", "MB expected at the peak"):
        assert message in result.stdout
    assert not list(here.iterdir())


def test_a_dry_run_as_json_holds_the_terms(invoke, here):
    arguments = ("--loss", "sampled", "--batch-size", "20", "--dry-run", "--json")
    plan = json.loads(invoke("fit", "--dataset", "karate", *arguments).stdout)
    assert (plan["steps_per_epoch"], plan["batch_size"]) == (4, 20)
    largest = max(
        sum(term["bytes"] for term in plan["memory"] if term["phase"] == phase)
        for phase in {term["phase"] for term in plan["memory"]} - {"always"}
    )
    kept = sum(term["bytes"] for term in plan["memory"] if term["phase"] == "always")
    assert plan["peak_mb"] == (kept + largest) / 1e6


@pytest.mark.slow
def test_defaults_set_by_the_size_are_printed_to_stderr_before_the_run(invoke, here, monkeypatch):
    monkeypatch.setattr("graphvae.training.sizing.ALL_PAIRS_NODES", 30)
    arguments = ("--dataset", "karate", "--epochs", 1, "--no-baselines", "--out", "run")
    result = invoke("fit", *arguments)
    assert "loss: sampled" in result.stderr
    assert json.loads((here / "run" / "config.json").read_text())["loss"]["kind"] == "sampled"
