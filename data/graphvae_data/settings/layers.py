"""Layers of settings: a file, the options of a command, the keywords of a function.

Each has its changes, and the user's spelling of the settings for messages; `override.override`
applies one to another.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.settings.flat import Catalogue
from graphvae_data.settings.override import AnySettings, override
from graphvae_data.settings.setting_errors import SettingClash, Words

R = TypeVar("R")
OWN_RECIPE = "own-recipe"
"""The model's name in a run with a user's recipe instead of a preset."""


@dataclass(frozen=True)
class Layer:
    """The settings from one source."""

    changes: Mapping[str, Any]
    """Nested changes, in the form of `override`."""
    words: Words = ".".join
    """Returns the user's spelling of a path."""

    def sets(self, group: str, setting: str) -> bool:
        """Return whether it sets this setting of a slot or group."""
        change = self.changes.get(group)
        return isinstance(change, Mapping) and setting in change

    def sets_path(self, path: tuple[str, ...]) -> bool:
        """Return whether it sets the setting of this path, or chooses the part of this slot."""
        if len(path) > 1:
            return self.sets(path[0], path[1])
        change = self.changes.get(path[0])
        return "kind" in change if isinstance(change, Mapping) else path[0] in self.changes


def keyword_layer(
    catalogue: Catalogue, keywords: Mapping[str, Any], others: Iterable[str] = ()
) -> Layer:
    """Return the keywords of a function as a layer.

    Args:
        catalogue: the settings.
        keywords: their values by flat name.
        others: other arguments of the function, for hints.

    Raises:
        InputError: an unknown keyword; the message suggests the nearest one.
    """
    for name in keywords.keys() - catalogue.flats.keys():
        hint = nearest(name, [*catalogue.flats, *others])
        raise InputError(f"{name}: no such setting{hint}")
    return Layer(catalogue.nested(keywords), catalogue.python_name)


def file_layer(catalogue: Catalogue, path: Path, content: Mapping[str, Any]) -> Layer:
    """Return the content of a file as a layer.

    Settings are nested, as in a run's `config.json`, or have flat names at the top level.

    Raises:
        InputError: a setting is given in both forms.
    """
    changes: dict[str, Any] = {}
    for name, value in content.items():
        if name in catalogue.flats and not isinstance(value, Mapping):
            catalogue.put(changes, catalogue.flats[name].path, value)
    for name, value in content.items():
        if isinstance(value, Mapping):
            group = changes.setdefault(name, {})
            for setting in group.keys() & value.keys():
                raise InputError(f"{path}: {name}.{setting} is set twice")
            group.update(value)
        elif name not in catalogue.flats:
            changes[name] = value
    return Layer(changes, lambda keys: f"{path}: {'.'.join(keys)}")


def read_settings(path: Path) -> dict[str, Any]:
    """Read a file of settings: TOML if its name ends in .toml, else JSON.

    Raises:
        InputError: the file cannot be read or parsed.
    """
    try:
        if path.is_fifo() or path.is_char_device() or path.is_block_device():
            raise InputError(f"{path}: expected a file of settings, got a pipe or device")
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:  # of JSON, TOML or UTF-8
        raise InputError(f"{path}: expected settings as JSON or TOML ({error})") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected settings by name, got {content!r:.40}")
    return content


def file_and_model(
    catalogue: Catalogue, file: str | Path | None, model: R | None, *, default: R, own: R
) -> tuple[list[Layer], R]:
    """Return the layers of a settings file, if any, and the preset or recipe that they change.

    The model is `model`, else the one named in the file, else `default`.

    Args:
        catalogue: the settings.
        file: the path of the file.
        model: the name of a preset, or a recipe.
        default: the name of the default preset.
        own: the base recipe if the file is of a run with a user's recipe.

    Raises:
        InputError: the file cannot be read, or names a different model than `model`.
    """
    if not isinstance(file, str | Path | None):
        raise InputError(f"config: expected the path of a file, got {type(file).__name__}")
    if file is None:
        return [], model or default
    path, content = Path(file), read_settings(Path(file))
    named = content.get("model", default)
    if not isinstance(named, str):
        raise InputError(f"{path}: model: expected the name of a preset, got {named!r}")
    if model is not None and "model" in content and named != model:
        raise InputError(f"model: {path} has model {named}, got {model!r}; omit one of them")
    start: Any = own if named == OWN_RECIPE else named
    return [file_layer(catalogue, path, content)], model or start


def overridden(settings: AnySettings, layers: Iterable[Layer], catalogue: Catalogue) -> AnySettings:
    """Return the settings with layers applied in order."""
    for layer in layers:
        settings = override(settings, layer.changes, catalogue, layer.words)
    return settings


@contextmanager
def named_by(words: Words) -> Iterator[None]:
    """In a `SettingClash`, name the setting in the user's spelling."""
    try:
        yield
    except SettingClash as clash:
        raise InputError(f"{words(clash.path)}: {clash.message}") from None
