"""Settings of a run: preset, file, keywords; each over the one before, and refused in one line."""

import json
import pickle
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

import graphvae
from graphvae.runs.fit import plan
from graphvae.runs.repeats import fit_repeats
from graphvae.setup import fit_settings, generate
from graphvae.setup.configure import configure, file_and_model, rebuild_config
from graphvae.setup.inputs import READING
from graphvae.specs.encoders import (
    GatEncoder,
    GcnEncoder,
    LinearEncoder,
    NormalisedEncoder,
    NormalisedMeanEncoder,
)
from graphvae.specs.losses import SampledLoss
from graphvae.specs.presets import PRESETS
from graphvae.specs.recipe import CATALOGUE, FitConfig, GraphRecipe, Training
from graphvae_data.core.errors import InputError
from graphvae_data.graphs.graph import Graph
from graphvae_data.settings.layers import keyword_layer
from image_vae.specs.penalties import FreeBits, Weight
from image_vae.specs.posteriors import Point
from image_vae.specs.priors import Mog, Normal, Vamp
from tests.graphvae.configs import make_config
from tests.parameters import slow_except

HERE = {"device": "cpu", "threads": 1}


def of_file(path: Path, text: str, model: str | None = None, **keywords: object) -> FitConfig:
    path.write_text(text, encoding="utf-8")
    layers, start = file_and_model(path, model)
    return configure("karate", start, [*layers, keyword_layer(CATALOGUE, keywords)])[0]


@pytest.mark.parametrize("name", PRESETS)
def test_the_config_of_a_run_is_that_run_again(tmp_path: Path, name: str) -> None:
    config = make_config("karate", name, latent=6, epochs=3, seed=5, clip_grad=0.25)
    assert rebuild_config(json.loads(json.dumps(config.to_dict())), {}) == config
    again = of_file(tmp_path / "config.json", json.dumps(config.to_dict()))
    assert again == config
    assert pickle.loads(pickle.dumps(config)) == config


@pytest.mark.parametrize("name", CATALOGUE.flats)
def test_every_setting_can_be_set_by_its_flat_name(name: str) -> None:
    """The default value, to a part that has the setting, changes nothing."""
    flat = CATALOGUE.flats[name]
    if len(flat.path) == 1:
        part = getattr(make_config(), name)
        assert getattr(make_config(**{name: getattr(part, "label", part)}), name) == part
        return
    for part, field in flat.fields.items():
        base = {} if part == "" else {flat.path[0]: part}
        if flat.path[0] == "decoder":
            base["loss"] = "sampled"
        if part == "iwae":
            base["loss"] = "elbo"
        whole = {**base, name: base.get(name, HERE.get(name, field.default))}
        assert make_config(**whole) == make_config(**base)


def test_the_keywords_of_fit_are_current() -> None:
    text = Path(fit_settings.__file__).read_text(encoding="utf-8")
    assert text == generate.fit_settings(), "run python -m graphvae.setup.generate"
    assert fit_settings.FitSettings.__annotations__.keys() == {*CATALOGUE.flats, *READING}


def test_another_part_brings_its_own_defaults() -> None:
    assert make_config(model="strong-gae").encoder == NormalisedMeanEncoder(dropout=0.8)
    assert make_config(model="strong-gae", encoder="normalised-mean", lr=0.5).encoder == (
        NormalisedMeanEncoder(dropout=0.8)
    )
    assert make_config(model="strong-gae", encoder="gcn").encoder == GcnEncoder()
    assert make_config(encoder="gat").encoder == GatEncoder(hidden=64)
    assert make_config(hidden=8, encoder="gat").encoder == GatEncoder(hidden=8)
    assert make_config(prior=Mog).prior == Mog()
    assert make_config(prior=Mog(components=3), prior_components=4).prior == Mog(components=4)


def test_settings_lost_with_a_part_are_told() -> None:
    def notes(**settings: object) -> tuple[str, ...]:
        return configure("karate", "strong-gae", [keyword_layer(CATALOGUE, settings)])[1]

    assert notes() == notes(encoder="gcn", dropout=0.1) == ()
    assert notes(encoder="gcn") == ("encoder: gcn has dropout 0.0 (was 0.8 with normalised-mean)",)


