"""From what a user sets to the settings of a run: preset, then file, then options or keywords."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from graphvae_data.core.errors import InputError
from graphvae_data.core.layers import Layer, file_layer, overridden, read_settings
from graphvae_data.core.override import replaced_settings
from image_vae.specs.presets import preset
from image_vae.specs.recipe import CATALOGUE, ImageConfig, ImageRecipe

DEFAULT = "vae"
"""The preset of a run whose user names none."""
OWN_RECIPE = "own-recipe"
"""What a run calls a recipe that a user passed instead of a preset's name."""


def base_config(dataset: str, model: str | ImageRecipe) -> ImageConfig:
    """Return the settings of a preset, or of a recipe.

    Raises:
        InputError: there is no preset of that name.
    """
    recipe = preset(model).recipe if isinstance(model, str) else model
    name = model if isinstance(model, str) else OWN_RECIPE
    return ImageConfig(dataset=dataset, model=name, **dict(recipe))


def configure(
    dataset: str, model: str | ImageRecipe = DEFAULT, layers: Sequence[Layer] = ()
) -> tuple[ImageConfig, tuple[str, ...]]:
    """Return the settings of a run, and a line for each setting lost with the part it belonged to.

    A layer that sets `epochs` and not `steps` lifts a limit on steps from below it. Binarisation
    that a file has only because its likelihood needs it does not outlive that likelihood.

    Args:
        dataset: the name of the images.
        model: the name of a preset, or a recipe.
        layers: what the user sets, each over the one before.

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
    """Return the settings without a binarisation that is the likelihood's default."""
    if config.data.binarize != config.default_binarize:
        return config
    return overridden(config, [Layer({"data": {"binarize": None}})], CATALOGUE)


def with_run(config: ImageConfig, **settings: object) -> ImageConfig:
    """Return the settings with another seed, device or number of threads."""
    return overridden(config, [Layer({"run": settings})], CATALOGUE)


def file_and_model(
    file: str | Path | None, model: str | ImageRecipe | None
) -> tuple[list[Layer], str | ImageRecipe]:
    """Return the layer of a file, if there is one, and the preset or recipe below it.

    Raises:
        InputError: the file cannot be read, or is of another model than the one chosen.
    """
    if file is None:
        return [], model or DEFAULT
    path, content = Path(file), read_settings(Path(file))
    named = content.get("model", DEFAULT)
    if model is not None and "model" in content and named != model:
        raise InputError(
            f"model: {path} is of {named}, got {model!r}; leave out the one or the other"
        )
    start = DEFAULT if named == OWN_RECIPE else named
    return [file_layer(CATALOGUE, path, content)], model or start
