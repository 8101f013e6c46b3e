"""Rebuild settings from a run's `config.json` and parts passed by the caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.settings.flat import Catalogue
from graphvae_data.settings.override import AnySettings
from graphvae_data.settings.setting_errors import one_line
from graphvae_data.settings.settings import Part


def rebuild(
    kind: type[AnySettings],
    content: Mapping[str, Any],
    catalogue: Catalogue,
    parts: Mapping[str, object],
) -> AnySettings:
    """Return the settings of a file.

    Args:
        kind: the class of the settings.
        content: of the file.
        catalogue: the flat names of the settings.
        parts: by slot, a class or its `module:Class`, to which the settings of the file are
            applied, or the part or object with which the run was started.

    Raises:
        InputError: damaged settings, a part that has to be passed, or a part other than the run's.
    """
    values = dict(content)
    slots = [name for name in kind.model_fields if catalogue.family(name) is not None]
    for slot, value in parts.items():
        family = catalogue.family(slot)
        if family is None:
            hint = nearest(slot, slots)
            raise InputError(f"{slot}: no such part{hint}; parts are {', '.join(slots)}")
        values[slot] = _passed(slot, values.get(slot), value, family)
    for slot in slots:
        _check_import(slot, values.get(slot), catalogue.family(slot))
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise InputError(one_line(error, kind)) from None


def _check_import(slot: str, saved: object, family: type[Part] | None) -> None:
    """Raise an error that says how to pass a part if it cannot be imported."""
    kind = saved.get("kind") if isinstance(saved, dict) else None
    if family is not None and isinstance(kind, str):
        try:
            family.find(kind)
        except InputError as error:
            given = _name(kind).rpartition("<locals>.")[2]
            raise InputError(f"{slot}: {error}: load(…, {slot}={given})") from None


def _passed(slot: str, saved: object, value: object, family: type[Part]) -> Part:
    """Return the passed part; its class and settings must be those of the file."""
    if not isinstance(saved, dict):
        raise InputError(f"{slot}: damaged, expected settings by name, got {saved!r}")
    settings = {name: each for name, each in saved.items() if name != "kind"}
    expected = f"{slot}: expected the part of the run, {saved}"
    try:
        part = _part(value, settings, family)
    except ValidationError as error:
        raise InputError(f"{expected}, got {value!r} ({one_line(error, family)})") from None
    except InputError as error:
        raise InputError(f"{slot}: {error}") from None
    same_class = _name(part.kind()) == _name(str(saved.get("kind")))
    if not same_class or not part.matches(settings):
        raise InputError(f"{expected}, got {part.to_dict()}")
    return part


def _part(value: object, settings: dict[str, Any], family: type[Part]) -> Part:
    """Return a part; the settings are applied to a class, or to the part that wraps an object."""
    value = family.find(value) if isinstance(value, str) else value
    if isinstance(value, family):
        return value
    if isinstance(value, type) and issubclass(value, family):
        return value.model_validate(settings)
    part = family.adopt(value)
    own = {name: getattr(part, name) for name in part.model_fields_set}
    return type(part).model_validate(settings | own)


def _name(kind: str) -> str:
    """Return the name of a class without its module."""
    return kind.rpartition(":")[2]