def test_a_recipe_may_be_passed_instead_of_a_name() -> None:
    recipe = GraphRecipe(encoder=LinearEncoder(), latent=5, training=Training(epochs=4))
    config, _ = configure("karate", recipe, [keyword_layer(CATALOGUE, {"epochs": 2})])
    assert (config.model, config.encoder, config.latent) == ("own-recipe", LinearEncoder(), 5)
    assert config.training.epochs == 2


def test_a_file_stands_between_preset_and_keywords(tmp_path: Path) -> None:
    text = 'model = "gnae"\nepochs = 3\nlr = 0.5\n[loss]\nnegative_ratio = 4\n'
    config = of_file(tmp_path / "own.toml", text, epochs=4)
    assert (config.model, config.latent, config.encoder) == ("gnae", 128, NormalisedEncoder())
    assert (config.training.epochs, config.training.lr) == (4, 0.5)
    assert config.loss == SampledLoss(negative_ratio=4)
    assert of_file(tmp_path / "own.toml", "epochs = 3").model == "vgae"
    assert of_file(tmp_path / "own.toml", "epochs = 3", "gae").posterior == Point()


def test_a_part_chosen_over_a_file_leaves_the_files_settings_of_it(tmp_path: Path) -> None:
    text = '[prior]\nkind = "vamp"\ncomponents = 7\n[penalty]\nkind = "free-bits"\nfree_bits = 2.0'
    path = tmp_path / "own.toml"
    assert of_file(path, text).prior == Vamp(components=7)
    assert of_file(path, text, prior="normal").prior == Normal()
    assert of_file(path, text, prior="vamp").prior == Vamp(components=7)
    assert of_file(path, text, penalty="free-bits").penalty == FreeBits(free_bits=2.0)
    assert of_file(path, text, penalty="weight", warmup=4).penalty == Weight(warmup=4)
    with pytest.raises(InputError, match=r"^warmup: penalty free-bits has no such setting"):
        of_file(path, text, warmup=4)


