"""A trained image model: its scores, codes and images."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from graphvae_data.core.errors import InputError, check_name, check_whole
from graphvae_data.core.rng import seeded
from graphvae_data.images.image_data import PARTS, ImagePart, PartName, spread
from graphvae_data.machine import devices
from graphvae_data.machine.workers import ALONE, Workers
from graphvae_data.runs.checkpoint import FILES, model_digest, read_scores
from graphvae_data.runs.results import RunResult, read_records
from graphvae_data.runs.run_folder import RunFolder, read_json
from graphvae_data.runs.weights import load_weights
from graphvae_data.settings.layers import Layer, overridden
from graphvae_data.settings.rebuild import rebuild
from graphvae_data.settings.setting_errors import SettingClash
from image_vae.evaluation.scores import AT_ONCE, LikelihoodScores, likelihood
from image_vae.models.labelled import LABEL, infers_label
from image_vae.parts.distributions.likelihoods import picture
from image_vae.results.run_files import KIND, check_labels, read_failure, read_images
from image_vae.specs.recipe import CATALOGUE, ImageConfig
from image_vae.training.experiment import ImageExperiment, prepare

DRAWING = 6
"""Index of the random stream for samples of a trained model."""


@dataclass(frozen=True, repr=False)
class ImageFitResult(RunResult[ImageExperiment]):
    """The outcome of `fit` or `load`."""

    @property
    def config(self) -> ImageConfig:
        """Every setting, resolved."""
        return self.experiment.config

    @property
    def failure(self) -> str | None:
        """A message if training failed, which names the loaded weights; None otherwise."""
        failure = self.metrics.get("failure")
        if failure is None:
            return None
        epoch = failure["best_epoch"]
        weights = f"the best ones, of epoch {epoch}" if epoch else "the initial ones"
        return f"training failed ({failure['fault']}); the weights are {weights}"

    def generator(self, seed: int | None = None) -> torch.Generator:
        """Return a generator on the model's device, by default with the run's seed.

        Raises:
            InputError: a negative seed.
        """
        if seed is not None:
            check_whole("seed", seed, 0)
        used = self.config.run.seed if seed is None else seed
        return seeded(used, DRAWING, device=self.experiment.model.device)

    def embeddings(
        self,
        part: PartName | Literal["all"] | ImagePart = "test",
        layer: str | None = None,
        *,
        most: int | None = None,
    ) -> Float[np.ndarray, "image latent"]:
        """Return the posterior mean of each image's code.

        Args:
            part: the images: a part of the dataset, `new_images(…).part`, or `all` for the three
                parts in the order of the dataset.
            layer: the name of the code; by default the topmost.
            most: maximum number of images, evenly spaced; by default all.

        Raises:
            InputError: no such part or code, or `most` below 1.
        """
        name = self.layer(layer)
        if most is not None:
            check_whole("most", most)
        if not isinstance(part, ImagePart):
            check_name("part", part, (*PARTS, "all"))
        if part != "all":
            return self._codes(part, name, most)
        rows = np.concatenate([self.experiment.feed(each).part.rows for each in PARTS])
        codes = np.concatenate([self._codes(each, name) for each in PARTS])[np.argsort(rows)]
        return codes if most is None else codes[spread(len(codes), most)]

    @torch.no_grad()
    def _codes(
        self, part: PartName | ImagePart, name: str, most: int | None = None
    ) -> Float[np.ndarray, "image latent"]:
        model = self.experiment.model
        model.eval()
        generator = self.generator()
        with devices.computing(self.config.run.threads):
            batches = self.experiment.feed(part).in_order(AT_ONCE, limit=most, spread=True)
            codes = [model.encode({"x": images}, generator)[name] for images in batches]
        return torch.cat(codes).cpu().numpy()

    def layer(self, name: str | None = None) -> str:
        """Return the name of a code; by default the topmost.

        Raises:
            InputError: no code of this name.
        """
        names = [latent.name for latent in self.experiment.model.graph.latents]
        if name is not None and name not in names:
            raise InputError(f"layer: expected one of {', '.join(names)}, got {name!r}")
        return self.top if name is None else name

    @property
    def top(self) -> str:
        """The name of the topmost continuous code, whose distribution is the prior."""
        graph = self.experiment.model.graph
        codes = [name for name in graph.prior_order if not graph[name].categorical]
        return (codes or graph.prior_order)[0]

    @torch.no_grad()
    def sample(
        self,
        count: int,
        *,
        seed: int | None = None,
        label: int | None = None,
        temperature: float = 1.0,
    ) -> Float[Tensor, "count channel height width"]:
        """Return the expected images of codes drawn from the prior.

        Args:
            count: number of images.
            seed: seed of the samples; by default the run's.
            label: the label of all images, a number of the dataset, if the label is a latent
                variable.
            temperature: factor of the standard deviation of every p, in a ladder or NVAE.

        Raises:
            InputError: `count` below 1, a prior that cannot be sampled, no such label, or a
                temperature other than 1 for a model that does not support it.
        """
        if not temperature > 0:
            raise InputError(f"temperature: expected a number above 0, got {temperature:g}")
        model = self.experiment.model
        check_whole("n", count)
        model.eval()
        generator = self.generator(seed)
        try:
            with devices.computing(self.config.run.threads):
                if label is None:
                    px = model.sample_at(temperature, count, generator)["x"]
                else:
                    labels = {LABEL: self._labels(label, count)}
                    px = model.decode(model.sample_codes(count, generator, given=labels))["x"]
                images = picture(px, generator)
        except NotImplementedError:
            prior = self.config.prior.kind()
            raise InputError(f"prior: {prior} cannot be sampled; implement `sample`") from None
        return images.squeeze(0).cpu()

    def _labels(self, label: int, count: int) -> Tensor:
        """Return a label `count` times, for a model whose label is a latent variable."""
        model = self.experiment.model
        if not infers_label(model):
            raise InputError(
                "label: the label of the model is not a latent variable; choose m2 or ssvae"
            )
        known = self.experiment.feed("train").label
        assert known is not None, "a model that infers a label is trained with one"
        return torch.full((count,), known.index(label), device=model.device)

    def likelihood(
        self, part: PartName | ImagePart = "test", *, samples: int = 5_000, **how: Any
    ) -> LikelihoodScores:
        """Return −log p(x) of a part by importance sampling; `how`: see `evaluation.likelihood`.

        Raises:
            InputError: no such part, or fewer than one sample or image.
        """
        with devices.computing(self.config.run.threads):
            feed, seed = self.experiment.feed(part), self.config.run.seed
            return likelihood(self.experiment.model, feed, seed=seed, samples=samples, **how)


def check_result(result: object) -> None:
    """Raise `InputError` unless it is a run in memory."""
    if not isinstance(result, ImageFitResult):
        raise InputError(f"result: expected a run, got {result!r:.40}; `load` reads its folder")


def load(
    path: str | Path, *, device: str = "auto", progress: bool = False, **parts: object
) -> ImageFitResult:
    """Load a finished run on any device; warn if its training failed.

    Args:
        path: the run folder.
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        progress: show progress bars of downloads.
        **parts: parts that cannot be imported, by slot: `prior=StudentT`, `encoder=module`.

    Raises:
        InputError: not a run folder, an unfinished run, a damaged file, or a part that has to be
            passed.
    """
    result = load_run(path, device=device, progress=progress, parts=parts)
    if result.failure is not None:
        warnings.warn(f"{path}: {result.failure}", stacklevel=2)
    return result


def load_run(
    path: str | Path,
    *,
    device: str = "auto",
    progress: bool = False,
    parts: Mapping[str, object] | None = None,
) -> ImageFitResult:
    """Implement `load`, with the parts as a mapping."""
    folder = RunFolder.open(Path(path), "config.json", "split.json", kind=KIND)
    failure = None if folder.metrics.is_file() else read_failure(folder)
    if not folder.metrics.is_file() and failure is None:
        raise InputError(f"the run {path} is not finished; continue it with --resume")
    resolved = str(devices.resolve_device(device))
    experiment = open_experiment(folder, device=resolved, progress=progress, parts=parts)
    model = experiment.model
    model.load_state_dict(load_weights(folder.model, model, model_digest(folder)))
    metrics = {"failure": failure}
    if failure is None:
        metrics = {name: value for name, value in read_scores(folder).items() if name != FILES}
    return ImageFitResult(experiment, metrics, read_records(folder), folder.path)


def open_experiment(
    folder: RunFolder,
    *,
    device: str | None = None,
    progress: bool = False,
    parts: Mapping[str, object] | None = None,
    epochs: int | None = None,
    workers: Workers = ALONE,
) -> ImageExperiment:
    """Rebuild the untrained experiment of a run, possibly on another device or with more epochs."""
    content = read_json(folder.config)
    if not isinstance(content, dict) or not isinstance(content.get("run"), dict):
        raise InputError(f"{folder.config}: damaged, expected settings by name")
    if device is not None:
        content["run"]["device"] = device
    content.setdefault("data", {}).setdefault("split_seed", content["run"].get("seed", 0))
    config = rebuild(ImageConfig, content, CATALOGUE, parts or {})
    devices.resolve_device(config.run.device, gpu=workers.gpu)
    if epochs is not None:
        longer = Layer({"training": {"epochs": epochs, "steps": None}}, CATALOGUE.python_name)
        config = overridden(config, [longer], CATALOGUE)
    images = read_images(folder, config, progress=progress)
    with devices.computing(config.run.threads):
        try:
            experiment = prepare(config, images, workers)
        except SettingClash as clash:
            raise InputError(f"{CATALOGUE.python_name(clash.path)}: {clash}") from None
    check_labels(folder, experiment)
    return experiment
