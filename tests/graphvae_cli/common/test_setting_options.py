"""Options from a catalogue of settings: help, values, files, and what they come to."""

import json

import click
import cloup
import pytest
from click.testing import CliRunner

from graphvae_cli.common.setting_options import (
    ModelCommand,
    SettingOptions,
    config_option,
    set_option,
)
from graphvae_data.core.errors import InputError
from graphvae_data.settings.layers import file_layer, keyword_layer, overridden, read_settings
from tests.graphvae_data.settings.workshop import CATALOGUE, Circle, Cutting, Job, Polygon

STAR = "tests.graphvae_data.settings.workshop:Star"

JOBS = {"coin": Job(), "tile": Job(shape=Polygon(sides=(2, 2)), cutting=Cutting(depth=9))}
OPTIONS = SettingOptions(
    CATALOGUE, lambda model: JOBS.get(model or "coin", JOBS["coin"]), first=("depth",)
)


@cloup.command("cut", cls=ModelCommand, context_settings={"show_default": True})
@cloup.option_group("Start here", cloup.option("--model", default="coin"), *OPTIONS.first())
@cloup.option_group("Shape", *OPTIONS.section("Shape"))
@cloup.option_group("Cutting", *OPTIONS.section("Cutting"))
@cloup.option_group("Run", config_option, set_option)
def cut(model, config, sets, **values):
    """Cut."""
    layers = [] if config is None else [file_layer(CATALOGUE, config, read_settings(config))]
    layers.append(OPTIONS.layer(values, sets))
    click.echo(overridden(JOBS[model], layers, CATALOGUE).model_dump_json())


def run(*words):
    return CliRunner().invoke(cut, list(map(str, words)), catch_exceptions=False)


def result(*words):
    done = run(*words)
    assert done.exit_code == 0, done.output
    return Job.model_validate(json.loads(done.stdout))


def refusal(*words):
    with pytest.raises(InputError) as caught:
        run(*words)
    return str(caught.value)


def test_help_has_a_section_for_each_group_and_the_chosen_models_defaults():
    shown = run("--help").stdout
    titles = [line for line in shown.splitlines() if line and not line.startswith(" ")]
    assert titles[1:] == ["Start here:", "Shape:", "Cutting:", "Run:", "Other options:"]
    lines = {line.split()[0]: " ".join(line.split()) for line in shown.splitlines() if line.strip()}
    assert lines["--depth"] == "--depth INTEGER Depth in millimetres. [default: 2]"
    assert "[default: circle]" in " ".join(shown.split())
    assert lines["--shape-sides"].endswith("Lengths of the sides. [default: polygon: 3,4,5]")
    assert "--cooled / --no-cooled Cool the tool. [default: no-cooled]" in " ".join(shown.split())
    assert lines["--label"] == "--label TEXT Text to engrave."


@pytest.mark.parametrize("words", [("--help", "--model", "tile"), ("--model=tile", "--help")])
def test_the_model_may_precede_or_follow_help(words):
    shown = " ".join(run(*words).stdout.split())
    assert "Depth in millimetres. [default: 9]" in shown
    assert "Lengths of the sides. [default: 2,2]" in shown
    radius = "circle: Radius. square: Radius of the corners. [default: circle: 1.0, square: 0.5]"
    assert radius in shown


def test_help_for_an_unknown_model_shows_the_default_one():
    assert "[default: circle]" in " ".join(run("--model", "other", "--help").stdout.split())


def test_options_and_set_reach_every_setting():
    assert result() == Job()
    assert result("--shape-radius", 2, "--cooled") == Job(
        shape=Circle(radius=2.0), cutting=Cutting(cooled=True)
    )
    assert result("--shape-sides", "1,2", "--shape", "polygon").shape == Polygon(sides=(1, 2))
    for words in ("shape.sides=1,2", "shape.sides=[1, 2]"):
        assert result("--set", "shape=polygon", "--set", words).shape == Polygon(sides=(1, 2))
    assert result("--set", "shape.kind=polygon").shape == Polygon()
    assert result("--set", "cutting.label=7").cutting.label == "7"  # a text stays one
    assert result("--set", "depth=4").cutting.depth == 4
    assert result("--set", "cutting.tool=laser").cutting.tool == "laser"
    assert result("--label", "x", "--set", "cutting.depth=4").cutting == Cutting(label="x", depth=4)


