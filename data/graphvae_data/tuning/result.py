"""The result of a search: its trials as a table and a picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from graphvae_data.files.files import write_atomic
from graphvae_data.settings.values import option, spell
from graphvae_data.tuning.study import Trial

R = TypeVar("R")


@dataclass(frozen=True)
class Tuned(Generic[R]):
    """The result of a search."""

    trials: tuple[Trial, ...]
    """The trials by number."""
    best: Trial | None
    """The complete trial with the best validation score; None if none is complete."""
    importances: Mapping[str, float]
    """By setting, the share of the variance of the scores that it explains (fANOVA), among the
    complete trials of the best model, the largest first."""
    metric: str
    """The validation score."""
    maximize: bool
    """Whether a higher score is better."""
    out: Path
    """The folder."""
    result: R | None
    """The run with the best settings, the only one that was scored on the test set; None while
    other processes are still at work."""

    @property
    def config(self) -> Path:
        """The chosen settings, for `--config`."""
        return self.out / "best.json"

    @property
    def picture(self) -> Path:
        """The scores of the trials, and what mattered."""
        return self.out / "tune.png"

    @property
    def ranked(self) -> list[Trial]:
        """The trials with a score: the complete ones from the best on, then the others."""
        complete = [each for each in self.trials if each.state == "complete"]
        complete.sort(key=lambda each: each.score or 0.0, reverse=self.maximize)
        return complete + [each for each in self.trials if each.state != "complete"]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "metric": self.metric,
            "trials": [asdict(trial) for trial in self.trials],
            "best": None if self.best is None else asdict(self.best),
            "importances": dict(self.importances),
        }


def best_of(trials: Sequence[Trial], *, maximize: bool) -> Trial | None:
    """Return the complete trial with the best score, of equal ones the first."""
    complete = [each for each in trials if each.state == "complete" and each.score is not None]
    if not complete:
        return None
    return (max if maximize else min)(complete, key=lambda each: each.score or 0.0)


def write_table(tuned: Tuned[Any]) -> None:
    """Write `trials.csv`: a row for each trial, a column for each setting."""
    names = list(dict.fromkeys(name for trial in tuned.trials for name in trial.settings))
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["trial", "state", "score", "seconds", "model", *map(option, names), "note"])
    for trial in tuned.trials:
        values = [written(trial.settings.get(name)) for name in names]
        score = "" if trial.score is None else repr(trial.score)
        seconds = f"{trial.seconds:.2f}"
        rows.writerow([trial.number, trial.state, score, seconds, trial.model, *values, trial.note])
    content = text.getvalue().encode()
    write_atomic(tuned.out / "trials.csv", lambda target: _write(target, content))


def written(value: Any) -> str:
    """Return the text of a value; empty for None."""
    if value is None:
        return ""
    return spell(tuple(value) if isinstance(value, list) else value)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def draw_tuned(tuned: Tuned[Any], title: str) -> None:
    """Draw the scores of the complete trials, the best so far, and what mattered."""
    import numpy as np

    from graphvae_data.files.figures import BLUE, GREY, ORANGE, panels  # slow to import

    complete = [each for each in tuned.trials if each.state == "complete"]
    if tuned.best is None:
        return
    scores = np.array([each.score for each in complete], dtype=float)
    numbers = np.array([each.number for each in complete])
    best = (np.maximum if tuned.maximize else np.minimum).accumulate(scores)
    with panels(tuned.picture, columns=2) as (left, right):
        models = list(dict.fromkeys(each.model for each in complete))
        for number, model in enumerate(models):
            of = np.array([each.model == model for each in complete])
            colour = GREY if len(models) == 1 else f"C{number % 10}"
            left.scatter(numbers[of], scores[of], color=colour, label=model)
        left.step(numbers, best, where="post", color=BLUE, label="best so far")
        left.set(xlabel="trial", ylabel=f"{tuned.metric} on validation", title=title)
        left.legend(frameon=False)
        names = [option(name) for name in tuned.importances][::-1]
        right.barh(names, list(tuned.importances.values())[::-1], color=ORANGE)
        right.set(xlabel="share of variance explained", title=f"what mattered, {tuned.best.model}")
