"""Flat names: what they stand for, and what they never do."""

from collections.abc import Iterator
from typing import ClassVar

import pytest
from pydantic import Field, SerializeAsAny

from graphvae_data.core.errors import InputError
from graphvae_data.settings.flat import Catalogue
from graphvae_data.settings.layers import Layer, overridden
from graphvae_data.settings.settings import Part, Settings, register, slot
from tests.graphvae_data.settings.workshop import (
    CATALOGUE,
    Circle,
    Cutting,
    Job,
    Lacquer,
    Polygon,
    Shape,
    Star,
)

NAMES = {
    "shape": ("shape",),
    "shape_radius": ("shape", "radius"),
    "shape_sides": ("shape", "sides"),
    "shape_side": ("shape", "side"),
    "finish": ("finish",),
    "coats": ("finish", "coats"),
    "pieces": ("pieces",),
    "depth": ("cutting", "depth"),
    "tool": ("cutting", "tool"),
    "cooled": ("cutting", "cooled"),
    "label": ("cutting", "label"),
    "margin": ("cutting", "margin"),
}


def test_a_name_hangs_on_the_declaration_of_the_slot() -> None:
    """With the slot's name in front, but for a slot declared short and for plain groups."""
    assert {name: flat.path for name, flat in CATALOGUE.flats.items()} == NAMES
    for name, path in NAMES.items():
        assert CATALOGUE.python_name(path) == name
        assert CATALOGUE.option_name(path) == "--" + name.replace("_", "-")
    assert CATALOGUE.option_name(("shape", "points")) == "--set shape.points"


def test_parts_share_a_name_with_each_its_declaration() -> None:
    radius, coats = CATALOGUE.flats["shape_radius"], CATALOGUE.flats["coats"]
    assert {part: field.default for part, field in radius.fields.items()} == {
        "circle": 1.0,
        "square": 0.5,
    }
    assert coats.help == "lacquer: How many coats. oil: How often."
    assert CATALOGUE.flats["shape"].parts == ("circle", "polygon", "square")


@pytest.fixture
def registered() -> Iterator[None]:
    """A user's shape that has a name, and a setting of the name and another type."""

    @register
    class Pipe(Shape):
        """A pipe."""

        name = "pipe"
        radius: str = Field(default="wide", description="In words.")
        bends: int = Field(default=0, description="Bends.")

    yield
    del Shape.family["pipe"]


@pytest.mark.usefixtures("registered")
def test_a_part_that_a_user_registers_changes_no_option() -> None:
    assert {name: flat.path for name, flat in Catalogue(Job).flats.items()} == NAMES
    assert Job(shape={"kind": "pipe", "bends": 2}).to_dict()["shape"]["radius"] == "wide"


def test_a_catalogue_may_offer_some_of_the_parts() -> None:
    round_ones = Catalogue(Job, supported=lambda part: "radius" in part.model_fields)
    assert round_ones.parts(Shape) == {"circle": Circle, "square": Shape.find("square")}
    assert "shape_sides" not in round_ones.flats


class Wood(Part):
    """What it is made of."""

    family: ClassVar[dict[str, type[Part]]] = {}


@register
class Oak(Wood):
    """Oak."""

    name = "oak"
    depth: float = Field(default=1.0, description="Depth of the grain.")


Oak.__module__ = "graphvae_data.workshop"


def test_a_name_that_would_mean_two_things_is_refused() -> None:
    class Clashing(Settings):
        """`depth` of the wood and of the cut."""

        wood: SerializeAsAny[Wood] = slot(Oak(), "Wood", "Wood.", short=True)
        cutting: Cutting = slot(Cutting(), "Cutting", "Cut.")

    with pytest.raises(AssertionError, match="depth is ambiguous"):
        list(Catalogue(Clashing).flats)


def test_a_name_with_two_types_in_one_slot_is_refused() -> None:
    class Pine(Wood):
        """Pine."""

        name = "pine"
        depth: int = Field(default=1, description="Depth of the grain.")

    class House(Settings):
        """What is built."""

        wood: SerializeAsAny[Wood] = slot(Oak(), "Wood", "Wood.")

    Pine.__module__ = "graphvae_data.workshop"
    register(Pine)
    try:
        with pytest.raises(AssertionError, match=r"wood\.depth has several types"):
            list(Catalogue(House).flats)
    finally:
        del Wood.family["pine"]


OTHERS = [
    Job(),
    Job(shape=Circle(radius=3.0)),
    Job(shape=Polygon()),
    Job(shape=Polygon(sides=(1,)), finish=Lacquer(coats=4), pieces=2, cutting=Cutting(depth=9)),
    Job(shape=Star()),
    Job(shape=Star(points=9), cutting=Cutting(label="x")),
]


@pytest.mark.parametrize("base", OTHERS, ids=repr)
@pytest.mark.parametrize("other", OTHERS, ids=repr)
def test_differences_turn_one_into_the_other(base: Job, other: Job) -> None:
    flat = CATALOGUE.differences(base, other)
    assert overridden(base, [Layer(CATALOGUE.nested(flat))], CATALOGUE) == other
    assert (flat == {}) is (base == other)


def test_differences_name_as_little_as_they_can() -> None:
    assert CATALOGUE.differences(OTHERS[0], OTHERS[1]) == {"shape_radius": 3.0}
    assert CATALOGUE.differences(OTHERS[0], OTHERS[2]) == {"shape": "polygon"}
    assert CATALOGUE.differences(OTHERS[0], OTHERS[4]) == {"shape": Star()}


def test_values_are_all_settings_that_are_there() -> None:
    values = CATALOGUE.values(OTHERS[3])
    assert (values["shape"], values["shape_sides"], values["coats"]) == ("polygon", (1,), 4)
    assert "shape_radius" not in values
    star = CATALOGUE.values(OTHERS[5])
    assert star["shape"] == "tests.graphvae_data.settings.workshop:Star"
    assert star["shape.points"] == 9


def test_flat_names_are_put_in_their_places() -> None:
    assert CATALOGUE.nested({"shape_side": 2.0, "shape": "square", "depth": 3, "pieces": 4}) == {
        "shape": {"side": 2.0, "kind": "square"},
        "cutting": {"depth": 3},
        "pieces": 4,
    }
    assert CATALOGUE.nested({"shape": None, "label": None}) == {"cutting": {"label": None}}
    with pytest.raises(InputError, match=r"^shape_raduis: no such setting \(did you mean shape_ra"):
        CATALOGUE.nested({"shape_raduis": 2.0})