def test_null_is_none(tmp_path):
    path = tmp_path / "job.json"
    path.write_text('{"cutting": {"label": "x"}}')
    assert result("--config", path).cutting.label == "x"
    assert result("--config", path, "--set", "cutting.label=null").cutting.label is None


def test_a_user_defined_part_is_named_by_its_module():
    options = ("--shape", STAR, "--set", "shape.points=7")
    done = run(*options)
    assert json.loads(done.stdout)["shape"] == {"kind": STAR, "points": 7}
    assert refusal("--shape", STAR, "--set", "shape.points=1").startswith(
        "--set shape.points: expected a whole number of at least 2, got 1"
    )


def test_options_override_files(tmp_path):
    whole, short = tmp_path / "run.json", tmp_path / "short.toml"
    whole.write_text(JOBS["tile"].model_dump_json())
    assert result("--config", whole) == JOBS["tile"]
    assert result("--config", whole, "--depth", 1).cutting.depth == 1
    assert result("--config", whole, "--shape", "circle").shape == Circle()
    short.write_text("depth = 3\n[cutting]\ndepth = 3")
    assert refusal("--config", short).endswith("cutting.depth is set twice")
    short.write_text('shape = "polygon"\nshape_sides = [1]\n[cutting]\ntool = "laser"\ndepth = 3')
    assert result("--config", short) == Job(
        shape=Polygon(sides=(1,)), cutting=Cutting(tool="laser", depth=3)
    )


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--depth", 0), "--depth: expected a whole number of at least 1, got 0"),
        (("--shape", "cirlce"), "--shape: expected one of circle, polygon, square, got 'cirlce' ("),
        (("--shape-sides", "1"), "--shape-sides: shape circle has no such setting; --shape polyg"),
        (("--set", "cutting.dept=1"), "--set cutting.dept: cutting has no such setting (did you "),
        (("--set", "cuttin.depth=1"), "--set cuttin: no such setting (did you mean cutting?)"),
        (("--set", "model.depth=1"), "--set model: no such setting"),
        (("--set", "dept=1"), "--set dept: no such setting (did you mean depth?)"),
        (("--set", "job=1"), "--set job: no such setting"),
        (("--set", "cutting.depth"), "--set: expected PATH=VALUE, such as training.epochs=20, go"),
        (("--depth", 3, "--set", "cutting.depth=3"), "--set cutting.depth: also set by --depth;"),
        (
            ("--set", "shape=polygon", "--shape", "circle"),
            "--set shape: also set by --shape; leave",
        ),
        (
            ("--set", "cutting.depth=3", "--set", "cutting.depth=3"),
            "--set cutting.depth: also set by --set",
        ),
        (("--config", "none.toml"), "none.toml: cannot be read (No such file or directory)"),
    ],
)
def test_refusals_name_what_the_user_wrote(words, line):
    assert refusal(*words).startswith(line)


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.toml", "depth == 3", "expected settings as JSON or TOML"),
        ("a.json", "[1]", "expected settings by name, got [1]"),
        ("a.json", '{"cutting": {"depth": 0}}', "cutting.depth: expected a whole number of at le"),
        ("a.json", '{"dept": 3}', "dept: no such setting (did you mean depth?)"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path, name, text, line):
    path = tmp_path / name
    path.write_text(text)
    assert refusal("--config", path).startswith(f"{path}: {line}")


def test_an_error_in_python_names_the_keyword():
    with pytest.raises(InputError) as caught:
        overridden(Job(), [keyword_layer(CATALOGUE, {"shape_radius": -1.0})], CATALOGUE)
    assert str(caught.value) == "shape_radius: expected a positive number, got -1.0"
    with pytest.raises(InputError, match=r"^shape_radus: no such setting \(did you mean shape_rad"):
        keyword_layer(CATALOGUE, {"shape_radus": 1.0})
