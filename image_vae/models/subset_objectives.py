"""Objectives over several subsets of the observed variables: an image x and its attributes y.

Every term is the negative bound of a forward pass, which infers the code from a subset of the
variables and reconstructs a subset: `ElboObjective` on a trace. The log-likelihood of each
attribute has the weight λ. Losses are in nats per example.

| | inferred from → reconstructed |
|---|---|
| TELBO (Vedantam et al. 2017) | xy → xy, x → x, y → y; mean; decoders learn from the first only |
| JMVAE-kl (Suzuki et al. 2016) | xy → xy, plus α (KL(q_xy ‖ q_x) + KL(q_xy ‖ q_y)) |
| BiVCCA (Wang et al. 2016) | μ (x → xy) + (1 − μ) (y → xy) |
| MVAE (Wu & Goodman 2018) | xy → xy, each variable → itself, random subsets → themselves |
| MMVAE (Shi et al. 2019) | ½ (x → xy) + ½ (y → xy), with log q of the mixture ½ (q_x + q_y) |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn

from image_vae.models.latent_model import Data, LatentModel, held_fixed
from image_vae.parts.distributions.fusion import log_mean
from image_vae.parts.objectives import ElboObjective, Objective, with_weights
from image_vae.parts.penalties import PenaltyTerm
from image_vae.parts.terms import Curve, LossTerms, weighted_sum

IMAGE = "x"
ALONE = {IMAGE: "image", "y": "attributes"}
"""Names of the two groups of variables in the training history."""


@dataclass(frozen=True)
class SubsetObjective(Objective):
    """An objective of several forward passes, each of a subset of the variables."""

    penalty: PenaltyTerm
    """How the divergence enters each bound."""
    weight: float = 1.0
    """λ, of each attribute."""
    analytic: ClassVar[bool] = True
    """Whether divergences are computed in closed form."""

    def loss(
        self,
        model: nn.Module,
        data: Mapping[str, Tensor],
        k: int,
        generator: torch.Generator,
        step: int,
        **options: Any,
    ) -> LossTerms:
        """Return the loss of a batch; its parts are those of the joint bound."""
        weights = {name: self.weight for name in data if name != IMAGE}
        row = ElboObjective(self.penalty, analytic=self.analytic, weights=weights)
        passes = Passes(row, cast("LatentModel", model), data, k, generator, step)
        return with_weights(self.terms(passes), self.penalty, model, step)

    def terms(self, passes: Passes) -> LossTerms:
        """Return the loss of a batch."""
        raise NotImplementedError

    @property
    def settled(self) -> int:
        """As in the penalty."""
        return self.penalty.settled

    @property
    def curves(self) -> Mapping[str, Curve]:
        """Curves of the joint bound and of the penalty."""
        return ElboObjective(self.penalty).curves


@dataclass(frozen=True)
class Passes:
    """The forward passes of one batch."""

    row: ElboObjective
    """The negative bound of a pass."""
    model: LatentModel
    """The model."""
    data: Data
    """Every observed variable."""
    k: int
    """Samples per example."""
    generator: torch.Generator
    """Draws them."""
    step: int
    """Training steps so far."""

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The names of the image and of the attributes that are in the batch."""
        attributes = tuple(name for name in self.data if name != IMAGE)
        groups = {IMAGE: (IMAGE,) if IMAGE in self.data else (), "y": attributes}
        return {name: group for name, group in groups.items() if group}

    def alone(self, names: Iterable[str]) -> LossTerms:
        """Return the negative bound on some variables, inferred from the same variables."""
        data = {name: self.data[name] for name in names}
        return self.row(self.model(data, self.k, self.generator), self.step)

    def across(self, names: Iterable[str]) -> LossTerms:
        """Return the negative bound on all variables, inferred from some of them."""
        trace = self.model(self.data, self.k, self.generator, given=tuple(names))
        return self.row(trace, self.step)


@dataclass(frozen=True)
class TelboObjective(SubsetObjective):
    """The mean of the bounds on (x, y), x and y; decoders learn from the joint one only.

    Source: Vedantam et al. 2017, "Generative Models of Visually Grounded Imagination", §3.
    """

    def terms(self, passes: Passes) -> LossTerms:
        """Return the mean of the negative bounds."""
        joint = passes.alone(passes.data)
        totals, parts = [joint.total], dict(joint.parts)
        for name, group in passes.groups.items():
            with held_fixed(passes.model.decoders[each] for each in group):
                alone = passes.alone(group)
            totals.append(alone.total)
            parts[f"bound_{ALONE[name]}"] = alone.total
        return LossTerms(torch.stack(totals).mean(), parts)


