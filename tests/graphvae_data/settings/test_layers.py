"""Layers from files and keywords; settings that a run folder holds; generated keywords."""

import json
from pathlib import Path

import pytest

from graphvae_data.core.errors import InputError
from graphvae_data.settings.layers import (
    Layer,
    file_layer,
    keyword_layer,
    named_by,
    overridden,
    read_settings,
)
from graphvae_data.settings.rebuild import rebuild
from graphvae_data.settings.setting_errors import SettingClash
from graphvae_data.settings.signature import source
from tests.graphvae_data.settings.workshop import (
    CATALOGUE,
    Cutting,
    Job,
    Lacquer,
    Polygon,
    Square,
    Star,
)

WHOLE = Job(shape=Polygon(sides=(1, 2)), finish=Lacquer(coats=4), cutting=Cutting(label="x"))


def of_file(path: Path, text: str) -> Job:
    path.write_text(text, encoding="utf-8")
    return overridden(Job(), [file_layer(CATALOGUE, path, read_settings(path))], CATALOGUE)


def test_a_file_of_settings_gives_them_again(tmp_path: Path) -> None:
    assert of_file(tmp_path / "a.json", WHOLE.model_dump_json()) == WHOLE


FLAT = """
shape = "polygon"
shape_sides = [1, 2]
finish = "lacquer"
coats = 4
label = "x"
"""
NESTED = """
label = "x"
[shape]
kind = "polygon"
sides = [1, 2]
[finish]
kind = "lacquer"
coats = 4
"""


@pytest.mark.parametrize("text", [FLAT, NESTED], ids=["flat", "nested"])
def test_a_file_may_hold_flat_names_or_nested_ones(tmp_path: Path, text: str) -> None:
    assert of_file(tmp_path / "a.TOML", text) == WHOLE


def test_a_setting_stands_in_a_file_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.json: cutting\.depth is set twice$"):
        of_file(tmp_path / "a.json", '{"depth": 3, "cutting": {"depth": 3}}')
    job = of_file(tmp_path / "a.json", '{"depth": 3, "cutting": {"margin": 0.5}}')
    assert job.cutting == Cutting(depth=3, margin=0.5)


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.json", '{"shape": {"radius": 0.0}}', "shape.radius: expected a positive number, got 0"),
        ("a.json", '{"shape_radius": 0.0}', "shape.radius: expected a positive number, got 0.0"),
        ("a.json", '{"shape": {"sides": [1]}}', "shape.sides: shape circle has no such setting; "),
        ("a.json", '{"peices": 1}', "peices: no such setting (did you mean pieces?)"),
        ("a.json", '{"shape": {"kind": "os:system"}}', "shape: expected a class derived from Shap"),
        ("a.json", "[1]", "expected settings by name, got [1]"),
        ("a.json", "pieces = 1", "expected settings as JSON or TOML ("),
        ("a.toml", "pieces == 1", "expected settings as JSON or TOML ("),
    ],
)
def test_a_refusal_names_the_file(tmp_path: Path, name: str, text: str, line: str) -> None:
    with pytest.raises(InputError) as caught:
        of_file(tmp_path / name, text)
    assert str(caught.value).startswith(f"{tmp_path / name}: {line}")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json: cannot be read \(No such file"):
        read_settings(tmp_path / "none.json")
    (tmp_path / "a.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="expected settings as JSON or TOML"):
        read_settings(tmp_path / "a.json")


def test_a_misspelt_keyword_is_hinted_at_among_all_arguments() -> None:
    with pytest.raises(InputError, match=r"^modle: no such setting \(did you mean model\?\)$"):
        keyword_layer(CATALOGUE, {"modle": 1}, others=("model",))


def test_what_does_not_suit_the_data_is_named_as_it_was_written() -> None:
    with pytest.raises(InputError) as caught, named_by(CATALOGUE.option_name):
        raise SettingClash(("shape", "radius"), "expected at most 3, got 4.0")
    assert str(caught.value) == "--shape-radius: expected at most 3, got 4.0"
    assert str(SettingClash(("shape", "radius"), "too wide")) == "radius: too wide"


def test_a_layer_knows_what_it_sets() -> None:
    layer = Layer({"shape": {"kind": "circle"}, "pieces": 3})
    assert layer.sets("shape", "kind")
    assert not layer.sets("shape", "radius")
    assert not layer.sets("pieces", "kind")


def test_a_part_that_cannot_be_imported_is_asked_for_and_passed() -> None:
    class Local(Star):
        """A class of a notebook, say."""

    job = Job(shape=Local(points=8))
    content = json.loads(json.dumps(job.to_dict()))
    with pytest.raises(InputError, match=r"^shape: cannot import .*load\(…, shape=Local\)$"):
        rebuild(Job, content, CATALOGUE, {})
    for passed in (Local, Local(points=8)):
        assert rebuild(Job, content, CATALOGUE, {"shape": passed}) == job
    for other in (Local(points=9), Star(points=8), Square):
        with pytest.raises(InputError, match="shape: expected the part of the run, "):
            rebuild(Job, content, CATALOGUE, {"shape": other})
    with pytest.raises(InputError, match=r"^shpae: no such part \(did you mean shape\?\); pa"):
        rebuild(Job, content, CATALOGUE, {"shpae": Local})


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"shape": {}}, "shape: expected one of circle, polygon, square or a part, got {}"),
        ({"shape": 3}, "shape: expected one of circle, polygon, square or a part, got 3"),
        ({"pieces": "1"}, "pieces: expected a whole number of at least 1, got '1'"),
        ({"cutting": {"depth": 0}}, "cutting.depth: expected a whole number of at least 1, got 0"),
        ({"more": 1}, "more: no such setting"),
    ],
)
def test_a_damaged_file_is_refused(change: dict[str, object], line: str) -> None:
    with pytest.raises(InputError) as caught:
        rebuild(Job, {**WHOLE.to_dict(), **change}, CATALOGUE, {})
    assert str(caught.value) == line


def test_generated_keywords_have_the_types_of_the_settings() -> None:
    text = source(
        "Keywords", "Keywords.", CATALOGUE, command="make", extra_types={"shape": "Drawing"}
    )
    namespace: dict[str, object] = {}
    exec(text, namespace)
    kinds = namespace["Keywords"].__annotations__
    assert kinds.keys() == CATALOGUE.flats.keys()
    spelt = {name: kind.__forward_arg__ for name, kind in kinds.items()}
    assert spelt["shape"] == "Shape | type[Shape] | str | Drawing"
    assert spelt["finish"] == "Finish | type[Finish] | str"
    assert spelt["shape_sides"] == "int | tuple[int, ...]"
    assert (spelt["tool"], spelt["label"]) == ("Literal['saw', 'laser']", "str | None")
    assert '    """lacquer: How many coats. oil: How often."""' in text
