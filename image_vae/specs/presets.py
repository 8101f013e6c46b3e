"""Every image model by name: a preset is a recipe with the settings of its paper."""

from __future__ import annotations

from dataclasses import dataclass

from graphvae_data.core.errors import InputError, nearest
from image_vae.specs.bounds import Adversarial, Elbo, Iwae
from image_vae.specs.decoders import PixelCnn
from image_vae.specs.encoders import Conv, Mlp
from image_vae.specs.labels import LabelSettings
from image_vae.specs.latents import (
    Chain,
    Hierarchy,
    Labelled,
    LabelledCodes,
    OneLayer,
    TwoLayers,
)
from image_vae.specs.optimizers import Adam, Adamax
from image_vae.specs.penalties import Capacity, Decomposed, DensityRatio, FreeBits, Weight
from image_vae.specs.posteriors import InverseAutoregressiveFlow, PlanarFlow
from image_vae.specs.priors import AutoregressiveFlow, Mog, Uniform, Vamp
from image_vae.specs.recipe import ImageRecipe, ImageTraining


@dataclass(frozen=True)
class ImagePreset:
    """A named recipe."""

    title: str
    """A short description."""
    paper: str
    """The paper."""
    recipe: ImageRecipe
    """Parts and settings."""


KINGMA = "Kingma & Welling 2013, Auto-Encoding Variational Bayes, arXiv:1312.6114"
HIGGINS = "Higgins et al. 2017, β-VAE, ICLR 2017"
BURGESS = "Burgess et al. 2018, Understanding disentangling in β-VAE, arXiv:1804.03599"
SONDERBY = "Sønderby et al. 2016, Ladder Variational Autoencoders, arXiv:1602.02282"
IAF = "Kingma et al. 2016, Improved Variational Inference with IAF, arXiv:1606.04934"
BURDA = "Burda et al. 2015, Importance Weighted Autoencoders, arXiv:1509.00519"
CHEN = "Chen et al. 2018, Isolating Sources of Disentanglement in VAEs, arXiv:1802.04942"
ESMAEILI = "Esmaeili et al. 2018, Structured Disentangled Representations, arXiv:1804.02086"
KIM = "Kim & Mnih 2018, Disentangling by Factorising, arXiv:1802.05983"
KULKARNI = "Kulkarni et al. 2015, Deep Convolutional Inverse Graphics Network, arXiv:1503.03167"
INFOGAN = "Chen et al. 2016, InfoGAN, arXiv:1606.03657"
SYLVESTER = "van den Berg et al. 2018, Sylvester Normalizing Flows, arXiv:1803.05649"
CHEN_VLAE = "Chen et al. 2016, Variational Lossy Autoencoder, arXiv:1611.02731"
GULRAJANI = "Gulrajani et al. 2016, PixelVAE, arXiv:1611.05013"
TOMCZAK = "Tomczak & Welling 2017, VAE with a VampPrior, arXiv:1705.07120"

KINGMA_2014 = (
    "Kingma et al. 2014, Semi-supervised Learning with Deep Generative Models, arXiv:1406.5298"
)
NARAYANASWAMY = (
    "Narayanaswamy et al. 2017, Learning Disentangled Representations with Semi-Supervised Deep "
    "Generative Models, arXiv:1706.00400"
)

TEN = OneLayer(latent=(10,))
DENSE_1200 = Mlp(hidden=(1200, 1200), activation="relu")
GATED = Mlp(hidden=(300, 300), activation="gated")
TOMCZAK_TRAINING = ImageTraining(lr=5e-4, epochs=500)
SYLVESTER_TRAINING = ImageTraining(lr=5e-4, epochs=2000)
WARMUP_100 = Weight(warmup=100)

