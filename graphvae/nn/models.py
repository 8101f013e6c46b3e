"""GAE and VGAE: an encoder, a posterior over node embeddings, a decoder.

Nothing is remembered between calls: `encode` returns the posterior and the loss receives it.
At evaluation the embedding is the posterior mean.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphvae.graph.propagation import MessageGraph
from graphvae.nn.decoders import DECODERS, Decoder
from graphvae.nn.encoders import GCN, MLP, LinearGCN, NormalisedGCN, NormalisedMean
from graphvae.nn.node_embeddings import NodeEmbedding
from graphvae.nn.orthogonal import start_orthogonal
from graphvae.nn.priors import NodePrior, build_prior, nodes_alone
from graphvae.nn.pyg import FromPyg, drawn_from
from graphvae.nn.pyg_encoders import gat, sage
from graphvae.nn.scaling import Scaled, TfIdf
from graphvae.specs.config import FitConfig
from graphvae_data.core.errors import InputError
from image_vae.parts.posteriors import DiagonalGaussian, PointMass, Posterior
from image_vae.parts.priors import PriorDistribution

ENCODERS: dict[str, Callable[..., nn.Module]] = {
    "gcn": GCN,
    "linear": LinearGCN,
    "normalised": NormalisedGCN,
    "normalised-mean": NormalisedMean,
    "embedding": NodeEmbedding,
    "mlp": MLP,
    "sage": sage,
    "gat": gat,
}


class GAE(nn.Module):
    """Graph auto-encoder: Z = GCN(X, A), p(A_uv = 1) = σ(z_uᵀ z_v).

    Source: Kipf & Welling 2016, "Variational Graph Auto-Encoders", §2, "non-probabilistic GAE".

    Args:
        encoder: maps a graph to node states [node, latent].
        decoder: maps embeddings and pairs to logits.
    """

    def __init__(self, encoder: nn.Module, decoder: Decoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def encode(self, graph: MessageGraph, generator: torch.Generator) -> Posterior:
        """Return the posterior over Z [node, latent]."""
        return PointMass(self.encoder(graph, generator))

    def prior_distribution(self, generator: torch.Generator) -> PriorDistribution | None:
        """Return what the codes are drawn from; a point has no prior."""
        return None

    @torch.no_grad()
    def embed(self, graph: MessageGraph) -> Float[Tensor, "node latent"]:
        """Return the embedding used outside training: the posterior mean, without dropout."""
        was_training = self.training
        self.eval()
        mean = self.encode(graph, torch.Generator(self.device)).mean
        self.train(was_training)
        return mean

    @property
    def device(self) -> torch.device:
        """Where the weights live."""
        return next(self.parameters()).device


class VGAE(GAE):
    """Variational graph auto-encoder: q(z_i | X, A) = N(μ_i, diag σ_i²), z_i ~ p.

    μ and log σ are two heads over a shared first layer, so the encoder gives states
    [node, 2 · latent]. Source: Kipf & Welling 2016, §2, where p is N(0, I).

    Args:
        encoder: maps a graph to node states [node, 2 · latent].
        decoder: maps embeddings and pairs to logits.
        prior: p; what is learnt of it are weights of the model.
    """

    def __init__(self, encoder: nn.Module, decoder: Decoder, prior: NodePrior) -> None:
        super().__init__(encoder, decoder)
        self.prior = prior

    def encode(self, graph: MessageGraph, generator: torch.Generator) -> DiagonalGaussian:
        """Return the posterior over Z [node, latent]."""
        mean, log_std = self.encoder(graph, generator).chunk(2, -1)
        return DiagonalGaussian(mean, log_std)

    def prior_distribution(self, generator: torch.Generator) -> PriorDistribution:
        """Return p as the weights stand; a VampPrior's pseudo-nodes are encoded for it."""
        prior: PriorDistribution = self.prior(lambda u: self.encode(nodes_alone(u), generator))
        return prior


def build_model(
    config: FitConfig,
    graph: MessageGraph,
    generator: torch.Generator,
    encoder: nn.Module | None = None,
) -> GAE:
    """Make the untrained model that a configuration names, for a graph of this shape.

    A copy of `encoder`, a PyG module of one's own, takes the place of the preset's encoder.
    """
    if encoder is None:
        made: nn.Module = preset_encoder(config, graph, generator)
    else:
        made = own_encoder(encoder, config, graph, generator)
    decoder = preset_decoder(config, generator)
    if not config.preset.variational:
        return GAE(made, decoder)
    return VGAE(made, decoder, build_prior(config, graph, generator))


def preset_decoder(config: FitConfig, generator: torch.Generator) -> Decoder:
    """Make the decoder of the configuration's preset."""
    name, extra = config.preset.decoder, {}
    if name == "residual-mlp":
        extra = {"layers": config.preset.layers, "dropout": config.settings.dropout}
    return DECODERS[name](config.settings.latent, generator, **extra)


def preset_encoder(config: FitConfig, graph: MessageGraph, generator: torch.Generator) -> nn.Module:
    """Make the encoder of the configuration's preset."""
    settings, extra = config.settings, {}
    if config.preset.encoder == "embedding":
        extra = {
            "num_nodes": graph.num_nodes,
            "with_features": graph.features is not None,
            "hops": config.preset.hops,
        }
    encoder = ENCODERS[config.preset.encoder](
        graph.num_features,
        settings.hidden,
        settings.latent,
        heads=2 if config.preset.variational else 1,
        dropout=settings.dropout,
        generator=generator,
        **extra,
    )
    if config.init == "orthogonal":
        if graph.features is not None:
            raise InputError("init: orthogonal is for graphs without features; add --no-features")
        start_orthogonal(encoder, generator)
    if config.preset.tf_idf and graph.features is not None:
        return Scaled(TfIdf(graph.features), encoder)
    return encoder


def own_encoder(
    module: nn.Module, config: FitConfig, graph: MessageGraph, generator: torch.Generator
) -> FromPyg:
    """Make an encoder of a copy of a PyG module; it starts with the weights the module has.

    Parameters that wait for a first call to learn their shape get their weights from `generator`.

    Raises:
        InputError: it cannot be called with (x, edge_index), has nothing to train, or does not
            give as many columns of states as the model takes.
    """
    encoder = FromPyg(copy.deepcopy(module))
    width = _width(encoder, graph, generator)
    heads = 2 if config.preset.variational else 1
    wanted = heads * config.settings.latent
    if width != wanted:
        two = f" (2 · latent: {config.model} takes mean and log-deviation)" if heads == 2 else ""
        raise InputError(
            f"encoder: expected a module that gives {wanted} columns of states"
            f"{two}, got {width}; change it, or `latent`"
        )
    if not any(weight.requires_grad for weight in encoder.parameters()):
        raise InputError(f"encoder: {type(module).__name__} has no weights to train")
    return encoder.train()


def _width(encoder: FromPyg, graph: MessageGraph, generator: torch.Generator) -> int:
    """Call an encoder once and count its columns; weights that wait for that get made."""
    try:
        with torch.no_grad(), drawn_from(generator):
            return int(encoder.eval()(graph, generator).size(-1))
    except RuntimeError as fault:  # PyTorch's word for shapes that do not go together
        name, width = type(encoder.module).__name__, graph.num_features
        raise InputError(
            f"encoder: {name} does not take this graph of {width} features a node ({fault})"
        ) from fault
