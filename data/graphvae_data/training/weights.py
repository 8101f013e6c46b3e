"""The weights of a model, and the best of a run."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

Weights = dict[str, Tensor]
"""The parameters and buffers of a model by name."""


@dataclass
class Best:
    """The best weights, selected by validation only."""

    epoch: int
    """The epoch they come from; 0 before the first."""
    score: float
    """Their validation score."""
    weights: Weights
    """The weights."""


def copy_weights(model: nn.Module) -> Weights:
    """Return a copy of the weights that further training does not change."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
