"""Objectives of graph auto-encoders, minimised, all from logits.

Notation: N nodes, z_i the embedding of node i, s_ij = z_iᵀ z_j the logit of a pair, E the training
edges, |A| = 2 |E| the ones of the training adjacency. Since −log σ(s) = softplus(s) − s and
−log(1 − σ(s)) = softplus(s), a sum over *all* pairs is Σ softplus(s_ij), which needs no adjacency,
plus terms over the edges alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.losses.all_pairs import all_pairs_softplus
from graphvae.losses.divergence import Divergence, log_ratio
from graphvae.losses.fastgae import NodeSampler
from graphvae.nn.decoders import Decoder, in_training, inner_product
from graphvae.specs.presets import Loss
from graphvae.splits.negative_sampling import NonEdgeSampler
from graphvae_data.runs.workers import ALONE, Workers
from image_vae.parts.posteriors import Posterior
from image_vae.parts.priors import PriorDistribution

CLOSED_FORM = Divergence()
"""The divergence as it is, with nothing free."""


@dataclass(frozen=True)
class LossTerms:
    """The parts of an objective; `total` is what is minimised."""

    reconstruction: Float[Tensor, ""]
    """The reconstruction term, as scaled in `total`."""
    kl: Float[Tensor, ""]
    """The Kullback-Leibler term, as scaled in `total`; zero for a GAE."""

    @property
    def total(self) -> Float[Tensor, ""]:
        """Their sum."""
        return self.reconstruction + self.kl


@dataclass(frozen=True)
class Objective:
    """One of the three objectives, tied to the training edges of one graph."""

    loss: Loss
    """Which: `paper`, `elbo` or `sampled`."""
    edges: Int[Tensor, "2 edge"]
    """Training edges, each once (u < v)."""
    num_nodes: int
    """N."""
    sampler: NonEdgeSampler | None
    """Where `sampled` takes its negatives from; it knows the training edges only."""
    negatives: int = 1
    """How many negatives `sampled` draws for each edge."""
    nodes: NodeSampler | None = None
    """The nodes that each step of `paper` decodes (FastGAE); None decodes all."""
    workers: Workers = ALONE
    """Whose part of the terms to compute: the parts of all workers sum to the objective."""
    divergence: Divergence = CLOSED_FORM
    """How the Kullback-Leibler term counts."""
    samples: int | None = None
    """K, the draws of the importance-weighted bound, with `elbo`; None takes the ELBO."""

    @classmethod
    def of(
        cls,
        loss: Loss,
        edges: Int[Tensor, "2 edge"],
        num_nodes: int,
        *,
        directed: bool = False,
        negatives: int = 1,
        nodes: NodeSampler | None = None,
        workers: Workers = ALONE,
        divergence: Divergence = CLOSED_FORM,
        samples: int | None = None,
    ) -> Objective:
        """Prepare an objective for a graph."""
        sampled = loss == "sampled"
        sampler = NonEdgeSampler(edges, num_nodes, directed=directed) if sampled else None
        return cls(loss, edges, num_nodes, sampler, negatives, nodes, workers, divergence, samples)

    def __call__(
        self,
        posterior: Posterior,
        decoder: Decoder,
        generator: torch.Generator,
        *,
        prior: PriorDistribution | None = None,
        epoch: int = 0,
    ) -> LossTerms:
        """Draw Z from the posterior, decode it, and return the terms of the objective.

        Args:
            posterior: q(Z | X, A).
            decoder: maps embeddings and pairs to logits.
            generator: draws Z and the negatives.
            prior: p(z); None stands for N(0, I), or for none where the posterior is a point.
            epoch: epochs done, which a warm-up goes by.
        """
        if self.samples is not None:
            return self._importance_weighted(posterior, prior, generator)
        z = posterior.sample(generator)
        kl = self.divergence(posterior, prior, z, epoch) / self.workers.count
        if self.loss == "elbo":  # per node, so that one step size suits graphs of any size
            terms = elbo_reconstruction(z, self.edges, self.workers), kl.sum()
            return LossTerms(*(term / self.num_nodes for term in terms))
        scaled_kl = kl.mean() / self.num_nodes
        if self.sampler is not None:
            pairs = self.pairs(generator)
            decode = in_training(decoder, generator, self.workers)
            return LossTerms(self.of_pairs(z, decode, pairs), scaled_kl)
        if self.nodes is None:
            return LossTerms(paper_reconstruction(z, self.edges, self.workers), scaled_kl)
        nodes = self.nodes.draw(generator)
        among = self.nodes.inside(nodes)
        return LossTerms(paper_reconstruction(z[nodes], among, self.workers), scaled_kl)

    def _importance_weighted(
        self, posterior: Posterior, prior: PriorDistribution | None, generator: torch.Generator
    ) -> LossTerms:
        """Return −1/N times the bound of K draws of Z: log w_k = log p(A, Z_k) − log q(Z_k | X, A).

        Its terms are the mean log q(Z_k) − log p(Z_k), through which no gradient goes, and the
        rest, through which all of it does.
        """
        assert self.samples is not None, "this is the ELBO"
        assert prior is not None, "the bound needs a density"
        assert self.workers.count == 1, "the bound is no sum over parts of the pairs"
        draws = [posterior.sample(generator) for _ in range(self.samples)]
        fit = torch.stack([-elbo_reconstruction(z, self.edges) for z in draws])
        kl = torch.stack([log_ratio(posterior, prior, z).sum() for z in draws])
        mean_kl = kl.detach().mean()
        terms = -importance_weighted_bound(fit - kl) - mean_kl, mean_kl
        return LossTerms(*(term / self.num_nodes for term in terms))

    def pairs(self, generator: torch.Generator) -> Int[Tensor, "2 pair"]:
        """Return the edges and, after them, fresh negatives: what `sampled` scores in a step.

        Of several workers each takes its part of both.
        """
        assert self.sampler is not None, "only the loss `sampled` has negatives"
        num_edges = self.edges.size(1)
        count = self.negatives * num_edges
        negatives = self.sampler.sample(count, generator, self.workers.part(count))
        return torch.cat([self.edges[:, self.workers.part(num_edges)], negatives], 1)

    def of_pairs(
        self,
        z: Float[Tensor, "row latent"],
        decode: Callable[[Tensor, Tensor], Tensor],
        pairs: Int[Tensor, "2 pair"],
    ) -> Float[Tensor, ""]:
        """Return the loss `sampled` of what `pairs` gave, as numbers of rows of z."""
        num_edges = self.edges.size(1)
        own = self.workers.part(num_edges)
        logits = decode(z, pairs)  # one gather instead of two
        edge_logits, negative_logits = logits.tensor_split([own.stop - own.start])
        return sampled_reconstruction(
            edge_logits, negative_logits, num_edges, self.negatives * num_edges
        )


def paper_reconstruction(
    z: Float[Tensor, "node latent"], edges: Int[Tensor, "2 edge"], workers: Workers = ALONE
) -> Float[Tensor, ""]:
    """Weighted BCE over all N² ordered pairs, as the code of Kipf & Welling 2016 computes it.

    Ones are A + I; they weigh w = (N² − |A|) / |A|; the mean over N² is scaled by
    N² / (2 (N² − |A|)). The code then adds the *mean* KL divided by N once more, which makes the
    whole a β-VAE with a small β; `Objective` does so under the name `paper`.
    """
    num_pairs, ones = z.size(0) ** 2, 2 * edges.size(1) or z.size(0)  # no edge in a sample: loops
    weight, scale = (num_pairs - ones) / ones, 0.5 / (num_pairs - ones)
    joined, own = _edges_and_loops(z, edges, workers)
    positives = sum((w_bce(s, weight) * n).sum() for s, n in ((joined, 2), (own, 1)))
    return scale * (all_pairs_softplus(z, workers) + positives)


def _edges_and_loops(
    z: Float[Tensor, "node latent"], edges: Int[Tensor, "2 edge"], workers: Workers
) -> tuple[Float[Tensor, " own_edge"], Float[Tensor, " own_loop"]]:
    """Return the logits of a worker's part of the edges, and of the loops."""
    own_edges, own_nodes = workers.part(edges.size(1)), workers.part(z.size(0))
    return inner_product(z, edges[:, own_edges]), z[own_nodes].square().sum(-1)


