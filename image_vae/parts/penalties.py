"""Penalties: how the Kullback-Leibler divergence enters an objective.

A penalty is a pure function of a trace and the training step, in nats per example, averaged over
the batch; it also returns its parts, which are recorded. Notation: KL_l is the divergence of latent
l, KL = Σ_l KL_l. The declarations, with settings and defaults, are in `specs.penalties`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphvae_data.settings.setting_errors import SettingClash
from image_vae.parts.schedules import LinearSchedule, constant
from image_vae.parts.terms import Curve, LossTerms
from image_vae.parts.total_correlation import Decomposition, decompose, log_weights
from image_vae.parts.trace import Trace, expectation
from image_vae.specs.penalties import Weighting

ONE = constant(1.0)
"""The weight of an unscaled divergence."""


def mean_kl(trace: Trace, *, analytic: bool) -> Float[Tensor, ""]:
    """Return the batch's mean KL, over all latents and samples."""
    parts = (trace.mean(trace.kl(layer, analytic=analytic)) for layer in trace.z)
    return reduce(torch.add, parts)


class PenaltyTerm:
    """A function of a trace and the training step.

    Its parts are recorded in `history.jsonl` under their names and plotted.
    """

    def __call__(self, trace: Trace, step: int, *, analytic: bool) -> LossTerms:
        """Return the term added to the reconstruction, in nats per example, and its parts.

        Args:
            trace: one forward pass.
            step: training steps so far.
            analytic: use closed forms of divergences where they exist.
        """
        raise NotImplementedError

    def on_weights(self, model: nn.Module, step: int) -> LossTerms | None:
        """Return a regularisation term of the model's weights; None for none.

        Args:
            model: the model that is trained.
            step: training steps so far.
        """
        return None

    @property
    def settled(self) -> int:
        """The first step from which the term no longer changes; 0 if it is constant."""
        return 0

    @property
    def critic(self) -> Critic | None:
        """An auxiliary network that is trained to estimate the term, if there is one."""
        return None

    @property
    def curves(self) -> Mapping[str, Curve]:
        """How plots show its parts; by default under their own names."""
        return {}

    @property
    def estimate(self) -> str:
        """How the parts in the separate panel are estimated from a batch, in a few words."""
        return ""


@dataclass(frozen=True)
class WeightedKl(PenaltyTerm):
    """β(t) · KL. Sources: Higgins et al. 2017, "β-VAE" (constant β); Bowman et al. 2016 (warm-up).

    With M latents and N pixels the paper's normalised weight is β_norm = β M / N.
    """

    beta: LinearSchedule = ONE
    """β."""

    def __call__(self, trace: Trace, step: int, *, analytic: bool) -> LossTerms:
        """Return β(t) · KL."""
        return LossTerms(self.beta(step) * mean_kl(trace, analytic=analytic))

    @property
    def settled(self) -> int:
        """The first step with the final β."""
        return self.beta.settled


@dataclass(frozen=True)
class CapacityKl(PenaltyTerm):
    """γ · |KL − C(t)| of the batch's *mean* KL, not of each example's.

    Source: Burgess et al. 2018, "Understanding disentangling in β-VAE", equation 8.
    """

    gamma: float
    """γ."""
    capacity: LinearSchedule
    """C, in nats."""

    def __call__(self, trace: Trace, step: int, *, analytic: bool) -> LossTerms:
        """Return γ · |KL − C(t)|, and C(t)."""
        kl, capacity = mean_kl(trace, analytic=analytic), self.capacity(step)
        parts = {"capacity": torch.full_like(kl, capacity)}
        return LossTerms(self.gamma * (kl - capacity).abs(), parts)

    @property
    def settled(self) -> int:
        """The first step with the final C."""
        return self.capacity.settled

    @property
    def curves(self) -> Mapping[str, Curve]:
        """C, in the panel of the divergence."""
        return {"capacity": Curve("capacity, C(t)")}


