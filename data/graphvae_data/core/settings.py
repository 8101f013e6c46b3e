"""Settings declared once, and parts that know themselves. Light: no torch, no numpy.

A *setting* is a field of a `Settings` class: its type, bounds, default and help text stand there
and nowhere else. A *part* (an encoder, a prior, a loss, …) is a `Settings` class with a name,
registered in its *family* where it is written; it knows its settings, its abilities, and how to
build its module. A *slot* of a recipe takes one part of a family.

>>> class Prior(Part):
...     family = {}
>>> @register
... class Mog(Prior):
...     name = "mog"
...     components: int = Field(10, ge=1, description="Components of the mixture.")
>>> Prior.find("mog")()
Mog(components=10)
>>> Mog(components=0)
Traceback (most recent call last):
graphvae_data.core.errors.InputError: Mog: components: expected a whole number of at least 1, got 0
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from graphvae_data.core.errors import InputError, nearest
from graphvae_data.core.setting_errors import one_line

__all__ = ["Field", "Part", "Settings", "register", "slot"]

AnyPart = TypeVar("AnyPart", bound="Part")
PACKAGES = ("graphvae", "graphvae_data", "image_vae")
"""Where parts with a short name come from; those from elsewhere are written as `module:Class`."""


class Settings(BaseModel):
    """Frozen, checked settings: unknown names, wrong types and values out of bounds are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    def __init__(self, **values: Any) -> None:
        """Check the values.

        Raises:
            InputError: in one line, the first that is wrong.
        """
        try:
            super().__init__(**values)
        except ValidationError as error:
            name = type(self).__name__
            raise InputError(f"{name}: {one_line(error, type(self))}") from None

    # Without this mark pydantic would call __init__ for nested values too, and lose their paths.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @field_validator("*", mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        """Take NumPy's numbers for Python's, and the lists of a JSON file for tuples."""
        if isinstance(value, list):
            return tuple(value)
        if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
            return value.item()
        return value

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as a JSON file holds them."""
        return self.model_dump(mode="json")


class Part(Settings):
    """A choice for a slot of a recipe; a direct subclass is a family, with its own `family`."""

    family: ClassVar[dict[str, type[Part]]]
    """The registered parts of the family by name."""
    name: ClassVar[str] = ""
    """What options and files call the part."""

    @property
    def label(self) -> str:
        """What tables call the part."""
        return self.kind()

    @property
    def restorable(self) -> bool:
        """Whether its settings in a file are enough to build it again."""
        return True

    @classmethod
    def find(cls: type[AnyPart], name: str) -> type[AnyPart]:
        """Return the part with a registered name, or the class that `module:Class` names.

        Modules are looked for in the working directory too.

        Raises:
            InputError: there is no such part.
        """
        module, colon, attribute = name.partition(":")
        if not colon:
            if name not in cls.family:
                hint = nearest(name, cls.family)
                raise InputError(f"expected one of {', '.join(cls.family)}, got {name!r}{hint}")
            return cls.family[name]  # type: ignore[return-value]
        part = _imported(module, attribute, name)
        if isinstance(part, type) and issubclass(part, cls):
            return part
        raise InputError(f"expected a class derived from {cls.__name__}, and {name} is none")

    @classmethod
    def choose(
        cls: type[AnyPart], value: object, present: Settings
    ) -> tuple[type[AnyPart], dict[str, Any]]:
        """Return the class and the settings that a name, a class or an object stands for.

        Args:
            value: a name, `module:Class`, a class of the family, a part, or an object that the
                family adopts, such as a module.
            present: the part that is in the slot: chosen again, it keeps its settings.
        """
        if isinstance(value, str):
            value = cls.find(value)
        if isinstance(value, type) and issubclass(value, cls):
            return value, dict(present) if value is type(present) else {}
        part = value if isinstance(value, cls) else cls.adopt(value)
        return type(part), dict(part)

    @classmethod
    def adopt(cls: type[AnyPart], value: object) -> AnyPart:
        """Make a part of a user's object; families that accept some say how.

        Raises:
            InputError: the family accepts no such object.
        """
        raise InputError(f"expected one of {', '.join(cls.family)} or a part, got {value!r}")

    @classmethod
    def kind(cls) -> str:
        """Return what a file calls the part: our own by name, others by `module:Class`."""
        ours = cls.__module__.split(".")[0] in PACKAGES and cls.family.get(cls.name) is cls
        return cls.name if ours else f"{cls.__module__}:{cls.__qualname__}"

    @classmethod
    def summary(cls) -> str:
        """Return the first sentence of the docstring, which help texts quote."""
        return (cls.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " ")

    @model_serializer(mode="wrap")
    def _write(self, write: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return {"kind": self.kind(), **write(self)}

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls: type[AnyPart], value: Any, read: Callable[[Any], AnyPart]) -> AnyPart:
        """Read `"vamp"`, `{"kind": "vamp", "components": 500}` or a part."""
        if isinstance(value, str):
            value = {"kind": value}
        if isinstance(value, dict) and isinstance(value.get("kind"), str):
            settings = dict(value)
            return cls.find(settings.pop("kind")).model_validate(settings)
        return read(value)


def _imported(module: str, attribute: str, name: str) -> object:
    """Return `module:attribute`; the working directory counts as a place to import from."""
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"cannot import {name} ({error}); pass the part itself") from None
    finally:
        sys.path.remove(here)


def register(part: type[AnyPart]) -> type[AnyPart]:
    """Let a part be chosen by its name; a decorator.

    Raises:
        InputError: another part of the family has the name.
    """
    if part.family.setdefault(part.name, part) is not part:
        taken = part.family[part.name].__qualname__
        raise InputError(f"register: the name {part.name!r} is taken by {taken}")
    return part


def slot(
    default: Any, section: str, description: str, *, short: bool = False, **bounds: Any
) -> Any:
    """Declare a slot of a recipe, a group of settings, or a setting that stands by itself.

    Args:
        default: a part, a `Settings`, or a value.
        section: the section of help and documentation.
        description: what the slot is for, in a phrase.
        short: whether the settings of its parts are options without the slot's name in front:
            `--hidden`, not `--encoder-hidden`.
        **bounds: of a value, such as `ge=1`.
    """
    extra: dict[str, Any] = {"section": section, "short": short}
    return Field(default, description=description, json_schema_extra=extra, **bounds)
