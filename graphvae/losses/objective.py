"""The objective: a reconstruction term, a bound and a penalty.

The Kullback-Leibler term comes from `image_vae.parts`: the nodes of a VGAE correspond to the
examples of a VAE. A `Trace` holds their densities, and a penalty is a function of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.losses.reconstruction import Reconstruction
from graphvae.nn.decoders import PairDecoder
from graphvae_data.core.errors import InputError
from graphvae_data.training.records import FIELDS
from image_vae.parts.bounds import importance_weighted_bound
from image_vae.parts.distributions.posteriors import Distribution, Draw, gaussian_of
from image_vae.parts.distributions.priors import PriorDistribution
from image_vae.parts.penalties import PenaltyTerm
from image_vae.parts.terms import LossTerms
from image_vae.parts.trace import Deferred, Trace
from image_vae.specs.bounds import Bound, Elbo

ELBO = Elbo()
CODE = "z"
"""Name of the node codes in the trace."""


TERMS = ("recon", "kl")
"""The terms of the objective: the reconstruction, and the penalty on the divergence, scaled and
weighted as in the total (zero for a GAE)."""
RESERVED = (*FIELDS, *TERMS, "discriminator")
"""Names that the parts of a penalty may not have."""


def loss_terms(
    recon: Float[Tensor, ""], kl: Float[Tensor, ""], parts: Mapping[str, Float[Tensor, ""]]
) -> LossTerms:
    """Return both terms and the parts of the penalty, unweighted means over the nodes, in nats.

    Raises:
        InputError: a part of the penalty has a reserved name.
    """
    for name in parts:
        if name in RESERVED:
            raise InputError(
                f"penalty: expected loss terms with names other than {', '.join(RESERVED)}, got "
                f"{name!r}"
            )
    return LossTerms(recon + kl, {"recon": recon, "kl": kl, **parts})


def stacked(terms: LossTerms) -> Float[Tensor, " term"]:
    """Return the terms without gradient, in order."""
    return torch.stack(list(terms.parts.values())).detach()


def unstacked(names: Iterable[str], values: Float[Tensor, " term"]) -> LossTerms:
    """Return the terms from the output of `stacked`."""
    parts = dict(zip(names, values.unbind(), strict=True))
    return LossTerms(parts["recon"] + parts["kl"], parts)


@dataclass(frozen=True)
class GraphObjective:
    """The loss of a training step."""

    reconstruction: Reconstruction
    """The reconstruction term."""
    penalty: PenaltyTerm
    """The penalty on the divergence from the prior."""
    bound: Bound = ELBO
    """The bound, with its number of samples."""

    def on(self, edges: Int[Tensor, "2 edge"]) -> GraphObjective:
        """Return the objective with a subset of the edges as targets."""
        return GraphObjective(self.reconstruction.on(edges), self.penalty, self.bound)

    def __call__(
        self,
        posterior: Distribution,
        decoder: PairDecoder,
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
            prior: p(z); None for a point posterior.
            step: training step, for schedules.
        """
        if self.bound.importance_weighted:
            return self._importance_weighted(posterior, decoder, prior, generator)
        loss, workers = self.reconstruction, self.reconstruction.workers
        draw = posterior.draw(generator)
        z, kl, parts = draw.z, draw.z.new_zeros(()), dict[str, Tensor]()
        if prior is not None:
            trace = node_trace(posterior, prior, draw)
            terms = self.penalty(trace, step, analytic=self.bound.analytic)
            kl = terms.total / workers.count / loss.kl_divisor
            parts = {name: value / workers.count for name, value in terms.parts.items()}
        return loss_terms(loss(z, decoder, generator) / loss.divisor, kl, parts)

    def _importance_weighted(
        self,
        posterior: Distribution,
        decoder: PairDecoder,
        prior: PriorDistribution | None,
        generator: torch.Generator,
    ) -> LossTerms:
        """Return −1/N times the bound of K draws of Z: log w_k = log p(A, Z_k) − log q(Z_k | X, A).

        The KL term is the mean of log q(Z_k) − log p(Z_k), without gradient; the reconstruction
        term is the remainder, with the whole gradient.
        """
        loss = self.reconstruction
        assert prior is not None, "the bound needs a density"
        assert loss.workers.count == 1, "the bound is not a sum over parts of the pairs"
        draws = [posterior.draw(generator) for _ in range(self.bound.samples)]
        log_likelihood = torch.stack([-loss(draw.z, decoder, generator) for draw in draws])
        traces = [node_trace(posterior, prior, draw) for draw in draws]
        kl = torch.stack([trace.kl(CODE, analytic=False).sum() for trace in traces])
        mean_kl = kl.detach().mean()
        remainder = -importance_weighted_bound(log_likelihood - kl) - mean_kl
        return loss_terms(remainder / loss.num_nodes, mean_kl / loss.num_nodes, {})


def node_trace(q: Distribution, prior: PriorDistribution, draw: Draw) -> Trace:
    """Return the trace of the codes: the nodes are a batch, with one draw each.

    Args:
        q: q(z_i | X, A) of every node.
        prior: p(z).
        draw: a draw from q, [node, latent].
    """
    z, gaussian, standard = draw.z, q.gaussian, gaussian_of(prior)
    formula = q.closed_kl(prior)
    closed: Mapping[str, Tensor] = {}
    if gaussian is not None and standard is not None:
        closed = Deferred((CODE,), lambda _: standard.kl_from(gaussian).unsqueeze(0))
    return Trace(
        log_px={},
        log_pz=Deferred((CODE,), lambda _: prior.log_prob(z).unsqueeze(0)),
        log_qz=Deferred((CODE,), lambda _: draw.log_q().unsqueeze(0)),
        kl_by_dimension={}
        if formula is None
        else Deferred((CODE,), lambda _: formula().unsqueeze(0)),
        z={CODE: z.unsqueeze(0)},
        q={CODE: q.expand(1, len(z))},
        px={},
        kl_closed=closed,
    )