def w_bce(logits: Float[Tensor, " pair"], weight: float) -> Float[Tensor, " pair"]:
    """What a pair labelled 1 adds to Σ softplus(s): w softplus(−s) − softplus(s)."""
    return weight * F.softplus(-logits) - F.softplus(logits)


def elbo_reconstruction(
    z: Float[Tensor, "node latent"], edges: Int[Tensor, "2 edge"], workers: Workers = ALONE
) -> Float[Tensor, ""]:
    """−log p(A | Z) over the N (N − 1) / 2 unordered pairs, in nats for the whole graph.

    With Σ_i KL_i beside it this is the negative evidence lower bound (Kipf & Welling 2016, §2),
    each edge of the undirected graph counted once and loops left out.
    """
    joined, own = _edges_and_loops(z, edges, workers)
    unordered = (all_pairs_softplus(z, workers) - F.softplus(own).sum()) / 2
    return unordered - joined.sum()


def importance_weighted_bound(log_weights: Float[Tensor, " draw"]) -> Float[Tensor, ""]:
    """Return log 1/K Σ_k w_k; its gradient is Σ_k w̃_k ∇ log w_k with w̃ = w / Σ w.

    Source: Burda et al. 2016, "Importance Weighted Autoencoders", equation 8.

    >>> importance_weighted_bound(torch.tensor([1.0, 3.0]).log())  # log 2
    tensor(0.6931)
    """
    return torch.logsumexp(log_weights, 0) - math.log(len(log_weights))


def sampled_reconstruction(
    edge_logits: Float[Tensor, " edge"],
    negative_logits: Float[Tensor, " negative"],
    num_edges: int | None = None,
    num_negatives: int | None = None,
) -> Float[Tensor, ""]:
    """Mean BCE over the edges plus mean BCE over sampled non-edges; any decoder will do.

    Of a part of either, this is the share in the means over `num_edges` and `num_negatives`.
    """
    edges, negatives = F.softplus(-edge_logits), F.softplus(negative_logits)
    return edges.sum() / (num_edges or edges.numel()) + negatives.sum() / (
        num_negatives or negatives.numel()
    )
