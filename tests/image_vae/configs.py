"""Settings for tests, by the keywords of `image_vae.fit`."""

from typing import Any

from graphvae_data.settings.layers import keyword_layer
from image_vae.runs.configure import configure
from image_vae.specs.recipe import CATALOGUE, ImageConfig


def image_config(dataset: str = "digits", model: str = "vae", **settings: Any) -> ImageConfig:
    """Return the settings of a run on the CPU."""
    layer = keyword_layer(CATALOGUE, {"device": "cpu", **settings})
    return configure(dataset, model, [layer])[0]
