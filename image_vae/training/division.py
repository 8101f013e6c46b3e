"""Data parallelism: each worker computes the loss of its part of a batch, and all are summed.

All workers draw the same batch and noise; a worker's loss is weighted by its share of the batch.
The sums of gradients and loss terms equal those of a single process, up to rounding: batch
normalisation and the balancing of groups use means over all workers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from graphvae_data.machine.workers import BatchGenerator, Workers
from graphvae_data.settings.setting_errors import SettingClash
from image_vae.models.latent_model import Data, LatentModel
from image_vae.nn.normalisation import batch_norms
from image_vae.parts.terms import LossTerms
from image_vae.specs.recipe import ImageRecipe

Loss = Callable[[Data, int, torch.Generator], LossTerms]
"""Maps a batch, the step and a generator to the loss."""


def check_divisible(recipe: ImageRecipe) -> None:
    """Reject a recipe whose loss is not a mean over examples.

    Raises:
        SettingClash: an unsupported part.
    """
    reasons = {
        ("latents",): (
            recipe.latents.kind(),
            recipe.latents.infers_label or recipe.latents.own_networks,
        ),
        ("penalty",): (recipe.penalty.kind(), not recipe.penalty.divisible),
        ("posterior",): (recipe.posterior.kind(), not recipe.posterior.gaussian),
        ("bound",): (recipe.bound.kind(), recipe.bound.adversarial),
        ("training", "batches"): ("one-factor", recipe.training.batches != "shuffled"),
    }
    for path, (name, unsupported) in reasons.items():
        if unsupported:
            raise SettingClash(path, f"{name} does not support several workers; start a single one")


def divided(loss: Loss, workers: Workers) -> Loss:
    """Return the loss of this worker's part of a batch, weighted by its share of the batch."""
    return partial(_part_of, loss, workers)


def _part_of(
    loss: Loss, workers: Workers, data: Data, step: int, generator: torch.Generator
) -> LossTerms:
    size = len(data["x"])
    part = workers.part(size)
    share = (part.stop - part.start) / size
    if size < workers.count:  # too few examples: every worker computes all of them
        part, share = slice(None), 1 / workers.count
    if isinstance(generator, BatchGenerator):
        generator.size, generator.part = size, part
    local = {name: value[part] for name, value in data.items()}
    terms = loss(local, step, generator)
    if isinstance(generator, BatchGenerator):
        generator.size = 0
    parts = {name: share * value for name, value in terms.parts.items()}
    return LossTerms(share * terms.total, parts)


def summed(workers: Workers) -> Callable[[Sequence[Tensor], LossTerms], LossTerms]:
    """Return a function that sums gradients and loss terms over the workers."""
    return partial(_sum, workers)


def _sum(workers: Workers, parameters: Sequence[Tensor], terms: LossTerms) -> LossTerms:
    values = torch.stack([terms.total, *terms.parts.values()]).detach()
    total, *parts = workers.add_up(parameters, values)
    return LossTerms(total, dict(zip(terms.parts, parts, strict=True)))


def synchronise(model: LatentModel, workers: Workers) -> None:
    """Synchronise the batch normalisation of a model: moments over all workers."""
    for layer in batch_norms(model):
        layer.workers = workers


def shared(generator: torch.Generator) -> BatchGenerator:
    """Return a generator in the same state, which draws noise for whole batches."""
    copy = BatchGenerator(generator.device)
    copy.set_state(generator.get_state())
    return copy
