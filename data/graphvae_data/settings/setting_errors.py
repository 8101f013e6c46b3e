"""One-line errors of settings: the setting's name, what was expected, the value received."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from typing import Any, Literal, Union

from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from graphvae_data.core.errors import InputError, nearest

Path = tuple[str, ...]
"""The path of a setting: ("prior", "components")."""
Words = Callable[[Path], str]
"""Spells a path: `--prior-components` on the command line, `prior_components` in Python."""


class SettingClash(InputError):
    """Settings that are valid individually, but not together or not for the data.

    Args:
        path: the setting to name in the message.
        message: what was expected, and the value received.
    """

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(f"{path[-1]}: {message}")
        self.path = path
        self.message = message


def one_line(
    error: ValidationError, model: type[BaseModel], words: Words = ".".join, at: Path = ()
) -> str:
    """Return the first error of a pydantic report in one line.

    Args:
        error: the report.
        model: the class whose values were checked.
        words: spells a path for the user.
        at: the path of that class.
    """
    first = error.errors(include_url=False)[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, SettingClash):
        return f"{words(cause.path)}: {cause.message}"
    loc = tuple(str(each) for each in first["loc"] if not isinstance(each, int))
    name = words((*at, *loc))
    if cause is not None:  # an InputError of ours, raised inside a validator
        return f"{name}: {cause}" if name else str(cause)
    if first["type"] == "missing":
        return f"{name}: required"
    fields = _fields(model, loc[:-1])
    if first["type"] == "extra_forbidden":
        hint = nearest(loc[-1], fields)
        return f"{name}: no such setting{hint}"
    field = fields.get(loc[-1]) if loc else None
    expected = "" if field is None else expectation(field)
    expected = expected or first["msg"].replace("Input should be", "").strip()
    hint = nearest(first["input"], choices(field)) if isinstance(first["input"], str) else ""
    return f"{name}: expected {expected}, got {first['input']!r}{hint}"


def _fields(model: type[BaseModel], groups: Path) -> dict[str, FieldInfo]:
    """Return the settings of a group inside a class; none for a slot."""
    for group in groups:
        kind = model.model_fields[group].annotation if group in model.model_fields else None
        if not isinstance(kind, type) or not issubclass(kind, BaseModel):
            return {}
        model = kind
    return dict(model.model_fields)


def choices(field: FieldInfo | None) -> tuple[str, ...]:
    """Return the values of a `Literal`; empty for other types."""
    kind = None if field is None else plain_type(field)
    return typing.get_args(kind) if typing.get_origin(kind) is Literal else ()


def plain_type(field: FieldInfo) -> Any:
    """Return a setting's type without `| None`."""
    if not optional(field):
        return field.annotation
    inside = [each for each in typing.get_args(field.annotation) if each is not types.NoneType]
    return inside[0]


def optional(field: FieldInfo) -> bool:
    """Return whether a setting may be None."""
    union = typing.get_origin(field.annotation) in (Union, types.UnionType)
    return union and types.NoneType in typing.get_args(field.annotation)


def expectation(field: FieldInfo) -> str:
    """Describe the valid values of a setting.

    >>> from pydantic import Field
    >>> class Example(BaseModel):
    ...     epochs: int = Field(default=1, ge=1)
    ...     lr: float = Field(default=0.1, gt=0)
    ...     dropout: float | None = Field(default=0, ge=0, lt=1)
    >>> [expectation(each) for each in Example.model_fields.values()]
    ['a whole number of at least 1', 'a positive number', 'a number from 0 up to 1, or none']
    """
    kind, none = plain_type(field), ", or none" if optional(field) else ""
    if typing.get_origin(kind) is Literal:
        return f"one of {', '.join(map(str, typing.get_args(kind)))}{none}"
    if typing.get_origin(kind) is tuple:
        return f"{_listed(kind, field.metadata)}{none}"
    nouns = {int: "whole number", float: "number", bool: "true or false", str: "text"}
    noun = nouns.get(kind, "")
    if kind in (int, float):
        return f"{_bounded(noun, field.metadata)}{none}"
    return f"{noun}{none}" if noun else ""


def _bounded(noun: str, metadata: list[Any]) -> str:
    """Describe a number with its bounds."""
    at_least = next((each.ge for each in metadata if isinstance(each, Ge)), None)
    above = next((each.gt for each in metadata if isinstance(each, Gt)), None)
    at_most = next((each.le for each in metadata if isinstance(each, Le)), None)
    below = next((each.lt for each in metadata if isinstance(each, Lt)), None)
    if above is not None and below is not None:
        return f"a {noun} between {above} and {below}"
    if at_least is not None and below is not None:
        return f"a {noun} from {at_least} up to {below}"
    if at_least is not None and at_most is not None:
        return f"a {noun} from {at_least} to {at_most}"
    if at_least is not None:
        return f"a {noun} of at least {at_least}"
    if above is not None:
        return f"a positive {noun}" if above == 0 else f"a {noun} above {above}"
    return f"a {noun}"


def _listed(kind: Any, metadata: list[Any]) -> str:
    """Describe a tuple: `whole numbers of at least 1, at least one of them`."""
    inside = typing.get_args(kind)[0]
    bounds: list[Any] = []
    if typing.get_origin(inside) is typing.Annotated:
        inside, *annotations = typing.get_args(inside)
        for each in annotations:
            bounds += each.metadata if isinstance(each, FieldInfo) else [each]
    noun = {int: "whole number", float: "number"}.get(inside, "text")
    words = _bounded(noun, bounds).removeprefix("a ").replace("number", "numbers", 1)
    least = next((each.min_length for each in metadata if isinstance(each, MinLen)), 0)
    return f"{words}, at least {'one' if least == 1 else least} of them" if least else words
