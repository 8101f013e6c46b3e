"""Layers of settings: a file, the options of a command, the keywords of a function.

Each says what it changes, and how its user wrote the name of a setting; `override.override` puts
one over another.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.core.flat import Catalogue
from graphvae_data.core.override import AnySettings, override
from graphvae_data.core.setting_errors import SettingClash, Words


@dataclass(frozen=True)
class Layer:
    """What one source sets."""

    changes: Mapping[str, Any]
    """Nested, as `override` takes them."""
    words: Words = ".".join
    """How its user writes a path."""

    def sets(self, group: str, setting: str) -> bool:
        """Return whether it sets a setting of a slot or group."""
        change = self.changes.get(group)
        return isinstance(change, Mapping) and setting in change


def keyword_layer(
    catalogue: Catalogue, keywords: Mapping[str, Any], others: Iterable[str] = ()
) -> Layer:
    """Return the keywords of a function as a layer.

    Args:
        catalogue: the settings.
        keywords: their values by flat name.
        others: further arguments of the function, for hints.

    Raises:
        InputError: an unknown keyword, with the nearest one.
    """
    for name in keywords.keys() - catalogue.flats.keys():
        hint = nearest(name, [*catalogue.flats, *others])
        raise InputError(f"{name}: no such setting{hint}")
    return Layer(catalogue.nested(keywords), catalogue.python_name)


def file_layer(catalogue: Catalogue, path: Path, content: Mapping[str, Any]) -> Layer:
    """Return the content of a file as a layer.

    Settings stand nested, as in a run's `config.json`, or at the top under their flat names.

    Raises:
        InputError: a setting stands there in both ways.
    """
    changes: dict[str, Any] = {}
    for name, value in content.items():
        if name in catalogue.flats and not isinstance(value, Mapping):
            catalogue.put(changes, catalogue.flats[name].path, value)
    for name, value in content.items():
        if isinstance(value, Mapping):
            present = changes.setdefault(name, {})
            for setting in present.keys() & value.keys():
                raise InputError(f"{path}: {name}.{setting} is set twice")
            present.update(value)
        elif name not in catalogue.flats:
            changes[name] = value
    return Layer(changes, lambda place: f"{path}: {'.'.join(place)}")


def read_settings(path: Path) -> dict[str, Any]:
    """Read a file of settings: TOML if its name ends in .toml, else JSON.

    Raises:
        InputError: there is no such file, or it is neither.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:  # of JSON, TOML or UTF-8
        raise InputError(f"{path}: expected settings as JSON or TOML ({error})") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected settings by name, got {content!r:.40}")
    return content


def overridden(settings: AnySettings, layers: Iterable[Layer], catalogue: Catalogue) -> AnySettings:
    """Return the settings with layers over them, each over the one before."""
    for layer in layers:
        settings = override(settings, layer.changes, catalogue, layer.words)
    return settings


@contextmanager
def named_by(words: Words) -> Iterator[None]:
    """Let a setting that does not suit the data be named as its user wrote it."""
    try:
        yield
    except SettingClash as clash:
        raise InputError(f"{words(clash.path)}: {clash}") from None