@dataclass(frozen=True)
class FreeBitsKl(PenaltyTerm):
    """Σ_j max(λ, KL_j) over the coordinates or the maps j, of the batch's mean KL_j.

    Below λ nats a coordinate has no gradient towards the prior. For a latent whose KL has no terms
    per coordinate the total is used: max(λ · size, KL_l). Source: Kingma et al. 2016, "Improving
    Variational Inference with Inverse Autoregressive Flow", §C.8.
    """

    nats: float
    """λ, free nats per coordinate or map."""
    by_map: bool = False
    """Whether the bound applies to each map of a convolutional code."""

    def __call__(self, trace: Trace, step: int, *, analytic: bool) -> LossTerms:
        """Return Σ_j max(λ, KL_j), which is also recorded as a part."""
        total = torch.stack([self._layer(trace, layer, analytic) for layer in trace.z]).sum()
        return LossTerms(total, {"floored_kl": total})

    def _layer(self, trace: Trace, layer: str, analytic: bool) -> Float[Tensor, ""]:
        if analytic and layer in trace.kl_by_dimension:
            return self._bounded(trace, layer, trace.kl_by_dimension[layer])
        if layer in trace.log_ratio_by_dimension:
            return self._bounded(trace, layer, trace.log_ratio_by_dimension[layer])
        size = trace.maps.get(layer) if self.by_map else None
        least = self.nats * (size or trace.z[layer].size(-1))
        return trace.mean(trace.kl(layer, analytic=analytic)).clamp(min=least)

    def _bounded(
        self, trace: Trace, layer: str, kl: Float[Tensor, "k batch latent"]
    ) -> Float[Tensor, ""]:
        if trace.log_weights is None:
            means = kl.mean((0, 1))
        else:
            means = expectation(kl, trace.log_weights).mean(0)
        if self.by_map and layer in trace.maps:
            means = means.unflatten(-1, (trace.maps[layer], -1)).sum(-1)
        return means.clamp(min=self.nats).sum()

    @property
    def curves(self) -> Mapping[str, Curve]:
        """The minimised term, in the panel of the divergence."""
        return {"floored_kl": Curve("with free bits, Σ max(λ, KL)")}


@dataclass(frozen=True)
class DecomposedKl(PenaltyTerm):
    """α · MI + β · TC between groups + within · TC within them + γ · dimension-wise KL.

    For models of one layer whose prior has independent coordinates. With all weights 1 it is the
    Monte Carlo estimate of KL. Sources: Chen et al. 2018, "Isolating Sources of Disentanglement in
    VAEs" (β-TCVAE), equation 4, where each coordinate is a group; Esmaeili et al. 2018, "Structured
    Disentangled Representations" (HFVAE), whose fifth weight, that of a label, belongs to the
    objective (`parts.objectives`).
    """

    alpha: float
    """α, of the mutual information."""
    beta: float
    """β, of the total correlation between groups."""
    gamma: float
    """γ, of the divergence of each coordinate from its prior."""
    weights: Weighting
    """How q(z) is estimated from a batch."""
    images: int
    """N, the number of training examples."""
    within: float = 1.0
    """Weight of the total correlation within groups."""
    groups: tuple[int, ...] = ()
    """Sizes of groups of adjacent coordinates; if empty, each coordinate is a group."""

    def __call__(self, trace: Trace, step: int, *, analytic: bool) -> LossTerms:
        """Return the weighted sum and the parts, all by Monte Carlo: none has a closed form."""
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
        q = trace.q["z"].gaussian
        if q is None:
            raise SettingClash(("penalty",), "decomposed needs a Gaussian posterior")
        return decompose(z, q, trace.log_pz["z"], weights, self.groups)

    @property
    def curves(self) -> Mapping[str, Curve]:
        """The parts, in a separate panel."""
        labels = {
            "mutual_information": "mutual information",
            "total_correlation": "total correlation",
            "total_correlation_within": "total correlation within groups",
            "dimension_kl": "dimension-wise KL",
        }
        return {name: Curve(label, apart=True) for name, label in labels.items()}

    @property
    def estimate(self) -> str:
        """Which weights are used."""
        return f"q(z) by minibatch ({self.weights} weights)"


@dataclass(frozen=True)
class Critic:
    """An auxiliary network and its learning rate."""

    network: DensityRatioEstimate
    """The network."""
    lr: float
    """Learning rate of Adam."""


class DensityRatioEstimate(nn.Module):
    """A network that estimates log q(z) − Σ_j log q(z_j) at codes."""

    def log_ratio(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch"]:
        """Return the estimate at each code, in nats."""
        raise NotImplementedError

    def loss(
        self, codes: Float[Tensor, "batch latent"], permuted: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, ""]:
        """Return the training loss of the network.

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
    """Learning rate of D."""

    def __call__(self, trace: Trace, step: int, *, analytic: bool) -> LossTerms:
        """Return KL + γ · E[D0 − D1]. The model's optimiser does not update D."""
        correlation = self.discriminator.log_ratio(trace.z["z"]).mean()
        total = mean_kl(trace, analytic=analytic) + self.gamma * correlation
        return LossTerms(total, {"total_correlation": correlation})

    @property
    def critic(self) -> Critic:
        """D and its learning rate."""
        return Critic(self.discriminator, self.lr)

    @property
    def curves(self) -> Mapping[str, Curve]:
        """The total correlation, in a separate panel."""
        return {"total_correlation": Curve("total correlation", apart=True)}

    @property
    def estimate(self) -> str:
        """How the total correlation is estimated."""
        return "TC by the discriminator"
