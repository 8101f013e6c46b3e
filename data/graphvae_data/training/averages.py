"""An exponential moving average (EMA) of a model's weights.

After step t the average ā becomes d ā + (1 − d) w, with d = min(decay, (1 + t) / (10 + t)): a short
run is not dominated by the initial weights. Source: TensorFlow's `ExponentialMovingAverage`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from graphvae_data.training.weights import Weights, copy_weights


class Averages:
    """The averages of a model's parameters, of which there are none if `decay` is 0.

    Buffers, such as those of batch normalisation, are not averaged.

    Args:
        model: the model.
        decay: the weight of the past, in [0, 1).

    >>> layer = nn.Linear(1, 1)
    >>> averages = Averages(layer, 0.5)
    >>> start = layer.weight.item()
    >>> _ = nn.init.constant_(layer.weight, start + 1)
    >>> averages.update()
    >>> with averages.applied():
    ...     round(layer.weight.item() - start, 3)
    0.818
    >>> round(layer.weight.item() - start, 3)
    1.0
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model, self.decay, self.steps = model, decay, 0
        named = dict(model.named_parameters()) if decay else {}
        self._weights: dict[str, Tensor] = dict(named)
        self._averages = {name: each.detach().clone() for name, each in named.items()}

    @torch.no_grad()
    def update(self) -> None:
        """Add the present weights, after a step."""
        if not self._averages:
            return
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        averages, weights = list(self._averages.values()), list(self._weights.values())
        torch._foreach_lerp_(averages, weights, 1 - decay)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Use the averages as weights within the block, then restore the model's own weights."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for name, average in self._averages.items():
            weight = self._weights[name]
            own = weight.clone()
            weight.copy_(average)
            average.copy_(own)

    def weights(self) -> Weights:
        """Return a copy of the model's weights, with the averages for the parameters."""
        with self.applied():
            return copy_weights(self.model)

    def state_dict(self) -> dict[str, Any]:
        """Return the state as tensors and plain values."""
        averages = {name: each.clone() for name, each in self._averages.items()}
        return {"steps": self.steps, "averages": averages}

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a state that `state_dict` returned."""
        self.steps = state["steps"]
        for name, average in self._averages.items():
            average.copy_(state["averages"][name])
