"""Objectives: a bound and a penalty put together, minimised, in summed nats per example."""

from __future__ import annotations

from dataclasses import dataclass

from image_vae.estimators import iwae
from image_vae.penalties import Penalty, mean_kl
from image_vae.terms import LossTerms
from image_vae.trace import Trace


@dataclass(frozen=True)
class Elbo:
    """R + penalty(KL): the negative evidence lower bound where the penalty is KL itself.

    Source: Kingma & Welling 2013, equations 6 and 7.
    """

    penalty: Penalty
    """How the divergence enters."""
    analytic: bool = True
    """Take the divergence in closed form where there is one (estimator B)."""

    def __call__(self, trace: Trace, step: int) -> LossTerms:
        """Return the terms of a batch at a step: R, KL over all latents, and the penalty's."""
        reconstruction = trace.reconstruction.mean()
        penalty = self.penalty(trace, step, analytic=self.analytic)
        kl = mean_kl(trace, analytic=self.analytic)
        parts = {"recon": reconstruction, "kl": kl, **penalty.parts}
        return LossTerms(reconstruction + penalty.total, parts)

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
