"""Active units: the coordinates of a code whose mean varies with the image.

A unit j is active if A_j = Var_x(E_q(z|x) [z_j]) > 0.01. The mean of an inactive unit stays at the
prior's mean. Source: Burda et al. 2015, "Importance Weighted Autoencoders", §5.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from graphvae_data.core.errors import InputError
from image_vae.models.latent_model import LatentModel

THRESHOLD = 0.01
"""Threshold of A above which a unit is active."""
DRAWS = 10
"""Draws of the parents of a latent, over which its mean is averaged."""


@dataclass(frozen=True)
class Activity:
    """The activity of each unit of each latent."""

    variance: Mapping[str, Float[Tensor, " latent"]]
    """A of each unit, by latent, on the CPU."""
    images: int
    """Number of images over which the variance is taken."""

    @property
    def count(self) -> dict[str, int]:
        """Active units of each latent."""
        return {name: int((each > THRESHOLD).sum()) for name, each in self.variance.items()}


@torch.no_grad()
def active_units(
    model: LatentModel,
    batches: Iterable[Mapping[str, Tensor]],
    generator: torch.Generator,
    *,
    draws: int = DRAWS,
) -> Activity:
    """Measure the activity of every unit of a model over all batches.

    The mean of a latent that depends on another latent in q is averaged over draws of that one.
    The variance due to the finite number of draws is estimated and subtracted, so A is unbiased and
    may be slightly negative.

    A latent whose posterior has no mean is omitted.

    Args:
        model: the model.
        batches: the observed variables, in batches of any sizes, on the model's device.
        generator: draws the parents; on the model's device.
        draws: draws per image, at least 2.

    Raises:
        InputError: fewer than two draws.
    """
    if draws < 2:
        raise InputError(f"draws: expected at least 2, got {draws}")
    means: dict[str, list[Tensor]] = {latent.name: [] for latent in model.graph.latents}
    noise: dict[str, list[Tensor]] = {name: [] for name in means}
    for data in batches:
        inferred = model.infer(data, draws, generator)
        for name, q in inferred.q.items():
            point = q.point
            if point is None:
                means.pop(name, None)
                continue
            means[name].append(inferred.average(point).cpu().double())
            spread = point.var(0) / draws
            if inferred.log_weights is not None:  # samples are the values of a latent, not draws
                spread = torch.zeros_like(spread)
            noise[name].append(spread.cpu().double())
    images = sum(map(len, next(iter(means.values()), [])))
    variance = {
        name: torch.cat(means[name]).var(0, correction=0)
        - (1 - 1 / images) * torch.cat(noise[name]).mean(0)
        for name in means
    }
    return Activity(variance, images)
