"""Models of an image and its attributes."""

from __future__ import annotations

from image_vae.specs.codes.multimodal import (
    BiVcca,
    Fusion,
    Jmvae,
    Mmvae,
    Modalities,
    MultimodalBound,
    Mvae,
    Telbo,
)
from image_vae.specs.decoders import ConvNormalisedDecoder
from image_vae.specs.encoders import ConvNormalised
from image_vae.specs.recipe import ImageRecipe, ImageTraining
from image_vae.specs.recipes.preset import ImagePreset

VEDANTAM = (
    "Vedantam et al. 2017, Generative Models of Visually Grounded Imagination, arXiv:1705.10762"
)
SUZUKI = (
    "Suzuki et al. 2016, Joint Multimodal Learning with Deep Generative Models, arXiv:1611.01891"
)
WANG = "Wang et al. 2016, Deep Variational Canonical Correlation Analysis, arXiv:1610.03454"
WU = "Wu & Goodman 2018, Multimodal Generative Models, arXiv:1802.05335"
SHI = "Shi et al. 2019, Variational Mixture-of-Experts Autoencoders, arXiv:1911.03393"


def _imagination(fusion: Fusion, bound: MultimodalBound) -> ImageRecipe:
    """Return a model of images and attributes with the networks of Vedantam et al. 2017."""
    return ImageRecipe(
        latents=Modalities(fusion=fusion),
        encoder=ConvNormalised(),
        decoder=ConvNormalisedDecoder(),
        bound=bound,
        training=ImageTraining(batch_size=64, lr=1e-4, epochs=50, steps=250_000),
    )


MULTIMODAL: dict[str, ImagePreset] = {
    "telbo": ImagePreset(
        "image and attributes: mean of the joint bound and the two marginal bounds",
        VEDANTAM,
        _imagination("joint", Telbo()),
    ),
    "jmvae": ImagePreset(
        "image and attributes: joint bound, with divergences between joint and unimodal posteriors",
        SUZUKI,
        _imagination("joint", Jmvae()),
    ),
    "bivcca": ImagePreset(
        "image and attributes: weighted joint bounds under each unimodal posterior",
        WANG,
        _imagination("joint", BiVcca()),
    ),
    "mvae": ImagePreset(
        "image and attributes: product of experts as posterior, bounds on subsets",
        WU,
        _imagination("product", Mvae()),
    ),
    "mmvae": ImagePreset(
        "image and attributes: mixture of experts as posterior",
        SHI,
        _imagination("mixture", Mmvae()),
    ),
}
"""Presets by name."""
