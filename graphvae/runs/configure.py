"""From what a user asks for to the settings of a run: preset, file, options, one over the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from graphvae.specs.presets import PRESETS, preset
from graphvae.specs.recipe import CATALOGUE, FitConfig, GraphRecipe
from graphvae_data.core.errors import InputError
from graphvae_data.core.layers import Layer, file_layer, overridden, read_settings
from graphvae_data.core.override import replaced_settings
from graphvae_data.core.setting_errors import one_line
from graphvae_data.registry.ogb import OGB

OWN_RECIPE = "own-recipe"
"""What a run calls a recipe that a user passed instead of a preset's name."""


def base_config(dataset: str, model: str | GraphRecipe) -> FitConfig:
    """Return the settings of a preset, or of a recipe, before the user changed any.

    A benchmark's own metric selects the epoch.
    """
    recipe = model if isinstance(model, GraphRecipe) else preset(model).recipe
    name = model if isinstance(model, str) else OWN_RECIPE
    config = FitConfig(dataset=dataset, model=name, **dict(recipe))
    if dataset in OGB:
        return overridden(config, [Layer({"split": {"select": OGB[dataset].metric}})], CATALOGUE)
    return config


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
    return config, tuple(replaced_settings(base, config))


def rebuild_config(settings: Mapping[str, Any], parts: Mapping[str, object]) -> FitConfig:
    """Return the settings that a run folder holds.

    Args:
        settings: the content of `config.json`.
        parts: by slot, parts that cannot be imported: a class, which keeps the settings of the
            file, or the same object that the run was started with.

    Raises:
        InputError: damaged settings, a part that has to be passed, or another one than the run's.
    """
    complete = dict(settings)
    for slot, value in parts.items():
        complete[slot] = _passed(slot, complete.get(slot), value)
    try:
        config = FitConfig.model_validate(complete)
    except ValidationError as error:
        raise InputError(one_line(error, FitConfig)) from None
    if config.model != OWN_RECIPE:
        preset(config.model)  # refuse an unknown one
    return config


def _passed(slot: str, kept: object, value: object) -> object:
    """Return the part in place of a slot's content; an object has to be like the run's."""
    family = CATALOGUE.family(slot)
    if family is None:
        raise InputError(f"{slot}: no such part; parts are {', '.join(_slots())}")
    if isinstance(value, type):
        if not issubclass(value, family) or not isinstance(kept, dict):
            raise InputError(f"{slot}: expected a class derived from {family.__name__}")
        return value(**{name: each for name, each in kept.items() if name != "kind"})
    part, values = family.choose(value, family())
    passed = part.model_validate(values)
    if passed.to_dict() != kept:
        raise InputError(f"{slot}: expected the one that the run used, {kept}, got {passed!r}")
    return passed


def _slots() -> list[str]:
    return [flat.name for flat in CATALOGUE.flats.values() if flat.family is not None]


def file_and_model(
    file: str | Path | None, model: str | GraphRecipe | None
) -> tuple[list[Layer], str | GraphRecipe]:
    """Return the layer of a file, if there is one, and what to start from.

    That is the chosen preset or recipe, else the preset that the file names, else `vgae`.
    """
    if file is None:
        return [], model or "vgae"
    content = read_settings(Path(file))
    named = content.get("model")
    start = named if isinstance(named, str) and named in PRESETS else "vgae"
    return [file_layer(CATALOGUE, Path(file), content)], model or start
