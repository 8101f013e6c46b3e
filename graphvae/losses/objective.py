"""The objective: a reconstruction, a bound and a penalty put together, minimised.

The Kullback-Leibler part is that of `image_vae.parts`: a VGAE tells of its nodes what any VAE tells
of its examples, as a trace, and a penalty is a function of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.losses.likelihood import PairLikelihood, negative_log_likelihood
from graphvae.losses.reconstruction import Reconstruction
from graphvae.nn.decoders import Decoder
from image_vae.parts.bounds import importance_weighted_bound
from image_vae.parts.penalties import PenaltyTerm
from image_vae.parts.posteriors import DiagonalGaussian, Posterior
from image_vae.parts.priors import PriorDistribution
from image_vae.parts.trace import Deferred, Trace
from image_vae.specs.bounds import Bound, Elbo

ELBO = Elbo()
CODE = "z"
"""What the trace calls the code of the nodes."""


@dataclass(frozen=True)
class LossTerms:
    """The parts of an objective; `total` is what is minimised."""

    reconstruction: Float[Tensor, ""]
    """The reconstruction term, as scaled in `total`."""
    kl: Float[Tensor, ""]
    """The Kullback-Leibler term, as scaled and weighted in `total`; zero for a GAE."""

    @property
    def total(self) -> Float[Tensor, ""]:
        """Their sum."""
        return self.reconstruction + self.kl


@dataclass(frozen=True)
class Objective:
    """What a step minimises."""

    reconstruction: Reconstruction
    """How well the codes explain the edges."""
    penalty: PenaltyTerm
    """How the divergence from the prior counts."""
    bound: Bound = ELBO
    """Which bound; how many draws."""

    def on(self, edges: Int[Tensor, "2 edge"]) -> Objective:
        """Return the objective with some of the edges as its targets."""
        return Objective(self.reconstruction.on(edges), self.penalty, self.bound)

    def __call__(
        self,
        posterior: Posterior,
        decoder: Decoder,
        generator: torch.Generator,
        *,
        prior: PriorDistribution | None = None,
        step: int = 0,
    ) -> LossTerms:
        """Draw Z from the posterior, decode it, and return the terms of the objective.

        Args:
            posterior: q(Z | X, A).
            decoder: maps codes and pairs to logits.
            generator: draws Z and the non-edges.
            prior: p(z); None where the posterior is a point.
            step: what a schedule of the penalty goes by.
        """
        if self.bound.importance_weighted:
            return self._importance_weighted(posterior, prior, generator)
        loss, workers = self.reconstruction, self.reconstruction.workers
        z = posterior.sample(generator)
        kl = z.new_zeros(())
        if prior is not None and isinstance(posterior, DiagonalGaussian):
            trace = node_trace(posterior, prior, z)
            total = self.penalty(trace, step, analytic=self.bound.analytic).total
            kl = total / workers.count / loss.kl_divisor
        return LossTerms(loss(z, decoder, generator) / loss.divisor, kl)

    def _importance_weighted(
        self, posterior: Posterior, prior: PriorDistribution | None, generator: torch.Generator
    ) -> LossTerms:
        """Return −1/N times the bound of K draws of Z: log w_k = log p(A, Z_k) − log q(Z_k | X, A).

        Its terms are the mean log q(Z_k) − log p(Z_k), through which no gradient goes, and the
        rest, through which all of it does.
        """
        loss = self.reconstruction
        assert prior is not None, "the bound needs a density"
        assert isinstance(posterior, DiagonalGaussian), "a point has no density"
        assert isinstance(loss, PairLikelihood), "the bound needs the likelihood of the graph"
        assert loss.workers.count == 1, "the bound is no sum over parts of the pairs"
        draws = [posterior.sample(generator) for _ in range(self.bound.samples)]
        fit = torch.stack([-negative_log_likelihood(z, loss.edges) for z in draws])
        traces = [node_trace(posterior, prior, z) for z in draws]
        kl = torch.stack([trace.kl(CODE, analytic=False).sum() for trace in traces])
        mean_kl = kl.detach().mean()
        terms = -importance_weighted_bound(fit - kl) - mean_kl, mean_kl
        return LossTerms(*(term / loss.num_nodes for term in terms))


def node_trace(
    q: DiagonalGaussian, prior: PriorDistribution, z: Float[Tensor, "node latent"]
) -> Trace:
    """Return what a VGAE tells of its codes: the nodes are a batch, with one draw each.

    Args:
        q: q(z_i | X, A) of every node.
        prior: p(z).
        z: a draw from q.
    """
    draw = z.unsqueeze(0)
    by_dimension, total = Deferred((), _absent), Deferred((), _absent)
    if isinstance(prior, DiagonalGaussian):
        gaussian = prior
        by_dimension = Deferred((CODE,), lambda _: q.kl_by_dimension(gaussian).unsqueeze(0))
        total = Deferred((CODE,), lambda _: gaussian.kl_from(q).unsqueeze(0))
    return Trace(
        log_px={},
        log_pz=Deferred((CODE,), lambda name: prior.log_prob(z).unsqueeze(0)),
        log_qz=Deferred((CODE,), lambda name: q.log_prob(z).unsqueeze(0)),
        kl_by_dimension=by_dimension,
        z={CODE: draw},
        q={CODE: q},
        px={},
        kl_closed=total,
    )


def _absent(name: str) -> Tensor:
    raise KeyError(name)
