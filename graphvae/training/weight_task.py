"""Prediction of edge weights in addition to links: its loss and its score for selection."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvae.nn.weight_decoders import WeightModule


@dataclass(frozen=True)
class WeightTask:
    """The weights that a decoder learns, on its device."""

    decoder: WeightModule
    """The decoder, a part of the model."""
    edges: Int[Tensor, "2 train"]
    """Training edges."""
    weights: Float[Tensor, " train"]
    """Their weights."""
    val: Int[Tensor, "2 val"]
    """Validation edges."""
    val_weights: Float[Tensor, " val"]
    """Their weights."""

    def loss(
        self, z: Float[Tensor, "node latent"], targets: Int[Tensor, " target"] | None
    ) -> Float[Tensor, ""]:
        """Return the loss of the edges that a step predicts, by index; None means all."""
        if targets is None:
            return self.decoder.loss(z, self.edges, self.weights)
        edges = self.edges.index_select(1, targets)
        return self.decoder.loss(z, edges, self.weights.index_select(0, targets))

    def explained(self, z: Float[Tensor, "node latent"]) -> float:
        """Return the share of the variance of the validation weights that is explained.

        1 − Σ (w − ŵ)² / Σ (w − w̄)², with w̄ the mean training weight. The score that selects the
        epoch is this plus the metric of the links.
        """
        with torch.no_grad():
            error = (self.decoder.mean(z, self.val) - self.val_weights).double().square().sum()
            total = (self.val_weights - self.weights.mean()).double().square().sum()
        return 1 - float(error / total.clamp(min=1e-12))
