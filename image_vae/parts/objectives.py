"""Objectives: a bound and a penalty put together, minimised, in summed nats per example.

Where a label y is observed beside the image, it enters with a weight of its own, λ: with α, β,
`within` and γ of `penalties.Decomposed` the fifth of Esmaeili et al. 2018, "Structured Disentangled
Representations" (HFVAE). Their code, ProbTorch, infers y: its fifth weight is that of
log q(y | x) / p(y), of a recogniser beside the encoder. Here the model *generates* y from the first
group of the code (`image_vae.data.labels`), so λ weighs −log p(y | z₁), no second inference network
is learnt, and with all five at 1 the objective is the negative bound on log p(x, y).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from image_vae.parts.bounds import iwae
from image_vae.parts.penalties import Penalty, mean_kl
from image_vae.parts.terms import LossTerms
from image_vae.parts.trace import Trace

OBSERVED = {"x": "recon", "y": "label"}
"""What −log p of each observed variable is called among the parts of a loss."""


@dataclass(frozen=True)
class Elbo:
    """R + penalty(KL): the negative evidence lower bound where the penalty is KL itself.

    R = −log p(x | z) − λ log p(y | z), the latter where a label is observed.

    Source: Kingma & Welling 2013, equations 6 and 7.
    """

    penalty: Penalty
    """How the divergence enters."""
    analytic: bool = True
    """Take the divergence in closed form where there is one (estimator B)."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Of each observed variable beside the image, 1 where none is given."""

    def __call__(self, trace: Trace, step: int) -> LossTerms:
        """Return the terms of a batch at a step: R, KL over all latents, and the penalty's."""
        costs = {name: -log_px.mean() for name, log_px in trace.log_px.items()}
        penalty = self.penalty(trace, step, analytic=self.analytic)
        kl = mean_kl(trace, analytic=self.analytic)
        total = costs["x"] + penalty.total
        for name in [each for each in costs if each != "x"]:
            total = total + self.weights.get(name, 1.0) * costs[name]
        told = {OBSERVED[name]: cost for name, cost in costs.items()}
        return LossTerms(total, {**told, "kl": kl, **penalty.parts})

    @property
    def settled(self) -> int:
        """The step from which losses can be compared with one another."""
        return self.penalty.settled


@dataclass(frozen=True)
class Iwae:
    """−L_K: the importance-weighted bound. Source: Burda et al. 2015, equation 8."""

    def __call__(self, trace: Trace, step: int) -> LossTerms:
        """Return the terms of a batch; the step makes no difference."""
        kl = mean_kl(trace, analytic=False)
        parts = {"recon": trace.reconstruction.mean(), "kl": kl}
        return LossTerms(-iwae(trace).mean(), parts)

    @property
    def settled(self) -> int:
        """The bound never changes."""
        return 0


Objective = Elbo | Iwae
