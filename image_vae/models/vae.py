"""Models with codes: a variational auto-encoder over any latent graph, and the base of others.

A forward pass returns a trace. A model keeps no state between calls, and every draw takes a
generator. It has no objective: a bound is a function of its `Trace`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from graphvae_data.core.errors import InputError
from image_vae.nn.networks import Values
from image_vae.parts.latent_graph import Latent, LatentGraph
from image_vae.parts.likelihoods import ImageDistribution
from image_vae.parts.posteriors import (
    Distribution,
    Draw,
    gaussian_of,
    residual_gaussian,
)
from image_vae.parts.priors import PriorDistribution, PriorModule, draw
from image_vae.parts.trace import Deferred, Trace

Data = Mapping[str, Shaped[Tensor, "batch ..."]]
"""The observed variables of a batch by name: the image "x", with pixels in [0, 1], and optionally
labels, as integers."""

Codes = Mapping[str, Float[Tensor, "k batch _"]]
"""Samples of every latent by name; latents may differ in dimension."""


def unchanged(codes: Codes) -> Codes:
    """Return the codes."""
    return codes


@dataclass(frozen=True)
class Inference:
    """The result of inference: the posterior of every latent, and a draw from it."""

    q: Mapping[str, Distribution]
    """q of each latent, [k, batch, latent]."""
    draws: Mapping[str, Draw]
    """A draw of each latent, [k, batch, latent]."""
    p: Mapping[str, PriorDistribution] = field(default_factory=dict)
    """p of each latent at the draws, from a model that computes it on the way."""
    log_weights: Float[Tensor, "k batch"] | None = None
    """The logarithms of the samples' weights (`Trace.log_weights`)."""

    @property
    def z(self) -> dict[str, Float[Tensor, "k batch _"]]:
        """The samples."""
        return {name: each.z for name, each in self.draws.items()}


