"""One experiment on images: a dataset, a model and its trainer, made from a configuration.

Every random choice has a stream of its own, derived from the one seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import torch

from graphvae_data.core.rng import seeded
from graphvae_data.images.image_data import ImageData, ImagePart, PartName
from image_vae.data.binarize import Binarization
from image_vae.data.feed import Feed
from image_vae.data.labels import label_of
from image_vae.data.one_factor import AlignedFeed
from image_vae.evaluation.scores import bound, label_accuracy
from image_vae.models.build import build_model
from image_vae.models.infogan import InfoGan, adversarial_scores
from image_vae.models.vae import VAE
from image_vae.specs.config import ImageConfig
from image_vae.training.players import WEIGHTS, build_game
from image_vae.training.trainer import Trainer

SEEN_FIRST = 10_000
"""Training images, at most, that a model is started from; `aggregate` takes them all."""


@dataclass(frozen=True)
class Experiment:
    """What a configuration and a dataset come to, ready to train."""

    config: ImageConfig
    """The settings."""
    data: ImageData
    """The images."""
    model: VAE
    """The model, on the device."""
    trainer: Trainer
    """Its training."""
    _feeds: dict[PartName, Feed] = field(default_factory=dict, repr=False)

    def feed(self, part: PartName) -> Feed:
        """Return a part of the images as the model sees them."""
        if part not in self._feeds:
            self._feeds[part] = feed_of(self.config, self.data, part)
        return self._feeds[part]

    def evaluate(self) -> dict[str, Any]:
        """Return the bound on the validation and the test images, as plain values.

        Where the model tells a label, how often it is right. Of an InfoGAN, which bounds nothing of
        an image, the bound on the information of its code.
        """
        seed = self.config.seed
        if isinstance(self.model, InfoGan):
            return {"adversarial": adversarial_scores(self.model, seed=seed).to_dict()}
        parts: tuple[PartName, ...] = ("val", "test")
        return {part: self._scores(self.feed(part)) for part in parts}

    def _scores(self, feed: Feed) -> dict[str, Any]:
        seed = self.config.seed
        found = bound(self.model, feed, seed=seed).to_dict()
        if feed.label is None:
            return found
        return {**found, "label_accuracy": label_accuracy(self.model, feed, seed=seed)}


def feed_of(config: ImageConfig, data: ImageData, part: PartName | Literal["whole"]) -> Feed:
    """Return a part of a dataset, or all of it, as a configuration has it seen.

    Raises:
        InputError: batches of one factor, of a dataset without a complete table of factors; a label
            that the dataset does not have.
    """
    assert config.binarize is not None
    how, device = Binarization(config.binarize), torch.device(config.device)
    images: ImagePart = getattr(data, part)
    settings = config.settings
    label = None if config.label is None else label_of(data, config.label)
    if part in ("val", "test") and config.scored is not None:
        images = images.spread(config.scored)
    if part == "train" and settings.batches == "one-factor":
        size, seed = settings.batch_size, config.seed
        return AlignedFeed(images, how, data.factors, size, seed=seed, device=device, label=label)
    return Feed(images, how, seed=config.seed, device=device, label=label)


def prepare(config: ImageConfig, data: ImageData) -> Experiment:
    """Build the model and its trainer; the same configuration gives the same weights.

    Raises:
        InputError: a prior of more pseudo-inputs than there are training images; images without
            the factors, or a code without the coordinates, that batches of one factor need; a label
            that the images do not have.
    """
    train, val = feed_of(config, data, "train"), feed_of(config, data, "val")
    model = _fresh(config, train)
    trainer = Trainer(model, build_game(config, model, train), train, val, config)
    return Experiment(config, data, model, trainer, {"train": train, "val": val})


def untrained(experiment: Experiment) -> VAE:
    """Return the model as it was before the first step."""
    return _fresh(experiment.config, experiment.feed("train"))


def _fresh(config: ImageConfig, train: Feed) -> VAE:
    first = len(train) if config.prior == "aggregate" else SEEN_FIRST
    values = 0 if train.label is None else train.label.count
    model = build_model(config, train.some(first), seeded(config.seed, WEIGHTS), values=values)
    return model.to(config.device)
