"""From what a user asks for to the settings of a run: preset, file, options, one over the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graphvae.specs.presets import preset
from graphvae.specs.recipe import CATALOGUE, FitConfig, GraphRecipe
from graphvae_data.core.errors import InputError
from graphvae_data.core.layers import Layer, file_layer, overridden, read_settings
from graphvae_data.core.override import replaced_settings
from graphvae_data.core.rebuild import rebuild
from graphvae_data.registry.ogb import OGB

DEFAULT = "vgae"
"""The preset of a run whose user names none."""
OWN_RECIPE = "own-recipe"
"""What a run calls a recipe that a user passed instead of a preset's name."""


def base_config(dataset: str, model: str | GraphRecipe) -> FitConfig:
    """Return the settings of a preset, or of a recipe, before the user changed any.

    A benchmark's own metric selects the epoch.

    Raises:
        InputError: there is no preset of that name.
    """
    recipe = recipe_of(model) if isinstance(model, str) else model
    name = model if isinstance(model, str) else OWN_RECIPE
    config = FitConfig(dataset=dataset, model=name, **dict(recipe))
    if dataset in OGB:
        return overridden(config, [Layer({"split": {"select": OGB[dataset].metric}})], CATALOGUE)
    return config


def recipe_of(model: str) -> GraphRecipe:
    """Return the recipe of a preset; for a recipe of the user's, the one that all start from.

    Raises:
        InputError: there is no preset of that name.
    """
    return GraphRecipe() if model == OWN_RECIPE else preset(model).recipe


def configure(
    dataset: str, model: str | GraphRecipe, layers: Sequence[Layer]
) -> tuple[FitConfig, tuple[str, ...]]:
    """Return the settings of a run, and a line for each setting lost with a part it belonged to.

    Args:
        dataset: the name of the graph.
        model: a preset's name, or a recipe.
        layers: what the user chose, in order; later ones win.

    Raises:
        InputError: settings that cannot be used.
    """
    base = config = base_config(dataset, model)
    for layer in layers:
        changes = {k: v for k, v in layer.changes.items() if k not in ("dataset", "model")}
        config = overridden(config, [Layer(changes, layer.words)], CATALOGUE)
    lost = replaced_settings(
        base, config, lambda slot, name: any(layer.sets(slot, name) for layer in layers)
    )
    return config, tuple(lost)


def rebuild_config(settings: Mapping[str, Any], parts: Mapping[str, object]) -> FitConfig:
    """Return the settings that a run folder holds.

    Args:
        settings: the content of `config.json`.
        parts: by slot, parts that cannot be imported: a class, which takes the settings of the
            file, or the part or module with which the run was started.

    Raises:
        InputError: damaged settings, a part that has to be passed, or a part other than the run's.
    """
    config = rebuild(FitConfig, settings, CATALOGUE, parts)
    recipe_of(config.model)  # refuse an unknown one
    return config


def file_and_model(
    file: str | Path | None, model: str | GraphRecipe | None
) -> tuple[list[Layer], str | GraphRecipe]:
    """Return the layer of a file, if there is one, and the preset or recipe below it.

    That is the chosen one, else the one that the file names, else `vgae`.

    Raises:
        InputError: the file cannot be read, or is of another model than the one chosen.
    """
    if file is None:
        return [], model or DEFAULT
    path, content = Path(file), read_settings(Path(file))
    named = content.get("model", DEFAULT)
    if not isinstance(named, str):
        raise InputError(f"{path}: model: expected the name of a preset, got {named!r}")
    if model is not None and "model" in content and named != model:
        raise InputError(
            f"model: {path} is of {named}, got {model!r}; leave out the one or the other"
        )
    start = GraphRecipe() if named == OWN_RECIPE else named
    return [file_layer(CATALOGUE, path, content)], model or start
