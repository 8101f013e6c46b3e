"""The GPU script: its reduced form on a CPU, what it keeps, and what it repeats."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import gpu

FAST = ("exact loss", "determinism", "image steps")
"""Steps that run in this process; the others start processes of their own."""


@pytest.mark.slow
@pytest.mark.parametrize("name", FAST)
def test_the_reduced_form_of_a_step_runs(name: str, tmp_path: Path) -> None:
    numbers = gpu.STEPS[name]("cpu", True, tmp_path)
    assert numbers == json.loads(json.dumps(numbers))


@pytest.mark.slow
def test_the_training_step_is_timed_beside_pyg(tmp_path: Path) -> None:
    numbers = gpu.training_step("cpu", True, tmp_path)
    assert {"sampled, s", "paper, s", "pyg cached, s"} < set(numbers)
    assert all(value > 0 for value in numbers.values() if isinstance(value, float))


@pytest.mark.slow
def test_steps_that_start_processes_run(tmp_path: Path) -> None:
    assert "skipped" in gpu.tests("cpu", True, tmp_path)["outcome"]
    assert 0 <= gpu.workers("cpu", True, tmp_path)["1 workers, test AUC"] <= 1
    assert isinstance(gpu.ddi("cpu", True, tmp_path)["printed"], str)


def steps(monkeypatch: pytest.MonkeyPatch, outcomes: dict[str, Any]) -> list[str]:
    """Replace the processes; return the list of the steps that ran."""
    ran: list[str] = []

    def one_step(name: str, *others: object) -> dict[str, Any]:
        ran.append(name)
        return dict(outcomes.get(name, {"numbers": {"x": 1}}))

    monkeypatch.setattr(gpu, "one_step", one_step)
    return ran


def test_a_second_start_repeats_what_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = steps(monkeypatch, {"workers": {"error": "no | device"}})
    results = gpu.run_all(1, tmp_path, "cpu", True)
    assert ran == list(gpu.STEPS)
    assert json.loads((tmp_path / "gpu.json").read_text()) == results
    assert "| workers | error | no \\| device |" in (tmp_path / "gpu.md").read_text()
    again = steps(monkeypatch, {})
    gpu.run_all(1, tmp_path, "cpu", True)
    assert again == ["workers"]


def test_a_step_out_of_time_is_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = steps(monkeypatch, {})
    results = gpu.run_all(0, tmp_path, "cpu", True)
    assert ran == []
    assert results["steps"]["ddi"] == {"error": "not reached"}


@pytest.mark.slow
def test_a_step_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    assert gpu.one_step("tests", tmp_path, "cpu", True, 0.2) == {"error": "stopped after 0 s"}
