"""Optimisers of the gradient steps, for images and graphs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from graphvae_data.settings.settings import Part, register

if TYPE_CHECKING:
    import torch
    from torch import nn


class Optimizer(Part):
    """The optimiser of the model's weights.

    A user-defined one declares its settings and builds any optimiser of PyTorch's interface.
    """

    family: ClassVar[dict[str, type[Part]]] = {}

    @property
    def capturable(self) -> bool:
        """Whether a CUDA graph can capture its steps."""
        return False

    def build(
        self, parameters: Iterable[nn.Parameter], lr: float, *, captured: bool = False
    ) -> torch.optim.Optimizer:
        """Return the optimiser.

        Args:
            parameters: the weights; those that require no gradient are left out.
            lr: the learning rate at the start.
            captured: whether a CUDA graph will capture its steps.
        """
        raise NotImplementedError


class _Moments(Optimizer):
    """An optimiser with decaying averages of the gradient and of its scale."""

    beta1: float = Field(default=0.9, ge=0, lt=1, description="Decay of the mean of the gradient.")
    beta2: float = Field(
        default=0.999, ge=0, lt=1, description="Decay of the scale of the gradient."
    )

    @property
    def capturable(self) -> bool:
        """Yes."""
        return True


@register
class Adam(_Moments):
    """Adam (Kingma & Ba 2015, algorithm 1)."""

    name = "adam"

    def build(
        self, parameters: Iterable[nn.Parameter], lr: float, *, captured: bool = False
    ) -> torch.optim.Optimizer:
        """Return Adam in its fused form, one kernel instead of a dozen for each parameter."""
        from graphvae_data.training import adam

        trainable = [each for each in parameters if each.requires_grad]
        return adam.PlainAdam(
            trainable,
            lr=lr,
            betas=(self.beta1, self.beta2),
            fused=trainable[0].device.type in ("cpu", "cuda"),
            capturable=captured,
        )


@register
class NormalisedAdam(_Moments):
    """Adam with each tensor's gradient divided by its own L2 norm (Tomczak & Welling 2017).

    The steps then depend neither on the scale of the loss nor on gradient clipping.
    """

    name = "normalised-adam"

    def build(
        self, parameters: Iterable[nn.Parameter], lr: float, *, captured: bool = False
    ) -> torch.optim.Optimizer:
        """Return Adam that normalises its gradients."""
        from graphvae_data.training import adam

        trainable = [each for each in parameters if each.requires_grad]
        return adam.PlainNormalisedAdam(
            trainable,
            lr=lr,
            betas=(self.beta1, self.beta2),
            fused=trainable[0].device.type in ("cpu", "cuda"),
            capturable=captured,
        )


@register
class Adamax(_Moments):
    """Adamax: Adam with the infinity norm of past gradients (Kingma & Ba 2015, algorithm 2)."""

    name = "adamax"
    eps: float = Field(default=1e-8, gt=0, description="Added to the scale of the gradient.")
    weight_decay: float = Field(
        default=0.0, ge=0, description="Weight of ½ ‖w‖² in the loss (L2 regularisation)."
    )

    def build(
        self, parameters: Iterable[nn.Parameter], lr: float, *, captured: bool = False
    ) -> torch.optim.Optimizer:
        """Return Adamax."""
        from graphvae_data.training import adam

        trainable = [each for each in parameters if each.requires_grad]
        betas = (self.beta1, self.beta2)
        return adam.PlainAdamax(
            trainable,
            lr=lr,
            betas=betas,
            eps=self.eps,
            weight_decay=self.weight_decay,
            capturable=captured,
        )
