"""Checks that typed settings make of themselves: one clear line names the option and the value."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from graphvae_data.core.errors import InputError, nearest


def option(name: str) -> str:
    """Return a setting's name as the command line spells it."""
    return name.replace("_", "-")


def check_kinds(
    settings: type, values: Mapping[str, Any], kinds: Mapping[str, tuple[type, ...]]
) -> None:
    """Raise `InputError` on a value that is not of the kind its field is declared with.

    Args:
        settings: the dataclass.
        values: what a file or a caller gives, by field.
        kinds: the Python types that stand for each declared type.
    """
    for field in fields(settings):
        if field.name in values and not isinstance(values[field.name], kinds[str(field.type)]):
            got = values[field.name]
            raise InputError(f"{option(field.name)}: expected {field.type}, got {got!r}")


def check_known(settings: type, values: Mapping[str, Any], needs: str) -> None:
    """Raise `InputError` on an unknown setting, or where the one that is needed is missing."""
    known = {field.name for field in fields(settings)}
    unknown = sorted(set(values) - known)
    if unknown or needs not in values:
        wrong = f"unknown setting {unknown[0]!r}" if unknown else f"no setting {needs!r}"
        raise InputError(f"config: {wrong}; expected {', '.join(sorted(known))}")


def check_whole(name: str, value: Any, least: int) -> None:
    """Raise `InputError` unless a value is a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InputError(
            f"{option(name)}: expected a whole number of at least {least}, got {value!r}"
        )


def check_positive(name: str, value: Any, *, or_zero: bool = False) -> None:
    """Raise `InputError` unless a value is a finite number above zero, or zero where allowed."""
    if or_zero and value == 0 and not isinstance(value, bool):
        return
    wanted = "a number of at least 0" if or_zero else "a positive number"
    check_number(name, value, 0.0, math.inf, wanted)


def check_number(name: str, value: Any, low: float, high: float, wanted: str) -> None:
    """Raise `InputError` unless a number lies strictly between two others."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low < value < high:
        raise InputError(f"{option(name)}: expected {wanted}, got {value!r}")


def check_some(what: str, given: Iterable[str], known: Sequence[str]) -> set[str]:
    """Return the names given, each once.

    Raises:
        InputError: one of them is not known.
    """
    names = set(given)
    for name in sorted(names - set(known)):
        hint = nearest(name, known)
        raise InputError(f"{what}: expected some of {', '.join(known)}, got {name!r}{hint}")
    return names


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Raise `InputError` unless a value is one of a closed list."""
    if value not in choices:
        raise InputError(f"{option(name)}: expected one of {', '.join(choices)}, got {value!r}")
