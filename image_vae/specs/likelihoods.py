"""Likelihoods p(x | z) of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from graphvae_data.settings.settings import Field, Part, register

if TYPE_CHECKING:
    from torch import Tensor

    from image_vae.parts.distributions.likelihoods import LikelihoodHead


class Likelihood(Part):
    """The density of an image, given its code.

    It builds the *head*: a module that maps values at each pixel [k, batch, output, height, width]
    to a distribution with `log_prob(x)` and the expected images as `mean`. The head's `start`
    [output, height, width] is added to those values: the initial output of the decoder. Most heads
    have one output for each channel.
    """

    family: ClassVar[dict[str, type[Part]]] = {}

    @property
    def binary(self) -> bool:
        """Whether pixels are 0 or 1, so that grey images are binarised."""
        return False

    @property
    def discrete(self) -> bool:
        """Whether `log_prob` is a probability of pixel levels instead of a density."""
        return False

    def build(self, mean: Tensor) -> LikelihoodHead:
        """Return the head.

        Args:
            mean: the mean training image [channel, height, width], in [0, 1].
        """
        raise NotImplementedError


@register
class BernoulliPixels(Likelihood):
    """Binary pixels, each an independent Bernoulli variable."""

    name = "bernoulli"

    @property
    def binary(self) -> bool:
        """Yes."""
        return True

    @property
    def discrete(self) -> bool:
        """Yes."""
        return True

    def build(self, mean: Tensor) -> LikelihoodHead:
        """Return a head without weights."""
        from image_vae.parts.distributions.likelihoods import BernoulliHead

        return BernoulliHead(mean)


@register
class GaussianPixels(Likelihood):
    """Real-valued pixels, N(m, σ²), with one learnt σ for all pixels (Rybkin et al. 2021)."""

    name = "gaussian"

    def build(self, mean: Tensor) -> LikelihoodHead:
        """Return a head with log σ."""
        from image_vae.parts.distributions.likelihoods import GaussianHead

        return GaussianHead(mean)


@register
class LogisticPixels(Likelihood):
    """Pixels of 256 levels: a discretised logistic distribution (Kingma et al. 2016)."""

    name = "logistic"

    @property
    def discrete(self) -> bool:
        """Yes: each level has the mass of its bin."""
        return True

    def build(self, mean: Tensor) -> LikelihoodHead:
        """Return a head with log s of each pixel."""
        from image_vae.parts.distributions.likelihoods import LogisticHead

        return LogisticHead(mean)


@register
class LogisticMixturePixels(Likelihood):
    """Pixels of 256 levels: a mixture of logistics, with dependent colours (Salimans et al. 2017).

    The colours of a pixel are autoregressive, in the order R, G, B.
    """

    name = "logistic-mixture"
    components: int = Field(default=10, ge=1, description="Logistics in the mixture.")

    @property
    def discrete(self) -> bool:
        """Yes: each level has the mass of its bin."""
        return True

    def build(self, mean: Tensor) -> LikelihoodHead:
        """Return a head without weights."""
        from image_vae.parts.distributions.pixel_mixture import LogisticMixtureHead

        return LogisticMixtureHead(mean, self.components)
