"""How many weights a model has, known without making it."""

from __future__ import annotations

from graphvae.specs.config import FitConfig

MLP_DECODER = 32
"""Width of the Hadamard-MLP decoder's hidden layer."""


def widths(config: FitConfig) -> tuple[int, int]:
    """Return the widths of the hidden layer (0 if there is none) and of the last."""
    heads = 2 if config.preset.variational else 1
    one_layer = config.preset.encoder in ("linear", "normalised", "normalised-mean", "embedding")
    return (0 if one_layer else config.settings.hidden), heads * config.settings.latent


def count_weights(config: FitConfig, num_nodes: int, num_features: int) -> int:
    """Count the weights of a preset's model on a graph; without features the identity's are N."""
    inputs = num_features or num_nodes
    hidden, outputs = widths(config)
    encoder = {
        "sage": 2 * inputs * hidden + hidden + 2 * hidden * outputs + outputs,
        "embedding": _embedding(config, num_nodes, num_features),
        "gat": inputs * hidden + 3 * hidden + hidden * outputs + 3 * outputs,
    }.get(config.preset.encoder, inputs * hidden + hidden * outputs if hidden else inputs * outputs)
    if config.preset.decoder == "hadamard-mlp":
        encoder += config.settings.latent * MLP_DECODER + 2 * MLP_DECODER
    if config.preset.decoder == "residual-mlp":
        latent = config.settings.latent
        encoder += config.preset.layers * latent * (latent + 1) + latent + 1
    return encoder + _prior(config, inputs)


def _prior(config: FitConfig, inputs: int) -> int:
    """Count means and widths of a mixture, or the rows of features of pseudo-nodes."""
    width = inputs if config.prior == "vamp" else 2 * config.settings.latent
    return (config.prior_components or 0) * width


def _embedding(config: FitConfig, num_nodes: int, num_features: int) -> int:
    """Count learnable node embeddings, beside features with the weights of both."""
    hidden, latent = config.settings.hidden, config.settings.latent
    if not num_features:
        return num_nodes * latent
    return num_nodes * hidden + (num_features + hidden) * latent
