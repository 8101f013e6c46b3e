"""Override settings: replace a part, or a setting of the current part.

Precedence of layers: preset < `--config` file < options or Python arguments. Within a layer, parts
are chosen before settings are applied, whatever their order. Choosing the current part changes
nothing; choosing another one replaces the part and its settings by the new part's defaults. An
object replaces the part as it is. A setting that the chosen part lacks is an error, never ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.settings.flat import Catalogue
from graphvae_data.settings.setting_errors import Path, Words, one_line
from graphvae_data.settings.settings import Part, Settings

AnySettings = TypeVar("AnySettings", bound=Settings)


def override(
    settings: AnySettings, changes: Mapping[str, Any], catalogue: Catalogue, words: Words
) -> AnySettings:
    """Return the settings with one layer of changes applied.

    Args:
        settings: the settings of earlier layers.
        changes: by field a value, a part, or, for a slot or group, a mapping of settings whose
            `kind` chooses the part.
        catalogue: the flat names of the settings' class, for hints.
        words: returns the user's spelling of a path.

    Raises:
        InputError: an unknown setting, a setting that the chosen part lacks, a value out of bounds,
            or incompatible settings.
    """
    fields = {name: getattr(settings, name) for name in type(settings).model_fields}
    for name, change in changes.items():
        if name not in fields:
            hint = nearest(name, [*fields, *catalogue.flats])
            raise InputError(f"{words((name,))}: no such setting{hint}")
        current, family = fields[name], catalogue.family(name)
        if family is not None and not isinstance(change, Mapping):
            change = {"kind": change}
        if isinstance(change, Mapping) and isinstance(current, Settings):
            fields[name] = _group(name, current, dict(change), family, catalogue, words)
        else:
            fields[name] = change
    return _checked(type(settings), fields, words)


def replaced_settings(
    before: Settings,
    after: Settings,
    is_user_set: Callable[[str, str], bool] = lambda slot, setting: False,
) -> Iterator[str]:
    """Return a line for each setting that was lost because its part was replaced.

    These are settings of the replaced part that differed from its defaults and that the new part
    has with another value: `encoder: gcn has dropout 0.0 (was 0.8 with s2gc)`.

    Args:
        before: the settings before parts were replaced.
        after: the settings afterwards.
        is_user_set: returns whether the user set a setting of a slot, so that it is not lost.
    """
    for slot in type(before).model_fields:
        old, new = getattr(before, slot), getattr(after, slot, None)
        if not isinstance(old, Part) or not isinstance(new, Part) or type(old) is type(new):
            continue
        for name, field in type(old).model_fields.items():
            value, now = getattr(old, name), getattr(new, name, None)
            lost = value != field.default and now is not None and now != value
            if lost and not is_user_set(slot, name):
                yield f"{slot}: {new.kind()} has {name} {now} (was {value} with {old.kind()})"


def _group(
    name: str,
    current: Settings,
    change: dict[str, Any],
    family: type[Part] | None,
    catalogue: Catalogue,
    words: Words,
) -> Settings:
    """Choose the part, then apply its settings."""
    part, values = type(current), dict(current)
    if family is not None and "kind" in change:
        try:
            part, values = family.choose(change.pop("kind"), current)
        except InputError as error:
            raise InputError(f"{words((name,))}: {error}") from None
    for setting in change.keys() - part.model_fields.keys():
        missing = _missing(part, (name, setting), catalogue, words)
        raise InputError(f"{words((name, setting))}: {missing}")
    return _checked(part, values | change, words, (name,))


def _checked(
    model: type[AnySettings], values: Mapping[str, Any], words: Words, at: Path = ()
) -> AnySettings:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise InputError(one_line(error, model, words, at)) from None


def _missing(part: type[Settings], path: Path, catalogue: Catalogue, words: Words) -> str:
    """Return the message for a setting that the chosen part lacks, with a hint."""
    slot, setting = path
    peers = {flat.path[-1]: flat for flat in catalogue.flats.values() if flat.path[:1] == (slot,)}
    described = f"{slot} {part.kind()}" if issubclass(part, Part) else slot
    if setting in peers and peers[setting].fields.keys() != {""}:
        owners = " or ".join(peers[setting].fields)
        return f"{described} has no such setting; {words((slot,))} {owners} has"
    return f"{described} has no such setting{nearest(setting, part.model_fields)}"
