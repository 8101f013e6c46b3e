"""ELBO surgery: what the divergence in the bound is made of, over a whole data set.

Let n be the number of an image, drawn evenly from N, and q(z) = 1/N Σ_n q(z | x_n) the aggregate
posterior. Then

    1/N Σ_n KL(q(z | x_n) ‖ p) = I(n; z) + KL(q(z) ‖ p),    0 ≤ I(n; z) ≤ log N:

what a code tells of its image, and how far the codes as a whole are from the prior. Only the latter
can be lowered without loss, by a better prior. Source: Hoffman & Johnson 2016, "ELBO surgery: yet
another way to carve up the variational evidence lower bound".
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from graphvae_data.core.errors import InputError
from image_vae.models.vae import VAE
from image_vae.parts.posteriors import DiagonalGaussian
from image_vae.parts.priors import Mixture, PriorDistribution
from image_vae.parts.uniform import UniformCode

CELLS = 4_000_000
"""Pairs of a code and a Gaussian whose density is held at a time."""


@dataclass(frozen=True)
class Surgery:
    """The parts of the mean divergence, in nats.

    All three are means over the same draws, so the last two add up to the first. They are estimates
    and are not cut to their range: a mutual information a little below 0 or above log N is noise.
    """

    mean_kl: float
    """1/N Σ_n KL(q(z | x_n) ‖ p)."""
    mutual_information: float
    """I(n; z)."""
    marginal_kl: float
    """KL(q(z) ‖ p)."""
    log_n: float
    """log N, which the mutual information cannot exceed."""
    samples: int
    """Codes drawn per image."""


@torch.no_grad()
def surgery(
    posteriors: DiagonalGaussian,
    prior: PriorDistribution,
    generator: torch.Generator,
    *,
    samples: int = 1,
    cells: int = CELLS,
) -> Surgery:
    """Take the mean divergence of a data set's posteriors apart.

    q(z) is that of the full data, N terms for each code; codes are scored in parts, so that memory
    grows with N and not with N². All densities are taken in double precision: with narrow
    posteriors, those of a mixture are small differences of large numbers.

    Args:
        posteriors: q(z | x_n) of every image, [image, latent].
        prior: p(z), one Gaussian [latent] or a mixture.
        generator: draws the codes; on the posteriors' device.
        samples: codes per image, at least 1.
        cells: pairs of a code and a Gaussian at a time.

    Raises:
        InputError: fewer than one sample.
    """
    if samples < 1:
        raise InputError(f"samples: expected at least 1, got {samples}")
    own, prior = _precise(posteriors), _precise_prior(prior)
    count = own.mean.size(0)
    aggregate = Mixture.uniform(own)
    widest = max(count, len(prior.log_weights) if isinstance(prior, Mixture) else 1)
    rows = max(1, cells // widest)
    sums = torch.zeros(3, dtype=torch.float64)
    for _ in range(samples):
        z = posteriors.sample(generator).to(own.mean)
        of_own = own.log_prob(z)
        of_all, of_prior = (
            torch.cat([density.log_prob(part) for part in z.split(rows)])
            for density in (aggregate, prior)
        )
        ratios = torch.stack([of_own - of_prior, of_own - of_all, of_all - of_prior])
        sums += ratios.sum(1).cpu()
    mean_kl, information, marginal = (sums / (samples * count)).tolist()
    return Surgery(mean_kl, information, marginal, math.log(count), samples)


def _precise(gaussian: DiagonalGaussian) -> DiagonalGaussian:
    """Return a Gaussian in double precision, on the CPU where its device (Metal) has none."""
    device = "cpu" if gaussian.mean.device.type == "mps" else gaussian.mean.device
    mean, log_std = (each.to(device).double() for each in (gaussian.mean, gaussian.log_std))
    return DiagonalGaussian(mean, log_std)


def _precise_prior(prior: PriorDistribution) -> PriorDistribution:
    if isinstance(prior, DiagonalGaussian):
        return _precise(prior)
    if isinstance(prior, UniformCode):
        return prior
    components = _precise(prior.components)
    return Mixture(components, prior.log_weights.to(components.mean))


@torch.no_grad()
def model_surgery(
    model: VAE,
    batches: Iterable[Mapping[str, Tensor]],
    generator: torch.Generator,
    *,
    samples: int = 1,
) -> Surgery:
    """Take the mean divergence of a model's topmost latent apart, over all batches.

    Args:
        model: the model.
        batches: the observed variables of the whole data set, in batches of any sizes, on the
            model's device.
        generator: draws the codes; on the model's device.
        samples: codes per image, at least 1.

    Raises:
        InputError: the topmost latent is inferred from another latent, so that q(z | x) is no
            single Gaussian; or fewer than one sample.
    """
    top = model.graph[model.graph.prior_order[0]]
    hidden = set(top.q_parents) - set(model.graph.observed)
    if hidden:
        raise InputError(
            f"surgery: expected a topmost code inferred from the image alone, and {top.name} is "
            f"inferred from {', '.join(sorted(hidden))}"
        )
    found = [model.infer(data, 1, generator)[0][top.name] for data in batches]
    posteriors = DiagonalGaussian(
        torch.cat([q.mean.squeeze(0) for q in found]),
        torch.cat([q.log_std.squeeze(0) for q in found]),
    )
    return surgery(posteriors, model.prior(top, {}), generator, samples=samples)
