"""The settings of a run: a preset, overridden by a file, then by options or keywords."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from graphvae_data.settings import layers as core_layers
from graphvae_data.settings.layers import OWN_RECIPE, Layer, overridden
from graphvae_data.settings.override import replaced_settings
from image_vae.specs.presets import preset
from image_vae.specs.recipe import CATALOGUE, ImageConfig, ImageRecipe

if TYPE_CHECKING:
    from graphvae_data.images.image_data import ImageData

DEFAULT = "vae"
"""The default preset."""


@dataclass(frozen=True)
class Facts:
    """Properties of the images on which defaults depend."""

    channels: int
    """1 for grey images, 3 for colour."""
    train: int
    """Number of training images."""


def facts_of(data: ImageData) -> Facts:
    """Return the properties of images on which defaults depend."""
    return Facts(data.shape[0], len(data.train))


def base_config(dataset: str, model: str | ImageRecipe) -> ImageConfig:
    """Return the settings of a preset, or of a recipe.

    Raises:
        InputError: no preset of this name.
    """
    recipe = preset(model).recipe if isinstance(model, str) else model
    name = model if isinstance(model, str) else OWN_RECIPE
    return ImageConfig(dataset=dataset, model=name, **dict(recipe))


def configure(
    dataset: str,
    model: str | ImageRecipe = DEFAULT,
    layers: Sequence[Layer] = (),
    facts: Facts | None = None,
) -> tuple[ImageConfig, tuple[str, ...]]:
    """Return the settings of a run, and a note for each setting that a user might not expect.

    Notes are about settings dropped because their part was replaced, and about defaults that depend
    on the images: a likelihood of 256 levels for colour images, and at most as many prior
    components as training images.

    A layer that sets `epochs` but not `steps` removes a limit on steps from earlier layers. A
    default binarisation in a file is dropped if the likelihood is replaced.

    Args:
        dataset: the name of the images.
        model: the name of a preset, or a recipe.
        layers: the user's settings; later layers override earlier ones.
        facts: properties of the images; None before they are read.

    Raises:
        InputError: invalid settings.
    """
    base = base_config(dataset, model)
    config, colour_notes = _applied(base, layers), list[str]()
    if facts is not None and facts.channels > 1 and _binarises_by_default(config, model, layers):
        words = layers[-1].words if layers else ".".join
        config = _applied(base, [Layer({"likelihood": {"kind": "logistic"}}, words), *layers])
        colour_notes = [
            f"{words(('likelihood',))}: logistic, for colour images; bernoulli would binarise them"
        ]
    resolved = Layer({"data": {"binarize": config.binarize}})
    notes = replaced_settings(
        base, config, lambda slot, name: any(layer.sets(slot, name) for layer in layers)
    )
    config = overridden(config, [resolved], CATALOGUE)
    config, prior_notes = _fewer_components(config, model, layers, facts)
    return config, (*notes, *colour_notes, *prior_notes)


def _applied(config: ImageConfig, layers: Sequence[Layer]) -> ImageConfig:
    """Return the settings with the layers applied in order."""
    for layer in layers:
        changes = {k: v for k, v in layer.changes.items() if k not in ("dataset", "model")}
        if layer.sets("training", "epochs") and not layer.sets("training", "steps"):
            changes["training"] = {**changes["training"], "steps": None}
        config = overridden(_unresolved(config), [Layer(changes, layer.words)], CATALOGUE)
    return config


def _binarises_by_default(
    config: ImageConfig, model: str | ImageRecipe, layers: Sequence[Layer]
) -> bool:
    """Return whether images would be binarised although the user did not choose it."""
    own = not isinstance(model, str) and "likelihood" in model.model_fields_set
    chosen = any("likelihood" in each.changes or each.sets("data", "binarize") for each in layers)
    return config.default_binarize == "dynamic" and not own and not chosen


def _fewer_components(
    config: ImageConfig, model: str | ImageRecipe, layers: Sequence[Layer], facts: Facts | None
) -> tuple[ImageConfig, list[str]]:
    """Limit a default number of components to the number of training images."""
    count: int | None = getattr(config.prior, "components", None)
    chosen = any(layer.sets("prior", "components") for layer in layers)
    own = not isinstance(model, str) and "prior" in model.model_fields_set
    if facts is None or count is None or count <= facts.train or chosen or own:
        return config, []
    words = layers[-1].words if layers else ".".join
    layer = Layer({"prior": {"components": facts.train}}, words)
    name = words(("prior", "components"))
    return overridden(config, [layer], CATALOGUE), [
        f"{name}: {facts.train:,} instead of {count:,}, the number of training images"
    ]


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
    """Return the settings of a file, if there is one, and the preset or recipe they override.

    Raises:
        InputError: the file cannot be read, or is for another model than the chosen one.
    """
    return core_layers.file_and_model(CATALOGUE, file, model, default=DEFAULT, own=DEFAULT)
