"""A search of the settings of one or several image models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any, Unpack

from graphvae_data.core.errors import InputError
from graphvae_data.images.image_data import Irregular
from graphvae_data.machine import devices
from graphvae_data.runs.driver import About
from graphvae_data.runs.options import FitOptions
from graphvae_data.settings.flat import Catalogue
from graphvae_data.settings.layers import Layer, keyword_layer, named_by
from graphvae_data.settings.search import Space
from graphvae_data.tuning.result import Tuned
from graphvae_data.tuning.spaces import named_spaces
from graphvae_data.tuning.study import Trial
from graphvae_data.tuning.tune import Report, TunePlan, model_names, run_tune, train_trial
from image_vae.results.result import ImageFitResult
from image_vae.runs.configure import configure, file_and_model
from image_vae.runs.fit import configured, fit_layers, fit_or_resume
from image_vae.runs.fit_settings import ImageFitSettings
from image_vae.runs.source import Images, Source
from image_vae.specs.recipe import CATALOGUE, ImageConfig
from image_vae.training.experiment import prepare

OBJECTIVE = ("likelihood", "bound", "penalty", "labels", "data")
"""Slots and groups that define the validation loss; it is comparable only if they are equal."""


def tune(
    images: Images,
    models: str | Sequence[str] | None = None,
    *,
    out: str | Path,
    trials: int = 50,
    timeout: float | None = None,
    search: Mapping[str, Space | Sequence[Any]] | None = None,
    size: tuple[int, int] | None = None,
    irregular: Irregular = "stop",
    config: str | Path | None = None,
    options: FitOptions = FitOptions(),
    on_trial: Callable[[Trial], object] = lambda trial: None,
    **settings: Unpack[ImageFitSettings],
) -> Tuned[ImageFitResult]:
    """Search settings by the validation loss; the best are fit and scored on the test set once.

    Trials are ranked by their lowest validation loss, so the objective is not searched: bound,
    penalty, likelihood and binarisation are the same in all trials. A trial is pruned if others
    were better after the same share of a run. The first trial of each model has the default
    settings. The same call continues an interrupted search or adds trials, also in several
    processes at once.

    Args:
        images: as in `fit`.
        models: names of presets with the same objective; by default the default model of `fit`.
        out: the folder of the study, with `best.json` for `config=…` and the run `best`.
        trials: total number of trials, including other processes and earlier calls.
        timeout: seconds after which no more trials start.
        search: spaces of settings, by keyword or path: `{"lr": Search(1e-4, 0.1, log=True)}`; they
            replace those declared with the settings.
        size: as in `fit`.
        irregular: as in `fit`.
        config: as in `fit`; the search starts from its settings.
        options: progress bars, callbacks, which are called for each trial.
        on_trial: called with each finished trial.
        **settings: settings that are not searched.

    Raises:
        InputError: an unknown setting, an invalid space, models whose losses are not comparable, a
            folder with another study, or Optuna is not installed.
    """
    names = model_names(models)
    layers, first = file_and_model(config, names[0])
    layers.append(keyword_layer(CATALOGUE, settings, signature(tune).parameters))
    narrowed = named_spaces(CATALOGUE, search)
    chosen = [str(first), *map(str, names[1:])]
    plan = TunePlan(chosen, Path(out), trials, timeout, narrowed, options, on_trial)
    return tune_layers(images, layers, plan, size=size, irregular=irregular)


def tune_layers(
    images: Images,
    layers: Sequence[Layer],
    plan: TunePlan,
    *,
    size: tuple[int, int] | None = None,
    irregular: Irregular = "stop",
) -> Tuned[ImageFitResult]:
    """Implement `tune`, with the user's settings as layers: a file, then options."""
    side = ImageTuning(images, Source.of(images, None, size, irregular), plan)
    check_objectives([side.resolve(model, layers) for model in plan.models])
    return run_tune(side, layers, plan)


def check_objectives(configs: Sequence[ImageConfig]) -> None:
    """Raise `InputError` for models whose validation losses are not comparable."""
    first = configs[0]
    for config in configs[1:]:
        for name in OBJECTIVE:
            if getattr(config, name) != getattr(first, name):
                raise InputError(
                    f"model: {config.model} has another {name} than {first.model}; their "
                    "validation losses are not comparable; tune one at a time"
                )


@dataclass(frozen=True)
class ImageTuning:
    """How a search trains and scores on images."""

    images: Images
    """The images."""
    source: Source
    """The same images, read once for all trials."""
    plan: TunePlan
    """What is searched."""

    maximize = False
    closed: frozenset[str] = frozenset({*OBJECTIVE, "run"})
    catalogue: Catalogue = CATALOGUE

    @property
    def name(self) -> str:
        """The name of the images."""
        return self.source.name

    def metric(self) -> str:
        """Return `loss`."""
        return "loss"

    def resolve(self, model: str, layers: Sequence[Layer]) -> ImageConfig:
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
        """Train on the training images and return the lowest validation loss."""
        config, data = configured(self.source, model, layers, options)
        with devices.computing(config.run.threads), named_by(layers[-1].words):
            experiment = prepare(config, data)
            about = About(model, data.split_fingerprint, 0.0, config.to_dict(), tracked)
            return train_trial(experiment.trainer, about, report, options)

    def fit(
        self, model: str, layers: Sequence[Layer], folder: Path, *, overwrite: bool
    ) -> ImageFitResult:
        """Fit and score a run."""
        size, irregular, options = self.source.size, self.source.irregular, self.plan.options
        if overwrite:
            return fit_layers(
                self.images,
                model,
                layers,
                out=folder,
                overwrite=True,
                size=size,
                irregular=irregular,
                options=options,
            )
        return fit_or_resume(
            self.images, model, layers, out=folder, size=size, irregular=irregular, options=options
        )
