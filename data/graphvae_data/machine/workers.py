"""Data-parallel training: each step is divided among processes, and the parts are summed.

Every worker has the same graph, weights and random states, and so draws the same batch, noise and
negatives. It computes one of W parts of a step's terms; terms that all workers compute (the KL
term) have weight 1/W. The parts and their gradients sum to those of a single process, up to
rounding. One all-reduce per step sums all gradients and losses in one flat tensor.
`DistributedDataParallel` would average over `forward` calls of one module; here a step consists of
`encode`, sampling and decoding, and sums are needed.

Worker 0 is the leader: only it validates, evaluates and writes.
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
    """The position of this process among the workers of a job, and their communication.

    >>> [Workers(rank, 3).part(8) for rank in range(3)]
    [slice(0, 2, None), slice(2, 5, None), slice(5, 8, None)]
    """

    rank: int = 0
    """Rank of this worker."""
    count: int = 1
    """W, the number of workers."""
    local_rank: int = 0
    """Rank on its machine."""
    local_count: int = 1
    """Number of workers on its machine."""

    @property
    def leads(self) -> bool:
        """Whether this is worker 0."""
        return self.rank == 0

    @property
    def gpu(self) -> int | None:
        """The index of this worker's GPU; None if there is a single worker."""
        return self.local_rank if self.count > 1 else None

    def part(self, length: int) -> slice:
        """Return this worker's slice of a list of this length."""
        return slice(*(length * rank // self.count for rank in (self.rank, self.rank + 1)))

    def own_generator(self, generator: torch.Generator) -> torch.Generator:
        """Return a generator for draws of this worker only.

        The shared one advances equally on all workers, however much each of them draws.
        """
        if self.count == 1:
            return generator
        return torch.Generator(generator.device).manual_seed(seed_from(generator) + self.rank)

    def add_up(self, weights: Iterable[Tensor], losses: Float[Tensor, " loss"]) -> Tensor:
        """Sum the gradients of `weights` over the workers in place, and return the summed `losses`.

        All workers get bit-identical results.
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
        return summed[0].clone()  # a view would keep the whole tensor alive

    def broadcast(self, numbers: Sequence[float]) -> list[float]:
        """Broadcast the numbers of worker 0."""
        if self.count == 1:
            return list(numbers)
        values = torch.tensor(numbers, dtype=torch.float64)
        with self._watch():
            dist.broadcast(values, src=0)
        return values.tolist()

    def meet(self) -> None:
        """Wait for all workers (a barrier)."""
        self.add_up([], torch.zeros(1))

    def local_leader_first(self, function: Callable[[], T]) -> T:
        """Call `function` on one worker per machine, then on the others, e.g. for downloads."""
        if self.local_rank > 0:
            self.meet()
        result = function()
        if self.local_rank == 0:
            self.meet()
        return result

    @contextmanager
    def _watch(self) -> Iterator[None]:
        """Raise `WorkerLost` if a connection to another worker is closed."""
        try:
            yield
        except RuntimeError as error:
            lost = (
                f"worker {1 - self.rank} of 2"
                if self.count == 2
                else f"one of {self.count} workers"
            )
            raise WorkerLost(f"{lost} was lost") from error


ALONE = Workers()
"""A single process."""


class BatchGenerator(torch.Generator):
    """A random source for workers that compute parts of one batch.

    All workers draw the noise of the whole batch and each keeps the rows of its part, so that the
    noise of an example does not depend on the number of workers.

    >>> generator = BatchGenerator("cpu")
    >>> _ = generator.manual_seed(0)
    >>> generator.size, generator.part = 4, slice(2, 4)
    >>> rows = standard_normal(torch.empty(1, 2, 3), generator)
    >>> rows.equal(torch.randn(1, 4, 3, generator=torch.Generator().manual_seed(0))[:, 2:])
    True
    """

    size: int = 0
    """Examples of the whole batch; 0 while no batch is divided."""
    part: slice = slice(None)
    """This worker's examples."""


def standard_normal(
    like: Float[Tensor, "*example width"], generator: torch.Generator
) -> Float[Tensor, "*example width"]:
    """Draw standard normal noise of the shape and type of a tensor, [k, batch, width] if divided.

    Args:
        like: the tensor.
        generator: a `BatchGenerator` draws for the whole batch.
    """
    if isinstance(generator, BatchGenerator) and generator.size:
        whole = like.new_empty(like.size(0), generator.size, *like.shape[2:])
        return whole.normal_(generator=generator)[:, generator.part]
    noise = torch.empty_like(like, memory_format=torch.contiguous_format)
    return noise.normal_(generator=generator)


def current() -> Workers:
    """Return the workers of `torch.distributed`, or the single process if it is not set up."""
    if not dist.is_available() or not dist.is_initialized():
        return ALONE
    return Workers(
        dist.get_rank(),
        dist.get_world_size(),
        int(os.environ.get("LOCAL_RANK", "0")),
        int(os.environ.get("LOCAL_WORLD_SIZE", "1")),
    )
