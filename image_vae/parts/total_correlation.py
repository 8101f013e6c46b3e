"""Total correlation in training: log q(z) and log q(z_j) estimated from a batch of posteriors.

Let q(z) = 1/N Σ_n q(z | x_n) be the average posterior of N images. The mean divergence is

    mean KL(q(z | x) ‖ p) = I(x; z) + TC + Σ_j KL(q(z_j) ‖ p(z_j)),    TC = KL(q(z) ‖ Π_j q(z_j)).

A batch of B images has only B of the N terms, so q(z_i) is estimated as Σ_b w_ib q(z_i | x_b). The
three parts sum to the divergence for any weights w, so their sum does not verify the estimate.
Reported numbers should be computed on the full data.

| weights | own image | other images | |
|---|---|---|---|
| `hfvae` | 1/N | (N − 1) / (N (B − 1)) | unbiased for q(z); the full data at B = N |
| `stratified` | 1/N | 1/(B − 1); one of them (N − B + 1) / (N (B − 1)) | unbiased for q(z) |
| `weighted` | 1/(N B) | 1/(N B) | for gradients only: log q(z) is underestimated by about log N |

Sources: Chen et al. 2018, "Isolating Sources of Disentanglement in VAEs", §4.1 and appendix C
(`weighted`, `stratified`); Esmaeili et al. 2018, "Structured Disentangled Representations"
(`hfvae`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from image_vae.parts.distributions.posteriors import DiagonalGaussian
from image_vae.specs.penalties import Weighting


def log_weights(
    kind: Weighting,
    batch: int,
    images: int,
    *,
    dtype: torch.dtype = torch.float32,
    device: torch.device | None = None,
) -> Float[Tensor, "code image"]:
    """Return log w, with a row per code and a column per posterior.

    The rows of `hfvae` and `stratified` sum to one. A batch of one image has weight 1, and a batch
    of more than N images is treated as the whole dataset.

    Args:
        kind: the kind of weights.
        batch: B.
        images: N, the size of the dataset that the batch was drawn from.
        dtype: of the result.
        device: of the result; by default the CPU.
    """
    images, others = max(images, batch), batch - 1

    def filled(weight: float) -> Float[Tensor, "code image"]:
        return torch.full((batch, batch), math.log(weight), dtype=dtype, device=device)

    if kind == "weighted":
        return filled(1 / (images * batch))
    if batch == 1:
        return filled(1.0)
    if kind == "hfvae":
        logs = filled((images - 1) / (images * others))
    else:
        logs = filled(1 / others)
        row = torch.arange(batch, device=device)
        logs[row, (row + 1) % batch] = math.log((images - others) / (images * others))
    return logs.fill_diagonal_(-math.log(images))


@dataclass(frozen=True)
class Decomposition:
    """The four parts of a mean divergence, in nats, which sum to it."""

    mutual_information: Float[Tensor, ""]
    """I(x; z) = E log q(z | x) − log q(z)."""
    between: Float[Tensor, ""]
    """TC between the groups: E log q(z) − Σ_g log q(z_g)."""
    within: Float[Tensor, ""]
    """TC within groups: E Σ_g [log q(z_g) − Σ_{j in g} log q(z_j)]."""
    dimension_kl: Float[Tensor, ""]
    """E Σ_j log q(z_j) − log p(z_j)."""

    @property
    def total_correlation(self) -> Float[Tensor, ""]:
        """The total correlation of all coordinates."""
        return self.between + self.within


def decompose(
    z: Float[Tensor, "k code latent"],
    q: DiagonalGaussian,
    log_prior: Float[Tensor, "k code"],
    weights: Float[Tensor, "code image"],
    groups: tuple[int, ...] = (),
) -> Decomposition:
    """Return the parts of a batch's mean divergence; it allocates k · B² · latent numbers.

    Source: Chen et al. 2018, equation 2; Esmaeili et al. 2018, for groups.

    Args:
        z: code i is sampled from posterior i.
        q: the posteriors, [k, image, latent], or without k.
        log_prior: log p(z) under a prior whose coordinates are independent.
        weights: log w.
        groups: sizes of groups of adjacent coordinates; if empty, each coordinate is a group.
    """
    # The axis of posteriors is last, so that sums over it are contiguous in memory.
    mean, log_std = (each.mT.contiguous().unsqueeze(-2) for each in (q.mean, q.log_std))
    standardised = (z.mT.contiguous().unsqueeze(-1) - mean) * torch.exp(-log_std)
    densities = -0.5 * standardised.square() - (log_std + 0.5 * math.log(2 * math.pi))
    marginals = torch.logsumexp(densities + weights, -1).sum(-2)
    joint = torch.logsumexp(densities.sum(-3) + weights, -1)
    group_marginals = marginals
    if groups:
        parts = [part.sum(-3) for part in densities.split(groups, -3)]
        group_marginals = torch.stack([torch.logsumexp(part + weights, -1) for part in parts]).sum(
            0
        )
    return Decomposition(
        mutual_information=(q.log_prob(z) - joint).mean(),
        between=(joint - group_marginals).mean(),
        within=(group_marginals - marginals).mean(),
        dimension_kl=(marginals - log_prior).mean(),
    )
