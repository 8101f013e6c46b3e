"""ELBO surgery: the decomposition of the mean divergence over a whole dataset.

Let n be the index of an image, uniform over N, and q(z) = 1/N Σ_n q(z | x_n) the aggregate
posterior. Then

    1/N Σ_n KL(q(z | x_n) ‖ p) = I(n; z) + KL(q(z) ‖ p),    0 ≤ I(n; z) ≤ log N:

the mutual information of code and image, and the divergence of the aggregate posterior from the
prior. Only the latter can be lowered without loss of information, by a better prior. Source:
Hoffman & Johnson 2016, "ELBO surgery: yet another way to carve up the variational evidence lower
bound".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from graphvae_data.core.errors import InputError
from image_vae.models.latent_model import LatentModel
from image_vae.parts.distributions.posteriors import Distribution, joined
from image_vae.parts.distributions.priors import Doubled, PriorDistribution, average_posterior

CELLS = 4_000_000
"""Number of pairs of a code and a Gaussian evaluated at once."""
FLOW_UNITS = 500
"""Cost of a pair of a code and a flow, in pairs of a code and a Gaussian."""

MOST_FLOWS = 1_000
"""Largest number of images whose posteriors are flows; each is inverted for each code."""


@dataclass(frozen=True)
class Surgery:
    """The parts of the mean divergence, in nats.

    All three are means over the same draws, so the last two sum to the first. The estimates are not
    clipped: a mutual information slightly below 0 or above log N is noise.
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
    posteriors: Distribution,
    prior: PriorDistribution,
    generator: torch.Generator,
    *,
    samples: int = 1,
    cells: int = CELLS,
) -> Surgery:
    """Return the parts of the mean divergence of a dataset's posteriors.

    q(z) has all N terms for each code; codes are evaluated in batches, so that memory is O(N), not
    O(N²). Densities of Gaussians are in double precision: with narrow posteriors, those of a
    mixture are small differences of large numbers.

    Args:
        posteriors: q(z | x_n) of every image, [image, latent].
        prior: p(z).
        generator: draws the codes; on the posteriors' device.
        samples: codes per image, at least 1.
        cells: pairs of a code and a Gaussian at a time.

    Raises:
        InputError: fewer than one sample, posteriors without a density, or more than `MOST_FLOWS`
            posteriors that are not Gaussian.
    """
    if samples < 1:
        raise InputError(f"samples: expected at least 1, got {samples}")
    if not posteriors.has_density:
        raise InputError(
            f"surgery: the density of {type(posteriors).__name__} is known at its own samples only"
        )
    if posteriors.gaussian is None and len(posteriors) > MOST_FLOWS:
        raise InputError(
            f"limit: surgery inverts the flow of each of {len(posteriors):,} images for the code "
            f"of each; expected at most {MOST_FLOWS:,} images, try limit {MOST_FLOWS // 4}"
        )
    like = posteriors.draw(generator).z[:0] if posteriors.point is None else posteriors.point
    device = torch.device("cpu") if like.device.type == "mps" else like.device  # mps has no float64
    gaussian, count = posteriors.gaussian, len(posteriors)
    own = posteriors if gaussian is None else gaussian.in_double(device)
    prior_log_prob = _log_prob(prior, like, device)
    aggregate = average_posterior(own)
    rows = max(1, cells // (count if gaussian is not None else FLOW_UNITS * count))
    sums = torch.zeros(3, dtype=torch.float64)
    for _ in range(samples):
        z = posteriors.sample(generator)
        if gaussian is not None:
            z = z.to(device).double()
        log_q = own.log_prob(z)
        log_aggregate, log_p = (
            torch.cat([log_prob(part) for part in z.split(rows)])
            for log_prob in (aggregate.log_prob, prior_log_prob)
        )
        ratios = torch.stack([log_q - log_p, log_q - log_aggregate, log_aggregate - log_p])
        sums += ratios.sum(1).cpu()
    mean_kl, information, marginal = (sums / (samples * count)).tolist()
    return Surgery(mean_kl, information, marginal, math.log(count), samples)


def _log_prob(
    prior: PriorDistribution, like: Tensor, device: torch.device
) -> Callable[[Tensor], Tensor]:
    """Return log p of codes in double precision if p supports it, else in the dtype of `like`."""
    if isinstance(prior, Doubled):
        return prior.in_double(device).log_prob
    return lambda z: prior.log_prob(z.to(like)).to(z)


@torch.no_grad()
def model_surgery(
    model: LatentModel,
    batches: Iterable[Mapping[str, Tensor]],
    generator: torch.Generator,
    *,
    samples: int = 1,
) -> Surgery:
    """Return the parts of the mean divergence of a model's topmost code, over all batches.

    Args:
        model: the model.
        batches: the observed variables of the whole dataset, in batches of any sizes, on the
            model's device.
        generator: draws the codes; on the model's device.
        samples: codes per image, at least 1.

    Raises:
        InputError: the topmost latent is inferred from another latent, so that q(z | x) is not a
            single Gaussian; or fewer than one sample.
    """
    top = model.graph[model.graph.prior_order[0]]
    hidden = set(top.q_parents) - set(model.graph.observed)
    if hidden:
        raise InputError(
            f"surgery: expected a topmost code inferred from the image alone, and {top.name} is "
            f"inferred from {', '.join(sorted(hidden))}"
        )
    posteriors = joined([model.infer(data, 1, generator).q[top.name].at(0) for data in batches])
    return surgery(posteriors, model.prior(top, {}), generator, samples=samples)
