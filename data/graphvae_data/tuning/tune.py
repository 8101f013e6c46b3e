"""The search of the settings of graph and image models; `graphvae tune` and `image tune` share it.

The folder holds `study.json` (what is searched), `study.db` (the trials), `trials.csv`, `tune.png`,
`best.json` (the chosen settings, for `--config`) and `best`, a run with these settings. The trials
themselves are trained in memory and never scored on the test set.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from graphvae_data.core.errors import InputError, TrainingError
from graphvae_data.core.imports import optional
from graphvae_data.files.files import read_json, unwritable, write_json
from graphvae_data.files.locks import FolderLock
from graphvae_data.runs.driver import About, train
from graphvae_data.runs.options import FitOptions
from graphvae_data.runs.results import RunResult
from graphvae_data.settings.flat import Catalogue
from graphvae_data.settings.layers import Layer
from graphvae_data.settings.search import Choices, Space
from graphvae_data.settings.setting_errors import Path as SettingPath
from graphvae_data.settings.settings import Settings
from graphvae_data.tracking.callbacks import Callback
from graphvae_data.training.records import EpochRecord
from graphvae_data.training.trainer import Trainer
from graphvae_data.tuning.result import Tuned, best_of, draw_tuned, write_table
from graphvae_data.tuning.spaces import Resolve, Spaces
from graphvae_data.tuning.study import OpenTrial, Pruned, Study, Trial, opened, stored

R = TypeVar("R", bound=RunResult[Any])
Result = TypeVar("Result", bound=RunResult[Any], covariant=True)
Report = Callable[[float, float], None]
"""Takes the best validation score so far and the finished share of the run; may raise `Pruned`."""
MODEL = "model"
"""The name under which the choice of the model is stored."""


@dataclass(frozen=True)
class TunePlan:
    """What is searched, for how long, and where."""

    models: Sequence[str]
    """The models, by name; each is tried."""
    out: Path
    """The folder of the study."""
    trials: int = 50
    """Number of trials, of all processes and of earlier calls together."""
    timeout: float | None = None
    """Seconds after which this process starts no more trials."""
    narrowed: Mapping[SettingPath, Space] = field(default_factory=dict)
    """Spaces that replace the declared ones, by the path of the setting."""
    options: FitOptions = FitOptions()
    """Progress bars, callbacks."""
    on_trial: Callable[[Trial], object] = lambda trial: None
    """Called with each trial that this process has finished."""

    def __post_init__(self) -> None:
        if not isinstance(self.trials, Integral) or self.trials < 1:
            raise InputError(f"trials: expected a whole number of at least 1, got {self.trials!r}")
        if self.timeout is not None and not (isinstance(self.timeout, Real) and self.timeout > 0):
            raise InputError(f"timeout: expected a positive time in seconds, got {self.timeout!r}")
        if not self.models or len(set(self.models)) < len(self.models):
            raise InputError(f"model: expected different models, got {', '.join(self.models)}")


@runtime_checkable
class Side(Protocol[Result]):
    """What graphs and images do differently."""

    @property
    def name(self) -> str:
        """The name of the data."""

    def metric(self) -> str:
        """Return the name of the validation score."""

    @property
    def maximize(self) -> bool:
        """Whether a higher score is better."""

    @property
    def catalogue(self) -> Catalogue:
        """The settings."""

    @property
    def closed(self) -> frozenset[str]:
        """Slots that decide how trials are scored, and are not searched."""

    def resolve(self, model: str, layers: Sequence[Layer]) -> Settings:
        """Return the settings of a run; `InputError` if they cannot be used."""

    def score(
        self,
        model: str,
        layers: Sequence[Layer],
        report: Report,
        options: FitOptions,
        tracked: Path,
    ) -> float:
        """Train in memory with `train_trial` and return the best validation score."""

    def fit(self, model: str, layers: Sequence[Layer], folder: Path, *, overwrite: bool) -> Result:
        """Fit and save a run, continue it, or load it if it is finished."""


def model_names(models: str | Sequence[str] | None) -> list[str | None]:
    """Return the names of the models of a search; None stands for the default one.

    Raises:
        InputError: an empty list.
    """
    if models is None or isinstance(models, str):
        return [models]
    if not models:
        raise InputError("models: expected names of presets, got none")
    return [*models]


def run_tune(side: Side[R], layers: Sequence[Layer], plan: TunePlan) -> Tuned[R]:
    """Run trials until there are enough, then fit and score the settings of the best one.

    If other processes are still at work on the study, the last one fits the best.

    Args:
        side: the data and how it is trained.
        layers: the user's settings; those of the last layer are not searched.
        plan: the models, the number of trials, the folder.

    Raises:
        InputError: settings or spaces that cannot be used, before the first trial; or a folder that
            holds another study.
    """
    optional("optuna", "tune", "tune")
    search = _Search(side, layers, plan)
    search.check()
    with search.opened() as study:
        study.begin([search.start(model) for model in plan.models])
        end = math.inf if plan.timeout is None else time.monotonic() + plan.timeout
        while time.monotonic() < end and (trial := study.take(plan.trials)) is not None:
            search.run(study, trial)
        result = None if study.busy else search.choose_once(study)
        tuned = search.table(study, result)
    draw_tuned(tuned, f"{', '.join(plan.models)} on {side.name}")
    return tuned


def train_trial(
    trainer: Trainer[Any],
    about: About,
    report: Report,
    options: FitOptions,
) -> float:
    """Train in memory and return the best validation score.

    Raises:
        Pruned: the report ended it.
        TrainingError: the loss became infinite, or no score can be compared with others.
    """
    watching = replace(options, callbacks=(_Reports(trainer, report), *options.callbacks))
    train(trainer, lambda: {"val": {"score": trainer.best.score}}, None, watching, about)
    if not math.isfinite(trainer.best.score):
        raise TrainingError("no comparable validation score: the run ends within a schedule")
    return trainer.best.score


def _silent(line: str) -> None:
    """Announce nothing."""


class _Reports(Callback):
    """Reports the best score of a trainer after each epoch."""

    def __init__(self, trainer: Trainer[Any], report: Report) -> None:
        self._trainer, self._report = trainer, report

    def epoch(self, record: EpochRecord) -> None:
        """Report, once there is a score that can be compared."""
        trainer = self._trainer
        if math.isfinite(trainer.best.score):
            self._report(trainer.best.score, trainer.done / trainer.total)


class _Search(Generic[R]):
    """One search: its spaces, its trials, and its choice."""

    def __init__(self, side: Side[R], layers: Sequence[Layer], plan: TunePlan) -> None:
        self.side, self.layers, self.plan = side, list(layers), plan
        self.options = replace(plan.options, announce=_silent)  # the chosen run announces
        self.spaces = Spaces(side.catalogue, self.layers, plan.narrowed, side.closed)

    def check(self) -> None:
        """Raise `InputError` for settings or spaces that cannot be used."""
        for model in self.plan.models:
            self.side.resolve(model, self.layers)
        self.spaces.check([self._resolve(model) for model in self.plan.models])
        if len(self.plan.models) == 1 and not self.start(self.plan.models[0]):
            raise InputError("set: nothing is searched, as every setting is given")

    @contextmanager
    def opened(self) -> Iterator[Study]:
        """Open the study in the folder, whose description must be the same."""
        seed = int(self._settings(self.plan.models[0])["run"]["seed"])
        out, about = self.plan.out, self._about()
        try:
            if out.is_dir() and any(out.iterdir()) and not (out / "study.json").is_file():
                raise InputError(f"{out}: exists and holds no study; choose another --out")
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(unwritable(out, error)) from error
        if not (out / "study.json").is_file():
            write_json(out / "study.json", about)
        if read_json(out / "study.json") != about:
            raise InputError(f"{out}: holds a study of other settings; choose another --out")
        with opened(out, maximize=self.side.maximize, seed=seed) as study:
            yield study

    def start(self, model: str) -> dict[str, Any]:
        """Return the parameters of a model's first trial: its own values."""
        parameters: dict[str, Any] = {MODEL: model} if self._several else {}

        def suggest(name: str, space: Space, start: Any) -> Any:
            parameters[self._prefix(model) + name] = stored(space, start)
            return start

        self.spaces.layer(self._resolve(model), suggest)
        return parameters

    def run(self, study: Study, trial: OpenTrial) -> None:
        """Run a trial. Without usable settings or a finite loss it counts as pruned."""
        models = self.plan.models
        model = trial.suggest(MODEL, Choices(tuple(models)), models[0]) if self._several else (
            models[0]
        )  # fmt: skip
        score = None
        try:
            layer, chosen = self._layer(model, trial)
            trial.record(model=model, settings=chosen)
            tracked = self.plan.out / "trials" / f"{trial.number:03d}"
            layers = [*self.layers, layer]
            score = self.side.score(model, layers, trial.report, self.options, tracked)
        except (InputError, TrainingError, Pruned) as error:
            if isinstance(error, InputError) and trial.number < len(models):
                raise  # a model's own settings
            trial.record(note=str(error))
        study.tell(trial, score)
        self.plan.on_trial(next(t for t in study.trials() if t.number == trial.number))

    def choose_once(self, study: Study) -> R | None:
        """Choose, while other processes that have finished their trials wait."""
        lock = FolderLock(self.plan.out, patience=math.inf)
        try:
            return self.choose(study)
        finally:
            lock.release()

    def choose(self, study: Study) -> R | None:
        """Write the best settings, and fit and score them, unless that is done."""
        best = best_of(study.trials(), maximize=self.side.maximize)
        if best is None:
            return None
        layer = self._replayed(best.model, best.settings)
        count = sum(each.state != "running" for each in study.trials())
        before = int(self._settings(best.model)["trials"])
        layers = [*self.layers, layer, Layer({"trials": before + count})]
        folder = self.plan.out / "best"
        made = folder / "config.json"
        overwrite = made.is_file() and read_json(made)["trials"] != before + count
        result = self.side.fit(best.model, layers, folder, overwrite=overwrite)
        content = dict(result.experiment.config.to_dict())
        del content["run"]
        write_json(self.plan.out / "best.json", content)
        return result

    def table(self, study: Study, result: R | None) -> Tuned[R]:
        """Write and return the table of the trials."""
        trials = study.trials()
        best = best_of(trials, maximize=self.side.maximize)
        shares: dict[str, float] = {}
        if best is not None:
            names = [name for name in best.parameters if name != MODEL]
            shares = study.importances(self._prefix(best.model), names)
        tuned = Tuned(
            trials, best, shares, self.side.metric(), self.side.maximize, self.plan.out, result
        )
        write_table(tuned)
        return tuned

    @property
    def _several(self) -> bool:
        return len(self.plan.models) > 1

    def _prefix(self, model: str) -> str:
        return f"{model}:" if self._several else ""

    def _settings(self, model: str) -> dict[str, Any]:
        """Return the settings of a model before the search."""
        return self.side.resolve(model, self.layers).to_dict()

    def _resolve(self, model: str) -> Resolve:
        return lambda layers: self.side.resolve(model, layers)

    def _layer(self, model: str, trial: OpenTrial) -> tuple[Layer, dict[str, Any]]:
        def suggest(name: str, space: Space, start: Any) -> Any:
            return trial.suggest(self._prefix(model) + name, space, start)

        return self.spaces.layer(self._resolve(model), suggest)

    def _replayed(self, model: str, chosen: Mapping[str, Any]) -> Layer:
        """Return the layer of a trial from the values that it stored."""

        def suggest(name: str, space: Space, start: Any) -> Any:
            value = chosen[name.partition("@")[0]]
            return tuple(value) if isinstance(value, list) else value  # as JSON stores tuples

        return self.spaces.layer(self._resolve(model), suggest)[0]

    def _about(self) -> dict[str, Any]:
        """Return the description of the study: data, models, settings and spaces."""
        models = {}
        for model in self.plan.models:
            searched = self.spaces.of(self.layers, self._resolve(model))
            spaces = {each.name: str(each.space) for each in searched}
            slots = {".".join(p): str(s) for p, s in self.plan.narrowed.items() if len(p) == 1}
            models[model] = {"settings": self._settings(model), "spaces": {**slots, **spaces}}
        return {"data": self.side.name, "metric": self.side.metric(), "models": models}
