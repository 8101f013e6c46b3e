"""Build a model and its objective from a recipe."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from graphvae_data.core.setting_errors import SettingClash
from image_vae.models.infogan import Generator, InfoGan, Recognition
from image_vae.models.vae import VAE
from image_vae.nn.decoders import LabelDecoder
from image_vae.nn.networks import Conditional, Shape
from image_vae.parts.latent_graph import Latent, LatentGraph
from image_vae.parts.objectives import Objective
from image_vae.parts.penalties import PenaltyTerm
from image_vae.parts.uniform import StandardUniform
from image_vae.specs.decoders import DecoderInputs
from image_vae.specs.recipe import ImageRecipe

Images = Float[Tensor, "image channel height width"]


@dataclass(frozen=True)
class ImageExamples:
    """Training images, from which a prior may take pseudo-inputs."""

    images: Images
    """The images, in [0, 1]."""
    bounded: bool = True
    """Pixels lie in [0, 1]."""

    def __len__(self) -> int:
        """Return their number."""
        return len(self.images)

    def take(self, index: Int[Tensor, " index"]) -> Images:
        """Return the images at these indices."""
        return self.images[index]


def build_model(
    recipe: ImageRecipe, images: Images, generator: torch.Generator, *, values: int = 0
) -> VAE:
    """Build the untrained model of a recipe, on the CPU.

    Args:
        recipe: the parts.
        images: training images in [0, 1]; a prior that encodes all of them needs all. Their mean is
            the initial output of the decoder.
        generator: draws the weights; on the CPU.
        values: number of values of the predicted label; 0 for no label. All other weights are the
            same with and without a label.

    Raises:
        InputError: parts that are incompatible with the images.
    """
    game = recipe.bound.game
    if game is not None:
        return _infogan(recipe, game.noise, images, generator)
    graph = recipe.latents.build()
    if values:
        graph = replace(graph, observed={**graph.observed, "y": ("z",)})
    shape = tuple(images.shape[1:])
    widths = {name: graph[name].size for name in graph.observed["x"]}
    decoder = _decoder(recipe, widths, images, generator)
    examples = ImageExamples(images)
    return VAE(
        graph,
        inference={
            latent.name: _conditional(recipe, graph, latent, latent.q_parents, shape, generator)
            for latent in graph.latents
        },
        generation={
            latent.name: _conditional(recipe, graph, latent, latent.p_parents, shape, generator)
            for latent in graph.latents
            if latent.p_parents
        },
        priors={
            latent.name: recipe.prior.build(latent.size, examples, generator)
            for latent in graph.latents
            if not latent.p_parents
        },
        decoders={"x": decoder, **_label_decoder(recipe, values, generator)},
    )


def build_objective(recipe: ImageRecipe, penalty: PenaltyTerm) -> Objective:
    """Return the function of a trace that training minimises."""
    labels = recipe.labels
    return recipe.bound.build(penalty, {} if labels.label is None else {"y": labels.label_weight})


def _label_decoder(
    recipe: ImageRecipe, values: int, generator: torch.Generator
) -> dict[str, nn.Module]:
    """Return the classifier from the first group of the code to the label, if there is a label."""
    if not values:
        return {}
    first = recipe.penalty.coordinate_groups[0]
    return {"y": LabelDecoder("z", first, values, generator=generator)}


def _decoder(
    recipe: ImageRecipe, parents: dict[str, int], images: Images, generator: torch.Generator
) -> nn.Module:
    """Return the decoder from the codes that an image depends on; `parents` has their widths."""
    return recipe.decoder.build(
        DecoderInputs(
            parents=parents,
            mean=images.mean(0),
            likelihood=recipe.likelihood,
            encoder=recipe.encoder,
            # Without batch normalisation, InfoGAN's generator suffers mode collapse.
            normalised=recipe.bound.adversarial,
            generator=generator,
        )
    )


def _infogan(
    recipe: ImageRecipe, noise: int, images: Images, generator: torch.Generator
) -> InfoGan:
    (latent,) = recipe.latents.latent
    code = recipe.prior.build(latent, ImageExamples(images), generator)
    if not isinstance(code, StandardUniform):
        raise SettingClash(
            ("prior",),
            f"expected one that builds a StandardUniform for the bound {recipe.bound.kind()}, got "
            f"{recipe.prior.kind()}",
        )
    body = recipe.encoder.body(tuple(images.shape[1:]), recipe.encoder.hidden, generator)
    inputs = sum(code.categories) + code.continuous + noise
    return InfoGan(
        Recognition(body, code, generator=generator),
        Generator(_decoder(recipe, {"input": inputs}, images, generator), noise),
        code,
        generator,
    )


def _conditional(
    recipe: ImageRecipe,
    graph: LatentGraph,
    latent: Latent,
    parents: tuple[str, ...],
    shape: Shape,
    generator: torch.Generator,
) -> Conditional:
    """Return the network from a code's parents to μ and log σ."""
    encoder = recipe.encoder
    shapes = {name: shape if name in graph.observed else (graph[name].size,) for name in parents}
    between = "x" not in parents and encoder.hidden_between
    return Conditional(
        shapes,
        latent.size,
        heads=recipe.posterior.heads,
        hidden=encoder.hidden_between if between else encoder.hidden,
        activation=encoder.activation,
        image_body=encoder.body,
        generator=generator,
    )
