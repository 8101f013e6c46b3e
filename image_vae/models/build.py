"""Build a model and its objective from a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from graphvae_data.settings.setting_errors import SettingClash
from image_vae.models.infogan import Generator, InfoGan, Recognition
from image_vae.models.latent_model import LatentModel
from image_vae.models.vae import VAE
from image_vae.nn.code_network import CodeNetwork
from image_vae.nn.decoders import LabelDecoder
from image_vae.nn.joined import Joined
from image_vae.nn.networks import Conditional, Shape
from image_vae.parts.distributions.concrete import ConcretePosterior, UniformConcrete
from image_vae.parts.distributions.posteriors import (
    CategoricalPosterior,
    GaussianPosterior,
    PosteriorModule,
)
from image_vae.parts.distributions.priors import PriorModule, UniformCategories
from image_vae.parts.distributions.uniform import StandardUniform
from image_vae.parts.latent_graph import Latent, LatentGraph, Observed
from image_vae.parts.objectives import Objective
from image_vae.parts.penalties import PenaltyTerm
from image_vae.specs.decoders import DecoderInputs
from image_vae.specs.recipe import ImageRecipe

Images = Float[Tensor, "image channel height width"]


@dataclass(frozen=True)
class ImageExamples:
    """Training images, from which a prior may take pseudo-inputs."""

    images: Images
    """The images, in [0, 1]."""
    bounded: bool = True
    """Whether pixels are in [0, 1]."""

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.images)

    def take(self, index: Int[Tensor, " index"]) -> Images:
        """Return the images at these indices."""
        return self.images[index]


@dataclass(frozen=True)
class ModelInputs:
    """The inputs for building a model."""

    recipe: ImageRecipe
    """The parts."""
    images: Images
    """Training images in [0, 1]. Their mean is the initial output of a decoder."""
    generator: torch.Generator
    """Draws the weights; on the CPU."""
    values: int = 0
    """Number of values of the label; 0 for no label."""
    attributes: Mapping[str, int] = field(default_factory=dict)
    """Number of values of each attribute that the model observes, by the variable's name."""

    @property
    def shape(self) -> Shape:
        """Channels, height and width of an image."""
        return tuple(self.images.shape[1:])

    def decoder(self, parents: dict[str, int], *, joined: bool = False) -> nn.Module:
        """Return the decoder from codes to images.

        Args:
            parents: dimension of each code, by name.
            joined: whether the first hidden layer takes the codes concatenated, as for a label.
        """
        recipe = self.recipe
        return recipe.decoder.build(
            DecoderInputs(
                parents=parents,
                mean=self.images.mean(0),
                likelihood=recipe.likelihood,
                encoder=recipe.encoder,
                # Without batch normalisation InfoGAN's generator collapses to a few images.
                normalised=recipe.bound.adversarial,
                joined=joined,
                generator=self.generator,
            )
        )

    def prior(self, latent: int) -> PriorModule:
        """Return the prior of a code of this dimension."""
        return self.recipe.prior.build(latent, ImageExamples(self.images), self.generator)


def build_model(
    recipe: ImageRecipe,
    images: Images,
    generator: torch.Generator,
    *,
    values: int = 0,
    attributes: Mapping[str, int] | None = None,
) -> LatentModel:
    """Build the untrained model of a recipe, on the CPU.

    Args:
        recipe: the parts.
        images: training images in [0, 1]; a prior that encodes all of them needs all.
        generator: draws the weights; on the CPU.
        values: number of values of the label; 0 for no label. If the code predicts the label, all
            other weights are the same with and without it.
        attributes: number of values of each attribute that the model observes.

    Raises:
        SettingClash: parts that are incompatible with the images.
    """
    inputs = ModelInputs(recipe, images, generator, values, attributes or {})
    game = recipe.bound.game
    if game is not None:
        return _infogan(inputs, game.noise)
    return recipe.latents.model(inputs)


