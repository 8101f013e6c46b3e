"""From a configuration to a model and its objective: each recipe, put together of parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphvae_data.core.errors import InputError
from image_vae.models.infogan import Generator, InfoGan, Recognition
from image_vae.models.vae import VAE
from image_vae.nn.decoders import Decoder, LabelDecoder
from image_vae.nn.discriminator import Discriminator
from image_vae.nn.networks import Conditional, Convolutional, Dense, Shape
from image_vae.parts.latent_graph import Latent, LatentGraph, chain, hierarchy, hvae, one_layer
from image_vae.parts.objectives import Elbo, Iwae, Objective
from image_vae.parts.penalties import (
    Capacity,
    Decomposed,
    DensityRatio,
    FreeBits,
    Penalty,
    Weight,
)
from image_vae.parts.priors import GaussianMixture, StandardNormal, VampPrior
from image_vae.parts.schedules import Linear, constant
from image_vae.parts.uniform import StandardUniform
from image_vae.specs.config import ImageConfig

GRAPHS: dict[str, Callable[..., LatentGraph]] = {
    "one": one_layer,
    "chain": chain,
    "hvae": hvae,
    "hierarchy": hierarchy,
}
"""The latent graphs by the name a recipe gives them."""


def build_model(
    config: ImageConfig,
    images: Float[Tensor, "image channel height width"],
    generator: torch.Generator,
    *,
    values: int = 0,
) -> VAE:
    """Make the untrained model of a configuration, on the CPU.

    Args:
        config: the settings.
        images: the training images in [0, 1]: their mean is where the decoder starts, and some
            of them (`aggregate`: all) are the pseudo-inputs of a prior that needs them.
        generator: draws the weights, on the CPU.
        values: how many values a label takes that the model is to tell; 0 for no label. All other
            weights are the same with it and without.

    Raises:
        InputError: a prior of more pseudo-inputs than there are images.
    """
    settings = config.settings
    if settings.estimator == "adversarial":
        return _infogan(config, images, generator)
    graph = GRAPHS[config.recipe.layers](*settings.latent)
    if values:
        graph = replace(graph, observed={**graph.observed, "y": ("z",)})
    shape = tuple(images.shape[1:])
    widths = {name: graph[name].size for name in graph.observed["x"]}
    decoder = _decoder(config, widths, images, generator)
    return VAE(
        graph,
        inference={
            latent.name: _conditional(config, graph, latent, latent.q_parents, shape, generator)
            for latent in graph.latents
        },
        generation={
            latent.name: _conditional(config, graph, latent, latent.p_parents, shape, generator)
            for latent in graph.latents
            if latent.p_parents
        },
        priors={
            latent.name: _prior(config, latent, images, generator)
            for latent in graph.latents
            if not latent.p_parents
        },
        decoders={"x": decoder, **_label_decoder(config, values, generator)},
    )


def _label_decoder(
    config: ImageConfig, values: int, generator: torch.Generator
) -> dict[str, nn.Module]:
    """Make what tells a label from the first group of the code, if one is to be told."""
    if not values:
        return {}
    return {"y": LabelDecoder("z", config.settings.groups[0], values, generator=generator)}


def _decoder(
    config: ImageConfig,
    parents: dict[str, int],
    images: Float[Tensor, "image channel height width"],
    generator: torch.Generator,
) -> Decoder:
    """Make the network from the values of a given width that an image depends on."""
    settings = config.settings
    return Decoder(
        parents,
        tuple(images.shape[1:]),
        settings.likelihood,
        hidden=settings.hidden[::-1],
        activation=settings.activation,
        convolutional=settings.network == "conv",
        # Without it, all images that InfoGAN's G makes soon are the same few.
        normalised=settings.estimator == "adversarial",
        mean=images.mean(0),
        generator=generator,
    )


def _infogan(
    config: ImageConfig,
    images: Float[Tensor, "image channel height width"],
    generator: torch.Generator,
) -> InfoGan:
    settings = config.settings
    code = StandardUniform(settings.categories, settings.latent[0])
    kind = Convolutional if settings.network == "conv" else Dense
    shape = tuple(images.shape[1:])
    body = kind(shape, settings.hidden, settings.activation, generator=generator)
    inputs = sum(settings.categories) + settings.latent[0] + settings.noise
    return InfoGan(
        Recognition(body, code, generator=generator),
        Generator(_decoder(config, {"input": inputs}, images, generator), settings.noise),
        code,
        generator,
    )


def _conditional(
    config: ImageConfig,
    graph: LatentGraph,
    latent: Latent,
    parents: tuple[str, ...],
    shape: Shape,
    generator: torch.Generator,
) -> Conditional:
    """Make the network from a latent's parents to its μ and log σ."""
    settings = config.settings
    shapes = {name: shape if name in graph.observed else (graph[name].size,) for name in parents}
    between = "x" not in parents and settings.hidden_between
    return Conditional(
        shapes,
        latent.size,
        heads=2,
        hidden=settings.hidden_between if between else settings.hidden,
        activation=settings.activation,
        convolutional=settings.network == "conv",
        generator=generator,
    )


