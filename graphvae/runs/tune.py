"""A search of the settings of one or several graph models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any, Unpack

from graphvae.runs.fit import fit_layers, fit_or_resume, ready
from graphvae.runs.result import GraphFitResult
from graphvae.setup.configure import configure, file_and_model
from graphvae.setup.fit_settings import FitSettings
from graphvae.setup.inputs import (
    READING,
    input_name,
    is_directed,
    with_reading,
)
from graphvae.specs.recipe import CATALOGUE, FitConfig
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.machine import devices
from graphvae_data.runs.driver import About
from graphvae_data.runs.options import FitOptions
from graphvae_data.settings.flat import Catalogue
from graphvae_data.settings.layers import Layer, keyword_layer
from graphvae_data.settings.search import Space
from graphvae_data.tuning.result import Tuned
from graphvae_data.tuning.spaces import named_spaces
from graphvae_data.tuning.study import Trial
from graphvae_data.tuning.tune import Report, TunePlan, model_names, run_tune, train_trial


def tune(
    graph: Any,
    models: str | Sequence[str] | None = None,
    *,
    out: str | Path,
    trials: int = 50,
    timeout: float | None = None,
    search: Mapping[str, Space | Sequence[Any]] | None = None,
    split: EdgeSplit | str | Path | None = None,
    config: str | Path | None = None,
    options: FitOptions = FitOptions(),
    on_trial: Callable[[Trial], object] = lambda trial: None,
    **settings: Unpack[FitSettings],
) -> Tuned[GraphFitResult]:
    """Search settings by the validation score; the best are fit and scored on the test set once.

    Every trial has the same split and seed. It is compared by its best validation score in the
    metric `select`, which also selects the epoch, and stopped early if others were better after the
    same share of a run. The first trial of each model has the model's own settings. The same call
    continues an interrupted search or adds trials, also in several processes at once.

    Args:
        graph: as in `fit`.
        models: the names of presets; None takes the model that `fit` takes.
        out: the folder of the study, with `best.json` for `config=…` and the run `best`.
        trials: the number of trials, of all processes and of earlier calls together.
        timeout: seconds after which no more trials start.
        search: spaces of settings, by keyword or path: `{"lr": Search(1e-4, 0.1, log=True)}`; they
            replace those declared with the settings. `["gcn", "mlp"]`, or
            `Choices(("gcn", "mlp"))`, also searches parts.
        split: as in `fit`.
        config: as in `fit`; the search starts from its settings.
        options: progress bars, callbacks, which are called for each trial.
        on_trial: called with each finished trial.
        **settings: settings that are not searched.

    Raises:
        InputError: an unknown setting, a space that cannot be used, a folder with another study, or
            Optuna is not installed.
    """
    graph, others = with_reading(graph, settings)
    names = model_names(models)
    layers, first = file_and_model(config, names[0], directed=is_directed(graph))
    layers.append(keyword_layer(CATALOGUE, others, (*signature(tune).parameters, *READING)))
    narrowed = named_spaces(CATALOGUE, search)
    chosen = [str(first), *map(str, names[1:])]
    plan = TunePlan(chosen, Path(out), trials, timeout, narrowed, options, on_trial)
    return tune_layers(graph, layers, plan, split=split)


def tune_layers(
    graph: Any,
    layers: Sequence[Layer],
    plan: TunePlan,
    *,
    split: EdgeSplit | str | Path | None = None,
) -> Tuned[GraphFitResult]:
    """Implement `tune`, with the user's settings as layers: a file, then options."""
    return run_tune(GraphTuning(graph, plan, layers, split), layers, plan)


@dataclass(frozen=True)
class GraphTuning:
    """How a search trains and scores on a graph."""

    graph: Any
    """The graph."""
    plan: TunePlan
    """What is searched."""
    layers: Sequence[Layer]
    """The user's settings."""
    split: EdgeSplit | str | Path | None
    """The split; None makes it from the seed."""

    maximize = True
    closed: frozenset[str] = frozenset({"split", "run"})
    catalogue: Catalogue = CATALOGUE

    @property
    def name(self) -> str:
        """The name of the graph."""
        return input_name(self.graph)

    def metric(self) -> str:
        """Return the metric that selects epochs."""
        return self.resolve(self.plan.models[0], self.layers).split.select

    def resolve(self, model: str, layers: Sequence[Layer]) -> FitConfig:
        """Return the settings of a run."""
        return configure(self.name, model, layers)[0]

    def score(
        self,
        model: str,
        layers: Sequence[Layer],
        report: Report,
        options: FitOptions,
        tracked: Path,
    ) -> float:
        """Train on the training edges and return the best validation score."""
        experiment = ready(self.graph, model, layers, split=self.split, options=options)
        config = experiment.config
        about = About(model, experiment.split.fingerprint, 0.0, config.to_dict(), tracked)
        with (
            devices.computing(config.run.threads),
            devices.deterministic(config.training.deterministic),
        ):
            return train_trial(experiment.trainer, about, report, options)

    def fit(
        self, model: str, layers: Sequence[Layer], folder: Path, *, overwrite: bool
    ) -> GraphFitResult:
        """Fit and score a run."""
        options = self.plan.options
        if overwrite:
            return fit_layers(
                self.graph,
                model,
                layers,
                out=folder,
                overwrite=True,
                split=self.split,
                options=options,
            )
        return fit_or_resume(
            self.graph, model, layers, out=folder, split=self.split, options=options
        )
