"""Drawing images that share the value of one factor, each in constant time.

The rows of a pool are sorted once by each factor, so that rows with equal values are adjacent. The
pool need not be a complete grid: the other factors are distributed as in the pool, given that
value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int

from graphvae_data.core.errors import InputError


@dataclass(frozen=True)
class Groups:
    """The rows of a pool by the value of each factor."""

    factors: Int[np.ndarray, "row factor"]
    """The factors of every row."""
    order: Int[np.ndarray, "factor row"]
    """The rows sorted by each factor."""
    start: Int[np.ndarray, "factor row"]
    """Start in that order of the rows that share this row's value."""
    count: Int[np.ndarray, "factor row"]
    """Number of these rows."""

    @classmethod
    def of(cls, factors: Int[np.ndarray, "row factor"], names: Sequence[str]) -> Groups:
        """Sort a pool by each factor.

        Raises:
            InputError: a value of a factor that only one image has.
        """
        order = np.argsort(factors, axis=0, kind="stable").T
        starts, counts = np.empty_like(order), np.empty_like(order)
        for index, column in enumerate(factors.T):
            _, first, inverse, count = np.unique(
                column[order[index]], return_index=True, return_inverse=True, return_counts=True
            )
            if count.min() < 2:
                raise InputError(
                    f"codes: expected at least two images for every value of {names[index]}, got "
                    f"one, of {len(factors)} images; take more codes"
                )
            starts[index, order[index]], counts[index, order[index]] = (
                first[inverse],
                count[inverse],
            )
        return cls(factors, order, starts, counts)

    def fixed(self, votes: int, generator: torch.Generator) -> Int[np.ndarray, " vote"]:
        """Draw the fixed factor of each vote uniformly."""
        return torch.randint(self.factors.shape[1], (votes,), generator=generator).numpy()

    def draw(
        self, fixed: Int[np.ndarray, " vote"], size: int, copies: int, generator: torch.Generator
    ) -> Int[np.ndarray, "vote size copies"]:
        """Draw `size` groups of `copies` rows for each vote, with replacement.

        The rows of a group share the value of the vote's factor; the value is that of a random row,
        so its probability is its frequency in the pool.
        """
        rows = len(self.factors)
        chosen = torch.randint(rows, (len(fixed), size, 1), generator=generator).numpy()
        factor = fixed[:, None, None]
        start, count = self.start[factor, chosen], self.count[factor, chosen]
        spread = torch.rand(
            len(fixed), size, copies, generator=generator, dtype=torch.float64
        ).numpy()
        return np.asarray(self.order[factor, start + (spread * count).astype(np.int64)])
