"""The rule of overriding: parts first, then settings; another part brings its own defaults."""

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.settings.layers import Layer, keyword_layer, overridden
from graphvae_data.settings.override import override, replaced_settings
from tests.graphvae_data.settings.workshop import (
    CATALOGUE,
    Circle,
    Cutting,
    Job,
    Lacquer,
    Oil,
    Polygon,
    Shape,
    Square,
    Star,
)

BASE = Job(shape=Square(side=9.0, radius=2.0), finish=Lacquer(coats=5), cutting=Cutting(depth=7))


def changed(**flat: object) -> Job:
    return overridden(BASE, [keyword_layer(CATALOGUE, flat)], CATALOGUE)


def test_a_setting_changes_the_part_that_is_there() -> None:
    assert changed(shape_side=1.0).shape == Square(side=1.0, radius=2.0)
    assert changed(depth=1).cutting == Cutting(depth=1)
    assert changed(pieces=3, label="x") == BASE.model_copy(
        update={"pieces": 3, "cutting": Cutting(depth=7, label="x")}
    )


def test_naming_the_part_that_is_there_changes_nothing() -> None:
    for same in ("square", Square, None):
        assert changed(shape=same) == BASE


def test_another_part_brings_its_own_defaults() -> None:
    assert changed(shape="circle").shape == changed(shape=Circle).shape == Circle()
    assert changed(finish="oil").finish == Oil()


def test_parts_are_chosen_before_settings_in_whatever_order() -> None:
    for flat in (
        {"shape_radius": 7.0, "shape": "circle"},
        {"shape": "circle", "shape_radius": 7.0},
    ):
        assert changed(**flat).shape == Circle(radius=7.0)


def test_an_object_replaces_the_part_as_it_is() -> None:
    assert changed(shape=Square(side=1.0)).shape == Square(side=1.0, radius=0.5)
    assert changed(shape=Circle(radius=5.0)).shape == Circle(radius=5.0)
    assert changed(shape=Circle(radius=5.0), shape_radius=6.0).shape == Circle(radius=6.0)


def test_a_part_from_outside_is_taken_by_class_object_and_name() -> None:
    named = {"shape": {"kind": "tests.graphvae_data.settings.workshop:Star", "points": 8}}
    assert override(BASE, named, CATALOGUE, ".".join).shape == Star(points=8)
    assert changed(shape=Star).shape == Star()
    assert changed(shape=Star(points=8)).shape == Star(points=8)
    of_eight = changed(shape=Star(points=8))
    again = override(of_eight, {"shape": {"kind": Star}}, CATALOGUE, ".".join)
    assert again.shape == Star(points=8)


def test_each_layer_stands_over_the_one_before() -> None:
    layers = [
        Layer({"shape": {"kind": "circle", "radius": 3.0}, "pieces": 4}),
        Layer({"shape": {"kind": "polygon"}}),
        Layer({"shape": "circle", "pieces": 5}),
    ]
    job = overridden(BASE, layers, CATALOGUE)
    assert (job.shape, job.pieces) == (Circle(), 5)  # the circle of radius 3 went with the polygon
    assert overridden(BASE, layers[:1], CATALOGUE).shape == Circle(radius=3.0)
    assert overridden(BASE, [], CATALOGUE) is BASE


@pytest.mark.parametrize(
    ("flat", "line"),
    [
        (
            {"shape_sides": (3,)},
            "shape_sides: shape square has no such setting; shape polygon has",
        ),
        (
            {"shape": "polygon", "shape_radius": 2.0},
            "shape_radius: shape polygon has no such setting; shape circle or square has",
        ),
        (
            {"finish": "raw", "coats": 2},
            "coats: finish raw has no such setting; finish lacquer or oil has",
        ),
        ({"coats": 10}, "coats: expected a whole number from 1 to 9, got 10"),
        ({"finish": "oil", "coats": 0}, "coats: expected a whole number of at least 1, got 0"),
        ({"shape_side": "wide"}, "shape_side: expected a positive number, got 'wide'"),
        ({"tool": "sow"}, "tool: expected one of saw, laser, got 'sow' (did you mean saw?)"),
        ({"cooled": True, "tool": "laser"}, "cooled: is for saws, got laser"),
        (
            {"shape": "sqaure"},
            "shape: expected one of circle, polygon, square, got 'sqaure' (did you mean square?)",
        ),
        ({"shape": 3}, "shape: expected one of circle, polygon, square or a part, got 3"),
        (
            {"shape": Shape},
            "shape: expected one of circle, polygon, square or a part, got the class Shape",
        ),
        (
            {"shape": Oil},
            "shape: expected one of circle, polygon, square or a part, got the class Oil",
        ),
        (
            {"shape": "nowhere:Star"},
            "shape: cannot import nowhere:Star (No module named 'nowhere'); pass the part itself",
        ),
    ],
    ids=str,
)
def test_a_refusal_names_the_setting_in_the_users_words(flat: dict[str, object], line: str) -> None:
    with pytest.raises(InputError) as caught:
        changed(**flat)
    assert str(caught.value) == line
    layer = Layer(CATALOGUE.nested(flat), CATALOGUE.option_name)
    with pytest.raises(InputError) as caught:
        overridden(BASE, [layer], CATALOGUE)
    message = str(caught.value)
    name, _, rest = line.partition(":")
    assert message.startswith(f"--{name.replace('_', '-')}:")
    assert message.partition(":")[2] == rest.replace("; shape", "; --shape").replace(
        "; finish", "; --finish"
    )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"shpae": "circle"}, "shpae: no such setting (did you mean shape?)"),
        ({"dept": 3}, "dept: no such setting (did you mean depth?)"),
        ({"cutting": {"dept": 3}}, "cutting.dept: cutting has no such setting (did you mean dep"),
        (
            {"shape": {"kind": Star, "pionts": 3}},
            "shape.pionts: shape tests.graphvae_data.settings",
        ),
        ({"cutting": 3}, "cutting: expected a valid dictionary or instance of Cutting, got 3"),
        ({"pieces": {"kind": 1}}, "pieces: expected a whole number of at least 1, got {'kind': 1}"),
    ],
)
def test_names_that_are_not_there_are_refused(changes: dict[str, object], line: str) -> None:
    with pytest.raises(InputError) as caught:
        override(BASE, changes, CATALOGUE, ".".join)
    assert str(caught.value).startswith(line)


def test_a_layer_changes_nothing_that_was_handed_in() -> None:
    changes = {"shape": {"kind": "circle", "radius": 3.0}}
    override(BASE, changes, CATALOGUE, ".".join)
    assert changes == {"shape": {"kind": "circle", "radius": 3.0}}
    assert BASE.shape == Square(side=9.0, radius=2.0)


def test_settings_that_went_with_a_part_are_told() -> None:
    """Those that the new part has too, unless the user set them."""
    after = changed(shape="circle", finish="oil", pieces=3)
    assert list(replaced_settings(BASE, after)) == [
        "shape: circle has radius 1.0 (was 2.0 with square)",
        "finish: oil has coats 3 (was 5 with lacquer)",
    ]
    assert list(replaced_settings(BASE, after, lambda slot, name: slot == "shape")) == [
        "finish: oil has coats 3 (was 5 with lacquer)"
    ]
    assert list(replaced_settings(BASE, changed(shape="circle", shape_radius=2.0))) == []
    assert list(replaced_settings(BASE, changed(shape=Polygon(), coats=6))) == []
