"""A training step captured once as a CUDA graph and replayed: one launch instead of hundreds.

On a graph as small as Cora a GPU waits for the host, which launches some hundred kernels a step. A
CUDA graph records them once. What is recorded must not depend on a value that only the device
knows, must not change a shape, and must find its data at the same addresses each time: so gradients
are set to zero in place, and the losses are written to a tensor that stays (`StaticStep`). That
part does not need a GPU, and gives the same bits as an ordinary step.

The first steps run as they are, on a side stream, which lets libraries allocate what they need;
they are ordinary steps of the training. The next one is captured, which does not run it, and from
then on each step is a replay. The generator is registered with the CUDA graph, so that each replay
draws new numbers and the generator's state, as a checkpoint holds it, goes on.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from graphvae.losses.objective import LossTerms

WARM_UP = 3
"""Steps before the one that is captured."""


class StaticStep:
    """A step whose losses always lie in the same place.

    Args:
        step: takes one step, with gradients set to zero in place, and returns its terms.
        device: where it runs.
    """

    def __init__(self, step: Callable[[], LossTerms], device: torch.device) -> None:
        self._step = step
        self.losses = torch.zeros(2, device=device)
        """Reconstruction and KL of the last step."""

    def __call__(self) -> LossTerms:
        """Take a step; its terms are copies, which the next one leaves alone."""
        self.take()
        reconstruction, kl = self.losses.clone()
        return LossTerms(reconstruction, kl)

    def take(self) -> None:
        """Take a step and leave its terms in `losses`."""
        terms = self._step()
        self.losses.copy_(torch.stack([terms.reconstruction, terms.kl]))


class CapturedStep(StaticStep):
    """The same, replayed from a CUDA graph after `WARM_UP` steps.

    Args:
        step: as in `StaticStep`; its optimiser must be capturable.
        generator: all the randomness of the step, on the device.
    """

    def __init__(self, step: Callable[[], LossTerms], generator: torch.Generator) -> None:
        super().__init__(step, generator.device)
        self.generator = generator
        self.taken = 0
        """Steps taken, up to `WARM_UP`."""
        self.graph: torch.cuda.CUDAGraph | None = None
        """The recording, once there is one."""

    def take(self) -> None:
        """Take a step: as it is, on a side stream, or as a replay."""
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
