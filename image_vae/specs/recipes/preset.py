"""Named recipes; papers and settings shared by several presets."""

from __future__ import annotations

from dataclasses import dataclass

from image_vae.specs.encoders import Mlp
from image_vae.specs.latents import OneLayer
from image_vae.specs.penalties import (
    Weight,
)
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
VAHDAT = "Vahdat & Kautz 2020, NVAE, arXiv:2007.03898"

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
