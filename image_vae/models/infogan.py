"""InfoGAN: a GAN with a bound on the mutual information of the code and the image.

A generator G maps a code c and noise ε to an image; a discriminator D separates real images from
generated ones; Q(c | x) infers the code. With V = E log D(x) + E log (1 − D(G(c, ε))),

    min over G, Q  max over D   V − λ L_I,      L_I = E log Q(c | G(c, ε)) + H(c) ≤ I(c; G(c, ε)).

D and Q share all layers but the last. As usual, G minimises −log D(G(c, ε)) instead of
log (1 − D(G(c, ε))), and D's step trains Q too, as in the authors' code. For categories alone
L_I ≤ H(c); for continuous codes H(c) is a differential entropy, and L_I may exceed H(c). Source:
Chen et al. 2016, "InfoGAN: Interpretable Representation Learning by Information Maximizing
Generative Adversarial Nets", equations 5 and 6.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from graphvae_data.core.rng import seeded
from image_vae.models.vae import VAE
from image_vae.nn.networks import Values, linear, width_of
from image_vae.parts.distributions.likelihoods import ImageDistribution, picture
from image_vae.parts.distributions.posteriors import DiagonalGaussian
from image_vae.parts.distributions.uniform import StandardUniform, UniformCode
from image_vae.parts.latent_graph import one_layer

Images = Float[Tensor, "batch channel height width"]
CODES = 8
"""Index of the random stream for the codes of a score."""
DRAWN = 10_000
"""Number of generated images for a score."""


@dataclass(frozen=True)
class CodeDistribution:
    """Q(c | x): the distribution of the codes of images."""

    log_p: tuple[Float[Tensor, "*batch _"], ...]
    """Log-probabilities of each category."""
    rest: DiagonalGaussian
    """Distribution of the continuous coordinates."""

    def log_prob(self, code: UniformCode, c: Float[Tensor, "*batch _"]) -> Float[Tensor, "*batch"]:
        """Return log Q(c | x), in nats; `code` splits c into categories and coordinates."""
        *chosen, rest = code.split(c)
        total = self.rest.log_prob(rest)
        for log_p, indicators in zip(self.log_p, chosen, strict=True):
            total = total + (indicators * log_p).sum(-1)
        return total

    def moments(self) -> tuple[Float[Tensor, "*batch latent"], ...]:
        """Return mean and log standard deviation of each element of c.

        An element of a one-hot vector has the mean p and the variance p (1 − p).
        """
        means = [log_p.exp() for log_p in self.log_p]
        stds = [0.5 * (log_p + log_of_others(log_p)) for log_p in self.log_p]
        return torch.cat([*means, self.rest.mean], -1), torch.cat([*stds, self.rest.log_std], -1)


def log_of_others(log_p: Float[Tensor, "*batch category"]) -> Float[Tensor, "*batch category"]:
    """Return log (1 − p_i), computed as the logarithm of Σ_{j ≠ i} p_j for accuracy."""
    own = torch.eye(log_p.size(-1), dtype=torch.bool, device=log_p.device)
    return log_p.unsqueeze(-2).masked_fill(own, -torch.inf).logsumexp(-1)


class Recognition(nn.Module):
    """The trunk that D and Q share, and Q's last layer.

    Args:
        body: the trunk, from images to features.
        code: p(c).
        generator: draws the weights.
    """

    def __init__(
        self, body: nn.Module, code: StandardUniform, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        self.body = body
        self.sizes = (*code.categories, code.continuous, code.continuous)
        self.head = linear(width_of(body), sum(self.sizes), generator)

    def read(self, features: Float[Tensor, "*batch feature"]) -> CodeDistribution:
        """Return Q(c | x) of images, from their features."""
        *logits, mean, log_std = self.head(features).split(self.sizes, -1)
        log_p = tuple(each.log_softmax(-1) for each in logits)
        return CodeDistribution(log_p, DiagonalGaussian(mean, log_std))

    def forward(self, values: Values) -> DiagonalGaussian:
        """Return the Gaussian with Q's moments, as the q of a VAE."""
        return DiagonalGaussian(*self.read(self.body(values["x"])).moments())


class Generator(nn.Module):
    """G: a decoder of the concatenated code and noise; missing noise is 0, its mean.

    Args:
        decoder: from a value "input" to an image.
        noise: width of ε, which is drawn from N(0, I).
    """

    def __init__(self, decoder: nn.Module, noise: int) -> None:
        super().__init__()
        self.decoder, self.noise = decoder, noise

    def forward(self, values: Values) -> ImageDistribution:
        """Return a likelihood whose mean is the images."""
        code = values["z"]
        noise = values.get("noise", code.new_zeros(()).expand(*code.shape[:-1], self.noise))
        images: ImageDistribution = self.decoder({"input": torch.cat([code, noise], -1)})
        return images


