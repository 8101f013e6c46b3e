"""Objectives: a bound combined with a penalty, minimised, in nats per example.

The log-likelihood of an observed label y has a weight λ. With α, β, `within` and γ of
`penalties.DecomposedKl` it is the fifth weight of Esmaeili et al. 2018, "Structured Disentangled
Representations" (HFVAE). Their code, ProbTorch, infers y: there, the fifth weight belongs to
log q(y | x) / p(y), with a separate recognition network. Here the model *generates* y from the
first group of the code (`image_vae.data.labels`): λ weights −log p(y | z₁), there is no second
inference network, and with all five weights at 1 the objective is the negative bound on
log p(x, y).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from image_vae.parts.bounds import iwae
from image_vae.parts.penalties import PenaltyTerm, mean_kl
from image_vae.parts.terms import Curve, LossTerms
from image_vae.parts.trace import Trace

OBSERVED = {"x": "recon", "y": "label"}
"""Name of −log p of each observed variable in the training history."""
CURVES = {
    "recon": Curve("reconstruction, −log p(x | z)"),
    "kl": Curve("divergence, KL"),
    "label": Curve("label, −log p(y | z₁)", apart=True),
}
"""The loss terms of every objective; an image without a label contributes 0 to `label`."""


class Objective:
    """The training loss: a function of a trace and the training step.

    An objective over several forward passes, such as one for each subset of the observed variables,
    overrides `loss`; the others override `__call__`.
    """

    def loss(
        self,
        model: nn.Module,
        data: Mapping[str, Tensor],
        k: int,
        generator: torch.Generator,
        step: int,
        **options: Any,
    ) -> LossTerms:
        """Return the loss of a batch, in nats per example, and its parts.

        Args:
            model: the model, whose forward pass returns a trace (`models.vae.LatentModel`).
            data: the observed variables of the batch.
            k: samples per example.
            generator: draws them.
            step: training steps so far.
            options: further arguments of the forward pass.
        """
        return self.with_weights(self(model(data, k, generator, **options), step), model, step)

    def with_weights(self, terms: LossTerms, model: nn.Module, step: int) -> LossTerms:
        """Add the regularisation of the model's weights, if there is one."""
        return terms

    def score(
        self,
        model: nn.Module,
        data: Mapping[str, Tensor],
        k: int,
        generator: torch.Generator,
        step: int,
    ) -> LossTerms:
        """Return the loss of validation data; by default the loss of training."""
        return self.loss(model, data, k, generator, step)

    def __call__(self, trace: Trace, step: int) -> LossTerms:
        """Return the loss of a batch, in nats per example, and its parts."""
        raise NotImplementedError

    @property
    def settled(self) -> int:
        """The first step from which losses of different steps can be compared."""
        return 0

    @property
    def selects(self) -> str:
        """The term of `score` that selects the best weights; "loss" is the total."""
        return "loss"

    @property
    def labelled_terms(self) -> tuple[str, ...]:
        """Terms of `score` to which only images with a label contribute."""
        return ()

    @property
    def curves(self) -> Mapping[str, Curve]:
        """How plots show the loss terms."""
        return CURVES

    @property
    def estimate(self) -> str:
        """How the terms in the separate panel are estimated from a batch; "" for no estimates."""
        return ""


@dataclass(frozen=True)
class ElboObjective(Objective):
    """R + penalty(KL): the negative evidence lower bound if the penalty is KL itself.

    R = −log p(x | z) − λ log p(y | z), with the second term for images with a label.

    Source: Kingma & Welling 2013, equations 6 and 7.
    """

    penalty: PenaltyTerm
    """How the divergence enters."""
    analytic: bool = True
    """Use the closed form of the divergence where it exists (estimator B)."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Weights of observed variables besides the image; 1 by default."""

    def __call__(self, trace: Trace, step: int) -> LossTerms:
        """Return the loss; its parts are R, KL over all latents, and the penalty's."""
        costs = {name: -trace.mean(log_px) for name, log_px in trace.log_px.items()}
        penalty = self.penalty(trace, step, analytic=self.analytic)
        kl = mean_kl(trace, analytic=self.analytic)
        total = penalty.total
        for name, cost in costs.items():
            total = total + self.weights.get(name, 1.0) * cost
        observed = {OBSERVED.get(name, f"recon_{name}"): cost for name, cost in costs.items()}
        return LossTerms(total, {**observed, "kl": kl, **penalty.parts})

    def with_weights(self, terms: LossTerms, model: nn.Module, step: int) -> LossTerms:
        """Add that of the penalty."""
        return with_weights(terms, self.penalty, model, step)

    @property
    def settled(self) -> int:
        """As in the penalty."""
        return self.penalty.settled

    @property
    def curves(self) -> Mapping[str, Curve]:
        """The curves of every objective and of the penalty."""
        return {**CURVES, **self.penalty.curves}

    @property
    def estimate(self) -> str:
        """As in the penalty."""
        return self.penalty.estimate


@dataclass(frozen=True)
class IwaeObjective(Objective):
    """−L_K: the importance-weighted bound. Source: Burda et al. 2015, equation 8."""

    def __call__(self, trace: Trace, step: int) -> LossTerms:
        """Return the loss; it does not depend on the step."""
        kl = mean_kl(trace, analytic=False)
        parts = {"recon": trace.mean(trace.reconstruction), "kl": kl}
        return LossTerms(-iwae(trace).mean(), parts)


def with_weights(terms: LossTerms, penalty: PenaltyTerm, model: nn.Module, step: int) -> LossTerms:
    """Add a penalty's regularisation of the model's weights, if it has one."""
    extra = penalty.on_weights(model, step)
    if extra is None:
        return terms
    return LossTerms(terms.total + extra.total, {**terms.parts, **extra.parts})
