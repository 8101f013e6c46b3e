"""Posteriors q(z | x), parametrised by the outputs of an encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import Field, Part, register

if TYPE_CHECKING:
    import torch

    from image_vae.parts.distributions.posteriors import PosteriorModule


class Posterior(Part):
    """The distribution of a code, given its input.

    A user-supplied posterior declares its settings and builds a `PosteriorModule`, which maps the
    outputs of the encoder to a `Distribution`.
    """

    family: ClassVar[dict[str, type[Part]]] = {}
    graphs_only: ClassVar[bool] = False
    """Whether image models do not support it."""

    @property
    def variational(self) -> bool:
        """Whether the code is a random variable, with a prior and a Kullback-Leibler term."""
        return True

    @property
    def gaussian(self) -> bool:
        """Whether it is N(μ, diag σ²), which has closed forms."""
        return False

    @property
    def density(self) -> bool:
        """Whether its density can be evaluated at any point, and not only at its own samples."""
        return self.gaussian

    @property
    def capturable(self) -> bool:
        """Whether a CUDA graph can capture a step with it."""
        return False

    def build(self, latent: int, generator: torch.Generator) -> PosteriorModule:
        """Return the module from the encoder's outputs to the distribution.

        Args:
            latent: width of the code.
            generator: draws its weights, if it has any; on the CPU.
        """
        raise NotImplementedError


@register
class Gaussian(Posterior):
    """A Gaussian with independent coordinates, N(μ, diag σ²) (Kingma & Welling 2013)."""

    name = "gaussian"

    @property
    def gaussian(self) -> bool:
        """Yes."""
        return True

    @property
    def capturable(self) -> bool:
        """Yes."""
        return True

    def build(self, latent: int, generator: torch.Generator) -> PosteriorModule:
        """Return the module, which has no weights."""
        from image_vae.parts.distributions.posteriors import GaussianPosterior

        return GaussianPosterior(latent)


STEPS = "Steps of the flow."
HIDDEN = "Width of the hidden layer of each step's network."
CONTEXT = "Encoder outputs that condition each step, in addition to μ and log σ."


@register
class PlanarFlow(Posterior):
    """A Gaussian through planar steps that depend on the input (Rezende & Mohamed 2015)."""

    name = "planar"
    steps: int = Field(default=4, ge=0, description=STEPS)

    def build(self, latent: int, generator: torch.Generator) -> PosteriorModule:
        """Return the flow, which has no weights."""
        from image_vae.parts.distributions.flows import FlowPosterior, planar_flow

        return FlowPosterior(latent, planar_flow(latent, self.steps))


@register
class InverseAutoregressiveFlow(Posterior):
    """A Gaussian through inverse autoregressive steps (Kingma et al. 2016)."""

    name = "iaf"
    steps: int = Field(default=4, ge=0, description=STEPS)
    hidden: int = Field(default=320, ge=1, description=HIDDEN)
    context: int = Field(default=64, ge=0, description=CONTEXT)

    @property
    def density(self) -> bool:
        """Yes: the inverse takes one pass per coordinate."""
        return True

    def build(self, latent: int, generator: torch.Generator) -> PosteriorModule:
        """Return the flow."""
        from image_vae.parts.distributions.flows import FlowPosterior, autoregressive_flow

        flow = autoregressive_flow(latent, self.steps, self.hidden, self.context, generator)
        return FlowPosterior(latent, flow)


@register
class CouplingFlow(Posterior):
    """A Gaussian through affine coupling steps, whose inverse is cheap (Dinh et al. 2017)."""

    name = "coupling"
    steps: int = Field(default=4, ge=0, description=STEPS)
    hidden: int = Field(default=320, ge=1, description=HIDDEN)
    context: int = Field(default=64, ge=0, description=CONTEXT)

    @property
    def density(self) -> bool:
        """Yes."""
        return True

    def build(self, latent: int, generator: torch.Generator) -> PosteriorModule:
        """Return the flow.

        Raises:
            SettingClash: a code of one coordinate, which cannot be split.
        """
        from image_vae.parts.distributions.flows import FlowPosterior, coupling_flow

        if latent < 2:
            raise SettingClash(
                ("posterior",), f"coupling needs a code of at least 2 coordinates, got {latent}"
            )
        flow = coupling_flow(latent, self.steps, self.hidden, self.context, generator)
        return FlowPosterior(latent, flow)


@register
class Point(Posterior):
    """A deterministic code, as in a plain auto-encoder, without a prior."""

    name = "point"
    graphs_only = True

    @property
    def variational(self) -> bool:
        """No."""
        return False

    @property
    def capturable(self) -> bool:
        """Yes."""
        return True

    def build(self, latent: int, generator: torch.Generator) -> PosteriorModule:
        """Return the module, which has no weights."""
        from image_vae.parts.distributions.posteriors import PointPosterior

        return PointPosterior(latent)