class LatentModel(nn.Module):
    """p(x, z) and q(z | x): what every model with codes can do.

    A model implements `infer`, `prior` and `sample_codes`, and `conditionals` unless its inference
    returns p too.
    """

    graph: LatentGraph
    """The codes and their dependencies."""
    decoders: nn.ModuleDict
    """p(x | z) of each observed variable."""

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return next(self.parameters()).device

    @property
    def at_once(self) -> int:
        """How many codes its decoders take at a time, at most."""
        limits = [getattr(each, "at_once", AT_ONCE) for each in self.decoders.values()]
        return min(limits, default=AT_ONCE)

    def infer(
        self,
        data: Data,
        k: int,
        generator: torch.Generator,
        *,
        given: Collection[str] | None = None,
    ) -> Inference:
        """Return q of every latent and k samples from each, without decoding.

        Args:
            data: the observed variables, each [batch, ...].
            k: samples per example, at least 1.
            generator: draws them; on the model's device.
            given: the variables that q depends on; all that are in `data` by default.
        """
        raise NotImplementedError

    def prior(self, latent: Latent, values: Values) -> PriorDistribution:
        """Return p of a latent, given the values of its parents in p; none for the topmost."""
        raise NotImplementedError

    def sample_codes(
        self, count: int, generator: torch.Generator, *, given: Data | None = None
    ) -> dict[str, Float[Tensor, "1 count latent"]]:
        """Draw codes from the prior, top down.

        Args:
            count: how many.
            generator: draws them; on the model's device.
            given: labels that are fixed, each [count].
        """
        raise NotImplementedError

    def prior_module(self, name: str) -> PriorModule | None:
        """Return the module of a latent's prior; None for a latent without one."""
        return None

    def conditionals(self, values: Values) -> Mapping[str, PriorDistribution]:
        """Return p of every latent, at the values of its parents."""
        return {latent.name: self.prior(latent, values) for latent in self.graph.latents}

    def forward(
        self,
        data: Data,
        k: int,
        generator: torch.Generator,
        *,
        given: Collection[str] | None = None,
        between: Callable[[Codes], Codes] = unchanged,
    ) -> Trace:
        """Draw k codes per example, and evaluate all densities.

        Args:
            data: the observed variables, each [batch, ...]; a missing variable is not scored.
            k: samples per example, at least 1.
            generator: draws them; on the model's device.
            given: the variables that q depends on; all that are in `data` by default.
            between: applied to the codes before they are decoded; the trace has the original codes.
        """
        inferred = self.infer(data, k, generator, given=given)
        q, z, draws = inferred.q, inferred.z, inferred.draws
        conditions = self.conditions(data)
        p = inferred.p or self.conditionals({**conditions, **z})
        px = self.decode({**conditions, **between(z)})
        return Trace(
            log_px={name: px[name].log_prob(data[name]) for name in px if name in data},
            log_pz=Deferred(z, lambda name: p[name].log_prob(z[name])),
            log_qz=Deferred(z, lambda name: draws[name].log_q()),
            kl_by_dimension=self._divergences(q, p),
            z=z,
            q=q,
            px=px,
            log_weights=inferred.log_weights,
        )

    def conditions(self, data: Data) -> dict[str, Float[Tensor, "1 batch ..."]]:
        """Return the values of the observed variables that others depend on in p."""
        names = self.graph.conditions
        return {name: self.value(name, data[name]) for name in data if name in names}

    def value(self, name: str, value: Shaped[Tensor, "batch ..."]) -> Float[Tensor, "1 batch ..."]:
        """Return the value of an observed variable as networks see it: labels as indicators."""
        variable = self.graph.observed.get(name)
        count = variable.categories if variable is not None else self.graph[name].size
        if variable is None or count:
            value = indicators(value, count, next(self.parameters()))
        return value.unsqueeze(0)

    def _divergences(
        self, q: Mapping[str, Distribution], p: Mapping[str, PriorDistribution]
    ) -> Deferred:
        """Return the closed forms, where there is one and p does not depend on a later draw."""
        formulas = dict[str, Callable[[], Tensor]]()
        for latent in self.graph.latents:
            formula = q[latent.name].closed_kl(p[latent.name])
            if formula is not None and self.graph.closed_form(latent):
                formulas[latent.name] = formula
        return Deferred(formulas, lambda name: formulas[name]())

    def decode(self, z: Values) -> dict[str, ImageDistribution]:
        """Return p(x | z) of every observed variable."""
        return {name: decoder(z) for name, decoder in self.decoders.items()}

    def encode(
        self, data: Data, generator: torch.Generator
    ) -> dict[str, Float[Tensor, "batch latent"]]:
        """Return the point that represents each latent, for a Gaussian the mean of q.

        A latent whose parents in q are latents has it for one draw of those; a latent below an
        enumerated one has the average over its values.

        Raises:
            InputError: a posterior without such a point.
        """
        inferred = self.infer(data, 1, generator)
        weights = inferred.log_weights
        points = dict[str, Tensor]()
        for name, q in inferred.q.items():
            point = q.point
            if point is None:
                raise InputError(f"{name}: {type(q).__name__} has no mean to represent the code")
            if weights is None:
                points[name] = point.squeeze(0)
            else:
                points[name] = (weights.exp().unsqueeze(-1) * point).sum(0)
        return points

    def sample(self, count: int, generator: torch.Generator) -> dict[str, ImageDistribution]:
        """Draw codes from the prior, top down, and decode them: [1, count, ...]."""
        return self.decode(self.sample_codes(count, generator))


AT_ONCE = 4_000
"""Codes decoded at a time, at most, unless a decoder says otherwise."""


