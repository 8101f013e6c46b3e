"""Settings and parts, each declared once. Light to import: no torch, no numpy.

A *setting* is a field of a `Settings` class, with its type, bounds, default and help text. A *part*
(an encoder, a prior, a loss, …) is a named `Settings` class registered in its *family*; it declares
its settings and abilities, and builds its module. A *slot* of a recipe holds one part of a family.

>>> class Prior(Part):
...     family = {}
>>> @register
... class Mog(Prior):
...     name = "mog"
...     components: int = Field(default=10, ge=1, description="Components of the mixture.")
>>> Prior.find("mog")()
Mog(components=10)
>>> Mog(components=0)
Traceback (most recent call last):
graphvae_data.core.errors.InputError: Mog: components: expected a whole number of at least 1, got 0
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, TypeVar, get_origin

from annotated_types import Le, Lt
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
from graphvae_data.core.imports import imported
from graphvae_data.settings.setting_errors import one_line

__all__ = ["Field", "Part", "Seed", "Settings", "register", "slot"]

AnyPart = TypeVar("AnyPart", bound="Part")
PACKAGES = ("graphvae", "graphvae_data", "image_vae")
"""Packages whose parts have short names; other parts are written as `module:Class`."""

LARGEST = 10**9
"""The bound of a number whose declaration has none."""


class AnySize:
    """In the annotation of a setting: a number without a bound, such as a seed."""


Seed = Annotated[int, AnySize()]
"""A seed: any whole number that its declaration allows."""


class Settings(BaseModel):
    """Frozen, validated settings; unknown names, wrong types and invalid values are errors."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True
    )

    def __init__(self, **values: Any) -> None:
        """Validate the values.

        Raises:
            InputError: the first invalid value, in one line.
        """
        try:
            super().__init__(**values)
        except ValidationError as error:
            name = type(self).__name__
            raise InputError(f"{name}: {one_line(error, type(self))}") from None

    # Without this attribute pydantic would call __init__ for nested values too and lose their
    # paths.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @field_validator("*", mode="before")
    @classmethod
    def _plain(cls, value: Any, info: Any) -> Any:
        """Convert values to Python's, lists and a number of a list to tuples; check their size."""
        value, field = _python_value(value), cls.model_fields[str(info.field_name)]
        if get_origin(field.annotation) is tuple and type(value) in (int, float):
            value = (value,)
        if not any(isinstance(each, Le | Lt | AnySize) for each in field.metadata):
            _check_size(value)
        return value

    @property
    def has_user_parts(self) -> bool:
        """Whether a part is user-defined, at any depth.

        Such a part may draw from PyTorch's global generators, and is not known to return tensors
        of the right shape.
        """
        values = [each for _, value in self for each in _as_tuple(value)]
        return any(each.has_user_parts for each in values if isinstance(each, Settings))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values that JSON can represent."""
        return self.model_dump(mode="json")


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _check_size(value: Any) -> None:
    """Raise `InputError` for a number beyond `LARGEST`, alone or in a tuple."""
    if isinstance(value, tuple):
        for each in value:
            _check_size(each)
    elif isinstance(value, int | float) and LARGEST < abs(value) < math.inf:
        raise InputError(f"expected a number of at most {LARGEST:,}, got {value!r}")


def _python_value(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(map(_python_value, value))
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return _python_value(value.tolist())
    return value


class Part(Settings):
    """An option for a slot of a recipe; a direct subclass is a family, with its own `family`."""

    family: ClassVar[dict[str, type[Part]]]
    """The registered parts of the family by name."""
    name: ClassVar[str] = ""
    """The name of the part in options and files."""

    @property
    def label(self) -> str:
        """The name of the part in tables."""
        return self.kind()

    @property
    def has_user_parts(self) -> bool:
        """Whether it is user-defined, or one of its settings is."""
        return not self.is_ours() or super().has_user_parts

    @property
    def restorable(self) -> bool:
        """Whether it can be rebuilt from its settings in a file."""
        return True

    def matches(self, saved: Mapping[str, Any]) -> bool:
        """Return whether it is the part that a file describes, of the same class."""
        return self.to_dict() == {**saved, "kind": self.kind()}

    @classmethod
    def find(cls: type[AnyPart], name: str) -> type[AnyPart]:
        """Return the part with a registered name, or the class `module:Class`.

        The working directory is searched for modules too.

        Raises:
            InputError: unknown part.
        """
        if ":" not in name:
            if name not in cls.family:
                hint = nearest(name, cls.family)
                raise InputError(f"expected one of {', '.join(cls.family)}, got {name!r}{hint}")
            return cls.family[name]  # type: ignore[return-value]
        part = imported(name, "; pass the part itself")
        if isinstance(part, type) and issubclass(part, cls) and not part.is_family():
            return part
        raise InputError(f"expected a class derived from {cls.__name__}, got {name}")

    @classmethod
    def is_family(cls) -> bool:
        """Return whether this is a family, not a part."""
        return "family" in cls.__dict__

    @classmethod
    def choose(
        cls: type[AnyPart], value: object, current: Settings
    ) -> tuple[type[AnyPart], dict[str, Any]]:
        """Return the class and settings of a part chosen by name, class or object.

        Args:
            value: a name, `module:Class`, a class of the family, a part, or an object that the
                family can wrap, such as a module.
            current: the current part of the slot, which keeps its settings if chosen again.
        """
        if isinstance(value, str):
            value = cls.find(value)
        if isinstance(value, type):
            if issubclass(value, cls) and not value.is_family():
                return value, dict(current) if value is type(current) else {}
            raise cls._refused(value)
        part = value if isinstance(value, cls) else cls.adopt(value)
        return type(part), dict(part)

    @classmethod
    def adopt(cls: type[AnyPart], value: object) -> AnyPart:
        """Wrap a user's object in a part; families that support this override the method.

        Raises:
            InputError: the family does not accept the object.
        """
        raise cls._refused(value)

    @classmethod
    def _refused(cls, value: object) -> InputError:
        got = f"the class {value.__name__}" if isinstance(value, type) else repr(value)
        return InputError(f"expected one of {', '.join(cls.family)} or a part, got {got}")

    @classmethod
    def kind(cls) -> str:
        """Return the name of the part in files; `module:Class` for user-defined parts."""
        named = cls.is_ours() and cls.family.get(cls.name) is cls
        return cls.name if named else f"{cls.__module__}:{cls.__qualname__}"

    @classmethod
    def is_ours(cls) -> bool:
        """Return whether the part is defined in one of `PACKAGES`."""
        return cls.__module__.split(".")[0] in PACKAGES

    @classmethod
    def summary(cls) -> str:
        """Return the first paragraph of the docstring, for help texts."""
        return (cls.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " ")

    @model_serializer(mode="wrap")
    def _write(self, write: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        return {"kind": self.kind(), **write(self)}

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls: type[AnyPart], value: Any, read: Callable[[Any], AnyPart]) -> AnyPart:
        """Validate `"vamp"`, `{"kind": "vamp", "components": 500}` or a part."""
        if isinstance(value, str):
            value = {"kind": value}
        if isinstance(value, dict) and isinstance(value.get("kind"), str):
            settings = dict(value)
            return cls.find(settings.pop("kind")).model_validate(settings)
        if cls.is_family() and not (isinstance(value, cls) and type(value) is not cls):
            raise cls._refused(value)
        return read(value)


def register(part: type[AnyPart]) -> type[AnyPart]:
    """Register a part under its name; a decorator.

    Raises:
        InputError: another part of the family has this name.
    """
    if part.family.setdefault(part.name, part) is not part:
        taken = part.family[part.name].__qualname__
        raise InputError(f"register: the name {part.name!r} is taken by {taken}")
    return part


def slot(
    default: Any, section: str, description: str, *, short: bool = False, **bounds: Any
) -> Any:
    """Declare a slot of a recipe, a group of settings, or a single setting.

    Args:
        default: a part, a `Settings`, or a value.
        section: the section of help and documentation.
        description: a short description.
        short: whether the settings of its parts are options without the slot's name as prefix:
            `--hidden`, not `--encoder-hidden`.
        **bounds: of a value, such as `ge=1`.
    """
    extra: dict[str, Any] = {"section": section, "short": short}
    return Field(default=default, description=description, json_schema_extra=extra, **bounds)
