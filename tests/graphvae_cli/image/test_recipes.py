"""`graphvae image recipes`: the models, and the parts of each."""

import json

import pytest

from image_vae.specs.presets import PRESETS
from image_vae.specs.recipe import ImageRecipe


def test_every_recipe_is_listed(invoke):
    _, *rows = invoke("image", "recipes").stdout.splitlines()
    assert [row.split()[0] for row in rows] == list(PRESETS)
    listed = json.loads(invoke("image", "recipes", "--json").stdout)
    assert [each["paper"] for each in listed] == [preset.paper for preset in PRESETS.values()]


@pytest.mark.parametrize("name", ["vae", "hvae", "capacity-vae"])
def test_json_holds_the_recipe(invoke, name):
    content = json.loads(invoke("image", "recipes", name, "--json").stdout)
    assert ImageRecipe.model_validate(content["recipe"]) == PRESETS[name].recipe
    assert sum(content["sizes"].values()) == sum(PRESETS[name].recipe.latents.latent)


def test_a_recipe_is_read_as_arrows_and_settings(invoke):
    rows = dict(
        line.split(maxsplit=1) for line in invoke("image", "recipes", "iwae-2").stdout.splitlines()
    )
    assert rows["q"] == "z1 ← x,  z2 ← z1"
    assert rows["p"] == "z1 ← z2,  z2 ← prior,  x ← z1"
    assert rows["encoder"].startswith("mlp  hidden 200,200  hidden-between 100,100")
    assert rows["bound"] == "iwae  samples 5"
