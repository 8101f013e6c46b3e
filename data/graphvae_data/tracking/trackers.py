"""Trackers: callbacks that record runs for TensorBoard, Weights & Biases or MLflow.

Each needs the extra of its name. Settings and scores have dotted names, such as `training.lr` and
`test.auc`; the values of an epoch have the names that they have in `history.jsonl`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.core.imports import optional
from graphvae_data.core.nested import flat_scores, flat_settings
from graphvae_data.tracking.callbacks import Callback, RunStart
from graphvae_data.training.records import EpochRecord

PROJECT = "graphvae"
"""Name of the project (Weights & Biases) or experiment (MLflow)."""


def values_of(record: EpochRecord) -> dict[str, float]:
    """Return the numbers of an epoch by name, without its own number.

    >>> values_of(EpochRecord(1, 3.5, {"kl": 0.5}, {"auc": 0.9}, step_seconds=0.1))
    {'loss': 3.5, 'kl': 0.5, 'val_auc': 0.9, 'step_seconds': 0.1}
    """
    values = record.to_dict().items()
    return {name: float(value) for name, value in values if name != "epoch" and value is not None}


class TensorBoard(Callback):
    """Writes event files into the run folder: `tensorboard --logdir runs` shows them.

    A resumed run is written again from its first epoch.
    """

    def start(self, run: RunStart) -> None:
        """Open the file, and write the settings.

        Raises:
            InputError: TensorBoard is not installed, or the run has no folder.
        """
        optional("tensorboard", "track", "tensorboard")
        if run.folder is None:
            raise InputError("track: tensorboard writes into the run folder; choose one with out")
        from torch.utils.tensorboard import SummaryWriter  # slow to import

        self._writer: Any = SummaryWriter(run.folder, purge_step=0)
        self._writer.add_text("settings", _as_code(run.settings))

    def epoch(self, record: EpochRecord) -> None:
        """Write a point of each curve."""
        for name, value in values_of(record).items():
            self._writer.add_scalar(name, value, record.epoch)

    def end(self, metrics: Mapping[str, Any]) -> None:
        """Write the scores, and close the file."""
        for name, value in flat_scores(metrics).items():
            self._writer.add_scalar(f"scores/{name}", value, 0)
        self._writer.close()


def _as_code(settings: Mapping[str, Any]) -> str:
    """Return settings as an indented block of Markdown."""
    lines = json.dumps(dict(settings), indent=2).splitlines()
    return "\n".join("    " + line for line in lines)


class WeightsAndBiases(Callback):
    """Logs to Weights & Biases; its environment variables apply, such as `WANDB_MODE=offline`.

    A resumed run is logged as a new one, with all its epochs.

    Args:
        project: the name of the project.
    """

    def __init__(self, project: str = PROJECT) -> None:
        self.project = project

    def start(self, run: RunStart) -> None:
        """Start a run with the settings.

        Raises:
            InputError: wandb is not installed, or cannot start a run.
        """
        wandb = optional("wandb", "track", "wandb")
        try:
            self._run: Any = wandb.init(
                project=self.project,
                name=run.name,
                config=dict(run.settings),
                dir=run.folder,
                reinit="create_new",
                settings=wandb.Settings(console="off", silent=True),
            )
        except wandb.Error as error:
            raise InputError(
                f"track: wandb cannot start a run ({error}); log in, or set WANDB_MODE=offline"
            ) from error

    def epoch(self, record: EpochRecord) -> None:
        """Log the values of the epoch."""
        self._run.log(values_of(record), step=record.epoch)

    def end(self, metrics: Mapping[str, Any]) -> None:
        """Log the scores as the summary, and finish the run."""
        self._run.summary.update(flat_scores(metrics))
        self._run.finish(exit_code=0 if metrics else 1)


class MLflow(Callback):
    """Logs to MLflow, at the address in `MLFLOW_TRACKING_URI`; by default a file in this folder.

    A resumed run is logged as a new one, with all its epochs.

    Args:
        experiment: the name of the experiment.
    """

    SECONDS = 2.0
    """Values are sent at most this often."""
    MOST = 900
    """Values are sent at the latest when there are so many; the server takes up to 1,000."""

    def __init__(self, experiment: str = PROJECT) -> None:
        self.experiment = experiment

    def start(self, run: RunStart) -> None:
        """Create a run with the settings.

        Raises:
            InputError: MLflow is not installed, or its server refuses the run.
        """
        mlflow = optional("mlflow", "track", "mlflow")
        self._entities: Any = optional("mlflow.entities", "track", "mlflow")
        settings = flat_settings(run.settings)
        parameters = [self._entities.Param(name, str(value)) for name, value in settings.items()]
        try:
            self._client: Any = mlflow.MlflowClient()
            known = self._client.get_experiment_by_name(self.experiment)
            number = self._client.create_experiment(self.experiment) if known is None else (
                known.experiment_id
            )  # fmt: skip
            self._id: str = self._client.create_run(number, run_name=run.name).info.run_id
            for first in range(0, len(parameters), 100):
                self._client.log_batch(self._id, params=parameters[first : first + 100])
        except mlflow.exceptions.MlflowException as error:
            raise InputError(f"track: mlflow cannot start a run ({error})") from error
        self._waiting: list[Any] = []
        self._sent = time.monotonic()

    def epoch(self, record: EpochRecord) -> None:
        """Log the values of the epoch."""
        self._add(values_of(record), record.epoch)
        if len(self._waiting) >= self.MOST or time.monotonic() - self._sent >= self.SECONDS:
            self._send()

    def end(self, metrics: Mapping[str, Any]) -> None:
        """Log the scores, and end the run."""
        self._add(flat_scores(metrics), 0)
        self._send()
        self._client.set_terminated(self._id, status="FINISHED" if metrics else "FAILED")

    def _add(self, values: Mapping[str, float], step: int) -> None:
        now = round(time.time() * 1000)
        for name, value in values.items():
            allowed = re.sub(r"[^\w\-. /:]", "_", name)  # `hits@20` is refused
            self._waiting.append(self._entities.Metric(allowed, value, now, step))

    def _send(self) -> None:
        for first in range(0, len(self._waiting), self.MOST):
            self._client.log_batch(self._id, metrics=self._waiting[first : first + self.MOST])
        self._waiting.clear()
        self._sent = time.monotonic()


TRACKERS: dict[str, Callable[[], Callback]] = {
    "tensorboard": TensorBoard,
    "wandb": WeightsAndBiases,
    "mlflow": MLflow,
}
"""The trackers by name; each is also the name of the extra that installs its library."""


def tracker(name: str) -> Callback:
    """Return a tracker by name.

    Raises:
        InputError: an unknown name, or a library that is not installed.
    """
    if name not in TRACKERS:
        hint = nearest(name, TRACKERS)
        raise InputError(f"track: expected one of {', '.join(TRACKERS)}, got {name!r}{hint}")
    optional(name, "track", name)
    return TRACKERS[name]()
