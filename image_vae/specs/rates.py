"""Learning rate schedules and other settings of the gradient steps, for images and graphs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from pydantic import Field

from graphvae_data.settings.settings import Part, Settings, register


@dataclass(frozen=True)
class Length:
    """The length of a run, which a learning rate may depend on."""

    steps_per_epoch: int
    """Steps in an epoch."""
    steps: int
    """Steps of the whole run."""


class Rates(Part):
    """The learning rate over a run, as a share of `lr`."""

    family: ClassVar[dict[str, type[Part]]] = {}

    @property
    def constant(self) -> bool:
        """Whether the share is always 1."""
        return False

    def share(self, step: int, length: Length) -> float:
        """Return the share of `lr` at a step, counted from 0."""
        raise NotImplementedError


@register
class Constant(Rates):
    """The same learning rate in every step."""

    name = "constant"

    @property
    def constant(self) -> bool:
        """Yes."""
        return True

    def share(self, step: int, length: Length) -> float:
        """Return 1."""
        return 1.0


@register
class Burda(Rates):
    """Stages of 3^i epochs at lr · 10^(−i/7), i = 0, …, 7: 3,280 epochs (Burda et al. 2015, §5).

    >>> [round(Burda().share(epoch, Length(1, 3280)), 3) for epoch in (0, 1, 3, 4, 3279)]
    [1.0, 0.72, 0.72, 0.518, 0.1]
    """

    name = "burda"

    def share(self, step: int, length: Length) -> float:
        """Return 10^(−i/7) in the i-th stage."""
        epoch = step // length.steps_per_epoch
        stage, end = 0, 1
        while epoch >= end and stage < 7:
            stage += 1
            end += 3**stage
        return float(10 ** (-stage / 7))


@register
class Cosine(Rates):
    """Half a cosine from lr to a share of it at the end (Loshchilov & Hutter 2017, equation 5).

    >>> [round(Cosine().share(step, Length(1, 4)), 3) for step in (0, 2, 4)]
    [1.0, 0.5, 0.0]
    """

    name = "cosine"
    end: float = Field(
        default=0.0, ge=0, le=1, description="Share of the learning rate at the end."
    )

    def share(self, step: int, length: Length) -> float:
        """Return the share at a step; it falls to `end` over the run."""
        return self.end + (1 - self.end) * (1 + math.cos(math.pi * step / length.steps)) / 2


class Descent(Settings):
    """Settings of the gradient steps."""

    lr_warmup: int = Field(
        default=0, ge=0, description="Epochs over which the learning rate rises linearly from 0."
    )
    clip_grad: float | None = Field(
        default=None, gt=0, description="Clip the gradient norm to this value; off by default."
    )
    ema: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Decay of an exponential moving average of the weights, such as 0.999, which "
        "validation and the finished model use; 0 for none.",
    )
    patience: int | None = Field(
        default=None,
        ge=1,
        description="Stop after this many epochs without a better validation score.",
    )

    def schedule(self, rates: Rates, length: Length) -> Callable[[int], float] | None:
        """Return the share of `lr` by step, counted from 0, with the warm-up; None if constant.

        >>> share = Descent(lr_warmup=2).schedule(Constant(), Length(2, 9))
        >>> [share(step) for step in (0, 1, 3, 4)]
        [0.25, 0.5, 1.0, 1.0]
        """
        if not self.varies(rates):
            return None
        return partial(_share, rates, length, self.lr_warmup * length.steps_per_epoch)

    def varies(self, rates: Rates) -> bool:
        """Return whether the learning rate changes during a run."""
        return self.lr_warmup > 0 or not rates.constant


def _share(rates: Rates, length: Length, warmup_steps: int, step: int) -> float:
    """Return the share at a step, with a linear warm-up over the first steps."""
    share = rates.share(step, length)
    return share * (step + 1) / warmup_steps if step < warmup_steps else share
