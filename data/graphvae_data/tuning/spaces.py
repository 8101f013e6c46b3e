"""The search spaces of a model: those declared with its settings, narrowed by the user.

The settings of a model depend on its parts, and so does its space. A range that the user has not
set is extended to the model's own value. It is left out if one of its ends cannot be used with the
other settings.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from graphvae_data.core.errors import InputError
from graphvae_data.settings.flat import Catalogue
from graphvae_data.settings.layers import Layer
from graphvae_data.settings.search import Choices, Search, Space, declared, space_of
from graphvae_data.settings.setting_errors import Path, plain_type
from graphvae_data.settings.settings import Part, Settings
from graphvae_data.settings.values import option, read_values, setting_path

RANGE = re.compile(r"(?P<low>[^.\s]\S*?|\.\d\S*?)\.\.(?P<high>\S+?)(?P<scale>:log|:linear)?")
LOG_RATIO = 100
"""A range whose ends have at least this ratio is searched on a logarithmic scale by default."""

Resolve = Callable[[Sequence[Layer]], Settings]
"""Returns the settings of a model with layers applied; `InputError` if they cannot be used."""


@runtime_checkable
class Suggest(Protocol):
    """Chooses a value from a space under a name; `start` is that of the first trial."""

    def __call__(self, name: str, space: Space, start: Any) -> Any:
        """Return a value of the space."""


@dataclass(frozen=True)
class Searched:
    """A setting that is searched."""

    path: Path
    """Its path."""
    name: str
    """Its name in tables: the flat name, or the path."""
    space: Space
    """The values to try."""
    start: Any
    """The value of the first trial, which is the model's own if the space has it."""


@dataclass(frozen=True)
class Spaces:
    """The search spaces of the settings of a study.

    Args:
        catalogue: the settings.
        fixed: the user's settings; those of the last layer are not searched.
        narrowed: by path, the spaces that the user chose.
        closed: slots and groups whose settings are never searched.
    """

    catalogue: Catalogue
    fixed: Sequence[Layer]
    narrowed: Mapping[Path, Space]
    closed: frozenset[str] = frozenset()

    def layer(self, resolve: Resolve, suggest: Suggest) -> tuple[Layer, dict[str, Any]]:
        """Choose the parts, then the settings of those parts.

        Args:
            resolve: returns the settings of the model.
            suggest: chooses each value.

        Returns:
            The chosen values as a layer on top of the user's, and by name.
        """
        changes: dict[str, Any] = {}
        chosen: dict[str, Any] = {}
        words = self.fixed[-1].words
        slots = [p for p in self.narrowed if len(p) == 1 and self.catalogue.family(p[0])]
        for path in slots:
            space, current = self.narrowed[path], getattr(resolve(self.fixed), path[0])
            value = suggest(path[0], space, space.nearest(current.kind()))
            self.catalogue.put(changes, path, value)
            chosen[path[0]] = value
        base = Layer({name: dict(change) for name, change in changes.items()}, words)
        for each in self.of([*self.fixed, base], resolve):
            suffix = f"@{chosen[each.path[0]]}" if each.path[0] in chosen else ""
            value = suggest(each.name + suffix, each.space, each.start)
            self.catalogue.put(changes, each.path, value)
            chosen[each.name] = value
        return Layer(changes, words), chosen

    def of(self, layers: Sequence[Layer], resolve: Resolve) -> list[Searched]:
        """Return the searched settings of a model with these layers, apart from its parts."""
        each = self._candidates(resolve(layers))
        return [one for one in each if self._fault(one, layers, resolve) is None]

    def check(self, models: Sequence[Resolve]) -> None:
        """Raise `InputError` for a space that the user chose and that no model can use."""
        for path in self.narrowed:
            if path[0] in self.closed:
                raise InputError(
                    f"set: {option('.'.join(path))} changes the loss by which trials are compared; "
                    "choose one value, or use `sweep`"
                )
            last = self.fixed[-1]
            if last.sets_path(path):
                raise InputError(f"{last.words(path)}: has a value and is searched; leave one out")
            family = self.catalogue.family(path[0]) if len(path) == 1 else None
            if family is not None:
                self._check_parts(path, family)
            parts_vary = (path[0],) in self.narrowed
            if not parts_vary and all(self._unusable(path, resolve) for resolve in models):
                raise InputError(self._unusable(path, models[0]) or "")

    def _check_parts(self, path: Path, family: type[Part]) -> None:
        """Raise `InputError` for a part that is unknown."""
        for kind in self.narrowed[path].ends():
            try:
                family.find(str(kind))
            except InputError as error:
                raise InputError(f"set: {path[0]}: {error}") from None

    def _unusable(self, path: Path, resolve: Resolve) -> str | None:
        """Return why a model cannot use a space that the user chose; None if it can."""
        for each in self._candidates(resolve(self.fixed)):
            if each.path == path:
                return self._fault(each, self.fixed, resolve)
        return f"set: no model of this search has {option(self.catalogue.python_name(path))}"

    def _fault(self, each: Searched, layers: Sequence[Layer], resolve: Resolve) -> str | None:
        """Return why an end of a space cannot be used with the other settings; None if it can."""
        for value in each.space.ends():
            changes: dict[str, Any] = {}
            self.catalogue.put(changes, each.path, value)
            try:
                resolve([*layers, Layer(changes, layers[-1].words)])
            except InputError as error:
                return str(error)
        return None

    def _candidates(self, settings: Settings) -> Iterator[Searched]:
        """Yield the settings with a space, chosen by the user or else declared."""
        for group in type(settings).model_fields:
            value = getattr(settings, group)
            if not isinstance(value, Settings):
                yield from self._searched((group,), settings)
                continue
            for name in type(value).model_fields:
                yield from self._searched((group, name), value)

    def _searched(self, path: Path, owner: Settings) -> Iterator[Searched]:
        field, value = type(owner).model_fields[path[-1]], getattr(owner, path[-1])
        space, own = declared(field), self.narrowed.get(path)
        name = self.catalogue.python_name(path)
        if own is not None:
            start = own.nearest(own.ends()[0] if value is None else value)
            yield Searched(path, name, own, start)
        elif space is not None and value is not None and not self._fixed(path):
            whole = space.including(value)
            yield Searched(path, name, whole, whole.nearest(value))

    def _fixed(self, path: Path) -> bool:
        return path[0] in self.closed or self.fixed[-1].sets_path(path)


