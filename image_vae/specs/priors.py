"""Priors p(z) of the codes, for images and for the nodes of a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Protocol, runtime_checkable

from graphvae_data.settings.search import Search
from graphvae_data.settings.settings import Field, Part, register

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from image_vae.parts.distributions.priors import PriorModule


@runtime_checkable
class Examples(Protocol):
    """Training examples that initialise pseudo-inputs: images, or rows of node features."""

    @property
    def bounded(self) -> bool:
        """Whether their values lie in [0, 1]."""
        ...

    def __len__(self) -> int:
        """Return their number."""
        ...

    def take(self, index: Tensor) -> Tensor:
        """Return the examples [index, ...] at these indices."""
        ...


class Prior(Part):
    """The distribution of the codes.

    A user-supplied prior declares its settings and builds a `PriorModule`, which is called with a
    function that encodes inputs and returns a distribution (by default itself), with `log_prob(z)`,
    [*batch, latent] to [*batch], and `sample(count, generator)`, [count, latent].
    """

    family: ClassVar[dict[str, type[Part]]] = {}
    images_only: ClassVar[bool] = False
    """Whether graph models do not support it."""

    @property
    def independent(self) -> bool:
        """Whether the coordinates are independent of each other."""
        return False

    @property
    def encodes(self) -> bool:
        """Whether it evaluates posteriors of examples, so the code must depend on them alone."""
        return False

    @property
    def encodes_all(self) -> bool:
        """Whether `build` needs every training example instead of some."""
        return False

    @property
    def adversarial(self) -> bool:
        """Whether it is the code of InfoGAN, which is trained adversarially."""
        return False

    @property
    def capturable(self) -> bool:
        """Whether a CUDA graph can capture a step with it."""
        return False

    def densities(self, examples: int) -> int:
        """Return the number of densities evaluated per code, for the memory plan.

        Args:
            examples: number of training examples.
        """
        return 1

    def build(self, latent: int, examples: Examples, generator: torch.Generator) -> PriorModule:
        """Return the module.

        Args:
            latent: width of the code.
            examples: pseudo-inputs are initialised from these.
            generator: draws weights; on the CPU.
        """
        raise NotImplementedError


@register
class Normal(Prior):
    """A standard normal, N(0, I)."""

    name = "normal"

    @property
    def independent(self) -> bool:
        """Yes."""
        return True

    @property
    def capturable(self) -> bool:
        """Yes."""
        return True

    def build(self, latent: int, examples: Examples, generator: torch.Generator) -> PriorModule:
        """Return N(0, I)."""
        from image_vae.parts.distributions.priors import StandardNormal

        return StandardNormal(latent)


@register
class Mog(Prior):
    """A mixture of Gaussians of equal weight, with learnt means and standard deviations."""

    name = "mog"
    components: Annotated[int, Search(5, 500, log=True)] = Field(
        default=10, ge=1, description="Components of the mixture."
    )

    @property
    def capturable(self) -> bool:
        """Yes."""
        return True

    def densities(self, examples: int) -> int:
        """Return the number of components."""
        return self.components

    def build(self, latent: int, examples: Examples, generator: torch.Generator) -> PriorModule:
        """Return the mixture."""
        from image_vae.parts.distributions.priors import GaussianMixture

        return GaussianMixture(latent, self.components, generator=generator)


@register
class Vamp(Prior):
    """The VampPrior: the average posterior of learnt pseudo-inputs (Tomczak & Welling 2017)."""

    name = "vamp"
    components: Annotated[int, Search(10, 1000, log=True)] = Field(
        default=500, ge=1, description="Components of the mixture."
    )

    @property
    def encodes(self) -> bool:
        """True: its pseudo-inputs."""
        return True

    def densities(self, examples: int) -> int:
        """Return the number of components."""
        return self.components

    def build(self, latent: int, examples: Examples, generator: torch.Generator) -> PriorModule:
        """Return the prior; pseudo-inputs are initialised from random examples."""
        from image_vae.parts.distributions.priors import vamp_prior

        return vamp_prior(examples, self.components, generator, learnt=True)


@register
class VampData(Prior):
    """The average posterior of random training examples, fixed (Tomczak & Welling 2017)."""

    name = "vamp-data"
    components: Annotated[int, Search(10, 1000, log=True)] = Field(
        default=500, ge=1, description="Components of the mixture."
    )

    @property
    def encodes(self) -> bool:
        """True: the chosen examples."""
        return True

    def densities(self, examples: int) -> int:
        """Return the number of components."""
        return self.components

    def build(self, latent: int, examples: Examples, generator: torch.Generator) -> PriorModule:
        """Return the prior."""
        from image_vae.parts.distributions.priors import vamp_prior

        return vamp_prior(examples, self.components, generator, learnt=False)


@register
class Aggregate(Prior):
    """The aggregate posterior: the average posterior of all training examples.

    Source: Hoffman & Johnson 2016, "ELBO surgery".
    """

    name = "aggregate"

    @property
    def encodes(self) -> bool:
        """True: every example."""
        return True

    @property
    def encodes_all(self) -> bool:
        """Yes."""
        return True

    def densities(self, examples: int) -> int:
        """Return the number of examples."""
        return examples

    def build(self, latent: int, examples: Examples, generator: torch.Generator) -> PriorModule:
        """Return the prior."""
        from image_vae.parts.distributions.priors import aggregate_posterior

        return aggregate_posterior(examples)


@register
class Uniform(Prior):
    """InfoGAN's code: categories, then coordinates drawn uniformly from [−1, 1]."""

    name = "uniform"
    images_only = True
    categories: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        default=(),
        description="Number of values of each category, before the continuous coordinates.",
    )

    @property
    def independent(self) -> bool:
        """Yes."""
        return True

    @property
    def adversarial(self) -> bool:
        """Yes."""
        return True

    def build(self, latent: int, examples: Examples, generator: torch.Generator) -> PriorModule:
        """Return the distribution of `latent` continuous coordinates and the categories."""
        from image_vae.parts.distributions.uniform import StandardUniform

        return StandardUniform(self.categories, latent)


@register
class AutoregressiveFlow(Prior):
    """An autoregressive flow of standard normal noise (Chen et al. 2016, "VLAE")."""

    name = "af"
    steps: int = Field(default=2, ge=1, description="Steps of the flow.")
    hidden: int = Field(
        default=640, ge=1, description="Width of the hidden layer of each step's network."
    )

    def build(self, latent: int, examples: Examples, generator: torch.Generator) -> PriorModule:
        """Return the flow."""
        from image_vae.parts.distributions.flows import FlowPrior, autoregressive_flow

        return FlowPrior(autoregressive_flow(latent, self.steps, self.hidden, 0, generator), latent)
