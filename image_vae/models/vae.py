"""A variational auto-encoder over any latent graph; its forward pass returns a trace.

The model keeps no state between calls, and every draw takes a generator. It has no objective: a
bound is a function of its `Trace`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from image_vae.nn.networks import Values
from image_vae.parts.latent_graph import Latent, LatentGraph
from image_vae.parts.likelihoods import ImageDistribution
from image_vae.parts.posteriors import DiagonalGaussian, residual_gaussian
from image_vae.parts.priors import PriorDistribution, draw
from image_vae.parts.trace import Deferred, Trace

Data = Mapping[str, Shaped[Tensor, "batch ..."]]
"""The observed variables of a batch by name: the image "x", with pixels in [0, 1], and optionally
its label "y", an integer."""

Codes = Mapping[str, Float[Tensor, "k batch _"]]
"""Samples of every latent by name; latents may differ in dimension."""


def unchanged(codes: Codes) -> Codes:
    """Return the codes."""
    return codes


class VAE(nn.Module):
    """p(x, z) and q(z | x) over a latent graph.

    Sources: Kingma & Welling 2013 (one layer); Burda et al. 2015, Tomczak & Welling 2017 (several).

    Args:
        graph: the codes and their dependencies.
        inference: q of each latent: maps the values of its parents to μ and log σ.
        generation: likewise p of each latent with parents in p.
        priors: p of each latent without parents in p, as `parts.priors.PriorModule`.
        decoders: p(x | z) of each observed variable.
    """

    def __init__(
        self,
        graph: LatentGraph,
        *,
        inference: Mapping[str, nn.Module],
        generation: Mapping[str, nn.Module],
        priors: Mapping[str, nn.Module],
        decoders: Mapping[str, nn.Module],
    ) -> None:
        super().__init__()
        self.graph = graph
        self.inference = nn.ModuleDict(dict(inference))
        self.generation = nn.ModuleDict(dict(generation))
        self.priors = nn.ModuleDict(dict(priors))
        self.decoders = nn.ModuleDict(dict(decoders))

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return next(self.parameters()).device

    def forward(
        self,
        data: Data,
        k: int,
        generator: torch.Generator,
        *,
        between: Callable[[Codes], Codes] = unchanged,
    ) -> Trace:
        """Draw k codes per example, and evaluate all densities.

        Args:
            data: the observed variables, each [batch, ...]; a missing variable is not scored.
            k: samples per example, at least 1.
            generator: draws them; on the model's device.
            between: applied to the codes before they are decoded; the trace has the original codes.
        """
        q, z = self.infer(data, k, generator)
        p = {latent.name: self.prior(latent, z) for latent in self.graph.latents}
        px = self.decode(between(z))
        return Trace(
            log_px={name: px[name].log_prob(data[name]) for name in px if name in data},
            log_pz=Deferred(z, lambda name: p[name].log_prob(z[name])),
            log_qz=Deferred(z, lambda name: q[name].log_prob(z[name])),
            kl_by_dimension=self._divergences(q, p),
            z=z,
            q=q,
            px=px,
        )

    def infer(
        self, data: Data, k: int, generator: torch.Generator
    ) -> tuple[dict[str, DiagonalGaussian], dict[str, Float[Tensor, "k batch latent"]]]:
        """Return q of every latent and k samples from each, without decoding."""
        values = {name: value.unsqueeze(0) for name, value in data.items()}
        batch = next(iter(data.values())).size(0)
        q = dict[str, DiagonalGaussian]()
        for latent in self.graph.latents:
            q[latent.name] = self._posterior(latent, values).expand(k, batch)
            values[latent.name] = q[latent.name].sample(generator)
        return q, {name: values[name] for name in q}

    def _divergences(
        self, q: Mapping[str, DiagonalGaussian], p: Mapping[str, PriorDistribution]
    ) -> Deferred:
        """Return the closed forms, for Gaussian q and p where p does not depend on a later draw."""
        priors = dict[str, DiagonalGaussian]()
        for latent in self.graph.latents:
            prior = p[latent.name]
            if isinstance(prior, DiagonalGaussian) and self.graph.closed_form(latent):
                priors[latent.name] = prior
        return Deferred(priors, lambda name: q[name].kl_by_dimension(priors[name]))

    def _posterior(self, latent: Latent, values: Values) -> DiagonalGaussian:
        posterior = DiagonalGaussian(*self.inference[latent.name](values))
        if not latent.residual:
            return posterior
        prior = self.prior(latent, values)
        assert isinstance(prior, DiagonalGaussian)
        return residual_gaussian(prior, posterior)

    def prior(self, latent: Latent, values: Values) -> PriorDistribution:
        """Return p of a latent, given the values of its parents in p."""
        if latent.p_parents:
            return DiagonalGaussian(*self.generation[latent.name](values))

        def encode(inputs: Tensor) -> DiagonalGaussian:
            (name,) = latent.q_parents
            mean, log_std = self.inference[latent.name]({name: inputs.unsqueeze(0)})
            return DiagonalGaussian(mean.squeeze(0), log_std.squeeze(0))

        prior: PriorDistribution = self.priors[latent.name](encode)
        return prior

    def decode(self, z: Codes) -> dict[str, ImageDistribution]:
        """Return p(x | z) of every observed variable."""
        return {name: decoder(z) for name, decoder in self.decoders.items()}

    def encode(
        self, data: Data, generator: torch.Generator
    ) -> dict[str, Float[Tensor, "batch latent"]]:
        """Return the mean of q of each latent, given one draw of its parents among the latents."""
        q, _ = self.infer(data, 1, generator)
        return {name: posterior.mean.squeeze(0) for name, posterior in q.items()}

    def sample(self, count: int, generator: torch.Generator) -> dict[str, ImageDistribution]:
        """Draw codes from the prior, top down, and decode them: [1, count, ...]."""
        return self.decode(self.sample_codes(count, generator))

    def sample_codes(
        self, count: int, generator: torch.Generator
    ) -> dict[str, Float[Tensor, "1 count latent"]]:
        """Draw codes from the prior, top down."""
        z = dict[str, Tensor]()
        for name in self.graph.prior_order:
            latent = self.graph[name]
            prior = self.prior(latent, z)
            if latent.p_parents:
                assert isinstance(prior, DiagonalGaussian)
                z[name] = prior.sample(generator)
            else:
                z[name] = draw(prior, count, generator).unsqueeze(0)
        return z
