"""Penalties: how the Kullback-Leibler divergence enters an objective.

A penalty is a pure function of a trace and the training step, in nats per example, averaged over
the batch; it returns its parts too, for the record. Notation: KL_l the divergence of latent l,
KL = Σ_l KL_l. The declarations, with settings and defaults, stand in `specs.penalties`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import torch
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.parts.schedules import Linear, constant
from image_vae.parts.terms import Curve, LossTerms
from image_vae.parts.total_correlation import Decomposition, decompose, log_weights
from image_vae.parts.trace import Trace
from image_vae.specs.penalties import Weighting

ONE = constant(1.0)
"""The weight of a divergence that counts as it is."""


def mean_kl(trace: Trace, *, analytic: bool) -> Float[Tensor, ""]:
    """Return the batch's mean KL, over all latents and samples."""
    return reduce(torch.add, (trace.kl(layer, analytic=analytic).mean() for layer in trace.z))


class PenaltyTerm:
    """A function of a trace and the training step.

    Its parts are recorded in `history.jsonl` by their names, and drawn in the run's pictures.
    """

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

    @property
    def curves(self) -> Mapping[str, Curve]:
        """How a picture shows its parts; those left out go by their names."""
        return {}

    @property
    def estimate(self) -> str:
        """How the parts of a panel apart are estimated from a batch, in a few words."""
        return ""


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

    @property
    def curves(self) -> Mapping[str, Curve]:
        """C beside the divergence."""
        return {"capacity": Curve("its capacity, C(t)")}


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
        """Return Σ_j max(λ, KL_j), which is a part for the record too."""
        total = torch.stack([self._layer(trace, layer, analytic) for layer in trace.z]).sum()
        return LossTerms(total, {"floored_kl": total})

    def _layer(self, trace: Trace, layer: str, analytic: bool) -> Float[Tensor, ""]:
        if analytic and layer in trace.kl_by_dimension:
            return trace.kl_by_dimension[layer].mean((0, 1)).clamp(min=self.nats).sum()
        size = trace.z[layer].size(-1)
        return trace.kl(layer, analytic=analytic).mean().clamp(min=self.nats * size)

    @property
    def curves(self) -> Mapping[str, Curve]:
        """What is minimised beside the divergence."""
        return {"floored_kl": Curve("with free bits, Σ max(λ, KL)")}


@dataclass(frozen=True)
class DecomposedKl(PenaltyTerm):
    """α · MI + β · TC between groups + within · TC within them + γ · dimension-wise KL.

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
    """How a batch stands for all training examples in q(z)."""
    images: int
    """N, how many training examples there are."""
    within: float = 1.0
    """Of the total correlation within groups."""
    groups: tuple[int, ...] = ()
    """Sizes of groups of neighbouring coordinates; empty: each is a group."""

    def __call__(self, trace: Trace, step: int, *, analytic: bool) -> LossTerms:
        """Return the weighted sum, from samples as no part has a closed form, and the parts."""
        kl = self.decomposition(trace)
        total = (
            self.alpha * kl.mutual_information
            + self.beta * kl.between
            + self.within * kl.within
            + self.gamma * kl.dimension_kl
        )
        within = {"total_correlation_within": kl.within} if self.groups else {}
        parts = {
            "mutual_information": kl.mutual_information,
            "total_correlation": kl.between,
            **within,
            "dimension_kl": kl.dimension_kl,
        }
        return LossTerms(total, parts)

    def decomposition(self, trace: Trace) -> Decomposition:
        """Return the unweighted parts."""
        z = trace.z["z"]
        weights = log_weights(self.weights, z.size(1), self.images, dtype=z.dtype, device=z.device)
        return decompose(z, trace.q["z"], trace.log_pz["z"], weights, self.groups)

    @property
    def curves(self) -> Mapping[str, Curve]:
        """The parts, in a panel apart."""
        labels = {
            "mutual_information": "mutual information",
            "total_correlation": "total correlation",
            "total_correlation_within": "total correlation within groups",
            "dimension_kl": "dimension-wise KL",
        }
        return {name: Curve(label, apart=True) for name, label in labels.items()}

    @property
    def estimate(self) -> str:
        """By which weights."""
        return f"q(z) by minibatch ({self.weights} weights)"


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

    @property
    def curves(self) -> Mapping[str, Curve]:
        """The total correlation, in a panel apart."""
        return {"total_correlation": Curve("total correlation", apart=True)}

    @property
    def estimate(self) -> str:
        """By D."""
        return "TC by the discriminator"
