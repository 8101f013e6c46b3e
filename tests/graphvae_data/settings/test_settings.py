"""Settings and parts: what they accept, how a file holds them, and messages of one line."""

import copy
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.settings.settings import Seed, Settings, register
from tests.graphvae_data.settings.workshop import (
    Circle,
    Cutting,
    Drawer,
    Finish,
    Job,
    Lacquer,
    Oil,
    Polygon,
    Shape,
    Square,
    Star,
)

STAR = "tests.graphvae_data.settings.workshop:Star"
JOBS = [
    Job(),
    Job(shape=Polygon(sides=(1, 2)), finish=Lacquer(coats=9), pieces=3),
    Job(shape=Star(points=7), cutting=Cutting(label="für M.", margin=0.1 + 0.2)),
]


@pytest.mark.parametrize("job", JOBS, ids=repr)
def test_settings_survive_a_file_exactly(job: Job) -> None:
    """Settings of the chosen parts too, which pydantic leaves out of a slot typed as its base."""
    for text in (job.model_dump_json(), json.dumps(job.to_dict())):
        again = Job.model_validate(json.loads(text))
        assert again == job
        assert hash(again) == hash(job)
        assert type(again.shape) is type(job.shape)
    assert copy.deepcopy(job) == job


def test_a_file_holds_the_kind_of_each_part() -> None:
    assert JOBS[1].to_dict()["shape"] == {"kind": "polygon", "sides": [1, 2]}
    assert JOBS[2].to_dict()["shape"] == {"kind": STAR, "points": 7}


def test_a_part_is_read_from_a_name_its_settings_or_itself() -> None:
    star = Star(points=7)
    for value in (star, {"kind": STAR, "points": 7}):
        assert Job(shape=value).shape == star
    assert Job(shape="polygon").shape == Job(shape={"kind": "polygon"}).shape == Polygon()
    assert Job(shape=STAR).shape == Star()


def test_parts_of_two_kinds_are_never_equal() -> None:
    assert Lacquer(coats=3) != Oil(coats=3)
    assert Oil(coats=3) == Oil()


@pytest.mark.parametrize(
    ("values", "taken"),
    [
        ({"pieces": np.int64(3)}, 3),
        ({"pieces": np.uint8(3)}, 3),
        ({"pieces": np.array(3)}, 3),
        ({"cutting": {"margin": np.float32(0.5)}}, 0.5),
        ({"cutting": {"margin": np.float64(0.1)}}, 0.1),
        ({"cutting": {"margin": np.int32(0)}}, 0.0),
        ({"cutting": {"cooled": np.bool_(True)}}, True),
        ({"cutting": {"label": np.str_("x")}}, "x"),
        ({"shape": {"kind": "polygon", "sides": [np.int64(3), 4]}}, (3, 4)),
        ({"shape": {"kind": "polygon", "sides": np.array([3, 4])}}, (3, 4)),
        ({"shape": {"kind": "polygon", "sides": 3}}, (3,)),
        ({"shape": {"kind": "polygon", "sides": np.int64(3)}}, (3,)),
    ],
    ids=str,
)
def test_numbers_of_numpy_and_lists_are_taken(values: dict[str, object], taken: object) -> None:
    job = Job(**values)
    result = [job.pieces, *dict(job.cutting).values(), *dict(job.shape).values()]
    assert any(each == taken and type(each) is type(taken) for each in result), job
    json.dumps(job.to_dict())


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"pieces": 0}, "pieces: expected a whole number of at least 1, got 0"),
        ({"pieces": True}, "pieces: expected a whole number of at least 1, got True"),
        ({"pieces": "5"}, "pieces: expected a whole number of at least 1, got '5'"),
        ({"pieces": 5.0}, "pieces: expected a whole number of at least 1, got 5.0"),
        ({"pieces": np.float64(5)}, "pieces: expected a whole number of at least 1, got 5.0"),
        ({"pieces": None}, "pieces: expected a whole number of at least 1, got None"),
        ({"shape": Lacquer()}, "shape: expected one of circle, polygon, square or a part, got Lac"),
        ({"shape": {}}, "shape: expected one of circle, polygon, square or a part, got {}"),
        ({"shape": 3}, "shape: expected one of circle, polygon, square or a part, got 3"),
        ({"shape": "cirlce"}, "shape: expected one of circle, polygon, square, got 'cirlce' (did"),
        ({"peices": 1}, "peices: no such setting (did you mean pieces?)"),
        ({"cutting": {"depth": 0}}, "cutting.depth: expected a whole number of at least 1, got 0"),
        ({"cutting": {"tool": "sow"}}, "cutting.tool: expected one of saw, laser, got 'sow' (did"),
        ({"cutting": {"dept": 1}}, "cutting.dept: no such setting (did you mean depth?)"),
        ({"cutting": {"cooled": True, "tool": "laser"}}, "cutting.cooled: is for saws, got laser"),
        ({"shape": {"kind": "circle", "radius": -1.0}}, "shape.radius: expected"),
        ({"shape": {"kind": STAR, "points": 1}}, "shape.points: expected"),
    ],
    ids=str,
)
def test_a_refusal_is_one_line_that_names_the_setting(values: dict[str, object], line: str) -> None:
    with pytest.raises(InputError) as caught:
        Job(**values)
    assert str(caught.value).startswith(f"Job: {line}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"depth": -1}, "Cutting: depth: expected a whole number of at least 1, got -1"),
        ({"margin": 1.0}, "Cutting: margin: expected a number from 0 up to 1, got 1.0"),
        ({"margin": float("nan")}, "Cutting: margin: expected a number from 0 up to 1, got nan"),
        ({"margin": "x"}, "Cutting: margin: expected a number from 0 up to 1, got 'x'"),
        ({"tool": "sow"}, "Cutting: tool: expected one of saw, laser, got 'sow' (did you mean saw"),
        ({"cooled": 1}, "Cutting: cooled: expected true or false, got 1"),
        ({"label": 3}, "Cutting: label: expected text, or none, got 3"),
    ],
    ids=str,
)
def test_a_refusal_tells_what_was_expected(values: dict[str, object], line: str) -> None:
    with pytest.raises(InputError) as caught:
        Cutting(**values)
    assert str(caught.value).startswith(line)


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (
            lambda: Circle(radius=float("inf")),
            "Circle: radius: expected a positive number, got inf",
        ),
        (
            lambda: Polygon(sides=(0,)),
            "Polygon: sides: expected whole numbers of at least 1, got 0",
        ),
        (lambda: Lacquer(coats=10), "Lacquer: coats: expected a whole number from 1 to 9, got 10"),
        (lambda: Star(pionts=3), "Star: pionts: no such setting (did you mean points?)"),
        (Shape, "Shape: expected one of circle, polygon, square or a part, got {}"),
    ],
)
def test_a_part_checks_itself(make: object, line: str) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert str(caught.value) == line


