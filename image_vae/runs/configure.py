"""The settings of a run: a preset, overridden by a file, then by options or keywords."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from graphvae_data.core import layers as core_layers
from graphvae_data.core.layers import OWN_RECIPE, Layer, overridden
from graphvae_data.core.override import replaced_settings
from image_vae.specs.presets import preset
from image_vae.specs.recipe import CATALOGUE, ImageConfig, ImageRecipe

DEFAULT = "vae"
"""The default preset."""


def base_config(dataset: str, model: str | ImageRecipe) -> ImageConfig:
    """Return the settings of a preset, or of a recipe.

    Raises:
        InputError: no preset of this name.
    """
    recipe = preset(model).recipe if isinstance(model, str) else model
    name = model if isinstance(model, str) else OWN_RECIPE
    return ImageConfig(dataset=dataset, model=name, **dict(recipe))


def configure(
    dataset: str, model: str | ImageRecipe = DEFAULT, layers: Sequence[Layer] = ()
) -> tuple[ImageConfig, tuple[str, ...]]:
    """Return the settings of a run, and a line for each setting lost because its part was replaced.

    A layer that sets `epochs` but not `steps` removes a limit on steps from earlier layers. A
    binarisation in a file that is only the default of its likelihood is dropped if the likelihood
    is replaced.

    Args:
        dataset: the name of the images.
        model: the name of a preset, or a recipe.
        layers: the user's settings; later layers override earlier ones.

    Raises:
        InputError: settings that cannot be used.
    """
    config = base = base_config(dataset, model)
    for layer in layers:
        changes = {k: v for k, v in layer.changes.items() if k not in ("dataset", "model")}
        if layer.sets("training", "epochs") and not layer.sets("training", "steps"):
            changes["training"] = {**changes["training"], "steps": None}
        config = overridden(_unresolved(config), [Layer(changes, layer.words)], CATALOGUE)
    resolved = Layer({"data": {"binarize": config.binarize}})
    notes = replaced_settings(
        base, config, lambda slot, name: any(layer.sets(slot, name) for layer in layers)
    )
    return overridden(config, [resolved], CATALOGUE), tuple(notes)


def _unresolved(config: ImageConfig) -> ImageConfig:
    """Return the settings, with the binarisation unset if it is the likelihood's default."""
    if config.data.binarize != config.default_binarize:
        return config
    return overridden(config, [Layer({"data": {"binarize": None}})], CATALOGUE)


def with_run(config: ImageConfig, **settings: object) -> ImageConfig:
    """Return the settings with another seed, device or number of threads."""
    return overridden(config, [Layer({"run": settings})], CATALOGUE)


def file_and_model(
    file: str | Path | None, model: str | ImageRecipe | None
) -> tuple[list[Layer], str | ImageRecipe]:
    """Return the layer of a file, if there is one, and the preset or recipe that it overrides.

    Raises:
        InputError: the file cannot be read, or is for another model than the chosen one.
    """
    return core_layers.file_and_model(CATALOGUE, file, model, default=DEFAULT, own=DEFAULT)
