"""Runs to audit, the names of checks, and what an audit says of a run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graphvae.audit import Audit
from graphvae.runs.result import GraphFitResult
from graphvae.setup.experiment import GraphExperiment, make_split
from graphvae_data.graphs.graphs import load_graph
from graphvae_data.training.records import EpochRecord
from graphvae_data.training.weights import Best
from tests.graphvae.configs import make_config

NAME = "les-miserables"
DATA = load_graph(NAME)
SETTINGS: dict[str, Any] = {"epochs": 30, "baselines": False, "seed": 1}
MESSAGES, METRICS = "messages over allowed edges only", "metrics recomputed"
SELECTION, START = "selected by validation only", "determinism of the seed"
SPLIT = make_split(make_config(dataset=NAME, seed=1), DATA)


def named(found: Audit) -> dict[str, str]:
    """The failed checks and what they say."""
    return {check.name: check.detail for check in found.failures}


def said(found: Audit, name: str) -> tuple[bool | None, str]:
    (check,) = (check for check in found.checks if check.name == name)
    return check.passed, check.detail


def finish(experiment: GraphExperiment, folder: Path, best: Best | None = None) -> Path:
    """Train, score and write a run as `fit` does; `best` puts other weights in place."""
    history: list[EpochRecord] = []
    trainer = experiment.trainer
    trainer.run(history.append)
    trainer.best = best or trainer.best
    experiment.model.load_state_dict(trainer.best.weights)
    metrics = {
        **experiment.evaluate().to_dict(),
        "best_epoch": trainer.best.epoch,
        "epochs": trainer.epoch,
        "split": experiment.split.fingerprint,
        "seconds": {},
    }
    return GraphFitResult(experiment, metrics, tuple(history), None).save(folder)


def edit(path: Path, change: Callable[[Any], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def edit_history(run: Path, epoch: int, **values: float) -> None:
    lines = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    lines[epoch - 1] |= values
    (run / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