class InfoGan(VAE):
    """G, D and Q. As a VAE: q has Q's moments, the decoder is G without noise, the prior p(c).

    Images can be encoded, reconstructed, traversed and sampled as with any other model, but there
    is no bound on log p(x).

    Args:
        recognition: the trunk, and Q.
        generator: G.
        code: p(c).
        draw: generator of the weights of D's last layer.
    """

    def __init__(
        self,
        recognition: Recognition,
        generator: Generator,
        code: StandardUniform,
        draw: torch.Generator,
    ) -> None:
        width = sum(code.categories) + code.continuous
        super().__init__(
            one_layer(width),
            inference={"z": recognition},
            generation={},
            priors={"z": code},
            decoders={"x": generator},
        )
        self.verdict = linear(width_of(recognition.body), 1, draw)
        self.recognition, self.noise = recognition, generator.noise

    @property
    def code(self) -> UniformCode:
        """p(c)."""
        prior = self.prior(self.graph["z"], {})
        assert isinstance(prior, UniformCode)
        return prior

    def make(
        self, count: int, generator: torch.Generator
    ) -> tuple[Float[Tensor, "count latent"], Images]:
        """Draw codes and noise, and return the codes and the images generated by G."""
        code = self.code.sample(count, generator)
        return code, picture(self._images(code, generator), generator).squeeze(0)

    def _images(
        self, code: Float[Tensor, "count latent"], generator: torch.Generator
    ) -> ImageDistribution:
        noise = torch.randn(len(code), self.noise, generator=generator, device=code.device)
        return self.decode({"z": code.unsqueeze(0), "noise": noise.unsqueeze(0)})["x"]

    def sample(self, count: int, generator: torch.Generator) -> dict[str, ImageDistribution]:
        """Draw codes and noise, and return their images: [1, count, ...]."""
        return {"x": self._images(self.code.sample(count, generator), generator)}

    def features(self, images: Images) -> Float[Tensor, "batch feature"]:
        """Return the trunk's features of images."""
        hidden: Tensor = self.recognition.body(images.unsqueeze(0))
        return hidden.squeeze(0)

    def odds(self, features: Float[Tensor, "batch feature"]) -> Float[Tensor, " batch"]:
        """Return D's log-odds that images are real."""
        logits: Tensor = self.verdict(features)
        return logits.squeeze(-1)

    def information(
        self, code: Float[Tensor, "batch latent"], features: Float[Tensor, "batch feature"]
    ) -> Float[Tensor, ""]:
        """Return L_I in nats, from codes and the features of their images."""
        read = self.recognition.read(features)
        return read.log_prob(self.code, code).mean() + self.code.entropy

    def generator_terms(
        self, count: int, generator: torch.Generator
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """Return −log D(G(c, ε)) and L_I, over `count` generated images."""
        code, images = self.make(count, generator)
        features = self.features(images)
        return F.softplus(-self.odds(features)).mean(), self.information(code, features)

    def discriminator_terms(
        self, images: Images, generator: torch.Generator
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """Return −V and L_I, over images and as many generated ones; G has no gradient."""
        with torch.no_grad():
            code, generated = self.make(len(images), generator)
        features = self.features(generated)
        real_loss = F.softplus(-self.odds(self.features(images))).mean()
        generated_loss = F.softplus(self.odds(features)).mean()
        return real_loss + generated_loss, self.information(code, features)


@dataclass(frozen=True)
class AdversarialScores:
    """Scores of a trained InfoGAN, which has no bound on log p(x)."""

    information: float
    """L_I in nats, averaged over `drawn` generated images."""
    code_entropy: float
    """H(c) in nats."""
    generator_loss: float
    """Mean −log D of generated images."""
    drawn: int
    """Number of generated images."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


@torch.no_grad()
def adversarial_scores(model: InfoGan, *, seed: int, at_once: int = 1_000) -> AdversarialScores:
    """Estimate the bound on the mutual information of codes and images.

    Args:
        model: the model.
        seed: the seed of the run.
        at_once: images generated at a time.
    """
    model.eval()
    generator = seeded(seed, CODES, device=model.device)
    rounds = DRAWN // at_once
    terms = [torch.stack(model.generator_terms(at_once, generator)) for _ in range(rounds)]
    loss, information = torch.stack(terms).double().mean(0).tolist()
    return AdversarialScores(information, model.code.entropy, loss, rounds * at_once)
