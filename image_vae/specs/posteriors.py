"""Posteriors q(z | x), parametrised by the outputs of an encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from graphvae_data.core.settings import Part, register

if TYPE_CHECKING:
    import torch

    from image_vae.parts.posteriors import PosteriorModule


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
        """Whether its density is known at any point, and not only at its own draws."""
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
        from image_vae.parts.posteriors import GaussianPosterior

        return GaussianPosterior(latent)


@register
class Point(Posterior):
    """A point: the code of a plain auto-encoder, without a prior."""

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
        from image_vae.parts.posteriors import PointPosterior

        return PointPosterior(latent)
