"""Sets of negatives for evaluation; the meaning of a score depends on them.

None contains an edge of the whole graph (training, validation or test) in either direction, nor,
in a bipartite graph, two nodes of the same side.
`uniform` are those of the split; `degree` removes the degree bias; `heart` (module `heart`)
chooses hard ones for each positive; `all` counts all non-edges in blocks without listing them
(module `exact`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Int
from torch import Tensor

from graphvae.specs.evaluation import PARTS, NegativeKind, Part
from graphvae.splits.edge_split import EdgeSplit
from graphvae.splits.negative_sampling import NonEdgeSampler
from graphvae_data.core.errors import InputError, check_name
from graphvae_data.graphs.pairs import pair_keys

Degrees = Literal["all", "train"]
"""The edges that degrees are counted over."""
ROUNDS = 500
"""Maximum number of draws of `degree`."""


@dataclass(frozen=True)
class NegativeSet:
    """Negatives for one part of a split."""

    kind: NegativeKind
    """The kind of negatives."""
    pairs: Int[Tensor, "2 n"]
    """The non-edges."""
    per_positive: int
    """0 if all positives share the set; k if each has its own k, in the order of the positives."""
    note: str = ""
    """Remarks for the reader of a score, such as fewer candidates than requested."""
    positives: Int[Tensor, "2 positive"] | None = None
    """The edges that they are for, if each has its own."""


def positives_of(split: EdgeSplit, part: Part) -> Int[Tensor, "2 pair"]:
    """Return the edges of a part."""
    check_name("part", part, PARTS)
    return split.test if part == "test" else split.val


def known_edges(split: EdgeSplit) -> Int[Tensor, "2 edge"]:
    """Return every edge of the whole graph, each once."""
    return torch.cat([split.train, split.val, split.test], 1)


def non_edge_sampler(split: EdgeSplit) -> NonEdgeSampler:
    """Return the sampler of the whole graph's non-edges."""
    return NonEdgeSampler(
        known_edges(split), split.num_nodes, directed=split.directed, sides=split.sides
    )


def number_of_non_edges(split: EdgeSplit) -> int:
    """Return the number of the whole graph's non-edges, each counted once."""
    once = split.directed or split.sides is not None
    return non_edge_sampler(split).total // (1 if once else 2)


def uniform(split: EdgeSplit, *, part: Part = "test") -> NegativeSet:
    """Return the split's own negatives, drawn uniformly from the non-edges."""
    pairs = split.test_negatives if part == "test" else split.val_negatives
    return NegativeSet("uniform", pairs, 0)


def degree(
    split: EdgeSplit, generator: torch.Generator, *, part: Part = "test", degrees: Degrees = "all"
) -> NegativeSet:
    """Draw one distinct non-edge per positive, each end in proportion to its degree.

    P(u, v) ∝ d_u d_v over the non-edges, like the ends of random edges; d is the degree in the
    whole graph, or with `degrees="train"` the degree over training edges. Against uniform
    negatives, preferential attachment scores well; against these its AUC is about ½ with degrees of
    the whole graph, and less with training degrees, which lack the test edge itself. Source:
    Aiyappa et al. 2024, "Implicit degree bias in the link prediction task".

    Raises:
        InputError: there are too few non-edges between nodes that have edges.
    """
    known, count = known_edges(split), positives_of(split, part).size(1)
    counted = known if degrees == "all" else split.train
    ends, known_keys = counted.flatten(), pair_keys(known.sort(0).values, split.num_nodes)
    keys = torch.empty(0, dtype=torch.int64)
    for _ in range(ROUNDS):
        # The end of a random edge is a node drawn in proportion to its degree.
        drawn = ends[torch.randint(len(ends), (2, 2 * count), generator=generator)].sort(0).values
        usable = drawn[0] < drawn[1]
        if split.sides is not None:
            usable &= split.sides[drawn[0]] != split.sides[drawn[1]]
        fresh = pair_keys(drawn, split.num_nodes)[usable]
        keys = _first_of_each(torch.cat([keys, fresh[~torch.isin(fresh, known_keys)]]))
        if len(keys) >= count:
            chosen = keys[:count]
            pairs = torch.stack([chosen // split.num_nodes, chosen % split.num_nodes])
            return NegativeSet("degree", pairs, 0)
    raise InputError(
        f"negatives: expected {count} non-edges between nodes with edges, got {len(keys)}; "
        "use uniform negatives"
    )


def _first_of_each(keys: Int[Tensor, " key"]) -> Int[Tensor, " unique"]:
    """Remove duplicates and keep the order, so that a truncated set has the same distribution."""
    unique, index = torch.unique(keys, return_inverse=True)
    first = torch.full((len(unique),), len(keys)).scatter_reduce(
        0, index, torch.arange(len(keys)), "amin"
    )
    return keys[first.sort().values]