def test_settings_are_frozen() -> None:
    for settings, name in ((Cutting(), "depth"), (Circle(), "radius"), (Job(), "pieces")):
        with pytest.raises(ValueError, match="frozen"):
            setattr(settings, name, 3)


def test_a_name_is_taken_once() -> None:
    class Disc(Shape):
        """Another circle."""

        name = "circle"

    with pytest.raises(InputError, match="the name 'circle' is taken by Circle"):
        register(Disc)
    assert Shape.find("circle") is Circle


def test_a_part_of_another_package_is_named_by_its_class() -> None:
    assert (Circle.kind(), Star.kind()) == ("circle", STAR)
    assert Drawer.Knob.kind() == "tests.graphvae_data.settings.workshop:Drawer.Knob"
    assert Shape.find(Drawer.Knob.kind()) is Drawer.Knob


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in the working directory, which is no place that Python imports from."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each not in ("", ".")])
    yield tmp_path / "own_shapes.py"
    sys.modules.pop("own_shapes", None)


def test_a_class_is_found_in_the_working_directory(own_module: Path) -> None:
    own_module.write_text(
        "from tests.graphvae_data.settings.workshop import Shape\n\n\nclass Heart(Shape):\n"
        "    size: int = 3\n"
    )
    before = list(sys.path)
    job = Job(shape={"kind": "own_shapes:Heart", "size": 5})
    assert job.to_dict()["shape"] == {"kind": "own_shapes:Heart", "size": 5}
    assert sys.path == before


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ("", "Heart", "cannot import own_shapes:Heart (module 'own_shapes' has no attribute 'He"),
        ("def (", "Heart", "cannot import own_shapes:Heart (SyntaxError: invalid syntax (own_s"),
        ("1 / 0", "Heart", "cannot import own_shapes:Heart (ZeroDivisionError: division by zero)"),
        (
            "import nowhere_at_all",
            "Heart",
            "cannot import own_shapes:Heart (No module named 'nowh",
        ),
        ("Heart = 3", "Heart", "expected a class derived from Shape, got own_shapes:Heart"),
        ("class Heart: pass", "Heart", "expected a class derived from Shape, got own_shapes:Heart"),
        ("class Heart: pass", "", "cannot import own_shapes: ("),
    ],
)
def test_a_class_that_cannot_be_had_is_refused(
    own_module: Path, text: str, name: str, line: str
) -> None:
    own_module.write_text(text)
    with pytest.raises(InputError) as caught:
        Shape.find(f"own_shapes:{name}")
    assert str(caught.value).startswith(line)


@pytest.mark.parametrize(
    "name",
    ["os:system", "tests.graphvae_data.settings.workshop:Lacquer", f"{Shape.__module__}:Shape"],
)
def test_only_parts_of_the_family_are_found(name: str) -> None:
    with pytest.raises(InputError, match="expected a class derived from Shape, got "):
        Shape.find(name)


@pytest.mark.parametrize("name", ["nowhere_at_all:Heart", ":Heart", "a.b.:Heart"])
def test_a_module_that_is_not_there_is_told(name: str) -> None:
    with pytest.raises(InputError, match=rf"^cannot import {name} \(.*\); pass the part itself$"):
        Shape.find(name)


def test_what_a_slot_takes() -> None:
    """A name, a class, a part; the part that is there keeps its settings where it is named."""
    square = Square(side=9.0)
    for value in ("square", Square):
        assert Shape.choose(value, square) == (Square, {"side": 9.0, "radius": 0.5})
    assert Shape.choose(Square(), square) == (Square, {"side": 4.0, "radius": 0.5})
    assert Shape.choose("circle", square) == Shape.choose(Circle, square) == (Circle, {})
    for value in (3, Lacquer, Lacquer(), Shape, Finish, int):
        with pytest.raises(InputError, match="expected one of circle, polygon, square or a part"):
            Shape.choose(value, square)


@pytest.mark.parametrize("value", [10**24, -(10**24), 1e300])
def test_numbers_of_absurd_size_are_refused(value: float) -> None:
    class Sizes(Settings):
        width: int = 1
        weight: float = 1.0
        widths: tuple[int, ...] = ()
        split_seed: Seed = 0

    assert Sizes(width=10**9, split_seed=10**24).split_seed == 10**24
    for settings in ({"width": value}, {"weight": value}, {"widths": (1, value)}):
        with pytest.raises(InputError, match=r"expected a number of at most 1,000,000,000, got"):
            Sizes(**settings)  # type: ignore[arg-type]