def test_a_file_of_another_model_is_refused(tmp_path: Path) -> None:
    """The run would have the name of the one and the recipe of the other."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(make_config("karate", "gae").to_dict()))
    with pytest.raises(InputError, match=r"^model: .*config\.json has model gae, got 'vgae'; omit"):
        file_and_model(path, "vgae")
    assert file_and_model(path, "gae")[1] == "gae"


@pytest.mark.parametrize("named", ["vgea", 3, ["gae"], None])
def test_a_file_of_an_unknown_model_is_refused(tmp_path: Path, named: object) -> None:
    with pytest.raises(InputError, match="model: expected "):
        of_file(tmp_path / "config.json", json.dumps({"model": named}))


def test_the_config_of_a_recipe_of_the_users_is_that_run_again(tmp_path: Path) -> None:
    recipe = GraphRecipe(encoder=LinearEncoder(dropout=0.5), prior=Mog(components=3))
    result = graphvae.fit("karate", recipe, epochs=2, baselines=False, **HERE)
    (tmp_path / "config.json").write_text(result.config.model_dump_json())
    again = graphvae.fit("karate", config=tmp_path / "config.json")
    assert again.config == result.config
    assert again.config.model == "own-recipe"
    assert np.array_equal(again.embeddings(), result.embeddings())


@pytest.mark.parametrize("name", slow_except(PRESETS, "gae", "vgae"))
def test_a_file_gives_a_run_again_bit_for_bit(karate: Graph, tmp_path: Path, name: str) -> None:
    """As JSON whole; and as TOML, which has no null and leaves out what is none."""
    graph = Graph.from_edges(karate.edges, 34, directed=PRESETS[name].recipe.directed)
    settings = {"latent": 8, "epochs": 2, "baselines": False, "seed": 3, **HERE}
    first = graphvae.fit(graph, name, **settings)
    texts = {"a.json": first.config.model_dump_json(), "a.toml": toml_of(first.config.to_dict())}
    for file, text in texts.items():
        (tmp_path / file).write_text(text, encoding="utf-8")
        run = graphvae.fit(graph, config=tmp_path / file)
        assert run.config == first.config
        assert [r.loss for r in run.history] == [r.loss for r in first.history]
        weights = [each.experiment.model.state_dict() for each in (run, first)]
        assert all(torch.equal(value, weights[1][key]) for key, value in weights[0].items())


def toml_of(config: dict[str, object]) -> str:
    """Settings two levels deep as TOML; JSON spells its values the same."""
    plain = {name: value for name, value in config.items() if not isinstance(value, dict)}
    tables = {name: value for name, value in config.items() if isinstance(value, dict)}
    lines = [f"{name} = {json.dumps(value)}" for name, value in plain.items()]
    for table, values in tables.items():
        lines += [f"[{table}]"]
        lines += [f"{name} = {json.dumps(v)}" for name, v in values.items() if v is not None]
    return "\n".join(lines)


def test_numbers_of_numpy_are_taken() -> None:
    settings = {
        "latent": np.int64(4),
        "lr": np.float32(0.5),
        "epochs": np.uint8(2),
        "features": np.bool_(False),
        "baselines": np.bool_(False),
        "seed": np.int32(3),
    }
    result = graphvae.fit("karate", **settings, **HERE)
    plain = {name: value.item() for name, value in settings.items()}
    assert result.config == graphvae.fit("karate", **plain, **HERE).config


REFUSED = [
    ({"model": "vgea"}, "model: expected one of gae, vgae, "),
    ({"modle": "gae"}, "modle: no such setting (did you mean model?)"),
    ({"prior_componets": 3}, "prior_componets: no such setting (did you mean prior_components?)"),
    ({"negatives": 3}, "negatives: no such setting"),
    ({"epochs": "3"}, "epochs: expected a whole number of at least 1, got '3'"),
    ({"prior": "vmap"}, "prior: expected one of normal, mog, vamp, vamp-data, aggregate, "),
    ({"prior": "nowhere:P"}, "prior: cannot import nowhere:P (No module named 'nowhere'); pass "),
    ({"encoder": Mog}, "encoder: expected one of gcn, mlp, linear, "),
    ({"decoder": 3}, "decoder: expected one of inner-product, source-target, hadamard-mlp, resid"),
]


@pytest.mark.parametrize(("settings", "line"), REFUSED, ids=str)
def test_a_keyword_that_cannot_be_used_is_refused(settings: dict[str, object], line: str) -> None:
    for act in (plan, graphvae.fit, partial(fit_repeats, repeats=2)):
        with pytest.raises(InputError) as caught:
            act("karate", **settings)
        assert str(caught.value).startswith(line)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            {"val_fraction": 0.01},
            "val_fraction: 0.01 of 78 edges is less than one; choose",
        ),
        (
            {"test_fraction": 0.01},
            "test_fraction: 0.01 of 78 edges is less than one; choose",
        ),
        ({"prior": "vamp-data"}, "prior_components: expected at most the 34 examples, got 500"),
        ({"model": "linear-gae", "propagate": "once"}, "propagate: once requires node features"),
    ],
    ids=str,
)
def test_what_does_not_suit_the_graph_is_named_by_its_keyword(
    settings: dict[str, object], line: str
) -> None:
    with pytest.raises(InputError) as caught:
        graphvae.fit("karate", **settings)
    assert str(caught.value).startswith(line)


def test_no_name_means_two_things() -> None:
    assert len({flat.path for flat in CATALOGUE.flats.values()}) == len(CATALOGUE.flats)


@pytest.mark.wrong_types
def test_settings_in_place_of_a_file_are_refused() -> None:
    with pytest.raises(InputError, match="config: expected the path of a file, got dict"):
        graphvae.fit("karate", config={"training": {"epochs": 3}})  # type: ignore[arg-type]
