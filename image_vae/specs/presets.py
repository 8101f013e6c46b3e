"""Every image model by name: a preset is a recipe with the settings of its paper."""

from __future__ import annotations

from graphvae_data.core.errors import InputError, nearest
from image_vae.specs.bounds import Adversarial, Iwae
from image_vae.specs.encoders import Conv, Mlp
from image_vae.specs.latents import Chain, Hierarchy, OneLayer, TwoLayers
from image_vae.specs.optimizers import Adam
from image_vae.specs.penalties import (
    Capacity,
    Decomposed,
    DensityRatio,
    FreeBits,
    Weight,
)
from image_vae.specs.priors import Mog, Uniform, Vamp
from image_vae.specs.recipe import ImageRecipe, ImageTraining
from image_vae.specs.recipes.deep import DEEP
from image_vae.specs.recipes.labelled import LABELLED
from image_vae.specs.recipes.multimodal import MULTIMODAL
from image_vae.specs.recipes.preset import (
    BURDA,
    BURGESS,
    CHEN,
    DENSE_1200,
    ESMAEILI,
    GATED,
    HIGGINS,
    IAF,
    INFOGAN,
    KIM,
    KINGMA,
    KULKARNI,
    SONDERBY,
    TEN,
    TOMCZAK,
    TOMCZAK_TRAINING,
    WARMUP_100,
    ImagePreset,
)

PRESETS: dict[str, ImagePreset] = {
    "vae": ImagePreset("variational auto-encoder", KINGMA, ImageRecipe()),
    "beta-vae": ImagePreset(
        "Kullback-Leibler divergence weighted by β",
        HIGGINS,
        ImageRecipe(
            latents=TEN,
            encoder=DENSE_1200,
            penalty=Weight(beta=4.0),
            training=ImageTraining(batch_size=64),
        ),
    ),
    "capacity-vae": ImagePreset(
        "divergence kept at a capacity that grows during training",
        BURGESS,
        ImageRecipe(
            latents=TEN,
            encoder=Conv(hidden=(256, 256), activation="relu"),
            penalty=Capacity(),
            training=ImageTraining(batch_size=64, lr=5e-4),
        ),
    ),
    "beta-tcvae": ImagePreset(
        "decomposed divergence, with its total correlation weighted by β",
        CHEN,
        ImageRecipe(
            latents=TEN,
            encoder=DENSE_1200,
            penalty=Decomposed(),
            training=ImageTraining(batch_size=2048),
        ),
    ),
    "hfvae": ImagePreset(
        "decomposed divergence, with total correlation between and within groups of coordinates",
        ESMAEILI,
        ImageRecipe(
            latents=TEN,
            encoder=DENSE_1200,
            penalty=Decomposed(groups=(2,) * 5),
            training=ImageTraining(batch_size=2048),
        ),
    ),
    "factor-vae": ImagePreset(
        "total correlation, estimated by a discriminator, weighted by γ",
        KIM,
        ImageRecipe(
            latents=TEN,
            encoder=Conv(hidden=(128,), activation="relu"),
            penalty=DensityRatio(),
            training=ImageTraining(batch_size=64, lr=1e-4),
        ),
    ),
    "dc-ign": ImagePreset(
        "one factor varies in each batch, and the coordinates of the others are clamped",
        KULKARNI,
        ImageRecipe(
            latents=OneLayer(latent=(5,)),
            encoder=Conv(hidden=(256, 256), activation="relu"),
            # A coordinate gets a gradient of the reconstruction only in batches of its own factor,
            # one in five on dSprites, but a gradient of its divergence in every batch: without
            # free nats it would stay at the prior.
            penalty=FreeBits(free_bits=1.0),
            training=ImageTraining(
                batch_size=20, batches="one-factor", epochs=120, steps=300_000, lr=5e-4
            ),
        ),
    ),
    "infogan": ImagePreset(
        "a GAN instead of a VAE, with a bound on the mutual information of code and image",
        INFOGAN,
        ImageRecipe(
            latents=OneLayer(latent=(5,)),
            encoder=Conv(hidden=(128,), activation="relu"),
            prior=Uniform(),
            # λ is below 1, as in the paper for continuous codes: at 1, L_I dominates the
            # adversarial term. With noise of dimension 62, five coordinates would carry little
            # information.
            bound=Adversarial(information=0.1, noise=5),
            training=ImageTraining(batch_size=64, epochs=300, steps=300_000),
            optimizer=Adam(beta1=0.5),  # of both players: appendix C
        ),
    ),
    "annealed-vae": ImagePreset(
        "warm-up of the weight of the divergence from 0 to 1",
        SONDERBY,
        ImageRecipe(penalty=Weight(warmup=10)),
    ),
    "free-bits-vae": ImagePreset("free nats per coordinate", IAF, ImageRecipe(penalty=FreeBits())),
    "iwae": ImagePreset("importance-weighted bound of k samples", BURDA, ImageRecipe(bound=Iwae())),
    "iwae-2": ImagePreset(
        "importance-weighted bound, two stochastic layers",
        BURDA,
        ImageRecipe(latents=Chain(), encoder=Mlp(hidden_between=(100, 100)), bound=Iwae()),
    ),
    "mog-vae": ImagePreset(
        "a mixture of Gaussians as prior",
        TOMCZAK,
        ImageRecipe(
            latents=OneLayer(latent=(40,)),
            encoder=GATED,
            prior=Mog(components=500),
            penalty=WARMUP_100,
            training=TOMCZAK_TRAINING,
        ),
    ),
    "vamp-vae": ImagePreset(
        "the average posterior of learnt pseudo-inputs as prior",
        TOMCZAK,
        ImageRecipe(
            latents=OneLayer(latent=(40,)),
            encoder=GATED,
            prior=Vamp(),
            penalty=WARMUP_100,
            training=TOMCZAK_TRAINING,
        ),
    ),
    "hvae": ImagePreset(
        "two stochastic layers, both inputs of the decoder",
        TOMCZAK,
        ImageRecipe(
            latents=TwoLayers(),
            encoder=GATED,
            prior=Vamp(),
            penalty=WARMUP_100,
            training=TOMCZAK_TRAINING,
        ),
    ),
    "conv-hvae": ImagePreset(
        "hvae with convolutional networks",
        TOMCZAK,
        ImageRecipe(
            latents=TwoLayers(),
            encoder=Conv(hidden=(300, 300), activation="gated"),
            prior=Vamp(),
            penalty=WARMUP_100,
            training=TOMCZAK_TRAINING,
        ),
    ),
    "hierarchical-vae": ImagePreset(
        "L stochastic layers, each inferred from the image and conditioned on the one above",
        SONDERBY,
        ImageRecipe(latents=Hierarchy()),
    ),
    **DEEP,
    **LABELLED,
    **MULTIMODAL,
}


def preset(name: str) -> ImagePreset:
    """Return the preset of this name.

    Raises:
        InputError: unknown name; the message suggests the nearest one.
    """
    if name not in PRESETS:
        hint = nearest(name, PRESETS)
        raise InputError(f"model: expected one of {', '.join(PRESETS)}, got {name!r}{hint}")
    return PRESETS[name]
