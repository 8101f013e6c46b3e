"""Import of a part or a data function that a user names as `module:attribute`."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from types import ModuleType

from graphvae_data.core.errors import InputError


def names_import(name: object) -> bool:
    """Return whether an object is a string of the form `module:attribute`."""
    return isinstance(name, str) and re.fullmatch(r"[\w.]+:[\w.]+", name) is not None


def imported(name: str, hint: str = "") -> object:
    """Import `module:attribute`, also from the working directory.

    Args:
        name: `module:attribute`.
        hint: a suggestion appended to the error message.

    Raises:
        InputError: the module or the attribute does not exist, or the module fails.
    """
    module, _, attribute = name.partition(":")
    folder = str(Path.cwd())
    sys.path.insert(0, folder)
    try:
        return attrgetter(attribute)(import_module(module))
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"cannot import {name} ({error}){hint}") from None
    except Exception as error:  # a user's module may raise anything
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"cannot import {name} ({reason}){hint}") from error
    finally:
        sys.path.remove(folder)


def imported_data(name: str) -> object:
    """Call the function `module:function` without arguments and return its result.

    Raises:
        InputError: it cannot be imported, is not a function, or fails.
    """
    function = imported(name)
    if not callable(function):
        raise InputError(f"dataset: expected {name} to be a function that returns the data")
    try:
        return function()
    except Exception as error:  # a user's function may raise anything
        raise InputError(f"dataset: {name} fails ({type(error).__name__}: {error})") from error


def optional(module: str, purpose: str, extra: str) -> ModuleType:
    """Import a library that only an extra of the package installs.

    Args:
        module: the module.
        purpose: the option or function that needs it, for the message.
        extra: the extra that installs it.

    Raises:
        InputError: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(
            f"{purpose}: needs {module.split('.')[0]}, which cannot be imported ({error}); install "
            f"it with `pip install 'graphvae[{extra}]'`"
        ) from None
