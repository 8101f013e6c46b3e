"""The objective of a deep hierarchy: balanced KL warm-up and spectral regularisation.

Source: Vahdat & Kautz 2020, "NVAE: A Deep Hierarchical Variational Autoencoder", §3.2 and
appendix A.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphvae_data.machine.workers import ALONE, Workers
from image_vae.parts.penalties import PenaltyTerm
from image_vae.parts.spectral import (
    FIRST_ITERATIONS,
    ITERATIONS,
    ScaleLayer,
    SpectralLayer,
    greatest_scales,
    spectral_norms,
)
from image_vae.parts.terms import Curve, LossTerms
from image_vae.parts.trace import Trace

DELAY = 0.0001
"""Share of a run before the weight rises."""
LEAST = 0.0001
"""Minimum weight of the divergence."""
SMALL = 0.01
"""Added to the divergence of each group in the balancing weights, in nats."""


@dataclass(frozen=True)
class BalancedKl(PenaltyTerm):
    """β(t) Σ_i γ_i KL_i + λ (Σ spectral norms + Σ max |γ of a batch normalisation|).

    β rises linearly to 1. Until then the groups are balanced, so that none collapses early:
    γ_i ∝ (E |KL_i| + 0.01) / α_i, with mean 1 and detached, gives a small weight to groups with
    little information. α_i is the size of a group divided by the number of groups of that size,
    relative to its minimum. With β = 1 the term is the plain divergence.
    """

    delay: float
    """Steps before β rises."""
    warmup: float
    """Steps over which it rises to 1."""
    balance: bool = True
    """Whether groups are balanced while β < 1."""
    smooth: float = 0.0
    """λ."""
    workers: Workers = ALONE
    """The processes that share each training step, over which E |KL_i| is averaged."""

    def beta(self, step: int) -> float:
        """Return β(t)."""
        if self.warmup <= 0:
            return 1.0
        return max(min((step - self.delay) / self.warmup, 1.0), LEAST)

    def __call__(self, trace: Trace, step: int, *, analytic: bool) -> LossTerms:
        """Return β(t) Σ_i γ_i KL_i; its part is β(t)."""
        beta = self.beta(step)
        by_group = {name: trace.kl(name, analytic=analytic) for name in trace.z}
        means = torch.stack([trace.mean(kl) for kl in by_group.values()])
        weighted = means
        if self.balance and beta < 1:
            absolute = torch.stack([trace.mean(kl.abs()) for kl in by_group.values()]).detach()
            sizes = tuple(z.size(-1) for z in trace.z.values())
            images = next(iter(by_group.values())).size(-1)
            weighted = means * balanced_weights(self._over_workers(absolute, images), sizes)
        return LossTerms(beta * weighted.sum(), {"beta": torch.full_like(means[0], beta).detach()})

    def _over_workers(self, means: Float[Tensor, " group"], images: int) -> Float[Tensor, " group"]:
        """Return the means over all workers' images in a training step; `images` are local."""
        if self.workers.count == 1 or not torch.is_grad_enabled():
            return means
        sums = torch.cat([means * images, means.new_tensor([images])])
        *totals, count = self.workers.add_up([], sums)
        averages: Tensor = torch.stack(totals) / count
        return averages

    def on_weights(self, model: nn.Module, step: int) -> LossTerms | None:
        """Return λ (Σ spectral norms + Σ max |γ|) in training; None in validation."""
        if not self.smooth or not model.training:
            return None
        layers = [each for each in model.modules() if isinstance(each, SpectralLayer)]
        scales = [each for each in model.modules() if isinstance(each, ScaleLayer)]
        parts = dict[str, Tensor]()
        if layers:
            iterations = ITERATIONS if step else FIRST_ITERATIONS
            parts["spectral_norms"] = spectral_norms(layers, iterations)
        if scales:
            parts["scales"] = greatest_scales(scales)
        if not parts:
            return None
        total = self.smooth * torch.stack(list(parts.values())).sum()
        return LossTerms(total, {name: each.detach() for name, each in parts.items()})

    @property
    def settled(self) -> int:
        """The first step with β = 1."""
        return 0 if self.warmup <= 0 else math.ceil(self.delay + self.warmup)

    @property
    def curves(self) -> Mapping[str, Curve]:
        """β and the regularised quantities, in a separate panel: they are not in nats."""
        return {
            "beta": Curve("weight of the divergence, β(t)", apart=True),
            "spectral_norms": Curve("sum of spectral norms", apart=True),
            "scales": Curve("sum of largest scales of normalisations", apart=True),
        }


def balanced_weights(
    divergences: Float[Tensor, " group"], sizes: tuple[int, ...]
) -> Float[Tensor, " group"]:
    """Return γ, with mean 1 (Vahdat & Kautz 2020, appendix A).

    Args:
        divergences: E |KL_i| of each group, in nats.
        sizes: number of coordinates of each group.

    >>> balanced_weights(torch.tensor([0.99, 0.99, 1.99]), (16, 64, 64)).tolist()
    [1.2000000476837158, 0.6000000238418579, 1.2000000476837158]
    """
    count = Counter(sizes)
    alpha = divergences.new_tensor([size / count[size] for size in sizes])
    weights = (divergences + SMALL) / (alpha / alpha.min())
    return weights / weights.mean()
