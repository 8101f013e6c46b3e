"""Players: parameters with an optimiser and a loss, whose steps move no other parameters.

A model is one player. A method with a discriminator has two, which take turns: the auxiliary
network of FactorVAE, the generator and the discriminator of InfoGAN, the discriminator of ARGA.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, runtime_checkable

import torch
from torch import Tensor, nn

from graphvae_data.training.weights import copy_weights

P = ParamSpec("P")


@runtime_checkable
class Terms(Protocol):
    """The terms of a loss."""

    @property
    def total(self) -> Tensor:
        """The minimised number."""


T = TypeVar("T", bound=Terms)


@dataclass(frozen=True)
class Player(Generic[P, T]):
    """A set of parameters with an optimiser and a loss.

    >>> from types import SimpleNamespace
    >>> layer = nn.Linear(1, 1, bias=False)
    >>> def loss(x: Tensor) -> SimpleNamespace:
    ...     return SimpleNamespace(total=layer(x).square().sum())
    >>> player = Player(layer, torch.optim.SGD(layer.parameters(), lr=0.1), loss)
    >>> first = player.turn(torch.ones(1)).total
    >>> bool(player.turn(torch.ones(1)).total < first)
    True
    """

    module: nn.Module
    """The module whose weights are saved in a checkpoint."""
    optimizer: torch.optim.Optimizer
    """The optimiser of this player's parameters only."""
    loss: Callable[P, T]
    """Returns the terms of the minimised loss."""
    clip: float | None = None
    """The greatest norm of the gradient; None for no limit."""
    autocast: torch.dtype | None = None
    """The type in which the loss computes its products; None for that of the weights."""
    reduce: Callable[[Sequence[Tensor], T], T] | None = None
    """Sums the gradients of parameters, and the terms, over the workers; None for one worker."""
    in_place: bool = False
    """Whether gradients keep their memory from step to step, as a captured step needs."""

    @property
    def learnt(self) -> list[Tensor]:
        """The player's parameters; no gradients are computed for those of another player."""
        return [each for group in self.optimizer.param_groups for each in group["params"]]

    def turn(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """Take one gradient step, also under `no_grad`; the arguments are those of the loss."""
        self.optimizer.zero_grad(set_to_none=not self.in_place)
        with torch.enable_grad(), self._precision():
            terms = self.loss(*args, **kwargs)
        learnt = self.learnt
        terms.total.backward(inputs=learnt)
        if self.reduce is not None:
            terms = self.reduce(learnt, terms)
        if self.clip is not None:
            nn.utils.clip_grad_norm_(learnt, self.clip)
        self.optimizer.step()
        return terms

    def _precision(self) -> AbstractContextManager[Any]:
        if self.autocast is None:
            return nullcontext()
        return torch.autocast(self.learnt[0].device.type, self.autocast)

    def state_dict(self) -> dict[str, Any]:
        """Return the state as tensors and plain values."""
        return {"module": copy_weights(self.module), "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a state that `state_dict` returned."""
        self.module.load_state_dict(state["module"])
        self.optimizer.load_state_dict(state["optimizer"])
