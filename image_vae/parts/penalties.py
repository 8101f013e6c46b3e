"""Penalties: how the Kullback-Leibler divergence enters an objective.

A penalty is a pure function of a trace and the training step, in nats per example, averaged over
the batch; it returns its parts too, for the record. Notation: KL_l the divergence of latent l,
KL = Σ_l KL_l. The declarations, with settings and defaults, stand in `specs.penalties`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import torch
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.parts.schedules import Linear, constant
from image_vae.parts.terms import LossTerms
from image_vae.parts.total_correlation import Decomposition, decompose, log_weights
from image_vae.parts.trace import Trace
from image_vae.specs.penalties import Weighting

ONE = constant(1.0)
"""The weight of a divergence that counts as it is."""


def mean_kl(trace: Trace, *, analytic: bool) -> Float[Tensor, ""]:
    """Return the batch's mean KL, over all latents and samples."""
    return reduce(torch.add, (trace.kl(layer, analytic=analytic).mean() for layer in trace.z))


class PenaltyTerm:
    """A function of a trace and the training step."""

    def __call__(self, trace: Trace, step: int, *, analytic: bool) -> LossTerms:
        """Return what is added to the reconstruction, in nats per example, and its parts.

        Args:
            trace: one forward pass.
            step: training steps so far.
            analytic: take divergences in closed form where there is one.
        """
        raise NotImplementedError

    @property
    def settled(self) -> int:
        """The first step from which the term no longer changes; 0 for one that never does."""
        return 0

    @property
    def critic(self) -> Critic | None:
        """A network that is trained beside the model to estimate the term; None for none."""
        return None


@dataclass(frozen=True)
class WeightedKl(PenaltyTerm):
    """β(t) · KL. Sources: Higgins et al. 2017, "β-VAE" (constant β); Bowman et al. 2016 (warm-up).

    With M latents and N pixels the paper's normalised weight is β_norm = β M / N.
    """

    beta: Linear = ONE
    """β."""

    def __call__(self, trace: Trace, step: int, *, analytic: bool) -> LossTerms:
        """Return β(t) · KL."""
        return LossTerms(self.beta(step) * mean_kl(trace, analytic=analytic))

    @property
    def settled(self) -> int:
        """The first step of the last β."""
        return self.beta.settled


@dataclass(frozen=True)
class CapacityKl(PenaltyTerm):
    """γ · |KL − C(t)|, of the batch's *mean* KL: no example is held to C on its own.

    Source: Burgess et al. 2018, "Understanding disentangling in β-VAE", equation 8.
    """

    gamma: float
    """γ."""
    capacity: Linear
    """C, in nats."""

    def __call__(self, trace: Trace, step: int, *, analytic: bool) -> LossTerms:
        """Return γ · |KL − C(t)|, and C(t)."""
        kl, capacity = mean_kl(trace, analytic=analytic), self.capacity(step)
        parts = {"capacity": torch.full_like(kl, capacity)}
        return LossTerms(self.gamma * (kl - capacity).abs(), parts)

    @property
    def settled(self) -> int:
        """The first step of the last C."""
        return self.capacity.settled


@dataclass(frozen=True)
class FreeBitsKl(PenaltyTerm):
    """Σ_j max(λ, KL_j) over the coordinates j, of the batch's mean KL_j.

    A coordinate below λ nats costs λ whatever it does, so no gradient pushes it to the prior. A
    latent without a closed form by coordinate is held as a whole: max(λ · size, KL_l). Source:
    Kingma et al. 2016, "Improving Variational Inference with Inverse Autoregressive Flow", §C.8.
    """

    nats: float
    """λ, nats that each coordinate has free."""

    def __call__(self, trace: Trace, step: int, *, analytic: bool) -> LossTerms:
        """Return Σ_j max(λ, KL_j), which is told as a part too."""
        total = torch.stack([self._layer(trace, layer, analytic) for layer in trace.z]).sum()
        return LossTerms(total, {"floored_kl": total})

    def _layer(self, trace: Trace, layer: str, analytic: bool) -> Float[Tensor, ""]:
        if analytic and layer in trace.kl_by_dimension:
            return trace.kl_by_dimension[layer].mean((0, 1)).clamp(min=self.nats).sum()
        size = trace.z[layer].size(-1)
        return trace.kl(layer, analytic=analytic).mean().clamp(min=self.nats * size)


