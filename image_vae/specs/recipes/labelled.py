"""Models with a label that is known for some images."""

from __future__ import annotations

from image_vae.specs.bounds import Elbo
from image_vae.specs.codes.labelled import Labelled, LabelledCodes
from image_vae.specs.encoders import Mlp
from image_vae.specs.labels import LabelSettings
from image_vae.specs.rates import Cosine
from image_vae.specs.recipe import ImageRecipe, ImageTraining
from image_vae.specs.recipes.preset import KINGMA_2014, NARAYANASWAMY, ImagePreset

LABELLED: dict[str, ImagePreset] = {
    # Chosen by validation with 100 labels on MNIST: with softplus, as in the paper, batches of 200
    # or a rate of 1e-3 q(y | x) is slower to agree with the classes; a larger α is less accurate.
    "m2": ImagePreset(
        "semi-supervised: the label is a latent variable, observed for some images",
        KINGMA_2014,
        ImageRecipe(
            latents=Labelled(),
            encoder=Mlp(hidden=(500,), activation="relu"),
            labels=LabelSettings(label="class", label_weight=8.0, labelled_share=0.2),
            training=ImageTraining(batch_size=50, lr=3e-3, epochs=100, ema=0.999),
            rates=Cosine(),
        ),
    ),
    # Rate, batches, averages and α as in m2: the paper's rate and batches are less accurate by
    # validation at 14×14.
    "ssvae": ImagePreset(
        "semi-supervised: the label is relaxed by the Concrete distribution",
        NARAYANASWAMY,
        ImageRecipe(
            latents=Labelled(label_estimator="relax"),
            encoder=Mlp(hidden=(256,), activation="relu"),
            bound=Elbo(samples=8),
            labels=LabelSettings(label="class", label_weight=8.0, labelled_share=0.2),
            training=ImageTraining(batch_size=50, lr=3e-3, epochs=100, ema=0.999),
            rates=Cosine(),
        ),
    ),
    "m1-m2": ImagePreset(
        "semi-supervised: M2 on codes of a VAE, trained jointly",
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
"""Presets by name."""