PRESETS: dict[str, ImagePreset] = {
    "vae": ImagePreset("variational auto-encoder", KINGMA, ImageRecipe()),
    "beta-vae": ImagePreset(
        "the divergence weighted by β",
        HIGGINS,
        ImageRecipe(
            latents=TEN,
            encoder=DENSE_1200,
            penalty=Weight(beta=4.0),
            training=ImageTraining(batch_size=64),
        ),
    ),
    "capacity-vae": ImagePreset(
        "a growing capacity for the divergence",
        BURGESS,
        ImageRecipe(
            latents=TEN,
            encoder=Conv(hidden=(256, 256), activation="relu"),
            penalty=Capacity(),
            training=ImageTraining(batch_size=64, lr=5e-4),
        ),
    ),
    "beta-tcvae": ImagePreset(
        "the divergence decomposed, its total correlation weighted by β",
        CHEN,
        ImageRecipe(
            latents=TEN,
            encoder=DENSE_1200,
            penalty=Decomposed(),
            training=ImageTraining(batch_size=2048),
        ),
    ),
    "hfvae": ImagePreset(
        "the same, with total correlation between and within groups of coordinates",
        ESMAEILI,
        ImageRecipe(
            latents=TEN,
            encoder=DENSE_1200,
            penalty=Decomposed(groups=(2,) * 5),
            training=ImageTraining(batch_size=2048),
        ),
    ),
    "factor-vae": ImagePreset(
        "the total correlation, estimated by a discriminator, is weighted by γ",
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
        "no VAE: a generator whose images are informative about its code, and a discriminator",
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
        "two layers that both reach the image",
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
        "two layers that both reach the image, through convolutions",
        TOMCZAK,
        ImageRecipe(
            latents=TwoLayers(),
            encoder=Conv(hidden=(300, 300), activation="gated"),
            prior=Vamp(),
            penalty=WARMUP_100,
            training=TOMCZAK_TRAINING,
        ),
    ),
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
        "an autoregressive flow as prior, and a PixelCNN that sees a small window as decoder",
        CHEN_VLAE,
        ImageRecipe(
            latents=OneLayer(latent=(64,)),
            encoder=Conv(hidden=(256,), activation="relu"),
            decoder=PixelCnn(layers=2, kernel=3, first_kernel=3),
            prior=AutoregressiveFlow(),
            penalty=FreeBits(free_bits=0.01),
            optimizer=Adamax(),
            training=ImageTraining(lr=2e-3, epochs=400, ema=0.998),
        ),
    ),
    "hierarchical-vae": ImagePreset(
        "L layers, each inferred from the image, each a prior of the one below",
        SONDERBY,
        ImageRecipe(latents=Hierarchy()),
    ),
    "m2": ImagePreset(
        "semi-supervised: the label is a code, known for some images",
        KINGMA_2014,
        ImageRecipe(
            latents=Labelled(),
            # With softplus, as in the paper, the first epochs classify worse on validation.
            encoder=Mlp(hidden=(500,), activation="relu"),
            labels=LabelSettings(label="class", label_weight=10.0, labelled_share=0.2),
            training=ImageTraining(batch_size=200, epochs=100),
        ),
    ),
    "ssvae": ImagePreset(
        "semi-supervised: the label is relaxed by the Concrete distribution",
        NARAYANASWAMY,
        ImageRecipe(
            latents=Labelled(label_estimator="relax"),
            encoder=Mlp(hidden=(256,), activation="relu"),
            bound=Elbo(samples=8),
            labels=LabelSettings(label="class", label_weight=10.0, labelled_share=0.2),
            training=ImageTraining(batch_size=128, epochs=200),
        ),
    ),
    "m1-m2": ImagePreset(
        "semi-supervised: M2 on codes of a VAE, both trained at once",
        KINGMA_2014,
        ImageRecipe(
            latents=LabelledCodes(),
            # With softplus, as in the paper, the scale of z1 under M2 diverges at this rate.
            encoder=Mlp(hidden=(500, 500), hidden_between=(500,), activation="relu"),
            labels=LabelSettings(label="class", label_weight=10.0, labelled_share=0.2),
            training=ImageTraining(batch_size=200, epochs=100),
        ),
    ),
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
