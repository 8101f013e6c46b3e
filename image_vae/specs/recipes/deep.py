"""Flows, autoregressive decoders and deep hierarchies."""

from __future__ import annotations

from typing import Any

from image_vae.specs.codes.hierarchies import Bidirectional, Ladder, Nvae
from image_vae.specs.decoders import Masked, MlpDecoder, PixelCnn
from image_vae.specs.encoders import Conv, GatedConv, Mlp
from image_vae.specs.latents import OneLayer, TwoLayers
from image_vae.specs.likelihoods import Likelihood, LogisticMixturePixels, LogisticPixels
from image_vae.specs.optimizers import Adamax, NormalisedAdam
from image_vae.specs.penalties import (
    Balanced,
    FreeBits,
    Penalty,
    Weight,
)
from image_vae.specs.posteriors import InverseAutoregressiveFlow, PlanarFlow
from image_vae.specs.priors import AutoregressiveFlow, Vamp
from image_vae.specs.rates import Cosine
from image_vae.specs.recipe import ImageRecipe, ImageTraining
from image_vae.specs.recipes.preset import (
    CHEN_VLAE,
    GATED,
    GULRAJANI,
    IAF,
    SONDERBY,
    SYLVESTER,
    SYLVESTER_TRAINING,
    TOMCZAK,
    VAHDAT,
    WARMUP_100,
    ImagePreset,
)

NVAE = ImageRecipe(
    latents=Nvae(),
    penalty=Balanced(),
    optimizer=Adamax(eps=1e-3, weight_decay=3e-4),
    rates=Cosine(end=0.01),
    training=ImageTraining(lr=1e-2, lr_warmup=1, epochs=12, batch_size=64),
)
"""A small NVAE, which trains on two CPU cores in minutes."""


def _resized(
    recipe: ImageRecipe,
    latents: Nvae,
    penalty: Penalty | None = None,
    likelihood: Likelihood | None = None,
    **training: Any,
) -> ImageRecipe:
    """Return a recipe with other latents, penalty, likelihood and training settings."""
    changes = {
        "latents": latents,
        "penalty": penalty or recipe.penalty,
        "likelihood": likelihood or recipe.likelihood,
        "training": ImageTraining(**{**dict(recipe.training), **training}),
    }
    return ImageRecipe(**{**dict(recipe), **changes})


DEEP: dict[str, ImagePreset] = {
    "planar-vae": ImagePreset(
        "a planar flow as posterior",
        SYLVESTER,
        ImageRecipe(
            latents=OneLayer(latent=(64,)),
            encoder=GATED,
            posterior=PlanarFlow(),
            penalty=WARMUP_100,
            training=SYLVESTER_TRAINING,
        ),
    ),
    "iaf-vae": ImagePreset(
        "an inverse autoregressive flow as posterior",
        SYLVESTER,
        ImageRecipe(
            latents=OneLayer(latent=(64,)),
            encoder=GATED,
            posterior=InverseAutoregressiveFlow(),
            penalty=WARMUP_100,
            training=SYLVESTER_TRAINING,
        ),
    ),
    "af-vae": ImagePreset(
        "an autoregressive flow as prior",
        CHEN_VLAE,
        ImageRecipe(
            latents=OneLayer(latent=(64,)),
            encoder=GATED,
            prior=AutoregressiveFlow(),
            penalty=WARMUP_100,
            training=SYLVESTER_TRAINING,
        ),
    ),
    "pixel-vae": ImagePreset(
        "a gated PixelCNN as decoder",
        GULRAJANI,
        ImageRecipe(
            latents=OneLayer(latent=(16,)),
            encoder=Conv(hidden=(256,), activation="relu"),
            decoder=PixelCnn(),
            penalty=Weight(warmup=20),
            training=ImageTraining(epochs=400),
        ),
    ),
    "vlae": ImagePreset(
        "an autoregressive flow as prior, and masked convolutions of local receptive field",
        CHEN_VLAE,
        ImageRecipe(
            latents=OneLayer(latent=(64,)),
            encoder=Conv(hidden=(256,), activation="relu"),
            decoder=Masked(layers=3, features=16, hidden=(300,)),
            prior=AutoregressiveFlow(),
            penalty=FreeBits(free_bits=0.01 * 784 / 64),  # .01 nats per pixel, not per coordinate
            optimizer=Adamax(),
            training=ImageTraining(lr=2e-3, epochs=400, ema=0.998),
        ),
    ),
    "pixel-hvae": ImagePreset(
        "two stochastic layers, both image channels of a decoder of masked convolutions",
        TOMCZAK,
        ImageRecipe(
            latents=TwoLayers(),
            encoder=GatedConv(hidden_between=(300, 300)),
            decoder=Masked(),
            prior=Vamp(),
            penalty=WARMUP_100,
            optimizer=NormalisedAdam(),
            training=ImageTraining(lr=5e-4, epochs=2000, patience=50),
        ),
    ),
    "iaf-resnet": ImagePreset(
        "convolutional codes in a ResNet, bidirectional inference, autoregressive flows",
        IAF,
        ImageRecipe(
            latents=Bidirectional(latent=(32,) * 20, features=160, per_scale=20),
            likelihood=LogisticPixels(),
            penalty=FreeBits(free_bits=0.1, free_bits_per="map"),
            optimizer=Adamax(),
            training=ImageTraining(lr=2e-3, batch_size=32, epochs=500),
        ),
    ),
    "ladder-vae": ImagePreset(
        "five stochastic layers, each inferred top-down from the image and the layers above",
        SONDERBY,
        ImageRecipe(
            latents=Ladder(),
            encoder=Mlp(hidden=(512, 256, 128, 64, 32), activation="relu"),
            decoder=MlpDecoder(hidden=(512, 512), activation="relu"),
            penalty=Weight(warmup=200),
            training=ImageTraining(epochs=2000, batch_size=256),
        ),
    ),
    "nvae": ImagePreset(
        "groups of latent maps at two resolutions, small enough for two cores", VAHDAT, NVAE
    ),
    "nvae-mnist": ImagePreset(
        "NVAE as in the paper for MNIST; for GPUs",
        VAHDAT,
        _resized(
            NVAE,
            Nvae(scales="4x4:5,8x8:10", channels=32, group_cells=2, edge_cells=3),
            epochs=400,
            lr_warmup=5,
            batch_size=400,
        ),
    ),
    "nvae-celeba64": ImagePreset(
        "NVAE as in the paper for CelebA at 64×64; for GPUs",
        VAHDAT,
        _resized(
            NVAE,
            Nvae(
                scales="8x8:5,16x16:10,32x32:20",
                channels=64,
                group_cells=2,
                edge_cells=3,
                checkpointing=True,
            ),
            penalty=Balanced(smooth=0.1),
            likelihood=LogisticMixturePixels(),
            epochs=90,
            lr_warmup=5,
            batch_size=128,
        ),
    ),
}
"""Presets by name."""
