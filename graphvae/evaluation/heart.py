"""HeaRT: hard negatives for each positive, chosen by heuristics over the training graph.

For a positive (a, b), half of the k negatives keep a and replace b by another node, half keep b.
Each end's candidates are ranked by resource allocation, by personalised PageRank (α = 0.15) and, if
there are features, by cosine similarity; the candidates with the lowest mean rank are chosen.
Source: Li et al. 2023 (NeurIPS Datasets and Benchmarks), "Evaluating Graph Neural Networks for Link
Prediction: Current Pitfalls and New Benchmarking", §4.

Ranks follow the authors' code: within a heuristic the highest score has rank 1, equal scores have
the worst rank of their group, and all candidates with a score ≤ 0 have one rank after the last.
Differences: all edges are excluded, including test edges (there, only training edges, so that other
test edges can be negatives); PageRank is exact (there, approximated up to residuals of 5e-5); ties
are broken at random, and zero-scored candidates drawn without replacement (there, by position, and
with replacement).
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from graphvae.baselines.hard_partners import HardPartners
from graphvae.evaluation.negative_sets import (
    NegativeSet,
    known_edges,
    non_edge_sampler,
    positives_of,
)
from graphvae.specs.evaluation import Part
from graphvae.splits.edge_split import EdgeSplit
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph

PER_POSITIVE = 500
MAX_REPLACED = 0.01
"""Maximum share of negatives that may be replaced by uniform non-edges."""


def heart(
    split: EdgeSplit,
    data: Graph,
    generator: torch.Generator,
    *,
    k: int = PER_POSITIVE,
    part: Part = "test",
    most: int | None = None,
) -> NegativeSet:
    """Choose k hard negatives for each positive of a part, or of a random sample of `most`.

    An end with fewer than k/2 non-neighbours gets uniform non-edges of the whole graph instead; if
    this would affect more than 1 % of all negatives, k is lowered until every end has enough, so
    that no negative repeats. `note` reports this, the number of replaced negatives, and the number
    of candidates that every heuristic scores 0, which are uniform non-neighbours of the end.

    Raises:
        InputError: k below 2, or a graph whose ends have no non-neighbours.
    """
    if k < 2:
        raise InputError(f"negatives: expected at least 2 hard negatives per positive, got {k}")
    positives = positives_of(split, part)
    if most is not None and most < positives.size(1):
        order = torch.randperm(positives.size(1), generator=generator)
        positives = positives[:, order[:most].sort().values]
    ends, index = np.unique(positives.numpy(), return_inverse=True)
    index = index.reshape(2, -1)
    partners = HardPartners(
        split.train, known_edges(split), split.num_nodes, data.features, split.sides
    )
    chosen, unscored = partners.of(ends, (k + 1) // 2, generator)
    requested, k = k, _largest_k((chosen >= 0).sum(1)[index], k)
    sides = [
        _corrupted(positives[kept], chosen[index[kept], :count], kept)
        for kept, count in ((0, (k + 1) // 2), (1, k // 2))
    ]
    pairs = torch.cat(sides, 2).reshape(2, -1)
    missing = (pairs < 0).any(0)
    pairs[:, missing] = non_edge_sampler(split).sample(int(missing.sum()), generator)
    zero = int(unscored[index[0], : (k + 1) // 2].sum() + unscored[index[1], : k // 2].sum())
    note = _note(zero, int(missing.sum()), pairs.size(1))
    if k < requested:
        lowered = f"{requested} per positive lowered to {k}, the most that every end has"
        note = f"{lowered}; {note}" if note else lowered
    return NegativeSet("heart", pairs, k, note, positives)


def heart_size(split: EdgeSplit, *, k: int = PER_POSITIVE, part: Part = "test") -> int:
    """Return the number of negatives that `heart` gives each positive, without choosing them.

    Raises:
        InputError: a graph whose ends have no non-neighbours.
    """
    known, num_nodes = known_edges(split), split.num_nodes
    sides = torch.zeros(num_nodes, dtype=torch.int64) if split.sides is None else split.sides
    sizes = sides.bincount(minlength=2)
    candidates = sizes[sides] - 1 if split.sides is None else sizes[1 - sides]
    partners = candidates - known.flatten().bincount(minlength=num_nodes)
    half = (k + 1) // 2
    return _largest_k(partners.clamp(max=half)[positives_of(split, part)].numpy(), k)


def _largest_k(available: Int[np.ndarray, "2 positive"], k: int) -> int:
    """Return the number of negatives that every positive can have without repeating any.

    Args:
        available: partners of each end, at most half of k.
        k: the requested number.
    """
    half = (k + 1) // 2
    if (half - available).mean() <= MAX_REPLACED * half:
        return k
    if not available.min():
        raise InputError(
            "negatives: heart needs non-neighbours of both ends of each edge, and an end is a "
            "neighbour of every other node; choose uniform"
        )
    return min(k, 2 * int(available.min()))


def _corrupted(
    kept: Int[Tensor, " positive"], partners: Int[np.ndarray, "positive half"], row: int
) -> Int[Tensor, "2 positive half"]:
    """Pair each kept end with its partners; the kept end stays in its own row."""
    other = torch.from_numpy(partners)
    same = kept[:, None].expand_as(other)
    return torch.stack([same, other] if row == 0 else [other, same])


def _note(unscored: int, missing: int, total: int) -> str:
    parts = []
    if unscored:
        parts.append(
            f"{unscored:,} of {total:,} are drawn uniformly, as no heuristic scores enough "
            "non-neighbours above 0"
        )
    if missing:
        parts.append(
            f"{missing:,} of {total:,} are uniform non-edges of the whole graph, as an end of "
            "their positive has too few non-neighbours; choose fewer per positive"
        )
    return "; ".join(parts)
