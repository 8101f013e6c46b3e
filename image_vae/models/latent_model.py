"""The interface of latent variable models, such as variational auto-encoders.

A forward pass returns a trace. A model has no state between calls, and sampling takes a generator.
It has no objective: a bound is a function of its `Trace`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from graphvae_data.core.errors import InputError
from image_vae.nn.decoders import AT_ONCE
from image_vae.nn.networks import Values
from image_vae.parts.distributions.likelihoods import ImageDistribution
from image_vae.parts.distributions.posteriors import (
    DiagonalGaussian,
    Distribution,
    Draw,
    gaussian_of,
)
from image_vae.parts.distributions.priors import PriorDistribution, PriorModule
from image_vae.parts.latent_graph import Latent, LatentGraph
from image_vae.parts.trace import Deferred, Trace, expectation

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
    """The result of inference: the posterior of every latent, and samples from it."""

    q: Mapping[str, Distribution]
    """q of each latent, [k, batch, latent]."""
    draws: Mapping[str, Draw]
    """Samples of each latent, [k, batch, latent]."""
    p: Mapping[str, PriorDistribution] = field(default_factory=dict)
    """p of each latent given the samples, if inference computes it."""
    log_weights: Float[Tensor, "k batch"] | None = None
    """Log-weights of the samples (`Trace.log_weights`)."""
    px: Mapping[str, ImageDistribution] = field(default_factory=dict)
    """p(x | z) given the samples, if inference computes it."""
    values: Mapping[str, Float[Tensor, "k batch ..."]] = field(default_factory=dict)
    """Further inputs of the decoders, if inference computes them."""

    @property
    def z(self) -> dict[str, Float[Tensor, "k batch _"]]:
        """The samples."""
        return {name: each.z for name, each in self.draws.items()}

    def average(self, values: Float[Tensor, "k batch _"]) -> Float[Tensor, "batch _"]:
        """Return the estimate of E_q of a quantity for each example."""
        return expectation(values, self.log_weights)


class LatentModel(nn.Module):
    """p(x, z) and q(z | x).

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
        """Maximum number of samples, over all examples, in a forward pass.

        With enumerated latents each sample has a code for every combination of their values.
        """
        limits = [getattr(each, "at_once", AT_ONCE) for each in self.decoders.values()]
        values = math.prod(latent.size for latent in self.graph.enumerated)
        return max(1, min(limits, default=AT_ONCE) // values)

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
            given: the variables that q depends on; by default all variables in `data`.
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
            count: number of samples.
            generator: draws them; on the model's device.
            given: fixed labels, each [count].
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
            given: the variables that q depends on; by default all variables in `data`.
            between: applied to the codes before they are decoded; the trace has the original codes.
        """
        inferred = self.infer(data, k, generator, given=given)
        q, z, draws = inferred.q, inferred.z, inferred.draws
        conditions = self.conditions(data)
        p = inferred.p or self.conditionals({**conditions, **z})
        decoder_codes = between(z)
        same = decoder_codes is z
        extra = inferred.values if same else {}
        px = (same and inferred.px) or self.decode({**conditions, **extra, **decoder_codes})
        return Trace(
            log_px={name: px[name].log_prob(data[name]) for name in px if name in data},
            log_pz=Deferred(z, lambda name: p[name].log_prob(z[name])),
            log_qz=Deferred(z, lambda name: draws[name].log_q()),
            kl_by_dimension=self._divergences(q, p),
            log_ratio_by_dimension=_log_ratios(draws, p),
            maps={each.name: each.shape[0] for each in self.graph.latents if each.shape},
            z=z,
            q=q,
            px=px,
            log_weights=inferred.log_weights,
        )

    def conditions(self, data: Data) -> dict[str, Shaped[Tensor, "1 batch ..."]]:
        """Return the values of the observed variables that others depend on in p."""
        names = self.graph.conditions
        return {name: self.value(name, data[name]) for name in data if name in names}

    def value(self, name: str, value: Shaped[Tensor, "batch ..."]) -> Shaped[Tensor, "1 batch ..."]:
        """Return the network input of an observed variable, with one-hot encoded labels."""
        variable = self.graph.observed.get(name)
        count = variable.categories if variable is not None else self.graph[name].size
        if variable is None or count:
            value = indicators(value, count, next(self.parameters()))
        return value.unsqueeze(0)

    def _divergences(
        self, q: Mapping[str, Distribution], p: Mapping[str, PriorDistribution]
    ) -> Deferred[Tensor]:
        """Return closed-form divergences, where they exist and q samples the parents in p first."""
        formulas = dict[str, Callable[[], Tensor]]()
        for latent in self.graph.latents:
            formula = q[latent.name].closed_kl(p[latent.name])
            if formula is not None and self.graph.closed_form(latent):
                formulas[latent.name] = formula
        return Deferred(formulas, lambda name: formulas[name]())

    def decode(self, z: Values) -> Mapping[str, ImageDistribution]:
        """Return p(x | z) of every observed variable, each decoded when it is first used."""
        return Deferred(self.decoders.keys(), lambda name: self.decoders[name](z))

    def encode(
        self, data: Data, generator: torch.Generator
    ) -> dict[str, Float[Tensor, "batch latent"]]:
        """Return a point estimate of each latent, such as the mean of a Gaussian q.

        It is conditioned on one sample of parents in q that are latents, and averaged over the
        values of enumerated ones.

        Raises:
            InputError: a posterior without a point estimate.
        """
        inferred = self.infer(data, 1, generator)
        points = dict[str, Tensor]()
        for name, q in inferred.q.items():
            point = q.point
            if point is None:
                raise InputError(f"{name}: {type(q).__name__} has no mean to represent the code")
            points[name] = inferred.average(point)
        return points

    def sample(self, count: int, generator: torch.Generator) -> Mapping[str, ImageDistribution]:
        """Draw codes from the prior, top down, and decode them: [1, count, ...]."""
        return self.decode(self.sample_codes(count, generator))

    @property
    def cools(self) -> bool:
        """Whether samples at other temperatures than 1 are supported."""
        return False

    def sample_at(
        self, temperature: float, count: int, generator: torch.Generator
    ) -> Mapping[str, ImageDistribution]:
        """Return samples with the standard deviation of every p multiplied by a temperature.

        Raises:
            InputError: a temperature other than 1, of a model that does not support it.
        """
        if temperature != 1:
            raise InputError(
                f"temperature: only models with a top-down pass support it, got {temperature:g}"
            )
        return self.sample(count, generator)


def _log_ratios(draws: Mapping[str, Draw], p: Mapping[str, PriorDistribution]) -> Deferred[Tensor]:
    """Return log q − log p of each coordinate, where both densities factorise."""
    formulas = dict[str, Callable[[], Tensor]]()
    for name, each in draws.items():
        prior, terms = gaussian_of(p[name]), each.by_dimension
        if prior is not None and terms is not None:
            formulas[name] = partial(_log_ratio, terms, prior, each.z)
    return Deferred(formulas, lambda name: formulas[name]())


def _log_ratio(
    terms: Callable[[], Tensor], prior: DiagonalGaussian, z: Float[Tensor, "k batch latent"]
) -> Float[Tensor, "k batch latent"]:
    return terms() - prior.log_prob_by_dimension(z)


def indicators(
    labels: Shaped[Tensor, " batch"], count: int, like: Tensor
) -> Float[Tensor, "batch category"]:
    """Return one-hot vectors of labels 0, …, count − 1; zeros for a negative label.

    Args:
        labels: integers.
        count: number of values.
        like: a tensor with the dtype of the result.
    """
    one_hot = F.one_hot(labels.long().clamp(min=0), count).to(like.dtype)
    return one_hot * (labels >= 0).unsqueeze(-1)


@contextmanager
def held_fixed(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Disable gradients of the weights of some modules in forward passes within the block.

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
