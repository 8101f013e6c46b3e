"""Several workers, one result: every step is divided among processes and summed again.

Every worker holds the same graph, weights and random states, and so draws the same batch, noise and
negatives. Of a step's terms it computes its own part, of W parts, and what all compute alike (the
KL term) counts 1/W with each: the parts sum to what one process computes, up to rounding, and so do
their gradients, which one all-reduce a step adds up. It carries all gradients, and the losses, in
one flat tensor. `DistributedDataParallel` would average over `forward` calls of one module; here a
step is `encode`, draw and decode, and sums are what the parts need.

Worker 0 leads: it alone validates, evaluates and writes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor

from graphvae_data.core.errors import WorkerLost
from graphvae_data.core.rng import seed_from

T = TypeVar("T")


@dataclass(frozen=True)
class Workers:
    """Which of a job's workers this process is, and how it hears from the others.

    >>> [Workers(rank, 3).part(8) for rank in range(3)]
    [slice(0, 2, None), slice(2, 5, None), slice(5, 8, None)]
    """

    rank: int = 0
    """Its number."""
    count: int = 1
    """W, how many there are."""
    local_rank: int = 0
    """Its number among those of its machine."""
    local_count: int = 1
    """How many its machine has."""

    @property
    def leads(self) -> bool:
        """Whether this is worker 0."""
        return self.rank == 0

    @property
    def gpu(self) -> int | None:
        """The number of the GPU that is this worker's alone; None where it is free to choose."""
        return self.local_rank if self.count > 1 else None

    def part(self, length: int) -> slice:
        """Return the stretch of a list of this length that is this worker's."""
        return slice(*(length * rank // self.count for rank in (self.rank, self.rank + 1)))

    def own_generator(self, generator: torch.Generator) -> torch.Generator:
        """Return a generator for draws that are this worker's alone.

        The shared one moves on alike on every worker, however much each of them draws.
        """
        if self.count == 1:
            return generator
        return torch.Generator(generator.device).manual_seed(seed_from(generator) + self.rank)

    def add_up(self, weights: Iterable[Tensor], losses: Float[Tensor, " loss"]) -> Tensor:
        """Sum over the workers the gradients of `weights`, in place, and `losses`, returned.

        Every worker gets the same bits.
        """
        if self.count == 1:
            return losses
        parts = [losses, *(weight.grad for weight in weights if weight.grad is not None)]
        flat = torch.cat([part.flatten() for part in parts])
        with self._watch():
            dist.all_reduce(flat)
        summed: tuple[Tensor, ...] = flat.split([part.numel() for part in parts])
        for part, values in zip(parts[1:], summed[1:], strict=True):
            part.copy_(values.view_as(part))
        return summed[0].clone()  # a view would keep the whole

    def told(self, numbers: Sequence[float]) -> list[float]:
        """Return worker 0's numbers, on every worker; those of the others are not looked at."""
        if self.count == 1:
            return list(numbers)
        values = torch.tensor(numbers, dtype=torch.float64)
        with self._watch():
            dist.broadcast(values, src=0)
        return values.tolist()

    def meet(self) -> None:
        """Wait until every worker is here."""
        self.add_up([], torch.zeros(1))

    def one_first(self, act: Callable[[], T]) -> T:
        """Act on one worker of each machine, then on the others: they find what it downloaded."""
        if self.local_rank > 0:
            self.meet()
        found = act()
        if self.local_rank == 0:
            self.meet()
        return found

    @contextmanager
    def _watch(self) -> Iterator[None]:
        """Say in one line that a worker is gone; torch raises at once where a connection closes."""
        try:
            yield
        except RuntimeError as fault:
            which = (
                f"worker {1 - self.rank} of 2"
                if self.count == 2
                else f"one of {self.count} workers"
            )
            raise WorkerLost(f"{which} was lost") from fault


ALONE = Workers()
"""One process that does everything."""


def current() -> Workers:
    """Return this process's place among the workers of `torch.distributed`, once it is set up."""
    if not dist.is_available() or not dist.is_initialized():
        return ALONE
    return Workers(
        dist.get_rank(),
        dist.get_world_size(),
        int(os.environ.get("LOCAL_RANK", "0")),
        int(os.environ.get("LOCAL_WORLD_SIZE", "1")),
    )
