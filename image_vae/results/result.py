"""A trained image model with everything one asks of it: scores, codes, images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from graphvae_data.core.errors import InputError
from graphvae_data.core.rng import seeded
from graphvae_data.images.image_data import PartName
from graphvae_data.runs import devices
from graphvae_data.runs.run_folder import RunFolder, read_history, read_json
from graphvae_data.runs.weights import load_weights
from image_vae.evaluation.scores import AT_ONCE, Likelihood, likelihood
from image_vae.results.run_files import KIND, read_images
from image_vae.specs.config import ImageConfig
from image_vae.training.experiment import Experiment, prepare
from image_vae.training.records import EpochRecord

DRAWING = 6
"""The stream of randomness for what is drawn from a trained model."""


@dataclass(frozen=True)
class FitResult:
    """The outcome of `fit` or `load`."""

    experiment: Experiment
    """Images and trained model."""
    metrics: Mapping[str, Any]
    """The content of `metrics.json`: val, test, best_epoch, seconds."""
    history: tuple[EpochRecord, ...]
    """One record an epoch."""
    folder: Path | None
    """The run folder, if there is one."""

    @property
    def config(self) -> ImageConfig:
        """Every setting, resolved."""
        return self.experiment.config

    def generator(self, seed: int | None = None) -> torch.Generator:
        """Return a generator on the model's device; the run's own stream without a seed."""
        used = self.config.seed if seed is None else seed
        return seeded(used, DRAWING, device=self.experiment.model.device)

    @torch.no_grad()
    def embeddings(
        self, part: PartName = "test", layer: str | None = None, *, most: int | None = None
    ) -> Float[np.ndarray, "image latent"]:
        """Return the posterior mean of each image's code; of the topmost code, if none is named.

        At `most` so many, of images spread evenly over the part, where that is given.
        """
        model, name = self.experiment.model, self.layer(layer)
        model.eval()
        generator = self.generator()
        with devices.threads(self.config.threads):
            batches = self.experiment.feed(part).in_order(AT_ONCE, limit=most, spread=True)
            codes = [model.encode({"x": images}, generator)[name] for images in batches]
        return torch.cat(codes).cpu().numpy()

    def layer(self, name: str | None = None) -> str:
        """Return the name of a code if there is such a one; of the topmost, if none is named.

        Raises:
            InputError: there is none of that name.
        """
        known = [latent.name for latent in self.experiment.model.graph.latents]
        if name is not None and name not in known:
            raise InputError(f"layer: expected one of {', '.join(known)}, got {name!r}")
        return self.top if name is None else name

    @property
    def top(self) -> str:
        """The name of the topmost code: the one with a prior of its own."""
        return self.experiment.model.graph.prior_order[0]

    @torch.no_grad()
    def sample(
        self, count: int, *, seed: int | None = None
    ) -> Float[Tensor, "count channel height width"]:
        """Return the expected images of codes drawn from the prior.

        Raises:
            InputError: `count` below 1.
        """
        if count < 1:
            raise InputError(f"n: expected at least 1, got {count}")
        self.experiment.model.eval()
        drawn = self.experiment.model.sample(count, self.generator(seed))["x"]
        return drawn.mean.squeeze(0).cpu()

    def likelihood(
        self, part: PartName = "test", *, samples: int = 5_000, **how: Any
    ) -> Likelihood:
        """Return −log p(x) of a part by importance sampling; `how` as in `evaluation.likelihood`.

        Raises:
            InputError: fewer than one sample.
        """
        with devices.threads(self.config.threads):
            feed, seed = self.experiment.feed(part), self.config.seed
            return likelihood(self.experiment.model, feed, seed=seed, samples=samples, **how)


def load(path: str | Path, *, device: str = "auto", progress: bool = False) -> FitResult:
    """Open a finished run, on any device.

    Raises:
        InputError: not a run folder, not finished, or with a damaged file.
    """
    folder = RunFolder.open(Path(path), "config.json", "split.json", kind=KIND)
    if not folder.metrics.is_file():
        raise InputError(f"the run {path} is not finished; continue it with --resume")
    where = str(devices.resolve_device(device))
    experiment = open_experiment(folder, device=where, progress=progress)
    model = experiment.model
    model.load_state_dict(load_weights(folder.model, model))
    return FitResult(experiment, read_json(folder.metrics), read_records(folder), folder.path)


def open_experiment(
    folder: RunFolder, *, device: str | None = None, progress: bool = False
) -> Experiment:
    """Rebuild the experiment of a run, untrained, perhaps on another device."""
    settings = read_json(folder.config)
    if not isinstance(settings, dict):
        raise InputError(f"{folder.config}: damaged, expected settings by name")
    if device is not None:
        settings["device"] = device
    config = ImageConfig.from_dict(settings)
    devices.resolve_device(config.device)
    with devices.threads(config.threads):
        return prepare(config, read_images(folder, config, progress=progress))


def read_records(folder: RunFolder) -> tuple[EpochRecord, ...]:
    """Return the history of a run.

    Raises:
        InputError: a line of it is damaged.
    """
    try:
        return tuple(EpochRecord.from_dict(line) for line in read_history(folder.history))
    except TypeError as fault:
        raise InputError(f"{folder.history}: damaged ({fault})") from fault
