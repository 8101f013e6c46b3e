"""One experiment on images: a dataset, a model and its trainer, built from a configuration.

Every random choice has its own stream, derived from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import torch

from graphvae_data.core.errors import check_name
from graphvae_data.core.rng import seeded
from graphvae_data.images.image_data import PARTS, ImageData, ImagePart, PartName
from graphvae_data.machine.workers import ALONE, Workers
from image_vae.data.attributes import AttributeColumns, observed_attributes
from image_vae.data.binarize import Binarization
from image_vae.data.feed import Feed
from image_vae.data.labelled_feed import LabelledFeed
from image_vae.data.labels import Label, describe_labels, known_labels, label_of
from image_vae.data.one_factor import AlignedFeed
from image_vae.evaluation.scores import (
    BoundScores,
    attribute_accuracy,
    bound_scores,
    label_accuracy,
    measure_of,
)
from image_vae.models.build import build_model
from image_vae.models.infogan import InfoGan, adversarial_scores
from image_vae.models.labelled import infers_label
from image_vae.models.latent_model import LatentModel
from image_vae.specs.recipe import ImageConfig
from image_vae.training.own_draws import BUILDING, SCORES, own_draws
from image_vae.training.players import WEIGHTS, build_game
from image_vae.training.trainer import ImageTrainer

SEEN_FIRST = 10_000
"""Maximum number of training images for initialisation, unless the prior encodes all of them."""


CLASSIFYING = 8
"""Importance samples per image for classification, as in Narayanaswamy et al. 2017."""


@dataclass(frozen=True)
class ImageExperiment:
    """A configuration, a dataset, and the model and trainer built from them."""

    config: ImageConfig
    """The settings."""
    data: ImageData
    """The images."""
    model: LatentModel
    """The model, on the device."""
    trainer: ImageTrainer
    """The trainer of the model."""
    _feeds: dict[PartName, Feed] = field(default_factory=dict, repr=False)

    def feed(self, part: PartName | ImagePart) -> Feed:
        """Return a part of the images, or other images of their shape, preprocessed.

        Raises:
            InputError: no part of this name.
        """
        if isinstance(part, ImagePart):
            how, device = Binarization(self.config.binarize), torch.device(self.config.run.device)
            return Feed(part, how, seed=self.config.run.seed, device=device)
        check_name("part", part, PARTS)
        if part not in self._feeds:
            self._feeds[part] = feed_of(self.config, self.data, part)
        return self._feeds[part]

    def labels(self) -> dict[str, str | int] | None:
        """Return the number and digest of the known training labels; None without a label."""
        feed = self.feed("train")
        return None if feed.label is None else describe_labels(feed.label, feed.part)

    def evaluate(self) -> dict[str, Any]:
        """Return the bound on the validation and the test images, as plain values.

        With a label or attributes, the accuracy is added. An InfoGAN has no bound on log p(x); its
        score is the bound on the mutual information of code and image.
        """
        with own_draws(self.config, SCORES):
            return self._evaluate()

    def _evaluate(self) -> dict[str, Any]:
        if self.config.bound.adversarial:
            assert isinstance(self.model, InfoGan)
            scores = adversarial_scores(self.model, seed=self.config.run.seed)
            return {"adversarial": scores.to_dict()}
        parts: tuple[PartName, ...] = ("val", "test")
        return {part: self._scores(self.feed(part)) for part in parts}

    def bound(self, feed: Feed) -> BoundScores:
        """Return the bound on some images, and L_k if the training objective is L_k."""
        config = self.config
        return bound_scores(
            self.model,
            feed,
            seed=config.run.seed,
            measure=measure_of(config.likelihood, feed),
            weighted=config.bound.samples if config.bound.importance_weighted else None,
        )

    def _scores(self, feed: Feed) -> dict[str, Any]:
        seed, scores = self.config.run.seed, self.bound(feed).to_dict()
        if feed.attributes is not None:
            accuracy = attribute_accuracy(self.model, feed, seed=seed)
            scores = {**scores, "attribute_accuracy": accuracy}
        if feed.label is None:
            return scores
        accuracy = {"label_accuracy": label_accuracy(self.model, feed, seed=seed)}
        if infers_label(self.model):
            weighted = label_accuracy(self.model, feed, seed=seed, samples=CLASSIFYING)
            accuracy["label_accuracy_weighted"] = weighted
        return {**scores, **accuracy}


def feed_of(config: ImageConfig, data: ImageData, part: PartName | Literal["whole"]) -> Feed:
    """Return a part of a dataset, or all of it, preprocessed for the model of a configuration.

    Raises:
        InputError: one-factor batches of a dataset without all combinations of factors, or an
            unknown label.
    """
    how, device = Binarization(config.binarize), torch.device(config.run.device)
    images: ImagePart = getattr(data, part)
    training, seed = config.training, config.run.seed
    label = None if config.labels.label is None else label_of(data, config.labels.label)
    if label is not None and part == "train":
        label = training_label(config, label, images)
    if part in ("val", "test") and config.data.scored is not None:
        images = images.spread(config.data.scored)
    if part == "train" and training.batches == "one-factor":
        size = training.batch_size
        return AlignedFeed(images, how, data.factors, size, seed=seed, device=device, label=label)
    attributes = None
    if config.latents.multimodal:
        attributes = AttributeColumns(observed_attributes(data, config.latents.observed))
    share = config.labels.labelled_share
    if label is not None and part == "train" and share:
        size = training.batch_size
        return LabelledFeed(images, how, share, size, seed=seed, device=device, label=label)
    return Feed(images, how, seed=seed, device=device, label=label, attributes=attributes)


def training_label(config: ImageConfig, label: Label, train: ImagePart) -> Label:
    """Return the label with the values that are known in training."""
    few = config.labels.labels_per_class
    return label if few is None else known_labels(label, train, few, config.labels.label_seed)


def prepare(config: ImageConfig, data: ImageData, workers: Workers = ALONE) -> ImageExperiment:
    """Build the model and its trainer; the same configuration gives the same weights.

    Raises:
        SettingClash: a part that is incompatible with the images.
        InputError: images without the factors for one-factor batches, or without the label.
    """
    train, val = feed_of(config, data, "train"), feed_of(config, data, "val")
    with own_draws(config, BUILDING):
        model = _fresh(config, train)
        game = build_game(config, model, train, val, workers)
    trainer = ImageTrainer(model, game, train, val, config, workers)
    return ImageExperiment(config, data, model, trainer, {"train": train, "val": val})


def untrained(experiment: ImageExperiment) -> LatentModel:
    """Return the model before the first step."""
    with own_draws(experiment.config, BUILDING):
        return _fresh(experiment.config, experiment.feed("train"))


def _fresh(config: ImageConfig, train: Feed) -> LatentModel:
    first = len(train) if config.prior.encodes_all else SEEN_FIRST
    values = 0 if train.label is None else train.label.count
    generator = seeded(config.run.seed, WEIGHTS)
    sizes = {} if train.attributes is None else train.attributes.sizes
    model = build_model(config, train.some(first), generator, values=values, attributes=sizes)
    return model.to(config.run.device)
