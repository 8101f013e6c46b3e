"""Search spaces: declared, narrowed, extended to a model's own value, left out where unusable."""

from typing import Any

import pytest

from graphvae.setup.configure import configure
from graphvae.specs.recipe import CATALOGUE
from graphvae_data.core.errors import InputError
from graphvae_data.settings.layers import Layer, keyword_layer
from graphvae_data.settings.search import Choices, Search, Space
from graphvae_data.tuning.spaces import Resolve, Searched, Spaces, read_space


def resolve(model: str) -> Resolve:
    return lambda layers: configure("karate", model, layers)[0]


def spaces(narrowed: dict[tuple[str, ...], Space] | None = None, **fixed: Any) -> Spaces:
    layers = [keyword_layer(CATALOGUE, fixed)]
    return Spaces(CATALOGUE, layers, narrowed or {}, frozenset({"split", "run"}))


def searched(model: str, **fixed: Any) -> dict[str, Searched]:
    of = spaces(**fixed)
    return {each.name: each for each in of.of(of.fixed, resolve(model))}


def test_a_model_searches_the_declared_settings_that_it_can_use() -> None:
    gae, vgae = searched("gae"), searched("vgae")
    assert {"lr", "hidden", "latent", "dropout", "masked", "scaling"} == gae.keys()
    assert vgae.keys() - gae.keys() == {"beta"}  # a point posterior has no divergence
    assert gae["lr"].space == Search(1e-3, 0.1, log=True)
    assert gae["lr"].start == 0.01


def test_a_setting_that_is_given_is_not_searched() -> None:
    assert "lr" not in searched("gae", lr=0.02)
    assert "hidden" not in searched("gae", hidden=20)


def test_a_range_is_extended_to_the_own_value_of_a_model() -> None:
    latent = searched("optimized-gae")["latent"]
    assert latent.space == Search(8, 512, log=True, step=8)
    assert latent.start == 512
    layer = Layer({"latent": 50})
    of = Spaces(CATALOGUE, [layer, keyword_layer(CATALOGUE, {})], {})
    (own,) = [each for each in of.of(of.fixed, resolve("gae")) if each.name == "latent"]
    assert own.space == Search(8, 256, log=True, step=None)  # 50 is no multiple of 8


def test_parts_are_chosen_before_their_settings() -> None:
    of = spaces({("decoder",): Choices(("inner-product", "hadamard-mlp"))})
    asked: list[str] = []

    def suggest(name: str, space: Space, start: Any) -> Any:
        asked.append(name)
        return "hadamard-mlp" if name == "decoder" else start

    layer, chosen = of.layer(resolve("gnae"), suggest)
    assert asked[0] == "decoder"
    assert "decoder_hidden@hadamard-mlp" in asked
    assert chosen["decoder"] == "hadamard-mlp"
    config = configure("karate", "gnae", [*of.fixed, layer])[0]
    assert (config.decoder.kind(), config.training.lr) == ("hadamard-mlp", 0.005)


@pytest.mark.parametrize(
    ("text", "space"),
    [
        ("lr=1e-4..1e-1", (("training", "lr"), Search(1e-4, 1e-1, log=True))),
        ("training.lr=.01..0.05", (("training", "lr"), Search(0.01, 0.05))),
        ("hidden=16..4096:linear", (("encoder", "hidden"), Search(16, 4096))),
        ("hidden=16..64:log", (("encoder", "hidden"), Search(16, 64, log=True))),
        ("dropout=0..0.5", (("encoder", "dropout"), Search(0.0, 0.5))),
        ("scaling=none,tf-idf", (("inputs", "scaling"), Choices(("none", "tf-idf")))),
        ("encoder=gcn,mlp", (("encoder",), Choices(("gcn", "mlp")))),
        ("lr=0.01", None),
        ("lr", None),
    ],
)
def test_spaces_are_read(text: str, space: Any) -> None:
    assert read_space(CATALOGUE, text) == space


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lrr=1..2", "did you mean lr"),
        ("lr=2..1", "set: expected a range of lr"),
        ("lr=a..b", "set: expected a range of lr"),
        ("hidden=1.5..2", "set: expected a range of hidden"),
        ("encoder=1..2", "set: expected a range of encoder"),
        ("dropout=0..1:log", "a logarithmic range starts above 0"),
        ("hidden=4,4", "distinct values of hidden"),
    ],
)
def test_what_is_no_space_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_space(CATALOGUE, text)


@pytest.mark.parametrize(
    ("path", "space", "message"),
    [
        (("training", "lr"), Search(-1.0, 1.0), "lr: expected a positive number"),
        (("decoder", "hidden"), Search(8, 16), "no model of this search has decoder-hidden"),
        (("split", "val_fraction"), Search(0.1, 0.2), "changes the loss by which trials"),
    ],
)
def test_a_space_that_no_model_can_use_is_refused(
    path: tuple[str, ...], space: Space, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        spaces({path: space}).check([resolve("gae"), resolve("linear-gae")])


def test_values_near_a_range() -> None:
    assert Search(1, 8).nearest(20) == 8
    assert Search(0.1, 1.0, log=True).including(0.0) == Search(0.1, 1.0, log=True)
    assert Choices(("a", "b")).including("c").values == ("c", "a", "b")
    assert Choices(("a", "b")).nearest("c") == "a"
