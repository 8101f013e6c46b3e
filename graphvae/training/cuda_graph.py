"""A training step captured once as a CUDA graph and replayed: one launch instead of hundreds.

On a graph as small as Cora a GPU waits for the host, which launches about a hundred kernels per
step. A CUDA graph records them once. Recorded kernels must not depend on values that the host reads
from the device, must keep their shapes, and must find their data at the same addresses each time:
so gradients are set to zero in place, and the losses are written to a persistent tensor
(`StaticStep`). That part does not need a GPU, and gives the same bits as an ordinary step.

The first steps are ordinary training steps on a side stream, in which libraries allocate their
workspaces. The next step is captured, which does not run it; this and all later steps are replays.
The generator is registered with the CUDA graph, so that each replay draws new numbers and advances
the state that checkpoints save.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from graphvae.losses.objective import stacked, unstacked
from image_vae.parts.terms import LossTerms

WARM_UP = 3
"""Ordinary steps before the capture."""


class StaticStep:
    """A step that writes its losses to the same tensor each time.

    Args:
        step: takes one step, with gradients set to zero in place, and returns its terms.
        device: the device of the step.
    """

    def __init__(self, step: Callable[[], LossTerms], device: torch.device) -> None:
        self._step = step
        self._names: tuple[str, ...] = ()
        self.losses = torch.zeros(0, device=device)
        """The terms of the last step, in order; empty before it."""

    def __call__(self) -> LossTerms:
        """Take a step and return a copy of its terms."""
        self.take()
        return unstacked(self._names, self.losses.clone())

    def take(self) -> None:
        """Take a step and store its terms in `losses`."""
        terms = self._step()
        losses = stacked(terms)
        if not self.losses.numel():
            self._names, self.losses = tuple(terms.parts), torch.zeros_like(losses)
        self.losses.copy_(losses)


class CapturedStep(StaticStep):
    """A static step, replayed from a CUDA graph after `WARM_UP` steps.

    Args:
        step: as in `StaticStep`; its optimiser must be capturable.
        generator: the source of all randomness in the step, on the device.
    """

    def __init__(self, step: Callable[[], LossTerms], generator: torch.Generator) -> None:
        super().__init__(step, generator.device)
        self.generator = generator
        self.taken = 0
        """Steps taken, up to `WARM_UP`."""
        self.graph: torch.cuda.CUDAGraph | None = None
        """The CUDA graph, once captured."""

    def take(self) -> None:
        """Take a step: an ordinary one on a side stream while warming up, then a replay."""
        with torch.cuda.device(self.generator.device):
            if self.taken < WARM_UP:
                self._warm_up()
                self.taken += 1
                return
            if self.graph is None:
                self.graph = self._capture()
            self.graph.replay()

    def _warm_up(self) -> None:
        """Take an ordinary step on a side stream."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            super().take()
        torch.cuda.current_stream().wait_stream(stream)

    def _capture(self) -> torch.cuda.CUDAGraph:
        """Record a step without running it."""
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self.generator)
        with torch.cuda.graph(graph):
            super().take()
        return graph