def graph_model(graph: LatentGraph, inputs: ModelInputs) -> VAE:
    """Return a model with a network for each code of a latent graph."""
    recipe, generator = inputs.recipe, inputs.generator
    inferred = any(latent.name == "y" for latent in graph.latents)
    if inputs.values and not inferred:
        graph = replace(
            graph, observed={**graph.observed, "y": Observed(("z",), categories=inputs.values)}
        )
    widths = {name: prod(_shape(inputs, graph, name)) for name in graph.observed["x"].parents}
    decoder = inputs.decoder(widths, joined=_has_category(graph, graph.observed["x"].parents))
    return VAE(
        graph,
        inference={
            latent.name: _network(inputs, graph, latent.q_parents, _family(inputs, latent))
            for latent in graph.latents
        },
        generation={
            latent.name: _network(inputs, graph, latent.p_parents, GaussianPosterior(latent.size))
            for latent in graph.latents
            if latent.p_parents
        },
        priors={
            latent.name: _prior(inputs, latent) for latent in graph.latents if not latent.p_parents
        },
        decoders={
            "x": decoder,
            **_label_decoder(recipe, 0 if inferred else inputs.values, generator),
        },
    )


def build_objective(recipe: ImageRecipe, penalty: PenaltyTerm) -> Objective:
    """Return the function of a trace that training minimises."""
    labels = recipe.labels
    if recipe.latents.infers_label:
        return recipe.latents.objective(recipe.bound.build(penalty, {}), labels)
    return recipe.bound.build(penalty, {} if labels.label is None else {"y": labels.label_weight})


def _label_decoder(
    recipe: ImageRecipe, values: int, generator: torch.Generator
) -> dict[str, nn.Module]:
    """Return the classifier from the first group of the code to the label, if there is a label."""
    if not values:
        return {}
    first = recipe.penalty.coordinate_groups[0]
    return {"y": LabelDecoder("z", first, values, generator=generator)}


def _infogan(inputs: ModelInputs, noise: int) -> InfoGan:
    recipe, generator = inputs.recipe, inputs.generator
    (latent,) = recipe.latents.sizes
    code = inputs.prior(latent)
    if not isinstance(code, StandardUniform):
        raise SettingClash(
            ("prior",),
            f"expected one that builds a StandardUniform for the bound {recipe.bound.kind()}, got "
            f"{recipe.prior.kind()}",
        )
    body = recipe.encoder.body(inputs.shape, recipe.encoder.hidden, generator)
    widths = {"input": sum(code.categories) + code.continuous + noise}
    return InfoGan(
        Recognition(body, code, generator=generator),
        Generator(inputs.decoder(widths), noise),
        code,
        generator,
    )


def _has_category(graph: LatentGraph, parents: tuple[str, ...]) -> bool:
    return any(latent.categorical and latent.name in parents for latent in graph.latents)


def _prior(inputs: ModelInputs, latent: Latent) -> PriorModule:
    if not latent.categorical:
        return inputs.prior(latent.size)
    if latent.estimator == "relax":
        return UniformConcrete(latent.size, latent.temperature)
    return UniformCategories(latent.size)


def _family(inputs: ModelInputs, latent: Latent) -> PosteriorModule:
    if latent.categorical and latent.estimator == "relax":
        return ConcretePosterior(latent.size, latent.temperature)
    if latent.categorical:
        return CategoricalPosterior(latent.size)
    return inputs.recipe.posterior.build(latent.size, inputs.generator)


def _network(
    inputs: ModelInputs,
    graph: LatentGraph,
    parents: tuple[str, ...],
    family: PosteriorModule,
) -> CodeNetwork:
    """Return the network from a code's parents to its distribution."""
    encoder, generator = inputs.recipe.encoder, inputs.generator
    image = "x" in parents
    hidden = encoder.hidden if image or not encoder.hidden_between else encoder.hidden_between
    shapes = {name: _shape(inputs, graph, name) for name in parents}
    activation = encoder.activation
    if _has_category(graph, parents) and (encoder.dense or not image):
        joined = Joined(
            shapes, family.widths, hidden=hidden, activation=activation, generator=generator
        )
        return CodeNetwork(joined, family)
    network = Conditional(
        shapes,
        family.widths,
        hidden=hidden,
        activation=activation,
        image_body=encoder.body,
        generator=generator,
    )
    return CodeNetwork(network, family)


def _shape(inputs: ModelInputs, graph: LatentGraph, name: str) -> Shape:
    variable = graph.observed.get(name)
    if variable is None:
        return graph[name].value_shape
    return (variable.categories,) if variable.categories else inputs.shape