@dataclass(frozen=True)
class JmvaeObjective(SubsetObjective):
    """−ELBO(x, y) + α Σ_m KL(q(z | x, y) ‖ q(z | m)) over m = x, y.

    Source: Suzuki et al. 2016, "Joint Multimodal Learning with Deep Generative Models", §3.3.
    """

    alpha: float = 1.0
    """α."""

    def terms(self, passes: Passes) -> LossTerms:
        """Return the negative bound and the weighted divergences."""
        trace = passes.model(passes.data, passes.k, passes.generator)
        joint = passes.row(trace, passes.step)
        total, parts = joint.total, dict(joint.parts)
        for name, group in passes.groups.items():
            inferred = passes.model.infer(passes.data, 1, passes.generator, given=group)
            formula = trace.q["z"].closed_kl(inferred.q["z"])
            assert formula is not None, "both are Gaussian"
            divergence = formula().sum(-1).mean()
            total = total + self.alpha * divergence
            parts[f"kl_to_{ALONE[name]}"] = divergence
        return LossTerms(total, parts)


@dataclass(frozen=True)
class BiVccaObjective(SubsetObjective):
    """−μ ELBO(x, y) under q(z | x) − (1 − μ) ELBO(x, y) under q(z | y).

    Source: Wang et al. 2016, "Deep Variational Canonical Correlation Analysis", §4.
    """

    mu: float = 0.7
    """μ."""

    def terms(self, passes: Passes) -> LossTerms:
        """Return the weighted sum of the negative bounds, and that of their parts."""
        weights = {IMAGE: self.mu, "y": 1 - self.mu}
        groups = passes.groups
        total = sum(weights[name] for name in groups)
        return weighted_sum(
            (weights[name] / total, passes.across(group)) for name, group in groups.items()
        )


@dataclass(frozen=True)
class MvaeObjective(SubsetObjective):
    """The sum of the bounds on all variables, on each variable and on random subsets.

    Source: Wu & Goodman 2018, "Multimodal Generative Models for Scalable Weakly-Supervised
    Learning", equation 5.
    """

    subsets: int = 1
    """Random subsets in each step, of at least one variable each."""

    def terms(self, passes: Passes) -> LossTerms:
        """Return the sum of the negative bounds."""
        joint = passes.alone(passes.data)
        names = tuple(passes.data)
        chosen = [(name,) for name in names] + [
            drawn_subset(names, passes.generator) for _ in range(self.subsets)
        ]
        others = reduce(torch.add, (passes.alone(subset).total for subset in chosen))
        return LossTerms(joint.total + others, {**joint.parts, "bounds_of_subsets": others})


@dataclass(frozen=True)
class MmvaeObjective(SubsetObjective):
    """The bound with the mixture of experts ½ q(z | x) + ½ q(z | y), by stratified sampling.

    k samples are drawn from each expert, with log q of the mixture. Source: Shi et al. 2019,
    "Variational Mixture-of-Experts Autoencoders for Multi-Modal Deep Generative Models", §3.
    """

    analytic: ClassVar[bool] = False
    """No: the divergence of a mixture has no closed form."""

    def terms(self, passes: Passes) -> LossTerms:
        """Return the mean over the components."""
        model, groups = passes.model, tuple(passes.groups.values())
        components = [
            model.infer(passes.data, 1, passes.generator, given=group).q["z"] for group in groups
        ]
        rows = list[tuple[float, LossTerms]]()
        for group in groups:
            trace = model(passes.data, passes.k, passes.generator, given=group)
            z = trace.z["z"]
            log_q = log_mean([each.log_prob(z) for each in components])
            mixed = replace(trace, log_qz={"z": log_q}, kl_by_dimension={})
            rows.append((1 / len(groups), passes.row(mixed, passes.step)))
        return weighted_sum(rows)


def drawn_subset(names: tuple[str, ...], generator: torch.Generator) -> tuple[str, ...]:
    """Draw a non-empty subset of the variables uniformly."""
    count = 1 << len(names)
    bits = int(torch.randint(1, count, (), generator=generator, device=generator.device))
    return tuple(name for index, name in enumerate(names) if bits >> index & 1)
