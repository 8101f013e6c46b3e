"""The trace of one forward pass: the input of every bound, penalty and diagnostic.

k samples of every code are drawn from q and scored under q, p and the likelihood. A bound
(`bounds`), a penalty on the divergences (`penalties`) or a diagnostic is a function of a trace and
does not use the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Generic, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from image_vae.parts.distributions.likelihoods import ImageDistribution
from image_vae.parts.distributions.posteriors import Distribution

V = TypeVar("V")
PerSample = Float[Tensor, "k batch"]


class Deferred(Mapping[str, V], Generic[V]):
    """Values by name, each computed on first use, since an objective may not use all of a trace.

    Args:
        names: the names.
        compute: returns the value of a name, with gradients if they are enabled at construction.
    """

    def __init__(self, names: Iterable[str], compute: Callable[[str], V]) -> None:
        self._names, self._compute = tuple(names), compute
        self._recorded = torch.is_grad_enabled()
        self._values = dict[str, V]()

    def __getitem__(self, name: str) -> V:
        """Return a value; raise `KeyError` for an unknown name."""
        if name not in self._names:
            raise KeyError(name)
        if name not in self._values:
            with torch.set_grad_enabled(self._recorded):
                self._values[name] = self._compute(name)
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is a value of this name; it is not computed."""
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._names)

    def __len__(self) -> int:
        """Number of values."""
        return len(self._names)


@dataclass(frozen=True)
class Trace:
    """The densities of a batch under a model, in nats, summed over the axes of each variable."""

    log_px: Mapping[str, PerSample]
    """log p(x | z) of each observed variable."""
    log_pz: Mapping[str, PerSample]
    """log p(z_l | parents) of each latent, at its samples."""
    log_qz: Mapping[str, PerSample]
    """log q(z_l | parents) of each latent, at its samples."""
    kl_by_dimension: Mapping[str, Float[Tensor, "k batch _"]]
    """KL(q ‖ p) of each coordinate, [k, batch, latent], for the latents with a closed form."""
    z: Mapping[str, Float[Tensor, "k batch _"]]
    """The samples, [k, batch, latent]; latents may differ in dimension."""
    q: Mapping[str, Distribution]
    """The posteriors, [k, batch, latent]; for a partially observed latent, that of the known
    label."""
    px: Mapping[str, ImageDistribution]
    """The likelihoods of the decoded samples."""
    kl_closed: Mapping[str, PerSample] = field(default_factory=dict)
    """KL(q ‖ p) of latents whose total has a cheaper formula than the sum over coordinates."""
    log_ratio_by_dimension: Mapping[str, Float[Tensor, "k batch _"]] = field(default_factory=dict)
    """Log q − log p of each coordinate at the samples, for latents without a closed form whose
    densities factorise: an estimate of KL per coordinate."""
    maps: Mapping[str, int] = field(default_factory=dict)
    """Number of maps of each latent that has a shape."""
    log_weights: PerSample | None = None
    """Log-weights of the samples in an expectation under q; the weights sum to 1 over k. None if
    all are 1/k. An enumerated latent has one sample per value, weighted by its probability."""

    def average(self, values: PerSample) -> Float[Tensor, " batch"]:
        """Return the estimate of E_q of a quantity for each example."""
        return expectation(values, self.log_weights)

    def mean(self, values: PerSample) -> Float[Tensor, ""]:
        """Return the estimate of E_q of a quantity, averaged over the batch."""
        return values.mean() if self.log_weights is None else self.average(values).mean()

    @property
    def reconstruction(self) -> PerSample:
        """R = −log p(x | z), summed over the observed variables."""
        return -_total(self.log_px)

    def kl(self, layer: str, *, analytic: bool) -> PerSample:
        """Return the divergence of one latent: its closed form, else log q − log p.

        Args:
            layer: the latent's name.
            analytic: use the closed form where it exists.
        """
        if analytic and layer in self.kl_closed:
            return self.kl_closed[layer]
        if analytic and layer in self.kl_by_dimension:
            return self.kl_by_dimension[layer].sum(-1)
        return self.log_qz[layer] - self.log_pz[layer]

    @property
    def log_w(self) -> PerSample:
        """Log w = log p(x, z) − log q(z | x), the logarithm of each sample's importance weight."""
        return _total(self.log_px) + _total(self.log_pz) - _total(self.log_qz)


def expectation(
    values: Float[Tensor, "k batch *each"], log_weights: PerSample | None
) -> Float[Tensor, " batch *each"]:
    """Return the average over samples, weighted by `Trace.log_weights`."""
    if log_weights is None:
        return values.mean(0)
    weights = log_weights.exp().view(*log_weights.shape, *[1] * (values.dim() - 2))
    return (weights * values).sum(0)


def _total(parts: Mapping[str, PerSample]) -> PerSample:
    return reduce(torch.add, parts.values())
