"""Resolve the settings of a run: preset, then file, then options; later layers win."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graphvae.specs.presets import preset
from graphvae.specs.recipe import CATALOGUE, FitConfig, GraphRecipe, SplitSettings
from graphvae_data.registry.ogb import OGB
from graphvae_data.settings import layers as core_layers
from graphvae_data.settings.layers import OWN_RECIPE, Layer, overridden
from graphvae_data.settings.override import replaced_settings
from graphvae_data.settings.rebuild import rebuild

DEFAULT = "vgae"
"""The default preset."""
DIRECTED = "st-vgae"
"""The default preset for directed graphs."""


def base_config(dataset: str, model: str | GraphRecipe) -> FitConfig:
    """Return the settings of a preset or recipe, before the user's changes.

    For a benchmark, its official metric selects the epoch.

    Raises:
        InputError: there is no preset of that name.
    """
    recipe = recipe_of(model) if isinstance(model, str) else model
    name = model if isinstance(model, str) else OWN_RECIPE
    split = _selecting(model) if isinstance(model, str) else SplitSettings()
    config = FitConfig(dataset=dataset, model=name, split=split, **dict(recipe))
    if dataset in OGB:
        official = {"select": OGB[dataset].metric, "select_negatives": "uniform"}
        return overridden(config, [Layer({"split": official})], CATALOGUE)
    return config


def _selecting(model: str) -> SplitSettings:
    """Return the settings of the split with the metric that selects a preset's epoch."""
    if model == OWN_RECIPE:
        return SplitSettings()
    chosen = preset(model)
    return SplitSettings(select=chosen.select, select_negatives=chosen.select_negatives)


def recipe_of(model: str) -> GraphRecipe:
    """Return the recipe of a preset; for a user's recipe, the default recipe.

    Raises:
        InputError: there is no preset of that name.
    """
    return GraphRecipe() if model == OWN_RECIPE else preset(model).recipe


def configure(
    dataset: str, model: str | GraphRecipe, layers: Sequence[Layer]
) -> tuple[FitConfig, tuple[str, ...]]:
    """Return the settings of a run, and a note for each setting dropped with its part.

    Args:
        dataset: the name of the graph.
        model: a preset's name, or a recipe.
        layers: the user's settings, in order; later ones win.

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
    """Return the settings stored in a run folder.

    Args:
        settings: the content of `config.json`.
        parts: by slot, parts that cannot be imported: a class, which takes the settings of the
            file, or the part or module with which the run was started.

    Raises:
        InputError: damaged settings, a part that has to be passed, or a part other than the run's.
    """
    config = rebuild(FitConfig, settings, CATALOGUE, parts)
    recipe_of(config.model)  # raises if unknown
    return config


def file_and_model(
    file: str | Path | None, model: str | GraphRecipe | None, *, directed: bool = False
) -> tuple[list[Layer], str | GraphRecipe]:
    """Return the layers of a settings file, if any, and the preset or recipe that they change.

    The model is `model`, else the one named in the file, else `vgae`, or `st-vgae` for a graph
    that is known to be `directed`.

    Raises:
        InputError: the file cannot be read, or names a different model than `model`.
    """
    default = DIRECTED if directed else DEFAULT
    return core_layers.file_and_model(CATALOGUE, file, model, default=default, own=GraphRecipe())
