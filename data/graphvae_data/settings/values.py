"""Values of a setting as text: in a command, in the name of a folder."""

from __future__ import annotations

import json
import typing
from collections.abc import Callable
from typing import Any

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.settings.flat import Catalogue
from graphvae_data.settings.setting_errors import Path, plain_type

Value = int | float | bool | str | tuple[int, ...]


def option(name: str) -> str:
    """Return the name of a setting on the command line."""
    return name.replace("_", "-")


def setting_path(catalogue: Catalogue, param: str, argument: str = "param") -> Path:
    """Return the path of a setting that is named like `prior_components` or `prior.df`.

    Args:
        catalogue: the settings.
        param: the name.
        argument: the option or argument that has the name, for the message.

    Raises:
        InputError: an unknown setting, or one of the machine or the seed.
    """
    if "." in param:
        return tuple(param.replace("-", "_").split("."))
    known = [name for name, flat in catalogue.flats.items() if flat.path[0] != "run"]
    if param not in known:
        hint = nearest(option(param), map(option, known))
        listed = ", ".join(map(option, known))
        raise InputError(f"{argument}: expected one of {listed}, got {option(param)!r}{hint}")
    return catalogue.flats[param].path


def read_values(
    catalogue: Catalogue, param: str, text: str, argument: str = "values"
) -> tuple[Value, ...]:
    """Parse comma-separated values of a setting, by its type; widths are separated by x.

    Args:
        catalogue: the settings.
        param: the name of the setting.
        text: the values.
        argument: the option that has them, for the message.

    Raises:
        InputError: an unknown setting, or a value of the wrong type.
    """
    path = setting_path(catalogue, param)
    flat = next((each for each in catalogue.flats.values() if each.path == path), None)
    read = _plain if flat is None or flat.family else _reader(plain_type(flat.field))
    try:
        return tuple(read(part.strip()) for part in text.split(","))
    except ValueError as error:
        raise InputError(
            f"{argument}: expected comma-separated values of {option(param)}, got {text!r}"
        ) from error


def _reader(kind: Any) -> Callable[[str], Value]:
    if typing.get_origin(kind) is tuple:
        return _widths
    readers: dict[Any, Callable[[str], Value]] = {int: int, float: float, bool: _boolean}
    return readers.get(kind, str)


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _plain(text: str) -> Value:
    """Parse a number, true or false; else return the text."""
    try:
        value: Value = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return text
    return value


def _widths(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("x"))


def spell(value: Value) -> str:
    """Format a value so that `read_values` can parse it.

    >>> spell(4.0), spell((400, 200)), spell(True)
    ('4', '400x200', 'true')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
