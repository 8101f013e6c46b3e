"""Flat names of nested settings, the same on the command line and in Python.

A slot has its own name (`prior`). A setting of its parts is `slot_setting` (`prior_components`), or
`setting` alone where the slot is declared `short`, and in plain groups of settings. This depends on
the slot's declaration only, never on which parts exist, so that a new part does not change what an
old option means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic.fields import FieldInfo

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.settings.setting_errors import Path
from graphvae_data.settings.settings import Part, Settings


@dataclass(frozen=True)
class Flat:
    """One flat name: of a slot, or of a setting."""

    name: str
    """As a Python argument; an option has hyphens for underscores."""
    path: Path
    """Its path: ("prior",) or ("prior", "components")."""
    fields: Mapping[str, FieldInfo]
    """The declaration in each part that has the setting, by the part's name; "" outside parts."""
    section: str
    """The section of help and documentation."""
    family: type[Part] | None
    """The family of parts of a slot; None for a setting."""
    parts: tuple[str, ...] = ()
    """The names of the parts that a slot offers."""

    @property
    def field(self) -> FieldInfo:
        """The first declaration; those of other parts have the same type."""
        return next(iter(self.fields.values()))

    @property
    def help(self) -> str:
        """The description, from each part that describes the setting differently."""
        described: dict[str, list[str]] = {}
        for part, field in self.fields.items():
            described.setdefault(field.description or "", []).append(part)
        if len(described) == 1:
            return next(iter(described))
        return " ".join(f"{', '.join(parts)}: {text}" for text, parts in described.items())


class Catalogue:
    """The flat names of a settings class whose fields are slots, groups and plain settings.

    Fields without a section are not options; they are set by the code.

    Args:
        settings: the class.
        supported: returns whether a part of a family is supported here; by default all are.
    """

    def __init__(
        self,
        settings: type[Settings],
        supported: Callable[[type[Part]], bool] = lambda part: True,
    ) -> None:
        self.settings = settings
        self.supported = supported

    @cached_property
    def flats(self) -> dict[str, Flat]:
        """Every flat name, in the order of the declarations."""
        flats = dict[str, Flat]()
        for flat in self._walk():
            assert flat.name not in flats, f"{flat.name} is ambiguous"
            flats[flat.name] = flat
        return flats

    def family(self, name: str) -> type[Part] | None:
        """Return the family of parts that a slot takes; None for other fields."""
        kind = self._annotation(name)
        return kind if isinstance(kind, type) and issubclass(kind, Part) else None

    def parts(self, family: type[Part]) -> dict[str, type[Part]]:
        """Return the built-in parts of a family that are supported here, by name.

        A user-defined part adds no flat names: its settings are set by their path.
        """
        return {
            name: part
            for name, part in family.family.items()
            if part.kind() == name and self.supported(part)
        }

    def nested(self, flat: Mapping[str, Any]) -> dict[str, Any]:
        """Convert `{"prior": "vamp", "prior_components": 500}` to nested changes.

        Raises:
            InputError: an unknown name.
        """
        changes: dict[str, Any] = {}
        for name, value in flat.items():
            if name not in self.flats:
                raise InputError(f"{name}: no such setting{nearest(name, self.flats)}")
            if value is None and self.flats[name].family is not None:
                continue  # keep the current part
            self.put(changes, self.flats[name].path, value)
        return changes

    def put(self, changes: dict[str, Any], path: Path, value: Any) -> None:
        """Set a value at its path; the choice for a slot becomes the slot's `kind`."""
        field, *rest = path
        if rest:
            changes.setdefault(field, {})[".".join(rest)] = value
        elif self.family(field) is not None:
            changes.setdefault(field, {})["kind"] = value
        else:
            changes[field] = value

    def python_name(self, path: Path) -> str:
        """Return a setting's name as a Python argument."""
        return self._names.get(path, "_".join(path))

    def option_name(self, path: Path) -> str:
        """Return a setting's name as an option."""
        if path not in self._names:
            return f"--set {'.'.join(path)}"
        return "--" + self._names[path].replace("_", "-")

    def values(self, settings: Settings) -> dict[str, Any]:
        """Return every setting by flat name; for a slot, the name of its part.

        Settings of a user-defined part are named by their path, such as `prior.df`.
        """
        values = dict[str, Any]()
        for flat in self.flats.values():
            field, *rest = flat.path
            value = getattr(settings, field)
            if flat.family is not None:
                values[flat.name] = value.label
                if value.restorable and value.kind() not in flat.parts:
                    values |= {f"{field}.{name}": each for name, each in value}
            elif not rest:
                values[flat.name] = value
            elif rest[0] in type(value).model_fields:
                values[flat.name] = getattr(value, rest[0])
        return values

    def unrestorable(self, settings: Settings) -> list[str]:
        """Return the slots with a part that cannot be saved in a file, such as a user's module."""
        slots = [flat.name for flat in self.flats.values() if flat.family is not None]
        return [name for name in slots if not getattr(settings, name).restorable]

    def differences(self, base: Settings, settings: Settings) -> dict[str, Any]:
        """Return, by flat name, the changes from `base` to `settings`.

        For a slot with another part: the part's name and its non-default settings; for a slot with
        a user-defined part: the part itself.
        """
        changes = dict[str, Any]()
        for flat in self.flats.values():
            slot, *rest = flat.path
            old, new = getattr(base, slot), getattr(settings, slot)
            if flat.family is not None:
                outside = new.kind() not in flat.parts
                if type(old) is not type(new) or (outside and old != new):
                    changes[flat.name] = new if outside else new.kind()
                continue
            if not rest:
                value, before = new, old
            elif rest[0] not in type(new).model_fields:
                continue
            else:
                same = type(old) is type(new)
                value = getattr(new, rest[0])
                before = getattr(old, rest[0]) if same else type(new).model_fields[rest[0]].default
            if value != before:
                changes[flat.name] = value
        return changes

    @cached_property
    def _names(self) -> dict[Path, str]:
        return {flat.path: flat.name for flat in self.flats.values()}

    def _annotation(self, name: str) -> Any:
        field = self.settings.model_fields.get(name)
        return None if field is None else field.annotation

    def _walk(self) -> Iterator[Flat]:
        for name, field in self.settings.model_fields.items():
            extra = field.json_schema_extra
            if not isinstance(extra, dict) or "section" not in extra:
                continue
            section, family = str(extra["section"]), self.family(name)
            kind = field.annotation
            if family is not None:
                parts: Mapping[str, type[Settings]] = self.parts(family)
                yield Flat(name, (name,), {"": field}, section, family, tuple(parts))
                prefix = "" if extra["short"] else f"{name}_"
            elif isinstance(kind, type) and issubclass(kind, Settings):
                parts, prefix = {"": kind}, ""
            else:
                yield Flat(name, (name,), {"": field}, section, None)
                continue
            yield from self._settings_of(name, parts, prefix, section)

    def _settings_of(
        self, slot: str, parts: Mapping[str, type[Settings]], prefix: str, section: str
    ) -> Iterator[Flat]:
        owners: dict[str, dict[str, FieldInfo]] = {}
        for part, kind in parts.items():
            for setting, field in kind.model_fields.items():
                if not field.exclude:
                    owners.setdefault(setting, {})[part] = field
        for setting, fields in owners.items():
            kinds = {str(field.annotation) for field in fields.values()}
            assert len(kinds) == 1, f"{slot}.{setting} has several types: {kinds}"
            yield Flat(prefix + setting, (slot, setting), fields, section, None)
