"""Virtual adversarial training of q(y | x): the label changes little near an image.

A classifier of few labelled images may be confident and wrong between them. This term of the loss,

    KL(q(y | x) ‖ q(y | x + r)),    r = argmax KL(q(y | x) ‖ q(y | x + r)) over ‖r‖ ≤ ε,

uses no label, and no gradient passes through its first argument. r is ε times the normalised
gradient at a small random step, one power iteration.

Source: Miyato et al. 2018, "Virtual Adversarial Training: A Regularization Method for Supervised
and Semi-Supervised Learning", equations 5 and 6 and algorithm 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from graphvae_data.machine.workers import standard_normal
from image_vae.models.labelled import label_logits
from image_vae.models.vae import VAE
from image_vae.parts.objectives import Objective
from image_vae.parts.terms import Curve, LossTerms

PART = "virtual_adversarial"
"""The name of the term."""
STEP = 0.1
"""ξ, the length of the random step at which the gradient is taken."""


def adversarial_divergence(
    model: VAE,
    images: Float[Tensor, "batch channel height width"],
    radius: float,
    generator: torch.Generator,
) -> Float[Tensor, " batch"]:
    """Return KL(q(y | x) ‖ q(y | x + r)) of each image, in nats.

    Args:
        model: a model whose label is a latent variable.
        images: x.
        radius: ε, in the Euclidean norm of an image's pixels.
        generator: draws the random step.
    """
    log_q = label_logits(model, {"x": images}).detach()

    def divergence(shift: Tensor) -> Tensor:
        return (log_q.exp() * (log_q - label_logits(model, {"x": images + shift}))).sum(-1)

    noise = standard_normal(images.unsqueeze(0), generator).squeeze(0)
    step = (STEP * normalised(noise)).requires_grad_()
    (gradient,) = torch.autograd.grad(divergence(step).sum(), step)
    return divergence(radius * normalised(gradient))


def normalised(
    images: Float[Tensor, "batch channel height width"],
) -> Float[Tensor, "batch channel height width"]:
    """Return each image with norm 1; one of zeros stays as it is."""
    return F.normalize(images.flatten(1), dim=1).view_as(images)


@dataclass(frozen=True)
class VirtualAdversarial(Objective):
    """The loss of a model with a label as latent variable, plus the mean divergence."""

    objective: Objective
    """The loss without the divergence."""
    radius: float
    """ε."""

    def loss(
        self,
        model: nn.Module,
        data: Mapping[str, Tensor],
        k: int,
        generator: torch.Generator,
        step: int,
        **options: Any,
    ) -> LossTerms:
        """Return the loss of a batch, labelled and unlabelled images alike."""
        assert isinstance(model, VAE)
        terms = self.objective.loss(model, data, k, generator, step, **options)
        divergence = adversarial_divergence(model, data["x"], self.radius, generator).mean()
        return LossTerms(terms.total + divergence, {**terms.parts, PART: divergence})

    def score(
        self,
        model: nn.Module,
        data: Mapping[str, Tensor],
        k: int,
        generator: torch.Generator,
        step: int,
    ) -> LossTerms:
        """Return the loss of validation images, without the divergence."""
        return self.objective.score(model, data, k, generator, step)

    @property
    def settled(self) -> int:
        """As without the divergence."""
        return self.objective.settled

    @property
    def selects(self) -> str:
        """As without the divergence."""
        return self.objective.selects

    @property
    def labelled_terms(self) -> tuple[str, ...]:
        """As without the divergence."""
        return self.objective.labelled_terms

    @property
    def curves(self) -> Mapping[str, Curve]:
        """The curves of the loss, and the divergence."""
        return {**self.objective.curves, PART: Curve("KL(q(y | x) ‖ q(y | x + r))", apart=True)}
