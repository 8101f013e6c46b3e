"""`graphvae image recipes`: what there is and what it is made of."""

import json
from dataclasses import asdict

import pytest
from image_vae.specs.recipes import RECIPES

from image_vae.results.anatomy import anatomy


def test_every_recipe_is_listed(invoke):
    _, *rows = invoke("image", "recipes").stdout.splitlines()
    assert [row.split()[0] for row in rows] == list(RECIPES)
    told = json.loads(invoke("image", "recipes", "--json").stdout)
    assert [each["paper"] for each in told] == [recipe.paper for recipe in RECIPES.values()]


@pytest.mark.parametrize("name", ["vae", "hvae", "capacity-vae"])
def test_a_recipe_as_json_is_its_anatomy(invoke, name):
    told = json.loads(invoke("image", "recipes", name, "--json").stdout)
    assert told == json.loads(json.dumps(asdict(anatomy(name))))


def test_a_recipe_is_read_as_arrows_and_settings(invoke):
    rows = dict(
        line.split(maxsplit=1) for line in invoke("image", "recipes", "iwae-2").stdout.splitlines()
    )
    assert rows["q"] == "z1 ← x,  z2 ← z1"
    assert rows["p"] == "z1 ← z2,  z2 ← prior,  x ← z1"
    assert rows["hidden-between"] == "100,100"
    assert (rows["estimator"], rows["k"]) == ("iwae", "5")
