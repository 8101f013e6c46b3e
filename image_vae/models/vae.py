"""A variational auto-encoder over any latent graph, with a network for each code."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

from image_vae.models.enumeration import Enumeration
from image_vae.models.latent_model import Data, Inference, LatentModel
from image_vae.nn.networks import Values
from image_vae.parts.distributions.likelihoods import ImageDistribution
from image_vae.parts.distributions.posteriors import (
    Distribution,
    Draw,
    gaussian_of,
    residual_gaussian,
)
from image_vae.parts.distributions.priors import PriorDistribution, PriorModule, draw
from image_vae.parts.latent_graph import Latent, LatentGraph


class VAE(LatentModel):
    """p(x, z) and q(z | x) over a latent graph, with a network for each latent.

    Sources: Kingma & Welling 2013 (one layer); Burda et al. 2015, Tomczak & Welling 2017 (several).

    Args:
        graph: the codes and their dependencies.
        inference: q of each latent: maps the values of its parents to a `Distribution`. With a
            subset of the observed variables, it takes only those.
        generation: p of each latent with parents in p, which maps their values likewise.
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

    def infer(
        self,
        data: Data,
        k: int,
        generator: torch.Generator,
        *,
        given: Collection[str] | None = None,
    ) -> Inference:
        """Return q of every latent and k samples from each, without decoding.

        An enumerated categorical latent has k samples for each of its values; if the label is
        known, the other values have weight 0. A sampled categorical latent takes the known label.

        Args:
            data: the observed variables, each [batch, ...].
            k: samples per example, at least 1.
            generator: draws them; on the model's device.
            given: the variables that q depends on; all that are in `data` by default.
        """
        needed = self.graph.inputs
        known = data if given is None else {name: data[name] for name in given}
        values = {name: self.value(name, value) for name, value in known.items() if name in needed}
        batch = next(iter(data.values())).size(0)
        enumeration = Enumeration(self.graph.enumerated, k, batch, next(self.parameters()))
        q, draws = dict[str, Distribution](), dict[str, Draw]()
        for latent in self.graph.latents:
            name = latent.name
            posterior = self._posterior(latent, values).expand(enumeration.samples, batch)
            q[name] = posterior
            if latent in enumeration.latents:
                draws[name] = enumeration.draw(latent, posterior, known.get(name))
            elif latent.categorical and latent.estimator == "sample":
                draws[name] = enumeration.sample(posterior, known.get(name), generator)
            else:
                draws[name] = posterior.draw(generator)
            values[name] = draws[name].z
        return Inference(q, draws, log_weights=enumeration.log_weights)

    def observing(self, name: str) -> VAE:
        """Return the model in which a latent is observed, with the same networks.

        A latent without parents in p becomes a condition, without a prior term.
        """
        graph, latent = self.graph.observing(name), self.graph[name]
        decoders = {each: self.decoders[each] for each in graph.observed if each in self.decoders}
        if latent.p_parents:
            decoders[name] = self.generation[name]
        return VAE(
            graph,
            inference={each.name: self.inference[each.name] for each in graph.latents},
            generation={
                each.name: self.generation[each.name] for each in graph.latents if each.p_parents
            },
            priors={
                each.name: self.priors[each.name] for each in graph.latents if not each.p_parents
            },
            decoders=decoders,
        )

    def _posterior(self, latent: Latent, values: Values) -> Distribution:
        posterior: Distribution = self.inference[latent.name](self._reshaped(values))
        if not latent.residual:
            return posterior
        prior, delta = gaussian_of(self.prior(latent, values)), posterior.gaussian
        assert prior is not None, "checked where the model is built"
        assert delta is not None, "checked where the model is built"
        return residual_gaussian(prior, delta)

    def prior(self, latent: Latent, values: Values) -> PriorDistribution:
        """Return p of a latent, given the values of its parents in p."""
        if latent.p_parents:
            conditional: Distribution = self.generation[latent.name](self._reshaped(values))
            return conditional

        def encode(inputs: Tensor) -> Distribution:
            (name,) = latent.q_parents
            posterior: Distribution = self.inference[latent.name]({name: inputs.unsqueeze(0)})
            return posterior.at(0)

        prior: PriorDistribution = self.priors[latent.name](encode)
        return prior

    def prior_module(self, name: str) -> PriorModule | None:
        """Return the module of a latent's prior; None for a latent with parents in p."""
        if name not in self.priors:
            return None
        prior = self.priors[name]
        return prior if isinstance(prior, PriorModule) else None

    def decode(self, z: Values) -> Mapping[str, ImageDistribution]:
        """Return p(x | z) of every observed variable."""
        return super().decode(self._reshaped(z))

    def _reshaped(self, values: Values) -> Values:
        """Return the values, with convolutional codes reshaped to maps."""
        spatial = [each for each in self.graph.latents if each.shape and each.name in values]
        return {**values, **{each.name: shaped(each, values[each.name]) for each in spatial}}

    def sample_codes(
        self, count: int, generator: torch.Generator, *, given: Data | None = None
    ) -> dict[str, Float[Tensor, "1 count latent"]]:
        """Draw codes from the prior, top down.

        Args:
            count: number of samples.
            generator: draws them; on the model's device.
            given: fixed labels, each [count].
        """
        values = {name: self.value(name, value) for name, value in (given or {}).items()}
        for name in self.graph.prior_order:
            if name in values:
                continue
            latent = self.graph[name]
            prior = self.prior(latent, values)
            if latent.p_parents:
                assert isinstance(prior, Distribution)
                values[name] = prior.sample(generator)
            else:
                values[name] = draw(prior, count, generator).unsqueeze(0)
        return values


def shaped(latent: Latent, z: Float[Tensor, "k batch latent"]) -> Float[Tensor, "k batch ..."]:
    """Return a code in the shape that networks take."""
    return z.unflatten(-1, latent.shape) if latent.shape else z
