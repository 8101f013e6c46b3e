"""GAE and VGAE: an encoder, a posterior over node codes, a decoder.

Models keep no state between calls: `encode` returns the posterior, which is passed to the loss.
At evaluation the embedding is the posterior mean.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter

from graphvae.graph.propagation import MessageGraph
from graphvae.nn.decoders import GraphDecoder, PairDecoder, on_graph
from graphvae.nn.priors import ExampleShapes, NodeExamples, isolated_nodes
from graphvae.nn.scaling import Scaled, TfIdf
from graphvae.nn.weight_decoders import WeightModule
from graphvae.specs.encoders import EncoderInputs
from graphvae.specs.recipe import GraphRecipe
from graphvae_data.core.errors import InputError
from graphvae_data.core.rng import digest, global_seed
from graphvae_data.settings.settings import Part
from image_vae.parts.distributions.posteriors import (
    Distribution,
    GaussianPosterior,
    PointMass,
    PosteriorModule,
)
from image_vae.parts.distributions.priors import PriorDistribution


class GAE(nn.Module):
    """Graph auto-encoder: Z = GCN(X, A), p(A_uv = 1) = σ(z_uᵀ z_v).

    Source: Kipf & Welling 2016, "Variational Graph Auto-Encoders", §2, "non-probabilistic GAE".

    Args:
        encoder: maps a graph to node states [node, latent].
        decoder: maps codes and pairs to logits.
    """

    def __init__(self, encoder: nn.Module, decoder: PairDecoder | GraphDecoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.weight_decoder: WeightModule | None = None
        """The decoder of edge weights, if any."""
        self.label_decoder: nn.Linear | None = None
        """The decoder of node labels, if any."""

    def encode(self, graph: MessageGraph, generator: torch.Generator) -> Distribution:
        """Return the posterior over Z [node, latent]."""
        return PointMass(self.encoder(graph, generator))

    def prior_distribution(self, generator: torch.Generator) -> PriorDistribution | None:
        """Return the prior of the codes; None for a point posterior."""
        return None

    @torch.no_grad()
    def embed(self, graph: MessageGraph) -> Float[Tensor, "node latent"]:
        """Return the embedding for evaluation: the posterior mean, without dropout."""
        was_training = self.training
        self.eval()
        posterior = self.encode(graph, torch.Generator(self.device))
        self.train(was_training)
        if posterior.point is None:
            raise InputError(f"posterior: {type(posterior).__name__} has no mean to embed a node")
        return posterior.point

    def decoder_on(self, graph: MessageGraph) -> PairDecoder:
        """Return the decoder for a message graph, of which some decoders count neighbours."""
        return on_graph(self.decoder, graph)

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return next(self.parameters()).device


class VGAE(GAE):
    """Variational graph auto-encoder: q(z_i | X, A) = N(μ_i, diag σ_i²), z_i ~ p.

    μ and log σ are two heads over a shared first layer, so the encoder gives states
    [node, 2 · latent]. Source: Kipf & Welling 2016, §2, where p is N(0, I).

    Args:
        encoder: maps a graph to node states [node, heads · latent].
        decoder: maps codes and pairs to logits.
        prior: p, a module called with a function that encodes pseudo-inputs.
        posterior: maps node states to q; the columns of the states are the concatenated
            parameters of q. A Gaussian of μ and log σ by default.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: PairDecoder | GraphDecoder,
        prior: nn.Module,
        posterior: PosteriorModule | None = None,
    ) -> None:
        super().__init__(encoder, decoder)
        self.prior = prior
        self.posterior = posterior

    def encode(self, graph: MessageGraph, generator: torch.Generator) -> Distribution:
        """Return the posterior over Z [node, latent]."""
        states = self.encoder(graph, generator)
        family = self.posterior or GaussianPosterior(states.size(-1) // 2)
        outputs = states[:, : sum(family.widths)].split(family.widths, -1)
        posterior: Distribution = family(*outputs)
        return bounded(posterior)

    def prior_distribution(self, generator: torch.Generator) -> PriorDistribution:
        """Return p with the current weights; for a VampPrior, the pseudo-nodes are encoded."""
        prior: PriorDistribution = self.prior(lambda u: self.encode(isolated_nodes(u), generator))
        return prior


LOG_STD = (-20.0, 10.0)
"""Bounds of log σ; PyTorch Geometric's VGAE has the upper one."""


def bounded(posterior: Distribution) -> Distribution:
    """Return a Gaussian posterior with log σ within bounds; others are returned unchanged.

    The initial log σ is a linear function of the features, so a feature of 50,000 gives a log σ in
    the thousands, whose exponential is infinite. The gradient is that of the unbounded log σ, so
    that training can reduce it; values within the bounds are not changed.
    """
    gaussian = posterior.gaussian
    if gaussian is not posterior or gaussian is None:
        return posterior
    log_std = gaussian.log_std
    correction = (log_std.clamp(*LOG_STD) - log_std).detach()
    return replace(gaussian, log_std=log_std + correction)


def build_model(recipe: GraphRecipe, graph: MessageGraph, generator: torch.Generator) -> GAE:
    """Return the untrained model of a recipe for a graph.

    What user-defined parts draw from PyTorch's global generator is seeded too.

    Raises:
        SettingClash: a part does not support the graph.
        InputError: a user-defined encoder or decoder returns a tensor of another shape.
    """
    if not recipe.has_user_parts:
        return _assembled(recipe, graph, generator)
    with global_seed(digest(generator.get_state()), generator.device):
        model = _assembled(recipe, graph, generator)
        check_shapes(model, recipe, graph, generator)
    return model


def _assembled(recipe: GraphRecipe, graph: MessageGraph, generator: torch.Generator) -> GAE:
    encoder = build_encoder(recipe, graph, generator)
    decoder = recipe.decoder.build(recipe.latent, generator)
    if recipe.posterior.variational:
        prior = recipe.prior.build(recipe.latent, NodeExamples(graph), generator)
        posterior = recipe.posterior.build(recipe.latent, generator)
        model: GAE = VGAE(encoder, decoder, prior, posterior)
    else:
        model = GAE(encoder, decoder)
    model.weight_decoder = recipe.predict_weight.build(recipe.latent)
    return model


@torch.no_grad()
def check_shapes(
    model: GAE, recipe: GraphRecipe, graph: MessageGraph, generator: torch.Generator
) -> None:
    """Raise `InputError` unless states and logits have the shapes that the model expects."""
    model.eval()
    states, latent = model.encoder(graph, generator), recipe.latent
    _check_shape("encoder", recipe.encoder, states, (graph.num_nodes, heads_of(recipe) * latent))
    codes, pairs = torch.zeros(graph.num_nodes, latent), torch.zeros(2, 3, dtype=torch.int64)
    logits = model.decoder_on(graph)(codes, pairs)
    _check_shape("decoder", recipe.decoder, logits, (3,))
    model.train()


def _check_shape(slot: str, part: Part, output: object, shape: tuple[int, ...]) -> None:
    if not isinstance(output, Tensor) or output.shape != shape:
        got = list(output.shape) if isinstance(output, Tensor) else type(output).__name__
        raise InputError(
            f"{slot}: expected a tensor of shape {list(shape)} from {part.label}, got {got}"
        )


def heads_of(recipe: GraphRecipe) -> int:
    """Return the number of heads of a recipe's encoder, each as wide as the code."""
    with torch.device("meta"):  # only the widths are needed
        posterior = recipe.posterior.build(recipe.latent, torch.Generator("cpu"))
    return -(-sum(posterior.widths) // posterior.latent)


def build_encoder(
    recipe: GraphRecipe, graph: MessageGraph, generator: torch.Generator
) -> nn.Module:
    """Return the encoder of a recipe, with its feature scaling."""
    encoder = recipe.encoder.build(
        EncoderInputs(
            num_nodes=graph.num_nodes,
            num_features=0 if graph.features is None else graph.num_features,
            latent=recipe.latent,
            heads=heads_of(recipe),
            generator=generator,
            graph=graph,
        )
    )
    if recipe.inputs.scaling == "tf-idf" and graph.features is not None:
        return Scaled(TfIdf(graph.features), encoder)
    return encoder


def count_weights(recipe: GraphRecipe, num_nodes: int, num_features: int) -> int:
    """Return the number of weights of a recipe's model, without allocating them.

    Args:
        recipe: the model.
        num_nodes: N.
        num_features: D; 0 without features.

    Raises:
        InputError: a user's module has lazy weights, without shapes until its first call.
    """
    generator = torch.Generator()
    with torch.device("meta"):
        inputs = EncoderInputs(
            num_nodes=num_nodes,
            num_features=num_features,
            latent=recipe.latent,
            heads=heads_of(recipe),
            generator=generator,
        )
        modules = [
            recipe.encoder.build(inputs),
            recipe.decoder.build(recipe.latent, generator),
        ]
        if recipe.posterior.variational:
            examples = ExampleShapes(num_nodes, inputs.inputs)
            modules.append(recipe.prior.build(recipe.latent, examples, generator))
            modules.append(recipe.posterior.build(recipe.latent, generator))
    built = [module for module in modules if isinstance(module, nn.Module)]
    weights = [weight for module in built for weight in module.parameters()]
    if any(isinstance(weight, UninitializedParameter) for weight in weights):
        raise InputError(
            f"encoder: expected weights with known shapes, got lazy ones in {recipe.encoder.label}"
            "; call it once on the graph"
        )
    return sum(weight.numel() for weight in weights)
