"""Penalties: how the Kullback-Leibler divergence enters the loss, for images and graphs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from graphvae_data.settings.search import Search
from graphvae_data.settings.settings import Part, register

if TYPE_CHECKING:
    import torch

    from graphvae_data.machine.workers import Workers
    from image_vae.parts.penalties import PenaltyTerm

Weighting = Literal["hfvae", "stratified", "weighted"]
Width = Annotated[int, Field(ge=1)]


@dataclass(frozen=True)
class PenaltyInputs:
    """The inputs for building a penalty."""

    latent: int
    """Dimension of the code next to the data."""
    examples: int
    """N, the number of training examples."""
    steps_per_epoch: int
    """Training steps in an epoch."""
    steps: int
    """Training steps of the whole run."""
    generator: torch.Generator
    """Draws the weights of an auxiliary network; on the CPU."""
    device: torch.device
    """The device of the codes."""
    workers: Workers | None = None
    """The processes that share each training step; None for a single one."""


class Penalty(Part):
    """How the Kullback-Leibler divergence enters the loss.

    A user-defined penalty declares its settings and builds a `PenaltyTerm`: a function of a trace
    and the training step that returns a number in nats, and its parts, which are recorded.
    """

    family: ClassVar[dict[str, type[Part]]] = {}
    images_only: ClassVar[bool] = False
    """Whether graph models do not support it."""

    @property
    def plain(self) -> bool:
        """Whether it is the unweighted divergence, so that the loss is the negative ELBO."""
        return False

    @property
    def capturable(self) -> bool:
        """Whether a CUDA graph can capture a step with it: it does not depend on the step."""
        return False

    @property
    def divisible(self) -> bool:
        """Whether its term is a mean over examples, so that workers can divide a batch."""
        return False

    @property
    def coordinate_groups(self) -> tuple[int, ...]:
        """Sizes of its groups of coordinates; empty for none."""
        return ()

    @property
    def one_layer(self) -> bool:
        """Whether it needs a model with a single code."""
        return False

    @property
    def independent_prior(self) -> bool:
        """Whether it needs a prior with independent coordinates."""
        return False

    @property
    def gaussian_posterior(self) -> bool:
        """Whether it needs posteriors that are Gaussian."""
        return False

    def build(self, inputs: PenaltyInputs) -> PenaltyTerm:
        """Return the function of a trace."""
        raise NotImplementedError


@register
class Weight(Penalty):
    """β · KL, with an optional warm-up of β from 0 (Higgins et al. 2017; Bowman et al. 2016)."""

    name = "weight"
    beta: Annotated[float, Search(0.01, 10.0, log=True)] = Field(
        default=1.0, ge=0, description="Weight of the divergence."
    )
    warmup: float = Field(
        default=0.0,
        ge=0,
        description="Epochs over which the weight rises from 0; below 1, a share of the run.",
    )

    @property
    def plain(self) -> bool:
        """True if the weight is 1 from the first step."""
        return self.beta == 1 and self.warmup == 0

    @property
    def capturable(self) -> bool:
        """True without a warm-up."""
        return self.warmup == 0

    @property
    def divisible(self) -> bool:
        """Yes."""
        return True

    def build(self, inputs: PenaltyInputs) -> PenaltyTerm:
        """Return β(t) · KL."""
        from image_vae.parts.penalties import WeightedKl
        from image_vae.parts.schedules import warm_up

        steps = inputs.steps if self.warmup < 1 else inputs.steps_per_epoch
        return WeightedKl(warm_up(self.beta, round(self.warmup * steps)))


@register
class Capacity(Penalty):
    """γ · |KL − C|, where C rises from 0 (Burgess et al. 2018)."""

    name = "capacity"
    gamma: float = Field(default=1000.0, gt=0, description="Weight of |KL − C|.")
    capacity: float = Field(default=25.0, ge=0, description="C at the end, in nats.")
    capacity_steps: int = Field(
        default=100_000, ge=1, description="Steps over which C rises from 0."
    )

    def build(self, inputs: PenaltyInputs) -> PenaltyTerm:
        """Return γ · |KL − C(t)|."""
        from image_vae.parts.penalties import CapacityKl
        from image_vae.parts.schedules import LinearSchedule

        return CapacityKl(self.gamma, LinearSchedule(0.0, self.capacity, self.capacity_steps))


@register
class FreeBits(Penalty):
    """Σ_j max(λ, KL_j): λ free nats per coordinate or map (Kingma et al. 2016)."""

    name = "free-bits"
    free_bits: Annotated[float, Search(0.01, 2.0, log=True)] = Field(
        default=0.5, ge=0, description="Free nats per coordinate or map."
    )
    free_bits_per: Literal["coordinate", "map"] = Field(
        default="coordinate",
        description="Unit of the free nats: each coordinate, or each map of a convolutional code.",
    )

    @property
    def capturable(self) -> bool:
        """Yes."""
        return True

    def build(self, inputs: PenaltyInputs) -> PenaltyTerm:
        """Return Σ_j max(λ, KL_j)."""
        from image_vae.parts.penalties import FreeBitsKl

        return FreeBitsKl(self.free_bits, self.free_bits_per == "map")


@register
class Decomposed(Penalty):
    """α · mutual information + β · total correlation + γ · dimension-wise KL (Chen et al. 2018).

    With groups of coordinates, the total correlation within groups has its own weight (HFVAE,
    Esmaeili et al. 2018).
    """

    name = "decomposed"
    alpha: float = Field(default=1.0, ge=0, description="Weight of the mutual information.")
    beta: float = Field(
        default=6.0, ge=0, description="Weight of the total correlation between groups."
    )
    gamma: float = Field(default=1.0, gt=0, description="Weight of the dimension-wise divergence.")
    within: float = Field(
        default=1.0, ge=0, description="Weight of the total correlation within groups."
    )
    groups: tuple[Width, ...] = Field(default=(), description="Sizes of groups of coordinates.")
    tc_weights: Weighting = Field(
        default="hfvae", description="How q(z) is estimated from a batch."
    )

    @property
    def coordinate_groups(self) -> tuple[int, ...]:
        """The groups."""
        return self.groups

    @property
    def one_layer(self) -> bool:
        """Yes."""
        return True

    @property
    def independent_prior(self) -> bool:
        """Yes."""
        return True

    @property
    def gaussian_posterior(self) -> bool:
        """Yes."""
        return True

    def build(self, inputs: PenaltyInputs) -> PenaltyTerm:
        """Return the weighted sum of the parts, estimated from batches."""
        from image_vae.parts.penalties import DecomposedKl

        return DecomposedKl(
            self.alpha,
            self.beta,
            self.gamma,
            self.tc_weights,
            inputs.examples,
            within=self.within,
            groups=self.groups,
        )


@register
class DensityRatio(Penalty):
    """KL + γ · total correlation, which a discriminator estimates (FactorVAE, Kim & Mnih 2018)."""

    name = "density-ratio"
    images_only = True
    gamma: float = Field(default=10.0, gt=0, description="Weight of the total correlation.")
    discriminator: tuple[Width, ...] = Field(
        default=(1000,) * 6, min_length=1, description="Hidden layers of the discriminator."
    )
    discriminator_lr: float = Field(
        default=1e-4, gt=0, description="Learning rate of the discriminator."
    )

    @property
    def one_layer(self) -> bool:
        """Yes."""
        return True

    def build(self, inputs: PenaltyInputs) -> PenaltyTerm:
        """Return the penalty with a new discriminator, which has its own optimiser."""
        from image_vae.nn.discriminator import Discriminator
        from image_vae.parts.penalties import DensityRatioKl

        network = Discriminator(inputs.latent, self.discriminator, generator=inputs.generator)
        return DensityRatioKl(self.gamma, network.to(inputs.device), self.discriminator_lr)


@register
class Balanced(Penalty):
    """KL with a warm-up that balances the groups, and spectral regularisation (NVAE).

    β(t) Σ γ_i KL_i + λ (Σ spectral norms of convolutions + Σ max |scale| of batch normalisations).
    Source: Vahdat & Kautz 2020, §3.2 and appendix A.
    """

    name = "balanced"
    images_only = True
    warmup: float = Field(
        default=0.3,
        ge=0,
        description="Epochs over which the weight rises from 0; below 1, a share of the run.",
    )
    balance: bool = Field(
        default=True, description="Balance the divergences of the groups during the warm-up."
    )
    smooth: float = Field(
        default=0.01,
        ge=0,
        description="Weight λ of the spectral regularisation: spectral norms of convolutions and "
        "largest scales of batch normalisations.",
    )

    @property
    def divisible(self) -> bool:
        """Yes: the means for balancing are taken over all workers."""
        return True

    def build(self, inputs: PenaltyInputs) -> PenaltyTerm:
        """Return the term."""
        from graphvae_data.machine.workers import ALONE
        from image_vae.parts.balancing import DELAY, BalancedKl

        steps = inputs.steps if self.warmup < 1 else inputs.steps_per_epoch
        return BalancedKl(
            DELAY * inputs.steps,
            self.warmup * steps,
            balance=self.balance,
            smooth=self.smooth,
            workers=inputs.workers or ALONE,
        )