class VAE(LatentModel):
    """p(x, z) and q(z | x) over a latent graph, with a network for each latent.

    Sources: Kingma & Welling 2013 (one layer); Burda et al. 2015, Tomczak & Welling 2017 (several).

    Args:
        graph: the codes and their dependencies.
        inference: q of each latent: maps the values of its parents to a `Distribution`. Given a
            part of the observed variables, it sees only those.
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

    def infer(
        self,
        data: Data,
        k: int,
        generator: torch.Generator,
        *,
        given: Collection[str] | None = None,
    ) -> Inference:
        """Return q of every latent and k samples from each, without decoding.

        A categorical latent is not drawn: every value has its sample, so that there are k times the
        number of values. Where its label is known, the weights of other values are 0.

        Args:
            data: the observed variables, each [batch, ...].
            k: samples per example, at least 1.
            generator: draws them; on the model's device.
            given: the variables that q depends on; all that are in `data` by default.
        """
        latents = {latent.name for latent in self.graph.latents}
        known = data if given is None else {name: data[name] for name in given}
        values = {
            name: self.value(name, value) for name, value in known.items() if name not in latents
        }
        batch = next(iter(data.values())).size(0)
        enumeration = Enumeration(self.graph.enumerated, k, batch, next(self.parameters()))
        q, draws = dict[str, Distribution](), dict[str, Draw]()
        for latent in self.graph.latents:
            name = latent.name
            posterior = self._posterior(latent, values).expand(enumeration.samples, batch)
            q[name] = posterior
            if latent.categorical:
                draws[name] = enumeration.draw(latent, posterior, known.get(name))
            else:
                draws[name] = posterior.draw(generator)
            values[name] = draws[name].z
        return Inference(q, draws, log_weights=enumeration.log_weights)

    def _posterior(self, latent: Latent, values: Values) -> Distribution:
        posterior: Distribution = self.inference[latent.name](self._as_networks_see(values))
        if not latent.residual:
            return posterior
        prior, delta = gaussian_of(self.prior(latent, values)), posterior.gaussian
        assert prior is not None, "checked where the model is built"
        assert delta is not None, "checked where the model is built"
        return residual_gaussian(prior, delta)

    def prior(self, latent: Latent, values: Values) -> PriorDistribution:
        """Return p of a latent, given the values of its parents in p."""
        if latent.p_parents:
            conditional: Distribution = self.generation[latent.name](self._as_networks_see(values))
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

    def decode(self, z: Values) -> dict[str, ImageDistribution]:
        """Return p(x | z) of every observed variable."""
        return super().decode(self._as_networks_see(z))

    def _as_networks_see(self, values: Values) -> Values:
        """Return the values with codes that have a shape in that shape."""
        spatial = [each for each in self.graph.latents if each.shape and each.name in values]
        return {**values, **{each.name: shaped(each, values[each.name]) for each in spatial}}

    def sample_codes(
        self, count: int, generator: torch.Generator, *, given: Data | None = None
    ) -> dict[str, Float[Tensor, "1 count latent"]]:
        """Draw codes from the prior, top down.

        Args:
            count: how many.
            generator: draws them; on the model's device.
            given: labels that are fixed, each [count].
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


class Enumeration:
    """The samples of a pass with categorical latents: some for each combination of their values.

    Args:
        latents: the categorical latents.
        k: samples of the other latents for each combination.
        batch: examples.
        like: a tensor with the device and the type of the codes.
    """

    def __init__(self, latents: tuple[Latent, ...], k: int, batch: int, like: Tensor) -> None:
        self.latents, self.k, self.batch, self.like = latents, k, batch, like
        self.log_weights: Float[Tensor, "k batch"] | None = None
        """The logarithms of the samples' weights; None without a categorical latent."""

    @property
    def samples(self) -> int:
        """Samples for each example, of all combinations."""
        return self.k * math.prod(latent.size for latent in self.latents)

    def draw(
        self, latent: Latent, q: Distribution, labels: Shaped[Tensor, " batch"] | None
    ) -> Draw:
        """Return the values of a latent over all samples, and weigh the samples by q.

        Where a label is known, all weight is on it, and log q is 0.
        """
        stride = self.k * math.prod(
            each.size for each in self.latents[: self.latents.index(latent)]
        )
        index = torch.arange(self.samples, device=self.like.device) // stride % latent.size
        z = indicators(index, latent.size, self.like).unsqueeze(1).expand(-1, self.batch, -1)
        log_prob = q.log_prob(z)
        log_q = log_weight = log_prob
        if labels is not None:
            known, equal = labels >= 0, index.unsqueeze(1) == labels
            log_q = log_prob.masked_fill(known, 0.0)
            log_weight = log_q.masked_fill(known & ~equal, -torch.inf)
        if self.log_weights is None:
            self.log_weights = log_weight - math.log(self.k)
        else:
            self.log_weights = self.log_weights + log_weight
        return Draw(z, lambda: log_q)


def shaped(latent: Latent, z: Float[Tensor, "k batch latent"]) -> Float[Tensor, "k batch ..."]:
    """Return a code in the shape in which networks see it."""
    return z.unflatten(-1, latent.shape) if latent.shape else z


def indicators(
    labels: Shaped[Tensor, " batch"], count: int, like: Tensor
) -> Float[Tensor, "batch category"]:
    """Return labels 0, …, count − 1 as rows of the identity; a row of zeros for one below 0.

    Args:
        labels: whole numbers.
        count: how many values there are.
        like: a tensor with the type of the result.
    """
    one_hot = F.one_hot(labels.long().clamp(min=0), count).to(like.dtype)
    return one_hot * (labels >= 0).unsqueeze(-1)


@contextmanager
def held_fixed(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Stop gradients to the weights of some modules in forward passes within the block.

    Gradients still pass through the modules to their inputs.
    """
    weights = [each for module in modules for each in module.parameters() if each.requires_grad]
    for each in weights:
        each.requires_grad_(False)
    try:
        yield
    finally:
        for each in weights:
            each.requires_grad_(True)
