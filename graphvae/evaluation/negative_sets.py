"""Sets of negatives to judge by: what a score means depends on what it is a score against.

None of them ever holds an edge of the whole graph (training, validation or test) in either
direction. `uniform` are the split's own; `degree` takes away what can be told from degrees alone;
`heart` (module `heart`) are hard ones, chosen for each positive; `all` non-edges are never listed
but counted in blocks (module `exact`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from graphvae.specs.evaluation import NegativeKind, Part
from graphvae.splits.edge_split import EdgeSplit
from graphvae.splits.negative_sampling import NonEdgeSampler
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.pairs import pair_keys

ROUNDS = 500
"""How often `degree` draws again before it gives up."""


@dataclass(frozen=True)
class NegativeSet:
    """Negatives for one part of a split."""

    kind: NegativeKind
    """How they were chosen."""
    pairs: Int[Tensor, "2 n"]
    """The non-edges."""
    per_positive: int
    """0: one set that all positives share; else k, each positive's own, in the positives' order."""
    note: str = ""
    """What the reader of a score should know: fewer candidates than were asked for, say."""


def positives_of(split: EdgeSplit, part: Part) -> Int[Tensor, "2 pair"]:
    """Return the edges of a part."""
    return split.test if part == "test" else split.val


def known_edges(split: EdgeSplit) -> Int[Tensor, "2 edge"]:
    """Return every edge of the whole graph, each once."""
    return torch.cat([split.train, split.val, split.test], 1)


def non_edge_sampler(split: EdgeSplit) -> NonEdgeSampler:
    """Return the sampler of the whole graph's non-edges: the one place that knows of direction."""
    return NonEdgeSampler(known_edges(split), split.num_nodes, directed=split.directed)


def uniform(split: EdgeSplit, *, part: Part = "test") -> NegativeSet:
    """Return the split's own negatives, drawn uniformly from the non-edges."""
    pairs = split.test_negatives if part == "test" else split.val_negatives
    return NegativeSet("uniform", pairs, 0)


def degree(split: EdgeSplit, generator: torch.Generator, *, part: Part = "test") -> NegativeSet:
    """Draw as many distinct non-edges as there are positives, each end in proportion to its degree.

    P(u, v) ∝ d_u d_v over the non-edges, d the degree in the whole graph: what the ends of edges
    follow. Against uniform negatives, preferential attachment alone scores well; against these its
    AUC is about ½ with degrees of the whole graph, and less with training degrees, for there a test
    edge is missing from the degrees of its own ends. Source: Aiyappa et al. 2024, "Implicit degree
    bias in the link prediction task".

    Raises:
        InputError: there are too few non-edges between nodes that have edges.
    """
    known, wanted = known_edges(split), positives_of(split, part).size(1)
    ends, known_keys = known.flatten(), pair_keys(known.sort(0).values, split.num_nodes)
    keys = torch.empty(0, dtype=torch.int64)
    for _ in range(ROUNDS):
        # An end of an edge drawn at random is a node drawn in proportion to its degree.
        drawn = ends[torch.randint(len(ends), (2, 2 * wanted), generator=generator)].sort(0).values
        fresh = pair_keys(drawn, split.num_nodes)[drawn[0] < drawn[1]]
        keys = _first_of_each(torch.cat([keys, fresh[~torch.isin(fresh, known_keys)]]))
        if len(keys) >= wanted:
            chosen = keys[:wanted]
            pairs = torch.stack([chosen // split.num_nodes, chosen % split.num_nodes])
            return NegativeSet("degree", pairs, 0)
    raise InputError(
        f"negatives: found only {len(keys)} of {wanted} non-edges between nodes that have edges; "
        "use uniform negatives"
    )


def _first_of_each(keys: Int[Tensor, " key"]) -> Int[Tensor, " unique"]:
    """Drop repetitions and keep the order, so that a set cut short is still drawn as it should."""
    unique, place = torch.unique(keys, return_inverse=True)
    first = torch.full((len(unique),), len(keys)).scatter_reduce(
        0, place, torch.arange(len(keys)), "amin"
    )
    return keys[first.sort().values]
