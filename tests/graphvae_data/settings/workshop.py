"""Toy settings with slots: a job of a workshop, and the parts that it is composed of."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, SerializeAsAny, model_validator

from graphvae_data.settings.flat import Catalogue
from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.settings import Part, Settings, register, slot


class Shape(Part):
    """What is cut."""

    family: ClassVar[dict[str, type[Part]]] = {}


@register
class Circle(Shape):
    """A circle."""

    name = "circle"
    radius: float = Field(default=1.0, gt=0, description="Radius.")


@register
class Polygon(Shape):
    """A polygon."""

    name = "polygon"
    sides: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        default=(3, 4, 5), description="Lengths of the sides."
    )


@register
class Square(Shape):
    """A square, which has a radius as a circle has: that of its rounded corners."""

    name = "square"
    side: float = Field(default=4.0, gt=0, description="Length of a side.")
    radius: float = Field(default=0.5, gt=0, description="Radius of the corners.")


class Finish(Part):
    """What is done to the surface."""

    family: ClassVar[dict[str, type[Part]]] = {}


@register
class Raw(Finish):
    """Nothing."""

    name = "raw"


@register
class Lacquer(Finish):
    """Lacquer."""

    name = "lacquer"
    coats: int = Field(default=2, ge=1, le=9, description="How many coats.")


@register
class Oil(Finish):
    """Oil, rubbed in."""

    name = "oil"
    coats: int = Field(default=3, ge=1, description="How often.")


class Cutting(Settings):
    """How it is cut."""

    depth: int = Field(default=2, ge=1, description="Depth in millimetres.")
    tool: Literal["saw", "laser"] = Field(default="saw", description="What cuts.")
    cooled: bool = Field(default=False, description="Cool the tool.")
    label: str | None = Field(default=None, description="Text to engrave.")
    margin: float = Field(default=0.1, ge=0, lt=1, description="Share that is waste.")


class Job(Settings):
    """A job of a workshop."""

    customer: str = ""
    shape: SerializeAsAny[Shape] = slot(Circle(), "Shape", "What is cut.")
    finish: SerializeAsAny[Finish] = slot(Raw(), "Shape", "Its surface.", short=True)
    pieces: int = slot(1, "Cutting", "How many.", ge=1)
    cutting: Cutting = slot(Cutting(), "Cutting", "How it is cut.")

    @model_validator(mode="after")
    def _check(self) -> Job:
        if self.cutting.cooled and self.cutting.tool == "laser":
            raise SettingClash(("cutting", "cooled"), "is for saws, got laser")
        return self


class Star(Shape):
    """A user's shape, which has no name."""

    points: int = Field(default=5, ge=2, description="Points.")


class Drawer:
    """Things that belong together."""

    class Knob(Shape):
        """A user's shape inside another class."""


for part in (Circle, Polygon, Square, Raw, Lacquer, Oil):  # as if they were the package's own
    part.__module__ = "graphvae_data.workshop"
CATALOGUE = Catalogue(Job)