def named_spaces(
    catalogue: Catalogue, search: Mapping[str, Space | Sequence[Any]] | None
) -> dict[Path, Space]:
    """Return the spaces of the argument `search` of `tune` by the path of their setting.

    Raises:
        InputError: an unknown setting, or a value that is no space.
    """
    return {
        setting_path(catalogue, name, "search"): space_of(space)
        for name, space in (search or {}).items()
    }


def read_space(catalogue: Catalogue, text: str) -> tuple[Path, Space] | None:
    """Parse `lr=1e-4..1e-1`, `hidden=16..64:linear` or `scaling=none,tf-idf`.

    A range whose ends are a factor of 100 apart has a logarithmic scale, unless it says `:linear`.

    Args:
        catalogue: the settings.
        text: the text: a setting by its flat name or path, `=`, and a range or a list.

    Returns:
        The path of the setting and its space; None for a single value.

    Raises:
        InputError: an unknown setting, or ends that are no range of it.
    """
    name, equals, value = text.partition("=")
    param = name.strip().replace("-", "_")
    match = RANGE.fullmatch(value.strip())
    if not equals or not (match or "," in value):
        return None
    path = setting_path(catalogue, param, "set")
    if match is None:
        values = read_values(catalogue, param, value, "set")
        if len(set(values)) < len(values):
            raise InputError(f"set: expected distinct values of {option(param)}, got {value!r}")
        return path, Choices(values)
    low, high = _numbers(catalogue, param, match)
    log = low > 0 and (match["scale"] == ":log" if match["scale"] else high >= LOG_RATIO * low)
    if match["scale"] == ":log" and low <= 0:
        raise InputError(f"set: a logarithmic range starts above 0, got {text!r}")
    return path, Search(low, high, log)


def _numbers(catalogue: Catalogue, param: str, match: re.Match[str]) -> tuple[Any, Any]:
    path = setting_path(catalogue, param, "set")
    flat = next((each for each in catalogue.flats.values() if each.path == path), None)
    whole = flat is not None and flat.family is None and plain_type(flat.field) is int
    error = InputError(
        f"set: expected a range of {option(param)}, such as LOW..HIGH, got {match[0]!r}"
    )
    if flat is not None and (flat.family or plain_type(flat.field) not in (int, float)):
        raise error
    try:
        low, high = (int(match[end]) if whole else float(match[end]) for end in ("low", "high"))
    except ValueError:
        raise error from None
    if not (math.isfinite(low) and math.isfinite(high)):
        raise error
    if low >= high:
        raise InputError(f"set: expected a range of {option(param)} that ascends, got {match[0]!r}")
    return low, high