@dataclass(frozen=True)
class DecomposedKl(PenaltyTerm):
    """α · MI + β · TC between groups + within · TC inside them + γ · dimension-wise KL.

    For the code z of a model of one layer, with a prior whose coordinates are independent. With all
    weights 1 it is KL by samples. Sources: Chen et al. 2018, "Isolating Sources of Disentanglement
    in VAEs" (β-TCVAE), equation 4, where each coordinate is a group; Esmaeili et al. 2018,
    "Structured Disentangled Representations" (HFVAE), whose fifth weight, of a label, is the
    objective's (`parts.objectives`).
    """

    alpha: float
    """α, of the mutual information."""
    beta: float
    """β, of the total correlation between groups."""
    gamma: float
    """γ, of the divergence of each coordinate from its prior."""
    weights: Weighting
    """How a batch stands for all images."""
    images: int
    """N, how many images there are."""
    within: float = 1.0
    """Of the total correlation inside groups."""
    groups: tuple[int, ...] = ()
    """Sizes of groups of neighbouring coordinates; none for each on its own."""

    def __call__(self, trace: Trace, step: int, *, analytic: bool) -> LossTerms:
        """Return the weighed sum, by samples: no part has a closed form; and the parts."""
        found = self.parts(trace)
        total = (
            self.alpha * found.mutual_information
            + self.beta * found.between
            + self.within * found.within
            + self.gamma * found.dimension_kl
        )
        inside = {"total_correlation_within": found.within} if self.groups else {}
        parts = {
            "mutual_information": found.mutual_information,
            "total_correlation": found.between,
            **inside,
            "dimension_kl": found.dimension_kl,
        }
        return LossTerms(total, parts)

    def parts(self, trace: Trace) -> Decomposition:
        """Return the parts, unweighed."""
        z = trace.z["z"]
        weights = log_weights(self.weights, z.size(1), self.images, dtype=z.dtype, device=z.device)
        return decompose(z, trace.q["z"], trace.log_pz["z"], weights, self.groups)


@dataclass(frozen=True)
class Critic:
    """A network that is trained beside the model, and how."""

    network: DensityRatioEstimate
    """What is trained."""
    lr: float
    """Adam's step size."""


class DensityRatioEstimate(nn.Module):
    """A network that estimates log q(z) − Σ_j log q(z_j) at codes."""

    def log_ratio(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch"]:
        """Return the estimate at each code, in nats."""
        raise NotImplementedError

    def loss(
        self, codes: Float[Tensor, "batch latent"], permuted: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, ""]:
        """Return what training the network minimises.

        Args:
            codes: drawn from q(z).
            permuted: drawn from Π_j q(z_j).
        """
        raise NotImplementedError


@dataclass(frozen=True)
class DensityRatioKl(PenaltyTerm):
    """KL + γ · E[D0 − D1]: a discriminator estimates the total correlation.

    Source: Kim & Mnih 2018, "Disentangling by Factorising" (FactorVAE), equations 2 and 3.
    """

    gamma: float
    """γ."""
    discriminator: DensityRatioEstimate
    """D."""
    lr: float
    """Step size of the player that trains D."""

    def __call__(self, trace: Trace, step: int, *, analytic: bool) -> LossTerms:
        """Return KL + γ · E[D0 − D1]. Its gradient reaches D too; the model's player drops it."""
        correlation = self.discriminator.log_ratio(trace.z["z"]).mean()
        total = mean_kl(trace, analytic=analytic) + self.gamma * correlation
        return LossTerms(total, {"total_correlation": correlation})

    @property
    def critic(self) -> Critic:
        """D and its step size."""
        return Critic(self.discriminator, self.lr)