def _prior(
    config: ImageConfig,
    latent: Latent,
    images: Float[Tensor, "image channel height width"],
    generator: torch.Generator,
) -> nn.Module:
    name, count = config.settings.prior, config.settings.prior_components
    if name == "normal":
        return StandardNormal(latent.size)
    if name == "mog":
        return GaussianMixture(latent.size, count, generator=generator)
    if name == "aggregate":
        return VampPrior(images, learnt=False)
    if count > len(images):
        raise InputError(
            f"prior-components: expected at most the {len(images)} training images, got {count}"
        )
    chosen = torch.randperm(len(images), generator=generator)[:count]
    return VampPrior(images[chosen], learnt=name == "vamp")


def build_discriminator(config: ImageConfig, generator: torch.Generator) -> Discriminator | None:
    """Make the discriminator between codes, on the CPU; None where the penalty needs none."""
    if config.settings.penalty != "density-ratio":
        return None
    (latent,) = config.settings.latent
    return Discriminator(latent, config.settings.discriminator, generator=generator)


def build_objective(
    config: ImageConfig,
    steps_an_epoch: int,
    images: int,
    discriminator: Discriminator | None = None,
) -> Objective:
    """Make the objective of a configuration; a warm-up is counted in epochs, as its papers do.

    Args:
        config: the settings.
        steps_an_epoch: steps in which all training images are seen.
        images: how many training images there are.
        discriminator: that of `build_discriminator`.
    """
    settings = config.settings
    assert settings.estimator != "adversarial"
    if settings.estimator == "iwae":
        return Iwae()
    if discriminator is not None:
        penalty: Penalty = DensityRatio(settings.gamma, discriminator)
    else:
        penalty = _penalty(config, steps_an_epoch, images)
    weights = {} if config.label is None else {"y": settings.label_weight}
    return Elbo(penalty, analytic=settings.estimator == "elbo", weights=weights)


def _penalty(config: ImageConfig, steps_an_epoch: int, images: int) -> Penalty:
    settings = config.settings
    if settings.penalty == "free-bits":
        return FreeBits(settings.free_bits)
    if settings.penalty == "capacity":
        return Capacity(settings.gamma, Linear(0.0, settings.capacity, settings.capacity_steps))
    if settings.penalty == "decomposed":
        return Decomposed(
            settings.alpha,
            settings.beta,
            settings.gamma,
            settings.tc_weights,
            images,
            within=settings.within,
            groups=settings.groups,
        )
    assert settings.penalty == "weight"
    if not settings.warmup:
        return Weight(constant(settings.beta))
    return Weight(Linear(0.0, settings.beta, settings.warmup * steps_an_epoch))
