"""A model of an image and its attributes: one code, a decoder and an expert for each variable."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from image_vae.models.build import ModelInputs
from image_vae.models.vae import VAE
from image_vae.nn.code_network import CodeNetwork
from image_vae.nn.decoders import AttributeDecoder
from image_vae.nn.experts import Experts, JointInference, MixtureInference
from image_vae.nn.networks import Conditional, Shape
from image_vae.parts.distributions.posteriors import GaussianPosterior
from image_vae.parts.latent_graph import Latent, LatentGraph, Observed
from image_vae.specs.codes.multimodal import Fusion


def multimodal_model(
    inputs: ModelInputs, latent: int, fusion: Fusion, hidden: tuple[int, ...]
) -> VAE:
    """Return a model of an image x and attributes y with one code z.

    Args:
        inputs: the recipe, the images, and the number of values of each attribute.
        latent: width of z.
        fusion: how q(z | x, y) is formed.
        hidden: widths of the hidden layers of the attributes' encoders and decoders.
    """
    sizes = inputs.attributes
    graph = modality_graph(latent, sizes)
    decoders: dict[str, nn.Module] = {"x": inputs.decoder({"z": latent})}
    for name, size in sizes.items():
        decoders[name] = AttributeDecoder("z", latent, hidden, size, generator=inputs.generator)
    return VAE(
        graph,
        inference={"z": inference(inputs, latent, fusion, hidden)},
        generation={},
        priors={"z": inputs.prior(latent)},
        decoders=decoders,
    )


def modality_graph(latent: int, sizes: Mapping[str, int]) -> LatentGraph:
    """Return z ← x, y₁, …; x ← z, y₁ ← z, … for attributes with these numbers of values."""
    attributes = {name: Observed(("z",), categories=size) for name, size in sizes.items()}
    code = Latent("z", latent, q_parents=("x", *sizes))
    return LatentGraph((code,), {"x": Observed(("z",)), **attributes})


def inference(
    inputs: ModelInputs, latent: int, fusion: Fusion, small: tuple[int, ...]
) -> nn.Module:
    """Return the module of q(z | any subset of the variables)."""
    sizes = inputs.attributes
    of_image = {"x": inputs.shape}
    image = _network(inputs, of_image, inputs.recipe.encoder.hidden, latent)
    experts = {
        name: _network(inputs, {name: (size,)}, small, latent) for name, size in sizes.items()
    }
    if fusion == "product":
        return Experts({"x": image, **experts}, latent)
    attributes = Experts(experts, latent)
    if fusion == "mixture":
        return MixtureInference(image, attributes)
    shapes = of_image | {name: (size,) for name, size in sizes.items()}
    joint = _network(inputs, shapes, (*inputs.recipe.encoder.hidden, small[-1]), latent)
    return JointInference(joint, image, attributes, sizes)


def _network(
    inputs: ModelInputs, parents: dict[str, Shape], hidden: tuple[int, ...], latent: int
) -> CodeNetwork:
    family = GaussianPosterior(latent)
    encoder = inputs.recipe.encoder
    network = Conditional(
        parents,
        family.widths,
        hidden=hidden,
        activation=encoder.activation,
        image_body=encoder.body,
        generator=inputs.generator,
    )
    return CodeNetwork(network, family)
